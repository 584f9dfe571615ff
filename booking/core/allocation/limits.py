"""What quotas allow and what is used of them, in whole parts of an average week's minute."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise

from booking.core.allocation.instance import Quota, Section, Slot, WeeklyTime, Weeks
from booking.core.allocation.truth import WEEKDAYS, Truth

Row = tuple[str, str | None]  # a quota, and the organisation where each has its own


class Limits:
    """The quotas of an instance; `use` counts events in."""

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self.quotas = {one.id: one for one in truth.instance.quotas}
        self.used: dict[Row, int] = defaultdict(int)

    @cached_property
    def dates_of(self) -> list[int]:
        return [days.bit_count() for days in self.truth.days_of((), Weeks.EVERY)]

    @cached_property
    def whole(self) -> int:
        """What one minute of every week weighs."""
        return math.lcm(*(count for count in self.dates_of if count))

    @cached_property
    def most(self) -> dict[str, int]:
        return {one.id: self._most(one) for one in self.quotas.values()}

    def _most(self, quota: Quota) -> int:
        told = [] if quota.most_minutes is None else [quota.most_minutes * self.whole]
        if quota.most_percent is not None:
            told.append(self._bookable(quota) * quota.most_percent // 100)
        return min(told)

    def _bookable(self, quota: Quota) -> int:
        """What is open and not taken beforehand, of each of the quota's spaces by itself."""
        spaces = [one for one in self.truth.instance.spaces if not quota.spaces or one.id in quota.spaces]
        return sum(self._free(quota, space.id, weekday) for space in spaces for weekday in WEEKDAYS)

    def _free(self, quota: Quota, name: str, weekday: int) -> int:
        space = self.truth.spaces[name]
        opened, barred = self.truth.opened(space, weekday), self.truth.barred(space, weekday)
        cuts = {end for start, over, _ in (*opened, *barred) for end in (start, over)}
        found = 0
        for start, end in _pieces(0, 1440, [*cuts, *_ends(quota.times, weekday)]):
            days = _joint(opened, start) & ~_joint(barred, start) & ~self.truth.closed(space, weekday)
            found += self._weighed(days & self._counting(quota, weekday, start), weekday, end - start)
        return found

    def _weighed(self, days: int, weekday: int, minutes: int) -> int:
        return days.bit_count() * minutes * (self.whole // max(1, self.dates_of[weekday]))

    def _counting(self, quota: Quota, weekday: int, minute: int) -> int:
        """The days on which a quota counts at this minute."""
        if not quota.times:
            return -1
        found = 0
        for one in quota.times:
            if one.weekday == weekday and one.start_min <= minute < one.end_min:
                found |= self.truth.days_of(one.periods, one.weeks)[weekday]
        return found

    def weights(self, section: Section, slot: Slot, dates: int) -> Iterator[tuple[Row, int]]:
        """What an event on these days takes of each quota that names it."""
        for quota in self.quotas.values():
            if names(quota, section) and (not quota.spaces or slot.space in quota.spaces):
                pieces = _pieces(slot.start_min, slot.end_min, _ends(quota.times, slot.weekday))
                weight = sum(
                    self._weighed(dates & self._counting(quota, slot.weekday, start), slot.weekday, end - start)
                    for start, end in pieces
                )
                yield (quota.id, section.organisation if quota.each_organisation else None), weight

    def use(self, section: Section, slot: Slot, dates: int, *, times: int = 1) -> None:
        """Counts an event in (or, -1 times, out again)."""
        if self.quotas:
            for row, weight in self.weights(section, slot, dates):
                self.used[row] += times * weight

    def broken_by(self, section: Section, slot: Slot, dates: int) -> str | None:
        """The first quota that one more event would break."""
        if not self.quotas:
            return None
        for row, weight in self.weights(section, slot, dates):
            if weight and self.used[row] + weight > self.most[row[0]]:
                return row[0]
        return None

    def broken(self) -> Iterator[tuple[Row, int, int]]:
        """Each row of which too much is used: the row, what is used and what may be, in minutes a week."""
        for row, used in sorted(self.used.items(), key=str):
            if used > self.most[row[0]]:
                yield row, -(-used // self.whole), self.most[row[0]] // self.whole


def names(quota: Quota, section: Section) -> bool:
    told = (
        (quota.classes, section.class_id),
        (quota.organisations, section.organisation),
        (quota.audiences, section.audience),
        (quota.districts, section.district),
    )
    return all(not named or its in named for named, its in told)


def _ends(times: Iterable[WeeklyTime], weekday: int) -> list[int]:
    return [end for one in times if one.weekday == weekday for end in (one.start_min, one.end_min)]


def _pieces(start: int, end: int, cuts: Iterable[int]) -> Iterator[tuple[int, int]]:
    """A stretch cut at these minutes."""
    ends = sorted({start, end, *(cut for cut in cuts if start < cut < end)})
    return pairwise(ends)


def _joint(rows: Iterable[tuple[int, int, int]], minute: int) -> int:
    found = 0
    for start, end, days in rows:
        if start <= minute < end:
            found |= days
    return found
