"""docs/door-cases.md names no test that does not exist, and each test says the case that it shows."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "door-cases.md").read_text("utf-8")
ROW = re.compile(r"^\| (D\d+|DA\d+) \|(.*)\|$", re.MULTILINE)
NAMED = re.compile(r"`([\w/.-]+\.py)::(test_\w+)`")
CASES = [f"D{n}" for n in (1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16)]
CASES += [f"DA{n}" for n in range(1, 43) if n % 3 != 2]


def test_every_case_is_there_once_in_order_with_a_test() -> None:
    rows = ROW.findall(PAGE)
    assert [case for case, _ in rows] == CASES
    assert [case for case, said in rows if not NAMED.search(said)] == []


def test_every_test_named_exists_and_names_its_case() -> None:
    for case, said in ROW.findall(PAGE):
        for path, name in NAMED.findall(said):
            found = re.search(
                rf"def {name}\(.*?(?=\n *(?:@|def |class )|\Z)", (ROOT / path).read_text("utf-8"), re.DOTALL
            )
            assert found, f"{case}: {path}::{name}"
            assert re.search(rf"\b{case}\b", found[0]), f"{case} is not named in {path}::{name}"
