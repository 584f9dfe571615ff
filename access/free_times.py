"""When a door is free: weekly local times made into instants, without closed days and public holidays. Pure.

A stretch is the set of instants whose wall time lies within it: an hour that clocks repeat counts twice, an hour that
they jump over is not there, and whoever sets the times is told so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from booking.core.opening import Closure, days_of, merged, without
from booking.core.span import MINUTES_IN_DAY, Span
from devices.messages import FreeWindow

MOST_WINDOWS = 200  # door-protocol.md 7.1
_HOUR = timedelta(hours=1)


class Missed(StrEnum):
    """Why a door is not free on a day on which a weekly time falls, or not as long as it says."""

    CLOSED = "closed"  # a closed day or holiday of the house
    HOLIDAY = "holiday"
    EXCEPTED = "excepted"
    NO_SUCH_TIME = "no_such_time"  # clocks jump over all of it


@dataclass(frozen=True, slots=True)
class Weekly:
    """One weekly time, in local minutes of day as free_schedule has it."""

    weekdays: frozenset[int]
    starts_min: int
    ends_min: int
    first_on: date
    last_on: date | None = None
    except_on: frozenset[date] = frozenset()
    on_holidays: bool = False
    first_in: bool = False

    @property
    def minutes(self) -> int:
        return self.ends_min - self.starts_min

    def falls_on(self, day: date) -> bool:
        return day.weekday() in self.weekdays and self.first_on <= day and (self.last_on is None or day <= self.last_on)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is known of days: the zone of wall times, whether a day is closed at this door, and the name of a public
    holiday in fi, sv and en."""

    zone: ZoneInfo
    closed: Callable[[date], Closure | None]
    holiday: Callable[[date], object | None]


@dataclass(frozen=True, slots=True)
class Free:
    """What becomes of one weekly time on one day: the spans in which the door is free, and what is odd about it.
    `odd_min`: by how many minutes it is longer (below zero: shorter) than it says, because clocks change."""

    day: date
    weekly: Weekly
    spans: tuple[Span, ...]
    missed: Missed | None = None
    closure: Closure | None = None
    odd_min: int = 0


def preview(weekly: Iterable[Weekly], calendar: Calendar, window: Span) -> list[Free]:
    """Each weekly time on each day of the window, also those left out, in order."""
    days = days_of(window, calendar.zone)
    found = [_on(each, day, calendar) for day in days for each in weekly if each.falls_on(day)]
    return sorted(found, key=lambda each: (each.day, each.weekly.starts_min, each.weekly.ends_min))


def windows(weekly: Sequence[Weekly], calendar: Calendar, window: Span) -> tuple[FreeWindow, ...]:
    """What a door is told: ascending, not overlapping, never within a closed day. Where one weekly time asks for
    first-in and another does not, the door is simply free."""
    before = Span(window.starts_at - timedelta(days=1), window.ends_at)  # yesterday's may run past midnight
    shown = preview(weekly, calendar, before)
    plain = merged(span for each in shown if not each.weekly.first_in for span in each.spans)
    first = without(merged(span for each in shown if each.weekly.first_in for span in each.spans), plain)
    told = [_told(span, first_in=False) for span in plain] + [_told(span, first_in=True) for span in first]
    coming = [each for each in told if each.ends > int(window.starts_at.timestamp())]
    return tuple(sorted(coming, key=lambda each: each.starts)[:MOST_WINDOWS])


def stretch(day: date, starts_min: int, ends_min: int, zone: ZoneInfo) -> list[Span]:
    """The instants at which clocks on the wall show a time in [starts_min, ends_min) of this local day."""
    begin, end = (_wall(day, minute) for minute in (starts_min, ends_min))
    edges = sorted({_instant(wall, fold, zone) for wall in (begin, end) for fold in (0, 1)} | _jumps(begin, end, zone))
    pieces = [
        Span(one, other)
        for one, other in pairwise(edges)
        if begin <= (one + (other - one) / 2).astimezone(zone).replace(tzinfo=None, fold=0) < end
    ]
    return merged(pieces)


def _on(weekly: Weekly, day: date, calendar: Calendar) -> Free:
    if day in weekly.except_on:
        return Free(day, weekly, (), Missed.EXCEPTED)
    if not weekly.on_holidays and calendar.holiday(day) is not None:
        return Free(day, weekly, (), Missed.HOLIDAY)
    shut = calendar.closed(day)
    if shut is not None:
        return Free(day, weekly, (), Missed.CLOSED, shut)
    spans = stretch(day, weekly.starts_min, weekly.ends_min, calendar.zone)
    if not spans:
        return Free(day, weekly, (), Missed.NO_SUCH_TIME, odd_min=-weekly.minutes)
    odd = sum(span.minutes for span in spans) - weekly.minutes
    return Free(day, weekly, tuple(_past_midnight(spans, weekly, day, calendar)), odd_min=odd)


def _past_midnight(spans: list[Span], weekly: Weekly, day: date, calendar: Calendar) -> list[Span]:
    """A time that runs into a closed day ends at midnight."""
    tomorrow = day + timedelta(days=1)
    shut = calendar.closed(tomorrow) if weekly.ends_min > MINUTES_IN_DAY else None
    return without(spans, [shut.span]) if shut is not None else spans


def _wall(day: date, minute: int) -> datetime:
    days, rest = divmod(minute, MINUTES_IN_DAY)
    return datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60))


def _instant(wall: datetime, fold: int, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _jumps(begin: datetime, end: datetime, zone: ZoneInfo) -> set[datetime]:
    """The whole hours at which clocks change between the two, or a little around them."""
    at = _instant(begin, 0, zone).replace(minute=0, second=0) - _HOUR
    last = _instant(end, 1, zone) + _HOUR
    if at.astimezone(zone).utcoffset() == last.astimezone(zone).utcoffset():
        return set()
    found = set()
    while at <= last:
        if (at - timedelta(seconds=1)).astimezone(zone).utcoffset() != at.astimezone(zone).utcoffset():
            found.add(at)
        at += _HOUR
    return found


def _told(span: Span, *, first_in: bool) -> FreeWindow:
    return FreeWindow(int(span.starts_at.timestamp()), int(span.ends_at.timestamp()), first_in)
