"""Days, times and money as Finns, Finland's Swedes and English readers write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from tests.make import at
from web import i18n

Reading = Callable[[str], object]


@pytest.fixture
def reading(app: Flask) -> Callable[[str], object]:
    """A page in a language: `with reading("fi"): …`"""

    @contextmanager
    def page(language: str) -> Iterator[None]:
        with app.test_request_context(f"/help?lang={language}"):
            yield

    return page


@pytest.mark.parametrize(
    ("language", "starts", "ends", "written"),
    [
        ("fi", ("2026-11-24", "17:00"), ("2026-11-24", "18:30"), "17–18.30"),
        ("sv", ("2026-11-24", "17:00"), ("2026-11-24", "18:30"), "17.00–18.30"),
        ("en", ("2026-11-24", "17:00"), ("2026-11-24", "18:30"), "17:00–18:30"),
        ("fi", ("2026-11-24", "20:00"), ("2026-11-25", "00:00"), "20–24"),
        ("en", ("2026-11-24", "20:00"), ("2026-11-25", "00:00"), "20:00–24:00"),
        ("fi", ("2026-11-24", "20:00"), ("2026-11-25", "08:00"), "20 – ke 25.11. 8"),
    ],
)
def test_a_span_is_written_as_the_language_does(reading, language, starts, ends, written) -> None:
    with reading(language):
        assert i18n.span(at(*starts), at(*ends)) == written


def test_an_hour_that_exists_twice_shows_its_offset(reading) -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    with reading("fi"):
        assert i18n.clock(first) == "3.30 (UTC+03)"
        assert i18n.clock(first.replace(hour=1)) == "3.30 (UTC+02)"


@pytest.mark.parametrize(
    ("language", "form", "written"),
    [
        ("fi", "long", "tiistai 24. marraskuuta 2026"),
        ("fi", "short", "ti 24.11."),
        ("fi", "plain", "24.11.2026"),
        ("sv", "plain", "24.11.2026"),
        ("en", "plain", "24 Nov 2026"),
        ("sv", "weekday", "tisdag"),
    ],
)
def test_a_day_is_written_as_the_language_does(reading, language: str, form: str, written: str) -> None:
    with reading(language):
        assert i18n.day(date(2026, 11, 24), form) == written


def test_an_unknown_amount_is_not_nothing(reading) -> None:
    with reading("fi"):
        assert i18n.euros(None) == "ei tiedossa"
        assert i18n.euros(0) == "0,00\N{NO-BREAK SPACE}€"
        assert i18n.euros(6000) == "60,00\N{NO-BREAK SPACE}€"


def test_a_letter_to_somebody_else_is_in_their_language_and_the_page_stays_in_ours(reading) -> None:
    with reading("en"):
        with i18n.speaking("sv"):
            assert i18n.euros(None) == "inte känt"
            assert i18n.language() == "sv"
        assert i18n.language() == "en"


@pytest.mark.parametrize(
    ("path", "method", "link"),
    [
        ("/organisations?q=a%26b&lang=fi", "GET", "/organisations?q=a%26b&lang=sv"),
        ("/sign-in", "POST", "/sign-in?lang=sv"),
        ("/sign-out", "POST", "/?lang=sv"),
        ("/nowhere", "GET", "/nowhere?lang=sv"),
    ],
)
def test_the_language_switch_leads_to_a_page_that_can_be_looked_at(
    app: Flask, path: str, method: str, link: str
) -> None:
    with app.test_request_context(path, method=method, base_url="http://localhost"):
        assert {code: url for code, _name, url in i18n.switch()}["sv"] == link
