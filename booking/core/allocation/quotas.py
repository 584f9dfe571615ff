"""Quotas as whole numbers: what each event weighs against each limit, in minutes of an average week times a common
multiple, so that nothing is rounded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from booking.core.allocation.facts import ALL_BITS, MINUTES, Facts, Masks, barred, closed, opened
from booking.core.allocation.instance import Quota, Section, Slot, Weeks
from booking.core.allocation.weeks import DAYS

Sums = NDArray[np.int64]


@dataclass(frozen=True)
class Row:
    """One limit: a quota, or a quota of one organisation where each has its own. `times`: by weekday and minute the
    weeks that count."""

    quota: Quota
    organisation: str | None
    limit: int
    times: tuple[Masks, ...]
    sums: dict[tuple[int, int], Sums] = field(default_factory=dict, compare=False)

    def names(self, section: Section) -> bool:
        """Whether the section is one of those that the limit is for."""
        if self.organisation is not None and section.organisation != self.organisation:
            return False
        return all(
            not told or value in told
            for told, value in (
                (self.quota.classes, section.class_id),
                (self.quota.organisations, section.organisation),
                (self.quota.audiences, section.audience),
                (self.quota.districts, section.district),
            )
        )

    def counts(self, space: str) -> bool:
        return not self.quota.spaces or space in self.quota.spaces


@dataclass(frozen=True)
class Quotas:
    """All limits of an instance."""

    facts: Facts

    @cached_property
    def dates_of(self) -> tuple[int, ...]:
        """How many dates of each weekday the season has."""
        weeks = self.facts.calendar
        return tuple(weeks.dates(weeks.mask(day, (), Weeks.EVERY)) for day in DAYS)

    @cached_property
    def whole(self) -> int:
        """What one minute every week weighs."""
        return math.lcm(*(dates for dates in self.dates_of if dates))

    def share(self, day: int) -> int:
        """What one minute on one date of this weekday weighs."""
        return self.whole // self.dates_of[day] if self.dates_of[day] else 0

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for quota in self.facts.instance.quotas for row in self.of(quota))

    def of(self, quota: Quota) -> Iterator[Row]:
        times = tuple(self.times(quota, day) for day in DAYS)
        limit = self.limit(quota, times)
        if not quota.each_organisation:
            yield Row(quota, None, limit, times)
            return
        for organisation in sorted({section.organisation for section in self.facts.instance.sections}):
            if not quota.organisations or organisation in quota.organisations:
                yield Row(quota, organisation, limit, times)

    def times(self, quota: Quota, day: int) -> Masks:
        """By minute of the day the weeks in which the quota counts."""
        minutes = np.full(MINUTES, 0 if quota.times else ALL_BITS, np.uint64)
        for time in quota.times:
            if time.weekday == day:
                mask = self.facts.calendar.mask(day, time.periods, time.weeks)
                minutes[time.start_min : time.end_min] |= np.uint64(mask)
        return minutes

    def limit(self, quota: Quota, times: tuple[Masks, ...]) -> int:
        """The most that may be granted; of two told the smaller."""
        told = []
        if quota.most_minutes is not None:
            told.append(quota.most_minutes * self.whole)
        if quota.most_percent is not None:
            told.append(self.bookable(quota, times) * quota.most_percent // 100)
        return min(told, default=1 << 60)

    def bookable(self, quota: Quota, times: tuple[Masks, ...]) -> int:
        """What can be booked in the quota's spaces and times: open, and not taken by anything told beforehand."""
        weeks, found = self.facts.calendar, 0
        for space in self.facts.instance.spaces:
            if quota.spaces and space.id not in quota.spaces:
                continue
            for day in DAYS:
                free = opened(weeks, space, day) & times[day] & ~np.uint64(closed(weeks, space, day))
                for near in self.facts.sharing(space):
                    free = free & ~barred(weeks, near, day)
                found += int(self.dates(free).sum()) * self.share(day)
        return found

    def dates(self, masks: Masks) -> Sums:
        """How many dates each mask holds."""
        found = np.zeros(len(masks), np.int64)
        for bit, weight in enumerate(self.facts.calendar.weights):
            found += ((masks >> np.uint64(bit)) & np.uint64(1)).astype(np.int64) * weight
        return found

    def weight(self, row: Row, slot: Slot, mask: int) -> int:
        """What an event weighs against a row that names its section."""
        if not row.counts(slot.space):
            return 0
        sums = self.summed(row, slot.weekday, mask)
        return int(sums[slot.end_min] - sums[slot.start_min])

    def summed(self, row: Row, day: int, mask: int) -> Sums:
        """What events of these weeks weigh from midnight to each minute."""
        key = (day, mask)
        if key not in row.sums:
            each = self.dates(row.times[day] & np.uint64(mask)) * self.share(day)
            row.sums[key] = np.concatenate([np.zeros(1, np.int64), np.cumsum(each)])
        return row.sums[key]

    def for_section(self, section: Section) -> Iterable[int]:
        """The numbers of the rows that name a section."""
        return (number for number, row in enumerate(self.rows) if row.names(section))
