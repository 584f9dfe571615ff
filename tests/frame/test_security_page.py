"""docs/security.md promises nothing that no test keeps."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
DEFINED = re.compile(r"^\s*def (test_\w+)\(", re.MULTILINE)


def test_every_test_named_on_the_page_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    found = {name for path in (ROOT / "tests").rglob("test_*.py") for name in DEFINED.findall(path.read_text("utf-8"))}
    assert len(named) > 50
    assert named - found == set()


def test_every_file_named_on_the_page_exists() -> None:
    for name in re.findall(r"`((?:tests|firmware-sim)/[\w/.-]+\.py)`", PAGE):
        assert (ROOT / name).is_file(), name
