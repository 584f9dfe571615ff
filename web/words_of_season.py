"""Words and ways of writing of grants in their season: weekly times, what became free, answers to offers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.availability import Problem
from booking.rounds.inside import Planned
from booking.rounds.years import ExceptionKind
from web import i18n
from web.clock import HELSINKI
from web.words_of_booking import problem_name

MONDAY = date(2026, 11, 23)  # any Monday, for the names of weekdays
WORDS: dict[str, dict[str, Any]] = {
    "offer": {
        "open": _l("waits for an answer"),
        "accepted": _l("accepted"),
        "declined": _l("declined"),
        "lapsed": _l("lapsed"),
        "gone": _l("no longer to be had"),
    },
    "slot_grant": {
        "booked": _l("in the calendar"),
        "handed_back": _l("handed back"),
        "proposed": _l("proposed"),
        "accepted": _l("accepted"),
        "declined": _l("declined"),
        "asked": _l("asked about"),
        "lapsed": _l("lapsed"),
        "decided": _l("decided"),
        "undone": _l("undone"),
    },
    "exception": {
        ExceptionKind.WITHOUT: _l("not used"),
        ExceptionKind.HOURS: _l("at other hours"),
        ExceptionKind.ENDED: _l("ended"),
    },
    "left_out": {
        "left_out": _l("left out"),
        "without": _l("not used this time"),
        "handed_back": _l("handed back"),
        "outside": _l("outside the granted time"),
        "taken": _l("another group is there"),
        "past_horizon": _l("too far ahead to be booked yet"),
    },
    "swap": {"asked": _l("asked"), "done": _l("made"), "declined": _l("declined")},
}
LOOKS = {"open": "waiting", "asked": "waiting", "accepted": "ok", "booked": "ok", "done": "ok", "confirmed": "ok"}


def season_word(word: str, kind: str) -> str:
    return str(WORDS[kind].get(word, word))


def season_look(word: str) -> str:
    return LOOKS.get(word, "ended")


def left_out_word(word: str) -> str:
    """Why a date is not booked: one of ours, one of the calendar's, or what somebody wrote."""
    if word in WORDS["left_out"]:
        return str(WORDS["left_out"][word])
    return problem_name(word) if word in list(Problem) else word


def minutes_said(minutes: tuple[int, int]) -> str:
    """Minutes of day as the language writes times: 18–19.30."""
    day = datetime(2026, 11, 23, tzinfo=HELSINKI)
    return i18n.span(day + timedelta(minutes=minutes[0]), day + timedelta(minutes=minutes[1]), HELSINKI)


def weekday_said(weekday: int) -> str:
    return i18n.day(MONDAY + timedelta(days=weekday), "weekday")


def weekdays() -> list[tuple[str, str]]:
    """The choices of a form, Monday first."""
    return [(str(n), weekday_said(n)) for n in range(7)]


def planned_said(one: Planned) -> str:
    return season_word(one.problem, "left_out") if one.problem else _("fits")


FILTERS: dict[str, Callable[..., str]] = {
    "season_word": season_word,
    "season_look": season_look,
    "left_out_word": left_out_word,
    "minutes_said": minutes_said,
    "weekday_said": weekday_said,
}
