"""When a space is open: weekly hours, terms, closed days and public holidays, as spans with reasons for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from booking.core.span import MINUTES_IN_DAY, Span, local_or_later

LANGUAGES = {"fi": "fi", "sv": "sv_FI", "en": "en_US"}  # the library answers plain "sv" with English texts


class ClosedWhy(StrEnum):
    """Why a space is not open at a time."""

    OUTSIDE_HOURS = "outside_hours"
    OUTSIDE_TERM = "outside_term"
    CLOSED_DAY = "closed_day"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class Weekly:
    """A weekly opening in local minutes of day; Monday is 0, past 1440 runs into the next day."""

    weekday: int
    opens_min: int
    closes_min: int


@dataclass(frozen=True, slots=True)
class Days:
    """Local days, both ends inclusive, with a name in fi, sv and en."""

    first_on: date
    last_on: date
    names: Mapping[str, str]

    def hold(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on


@dataclass(frozen=True, slots=True)
class Closure:
    """A closed stretch with its reason and, for named days, the name in fi, sv and en."""

    span: Span
    why: ClosedWhy
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OpeningRules:
    """Everything that decides when a space is open. No terms: open all year. No weekly hours: never open."""

    zone: ZoneInfo
    weekly: tuple[Weekly, ...]
    terms: tuple[Days, ...]
    closed: tuple[Days, ...]
    holidays: bool


@lru_cache(maxsize=64)
def public_holidays(year: int) -> Mapping[date, Mapping[str, str]]:
    """Finnish public holidays of a year with names in fi, sv and en. Source: the package `holidays`."""
    named = {code: holidays.country_holidays("FI", years=year, language=tag) for code, tag in LANGUAGES.items()}
    return {day: {code: book[day] for code, book in named.items()} for day in named["fi"]}


def day_span(day: date, zone: ZoneInfo) -> Span:
    """The whole local day: 23, 24 or 25 hours."""
    return Span(local_or_later(day, 0, zone), local_or_later(day, MINUTES_IN_DAY, zone))


def days_of(span: Span, zone: ZoneInfo) -> list[date]:
    """The local days a span touches."""
    first = span.starts_at.astimezone(zone).date()
    last = (span.ends_at - timedelta(microseconds=1)).astimezone(zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def open_spans(rules: OpeningRules, window: Span) -> list[Span]:
    """The open stretches inside the window, merged where they touch, in order."""
    opened = []
    for day in [days_of(window, rules.zone)[0] - timedelta(days=1), *days_of(window, rules.zone)]:
        if not rules.terms or any(term.hold(day) for term in rules.terms):
            opened += _openings(rules, day)
    shut = [day_span(day, rules.zone) for day in days_of(window, rules.zone) if closed_on(rules, day)]
    inside = [kept for span in opened if (kept := _within(span, window))]
    return without(merged(inside), shut)


def closures(rules: OpeningRules, window: Span) -> list[Closure]:
    """The closed stretches inside the window, each with its reason, in order."""
    found = []
    for gap in without([window], open_spans(rules, window)):
        for day in days_of(gap, rules.zone):
            piece = _within(day_span(day, rules.zone), gap)
            if piece is not None:
                found.append(_closure(rules, day, piece))
    return found


def closed_on(rules: OpeningRules, day: date) -> Closure | None:
    """The closed day or public holiday that shuts this local day wholly, or None."""
    for days in rules.closed:
        if days.hold(day):
            return Closure(day_span(day, rules.zone), ClosedWhy.CLOSED_DAY, days.names)
    names = public_holidays(day.year).get(day) if rules.holidays else None
    return Closure(day_span(day, rules.zone), ClosedWhy.HOLIDAY, names) if names else None


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same stretches in order, touching and overlapping ones made one."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.starts_at <= result[-1].ends_at:
            result[-1] = Span(result[-1].starts_at, max(result[-1].ends_at, span.ends_at))
        else:
            result.append(span)
    return result


def without(spans: Sequence[Span], holes: Iterable[Span]) -> list[Span]:
    """The parts of the spans that no hole covers, in order."""
    left = list(spans)
    for hole in holes:
        left = [piece for span in left for piece in _cut(span, hole)]
    return left


def _cut(span: Span, hole: Span) -> list[Span]:
    if not span.overlaps(hole):
        return [span]
    ends = ((span.starts_at, hole.starts_at), (hole.ends_at, span.ends_at))
    return [Span(start, end) for start, end in ends if start < end]


def _within(span: Span, window: Span) -> Span | None:
    start, end = max(span.starts_at, window.starts_at), min(span.ends_at, window.ends_at)
    return Span(start, end) if start < end else None


def _openings(rules: OpeningRules, day: date) -> list[Span]:
    """The openings of a day; one that the clocks jump over wholly is none."""
    today = [hours for hours in rules.weekly if hours.weekday == day.weekday()]
    ends = [[local_or_later(day, at, rules.zone) for at in (hours.opens_min, hours.closes_min)] for hours in today]
    return [Span(opens, closes) for opens, closes in ends if opens < closes]


def _closure(rules: OpeningRules, day: date, piece: Span) -> Closure:
    if shut := closed_on(rules, day):
        return Closure(piece, shut.why, shut.names)
    if rules.terms and not any(term.hold(day) for term in rules.terms):
        return Closure(piece, ClosedWhy.OUTSIDE_TERM, {})
    return Closure(piece, ClosedWhy.OUTSIDE_HOURS, {})
