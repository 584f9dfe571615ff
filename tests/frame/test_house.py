"""The house rules a machine can check and no linter does."""

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ["booking", "access", "devices", "web", "bench", "firmware-sim/firmware_sim"]
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
# Spelt apart, or this file would be the one that names them.
REGISTRIES = re.compile(
    "|".join([r"pypi" + r"\.org", "python" + "hosted", r"registry\.npm" + "js", r"deb\.deb" + "ian"])
)
VAGUE = re.compile(r"(^|_)(utils?|helpers?|misc|common|manager)(_|$)")


def committed() -> list[Path]:
    answer = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        pytest.skip("not a git repository")
    return [ROOT / name for name in answer.stdout.split("\0") if name and (ROOT / name).is_file()]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function of a file with its length in lines."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(ROOT)}: {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_committed_file_names_a_package_registry() -> None:
    readable = [path for path in committed() if "vendor" not in path.parts and path.suffix not in {".png", ".ico"}]
    named = [path.name for path in readable if REGISTRIES.search(path.read_text(encoding="utf-8"))]
    assert named == []


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES + TESTS}
    assert {str(path): lines for path, lines in lengths.items() if lines > 400} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    assert {name: lines for path in SOURCES for name, lines in functions(path) if lines > 60} == {}


def test_half_the_functions_have_fewer_than_ten_lines() -> None:
    assert statistics.median(lines for path in SOURCES for _name, lines in functions(path)) < 10


def test_no_module_has_a_vague_name() -> None:
    assert [str(path.relative_to(ROOT)) for path in SOURCES if VAGUE.search(path.stem)] == []


def test_every_folder_of_tests_is_a_package() -> None:
    """Without it tests/booking/ would hide booking/."""
    folders = {path.parent for path in TESTS}
    assert [str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_nothing_is_mocked() -> None:
    mock = re.compile(r"unittest\.mock|from mock |MagicMock|mocker\b")
    tests = [path for path in TESTS if path != Path(__file__)]
    assert [path.name for path in tests if mock.search(path.read_text(encoding="utf-8"))] == []


def test_a_package_says_what_it_holds_and_nothing_more() -> None:
    """Nothing imports from the root of the package it is in."""
    roots = [path for path in SOURCES if path.name == "__init__.py"]
    bodies = {path: ast.parse(path.read_text(encoding="utf-8")).body for path in roots}
    assert [str(path.relative_to(ROOT)) for path, body in bodies.items() if len(body) > 1] == []
