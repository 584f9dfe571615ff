"""Weekly patterns turned into dates, and dates with wall times turned into spans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from booking.core.span import MINUTES_IN_DAY, EmptySpan, NoSuchTime, Span, local, local_or_later

MOST_DATES = 400


class BadPattern(ValueError):
    """The pattern gives no dates, too many, or overlaps itself. `problem` is stable."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Pattern:
    """Local wall times on the given weekdays (Monday 0) of every n-th week, first and last day inclusive.

    Weeks are counted from the week of `first_on`. Minutes of day: start 0…1439, end up to start + 1440, past midnight
    where it exceeds 1440. A single time is a pattern of one day.
    """

    first_on: date
    last_on: date
    start_min: int
    end_min: int
    weekdays: tuple[int, ...] = ()
    every_weeks: int = 1

    @classmethod
    def once(cls, day: date, start_min: int, end_min: int) -> Pattern:
        return cls(day, day, start_min, end_min, (day.weekday(),))

    @property
    def is_single(self) -> bool:
        return self.first_on == self.last_on


@dataclass(frozen=True, slots=True)
class Dated:
    """One date of a pattern: its span, or None with the day's problem (no_such_time).

    `nominal` is the span, or for a wall time that does not exist the stretch as long as wished after the jump.
    """

    day: date
    span: Span | None
    nominal: Span
    problem: str = ""


def dates(pattern: Pattern) -> list[date]:
    """The dates of the pattern in order. Raises BadPattern: no_dates, too_many_dates, bad_pattern."""
    if pattern.every_weeks < 1 or not set(pattern.weekdays) <= set(range(7)):
        raise BadPattern("bad_pattern")
    if (pattern.last_on - pattern.first_on).days > 7 * MOST_DATES:
        raise BadPattern("too_many_dates")
    monday = pattern.first_on - timedelta(days=pattern.first_on.weekday())
    days = [pattern.first_on + timedelta(days=n) for n in range((pattern.last_on - pattern.first_on).days + 1)]
    chosen = [
        day for day in days if day.weekday() in pattern.weekdays and (day - monday).days // 7 % pattern.every_weeks == 0
    ]
    if not chosen:
        raise BadPattern("no_dates")
    if len(chosen) > MOST_DATES:
        raise BadPattern("too_many_dates")
    return chosen


def dated(pattern: Pattern, zone: ZoneInfo) -> list[Dated]:
    """Every date with its span; 18–20 stays 18–20 when clocks change. Raises BadPattern, also for ends_before_start
    and overlaps_itself."""
    if not 0 <= pattern.start_min < MINUTES_IN_DAY or not pattern.end_min <= pattern.start_min + 7 * MINUTES_IN_DAY:
        raise BadPattern("bad_pattern")
    if pattern.end_min <= pattern.start_min:
        raise BadPattern("ends_before_start")
    rows = [_dated(day, pattern, zone) for day in dates(pattern)]
    spans = [row.span for row in rows if row.span]
    if any(first.overlaps(second) for first, second in pairwise(spans)):
        raise BadPattern("overlaps_itself")
    return rows


def _dated(day: date, pattern: Pattern, zone: ZoneInfo) -> Dated:
    later = local_or_later(day, pattern.start_min, zone)
    nominal = Span(later, later + timedelta(minutes=pattern.end_min - pattern.start_min))
    try:
        span = Span(local(day, pattern.start_min, zone), local(day, pattern.end_min, zone))
    except NoSuchTime:
        return Dated(day, None, nominal, "no_such_time")
    except EmptySpan:
        return Dated(day, None, nominal, "ends_before_start")
    return Dated(day, span, span)
