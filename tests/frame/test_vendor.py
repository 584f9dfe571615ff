"""The vendored front end is what vendor.json says it is, and a page asks nothing of anybody else's server."""

import re

import pytest

from tools import vendor

TEMPLATES = sorted((vendor.ROOT / "web" / "templates").rglob("*.html"))
OUTSIDE = re.compile(
    r"<(?:script|link|img|source|iframe|use)\b[^>]*\b(?:src|href)=[\"']\s*(?:https?:)?//", re.IGNORECASE
)
FILES = [(package, inside) for package in vendor.packages() for inside in package["files"]]


@pytest.mark.parametrize(("package", "inside"), FILES, ids=[f"{p['name']}:{f}" for p, f in FILES])
def test_a_vendored_file_still_has_its_recorded_hash(package: vendor.Package, inside: str) -> None:
    assert vendor.sha512(vendor.placed(package, inside).read_bytes()) == package["files"][inside]


def test_nothing_lies_among_the_vendored_files_that_is_not_listed() -> None:
    listed = {vendor.placed(package, inside) for package, inside in FILES}
    folders = {vendor.ROOT / package["into"] for package in vendor.packages()}
    found = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    assert found == listed


def test_every_vendored_package_carries_its_licence() -> None:
    assert [p["name"] for p in vendor.packages() if "LICENSE" not in p["files"]] == []


def test_no_template_loads_anything_from_another_server() -> None:
    guilty = [path.name for path in TEMPLATES if OUTSIDE.search(path.read_text(encoding="utf-8"))]
    assert guilty == []


def test_a_changed_file_is_told_from_the_recorded_one() -> None:
    with pytest.raises(vendor.HashDiffers, match=r"htmx"):
        vendor.same("htmx", recorded=vendor.sha512(b"ours"), came=vendor.sha512(b"theirs"))
