"""What holds of events, worked out from the calendar day by day and apart from the solver, so that one can check the
other. Sets of days are whole numbers: bit n is the nth week of the season, Monday first, for one weekday at a time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cached_property

from booking.core.allocation.instance import (
    Exclusion,
    Instance,
    Option,
    Period,
    Section,
    Slot,
    Space,
    WeeklyTime,
    Weeks,
    Window,
)

WEEKDAYS = range(7)


class Truth:
    """An instance with what is looked up often. Everything is counted from actual days."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.spaces = {one.id: one for one in instance.spaces}
        self.sections = {one.id: one for one in instance.sections}
        self.classes = {one.id: one for one in instance.classes}
        self.ranks = {one.id: one.rank for one in instance.classes}
        self._own: dict[tuple[tuple[Period, ...], Weeks], list[int]] = {}
        self._barred: dict[tuple[str, int], list[tuple[int, int, int]]] = {}
        self._opened: dict[tuple[str, int], list[tuple[int, int, int]]] = {}
        self._running: dict[tuple[str, int, int, int], int] = {}

    # --- days

    @cached_property
    def all_days(self) -> list[list[int]]:
        """For each weekday, the week's number of each of its days in the season, and the week's turn (even: A)."""
        season = self.instance.season
        monday = season.first_on - timedelta(season.first_on.weekday())
        found: list[list[int]] = [[] for _ in WEEKDAYS]
        for at in range((season.last_on - season.first_on).days + 1):
            day = season.first_on + timedelta(at)
            found[day.weekday()].append((day - monday).days // 7)
        return found

    def days_of(self, periods: tuple[Period, ...], weeks: Weeks) -> list[int]:
        """For each weekday the days of the season that are in these periods (none: all of it) and weeks."""
        found = self._own.get((periods, weeks))
        if found is None:
            found = self._own[periods, weeks] = [self._days_of(weekday, periods, weeks) for weekday in WEEKDAYS]
        return found

    def _days_of(self, weekday: int, periods: tuple[Period, ...], weeks: Weeks) -> int:
        season = self.instance.season
        monday = season.first_on - timedelta(season.first_on.weekday())
        found = 0
        for week in self.all_days[weekday]:
            day = monday + timedelta(7 * week + weekday)
            inside = not periods or any(one.first_on <= day <= one.last_on for one in periods)
            if inside and (weeks is Weeks.EVERY or (week % 2 == 0) == (weeks is Weeks.A)):
                found |= 1 << week
        return found

    def own_days(self, section: Section, weekday: int) -> int:
        return self.days_of(section.periods, section.weeks)[weekday]

    # --- what stands against a place and time

    def held(self, slot: Slot) -> tuple[int, int]:
        """From when to when an event holds its atoms: with set-up and turnaround, rounded outwards to the grid."""
        space, grid = self.spaces[slot.space], self.instance.grid_min
        first = (slot.start_min - space.before_min) // grid * grid
        last = -(-(slot.end_min + space.after_min) // grid) * grid
        return first, last

    @cached_property
    def sharing(self) -> dict[str, list[Space]]:
        """The spaces that occupy each atom."""
        found: dict[str, list[Space]] = defaultdict(list)
        for space in self.instance.spaces:
            for atom in space.atoms:
                found[atom].append(space)
        return found

    def barred(self, space: Space, weekday: int) -> list[tuple[int, int, int]]:
        """(from, to, days) of everything blocked that touches the atoms of a space."""
        key = (space.id, weekday)
        if key not in self._barred:
            sharers = {one.id: one for atom in space.atoms for one in self.sharing[atom]}
            self._barred[key] = [row for one in sharers.values() for row in self._blocks(one, weekday)]
        return self._barred[key]

    def _blocks(self, space: Space, weekday: int) -> Iterator[tuple[int, int, int]]:
        for one in space.blocked:
            if one.time.weekday == weekday:
                days = self.days_of(one.time.periods, one.time.weeks)[weekday]
                yield one.time.start_min, one.time.end_min, days
        for single in space.blocked_days:
            if single.day.weekday() == weekday:
                days = self.days_of((Period(single.day, single.day),), Weeks.EVERY)[weekday]
                yield single.start_min, single.end_min, days

    def closed(self, space: Space, weekday: int) -> int:
        """The days on which the space itself is closed."""
        return self.days_of(space.closed, Weeks.EVERY)[weekday] if space.closed else 0

    def opened(self, space: Space, weekday: int) -> list[tuple[int, int, int]]:
        key = (space.id, weekday)
        if key not in self._opened:
            self._opened[key] = sorted(
                (one.start_min, one.end_min, self.days_of(one.periods, one.weeks)[weekday])
                for one in space.open
                if one.weekday == weekday
            )
        return self._opened[key]

    def open_days(self, slot: Slot) -> int:
        """The days on which the whole event lies in opening times; those that touch are one."""
        times = self.opened(self.spaces[slot.space], slot.weekday)
        whole = 0
        for start, end, days in times:
            if start <= slot.start_min and slot.end_min <= end:
                whole |= days
        pieces = 0
        for _, _, days in times:
            pieces |= days
        return whole | self._open_in_pieces(slot, times, pieces & ~whole)

    def _open_in_pieces(self, slot: Slot, times: list[tuple[int, int, int]], days: int) -> int:
        """Of these days, those on which several opening times together hold the event."""
        at = [(slot.start_min, days)]
        for start, end, its in times:
            reached = [(max(end, here), left & its) for here, left in at if start <= here < end and left & its]
            at.extend(reached)
        found = 0
        for here, left in at:
            found |= left if here >= slot.end_min else 0
        return found

    def running(self, slot: Slot) -> int:
        """The days of the season on which a slot can be had at all: open, and nothing blocked that it would hold."""
        key = (slot.space, slot.weekday, slot.start_min, slot.end_min)
        found = self._running.get(key)
        if found is None:
            first, last = self.held(slot)
            space = self.spaces[slot.space]
            found = self.open_days(slot) & ~self.closed(space, slot.weekday)
            for start, end, days in self.barred(space, slot.weekday):
                if start < last and first < end:
                    found &= ~days
            self._running[key] = found
        return found

    def taken_by(self, slot: Slot) -> list[str]:
        """The reasons of what is blocked, on any day, in what a slot would hold."""
        first, last = self.held(slot)
        space = self.spaces[slot.space]
        sharers = {one.id: one for atom in space.atoms for one in self.sharing[atom]}.values()
        weekly = [(one.time.weekday, one.time.start_min, one.time.end_min, one.reason)
                  for sharer in sharers for one in sharer.blocked]  # fmt: skip
        single = [(one.day.weekday(), one.start_min, one.end_min, one.reason)
                  for sharer in sharers for one in sharer.blocked_days]  # fmt: skip
        rows = (*weekly, *single)
        return sorted({why for day, a, b, why in rows if day == slot.weekday and a < last and first < b})

    def dates(self, section: Section, slot: Slot) -> int:
        return self.running(slot) & self.own_days(section, slot.weekday)

    def enough_dates(self, section: Section, dates: int, weekday: int) -> bool:
        own = self.own_days(section, weekday).bit_count()
        return dates > 0 and 100 * dates.bit_count() >= self.instance.policy.least_dates_percent * own

    # --- what a section asks

    def lacks(self, section: Section, space: Space) -> str | None:
        """The code of why a space does not do for a section."""
        if space.capacity < section.people:
            return "too_small"
        if not section.equipment <= space.equipment:
            return "no_equipment"
        return "not_step_free" if section.step_free and not space.step_free else None

    def rank_of(self, section: Section, space: Space) -> int | None:
        """The best rank by which a section would go to a space."""
        return min((one.rank for one in section.options if matches(one, space)), default=None)

    def excluded(self, section: Section, slot: Slot) -> bool:
        return any(fits(one, section, slot) for one in self.instance.exclusions)


def matches(option: Option, space: Space) -> bool:
    """One space by its name, or all of which everything told holds."""
    if option.space is not None:
        return option.space == space.id
    told = (
        (option.kind, space.kind),
        (option.premises, space.premises),
        (option.district, space.district),
    )
    return all(asked is None or asked == its for asked, its in told)


def fits(exclusion: Exclusion, section: Section, slot: Slot) -> bool:
    """Whether an exclusion bars this slot for this section: all it tells holds, and the times overlap."""
    told = (
        (exclusion.section, section.id),
        (exclusion.organisation, section.organisation),
        (exclusion.space, slot.space),
        (exclusion.weekday, slot.weekday),
    )
    overlaps = exclusion.start_min < slot.end_min and slot.start_min < exclusion.end_min
    return overlaps and all(named is None or named == its for named, its in told)


def stretches(windows: Iterable[Window | WeeklyTime], weekday: int) -> list[tuple[int, int]]:
    """The windows of a weekday, those that touch joined."""
    found: list[tuple[int, int]] = []
    for start, end in sorted((one.start_min, one.end_min) for one in windows if one.weekday == weekday):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def preference(section: Section, slot: Slot) -> int | None:
    """The worst preference that an event needs, the best windows first; None where it lies outside of all."""
    for worst in (1, 2):
        windows = [one for one in section.windows if one.preference <= worst]
        if any(a <= slot.start_min and slot.end_min <= b for a, b in stretches(windows, slot.weekday)):
            return worst
    return None


def metres(one: tuple[int, int] | None, other: tuple[int, int] | None) -> int | None:
    """The straight way in whole metres, rounded down; None where a place is not known."""
    squared = metres_squared(one, other)
    return None if squared is None else math.isqrt(squared)


def metres_squared(one: tuple[int, int] | None, other: tuple[int, int] | None) -> int | None:
    if one is None or other is None:
        return None
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2
