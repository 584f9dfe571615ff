"""Weekly opening hours as people write and read them: 8–22, 8.30–12, 13–24; 18–2 runs past midnight."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from web import forms, i18n

DAY = 24 * 60
PLAIN = ZoneInfo("UTC")
MIDNIGHT = datetime(2001, 1, 1, tzinfo=UTC)
FIELDS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAYS = (
    _l("Monday"),
    _l("Tuesday"),
    _l("Wednesday"),
    _l("Thursday"),
    _l("Friday"),
    _l("Saturday"),
    _l("Sunday"),
)
STRETCH = re.compile(r"(\d{1,2})(?:[.:]([0-5]\d))?\s*[–—-]\s*(\d{1,2})(?:[.:]([0-5]\d))?\Z")

Openings = tuple[tuple[int, int], ...]


class Hours(forms.Typed[Openings]):
    """The openings of one weekday, with commas between them; minutes of day, past 1440 into the next day."""

    default_error_messages = forms.Typed.default_error_messages | {"hours": "hours"}

    def read(self, text: str) -> Openings:
        return tuple(self._stretch(part.strip()) for part in re.split(r"[,;]", text) if part.strip())

    def _stretch(self, text: str) -> tuple[int, int]:
        found = STRETCH.match(text)
        if found is None:
            raise self.make_error("hours")
        opens, closes = int(found[1]) * 60 + int(found[2] or 0), int(found[3]) * 60 + int(found[4] or 0)
        if opens >= DAY or closes > DAY:
            raise self.make_error("hours")
        return opens, closes if closes > opens else closes + DAY


class WeekForm(forms.FormSchema):
    monday = Hours(load_default=())
    tuesday = Hours(load_default=())
    wednesday = Hours(load_default=())
    thursday = Hours(load_default=())
    friday = Hours(load_default=())
    saturday = Hours(load_default=())
    sunday = Hours(load_default=())


def week_form(hours: Sequence[Sequence[tuple[int, int]]]) -> forms.Form[dict[str, Openings]]:
    """The form with the hours as they stand."""
    return forms.blank(
        **{name: ", ".join(_typed(*each) for each in day) for name, day in zip(FIELDS, hours, strict=True)}
    )


def rows(wish: dict[str, Openings]) -> list[tuple[int, int, int]]:
    """(weekday, opens_min, closes_min) from Monday."""
    return [(day, *each) for day, name in enumerate(FIELDS) for each in wish[name]]


def said(opens_min: int, closes_min: int) -> str:
    """One opening for readers."""
    text = _typed(opens_min, closes_min)
    return str(_("%(hours)s (the next day)", hours=text)) if closes_min > DAY else text


def _typed(opens_min: int, closes_min: int) -> str:
    return f"{_clock(opens_min)}–{_clock(closes_min if closes_min <= DAY else closes_min - DAY)}"


def _clock(minute: int) -> str:
    text = i18n.clock(MIDNIGHT + timedelta(minutes=minute % DAY), PLAIN)
    if minute == DAY:
        text = "24" + text[-3:]
    return text.removesuffix(".00") if i18n.language() == "fi" else text
