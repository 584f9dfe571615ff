"""The catalogues are whole, and the tool that keeps them does what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from web import catalogue


def test_every_text_is_translated_into_every_language() -> None:
    assert [str(flaw) for flaw in catalogue.flaws()] == []


@pytest.fixture
def two_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny program with two texts and catalogues of its own."""
    (tmp_path / "web" / "translations").mkdir(parents=True)
    (tmp_path / "web" / "page.py").write_text(
        "_('Save %(name)s')\nngettext('%(num)d day', '%(num)d days', 2)\n", encoding="utf-8"
    )
    (tmp_path / "babel.cfg").write_text("[python: web/**.py]\n", encoding="utf-8")
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path / "web" / "translations")
    return tmp_path


FULL: dict[str, dict[str, Any]] = {
    "Save %(name)s": {"fi": "Tallenna %(name)s", "sv": "Spara %(name)s"},
    "%(num)d day": {"fi": ["%(num)d päivä", "%(num)d päivää"], "sv": ["%(num)d dag", "%(num)d dagar"]},
}


def test_new_texts_are_missing_until_filled(two_texts: Path) -> None:
    catalogue.update()
    assert catalogue.missing() == [("%(num)d day", False), ("Save %(name)s", True)]
    assert catalogue.fill(FULL) == []
    assert catalogue.flaws() == []


def test_a_lost_placeholder_is_a_flaw(two_texts: Path) -> None:
    catalogue.fill(FULL | {"Save %(name)s": {"fi": "Tallenna", "sv": "Spara %(nimi)s"}})
    assert [flaw.problem for flaw in catalogue.flaws()] == [
        "placeholders [] instead of ['name']",
        "placeholders ['nimi'] instead of ['name']",
    ]


def test_texts_that_left_the_code_leave_the_catalogue_and_the_rest_stays(two_texts: Path) -> None:
    catalogue.fill(FULL)
    (two_texts / "web" / "page.py").write_text("_('Save %(name)s')\n", encoding="utf-8")
    catalogue.update()
    assert catalogue.flaws() == []
    assert catalogue.read("fi").get("%(num)d day") is None


def test_a_text_no_code_says_is_told_and_left_out(two_texts: Path) -> None:
    assert catalogue.fill(FULL | {"Nonsense": {"fi": "Hölynpöly", "sv": "Nonsens"}}) == ["Nonsense"]


def test_the_same_texts_give_the_same_file(two_texts: Path) -> None:
    catalogue.fill(FULL)
    first = catalogue.path("sv").read_bytes()
    catalogue.update()
    assert catalogue.path("sv").read_bytes() == first


def test_mo_files_are_written_when_missing_or_stale(two_texts: Path) -> None:
    catalogue.fill(FULL)
    catalogue.compile_stale()
    assert b"Tallenna" in catalogue.path("fi").with_suffix(".mo").read_bytes()
