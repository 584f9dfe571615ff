"""The weeks of a season as bits: which of its weeks a slot runs in, so that two masks that meet share a real date.

Weeks are those of the calendar, Monday first; bit 0 is the week of the season's first day, which is week A. A season of
more than 64 weeks gets one bit for all weeks in which everything told is alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from booking.core.allocation.instance import Instance, Period, WeeklyTime, Weeks

BITS = 64
DAYS = range(7)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The season's weeks. `joined`: for each bit the weeks that it stands for; empty while a bit is one week."""

    season: Period
    joined: tuple[tuple[int, ...], ...] = field(default=())

    @property
    def monday(self) -> date:
        return self.season.first_on - timedelta(days=self.season.first_on.weekday())

    @property
    def count(self) -> int:
        """How many calendar weeks the season touches."""
        return (self.season.last_on - self.monday).days // 7 + 1

    def raw(self, weekday: int, periods: Iterable[Period], weeks: Weeks) -> int:
        """The weeks in which this weekday lies in one of the periods (none: the season), one bit a week."""
        return raw_weeks(self.season, weekday, tuple(periods), weeks)

    def stretch(self, weekday: int, period: Period) -> int:
        """The weeks whose day of this weekday lies in the period, as far as the calendar goes."""
        first = (period.first_on - self.monday).days - weekday
        last = (period.last_on - self.monday).days - weekday
        from_week, to_week = max(0, -(-first // 7)), min(self.count - 1, last // 7)
        return 0 if to_week < from_week else (1 << (to_week + 1)) - (1 << from_week)

    def turn(self, weeks: Weeks) -> int:
        """Every week, every first or every second one."""
        every = (1 << self.count) - 1
        if weeks is Weeks.EVERY:
            return every
        first = sum(1 << week for week in range(0, self.count, 2))
        return first if weeks is Weeks.A else every & ~first

    def fits(self, raw: int) -> int:
        """The raw weeks as the bits in use: a joined bit is set only where all of its weeks are."""
        if not self.joined:
            return raw
        whole = (sum(1 << week for week in weeks) for weeks in self.joined)
        return sum(1 << bit for bit, mask in enumerate(whole) if raw & mask == mask)

    def mask(self, weekday: int, periods: Iterable[Period], weeks: Weeks) -> int:
        return self.fits(self.raw(weekday, periods, weeks))

    def of_day(self, day: date) -> int:
        """The bit of one day's week; 0 outside the season."""
        inside = self.season.first_on <= day <= self.season.last_on
        return self.touching(1 << ((day - self.monday).days // 7)) if inside else 0

    def touching(self, raw: int) -> int:
        """The raw weeks as bits, a joined bit set where any of its weeks is: for what is not to be had."""
        if not self.joined:
            return raw
        whole = (sum(1 << week for week in weeks) for weeks in self.joined)
        return sum(1 << bit for bit, mask in enumerate(whole) if raw & mask)

    def barred(self, time: WeeklyTime) -> int:
        """The bits in which a weekly time that is not to be had counts."""
        return self.touching(self.raw(time.weekday, time.periods, time.weeks))

    @property
    def weights(self) -> list[int]:
        """How many weeks each bit stands for."""
        return [len(weeks) for weeks in self.joined] if self.joined else [1] * self.count

    def dates(self, mask: int) -> int:
        """How many dates of one weekday a mask holds."""
        return sum(weight for bit, weight in enumerate(self.weights) if mask >> bit & 1)


@lru_cache(maxsize=4096)
def raw_weeks(season: Period, weekday: int, periods: tuple[Period, ...], weeks: Weeks) -> int:
    """What Calendar.raw says: asked of the same few periods for every section and space of a city."""
    plain, found = Calendar(season), 0
    for period in periods or (season,):
        found |= plain.stretch(weekday, period)
    return found & plain.stretch(weekday, season) & plain.turn(weeks)


def calendar(instance: Instance) -> Calendar:
    """The calendar of a round: one bit a week, or, in a season longer than 64 weeks, joined."""
    plain = Calendar(instance.season)
    return plain if plain.count <= BITS else Calendar(instance.season, joined(plain, instance))


def joined(plain: Calendar, instance: Instance) -> tuple[tuple[int, ...], ...]:
    """Weeks that no period, turn or closing tells apart stand together; the commonest 63 kinds for themselves, and the
    rest as one."""
    masks = list(telling(plain, instance))
    kinds: dict[tuple[int, ...], list[int]] = {}
    for week in range(plain.count):
        kinds.setdefault(tuple(mask >> week & 1 for mask in masks), []).append(week)
    groups = sorted(kinds.values(), key=lambda weeks: (-len(weeks), weeks[0]))
    rest = [week for weeks in groups[BITS - 1 :] for week in weeks]
    return tuple(tuple(weeks) for weeks in [*groups[: BITS - 1], *([sorted(rest)] if rest else [])])


def telling(plain: Calendar, instance: Instance) -> Iterable[int]:
    """Every mask that the instance names, once."""
    found: Counter[int] = Counter()
    for day in DAYS:
        found[plain.stretch(day, instance.season)] += 1
    for section in instance.sections:
        for day in DAYS:
            found[plain.raw(day, section.periods, section.weeks)] += 1
    for space in instance.spaces:
        for time in (*space.open, *(blocked.time for blocked in space.blocked)):
            found[plain.raw(time.weekday, time.periods, time.weeks)] += 1
        for closed in space.closed:
            found.update(plain.stretch(day, closed) for day in DAYS)
        found.update(plain.of_day(single.day) for single in space.blocked_days)
    return found
