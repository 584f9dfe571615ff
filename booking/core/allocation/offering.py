"""What was left free and would nearly do: for a section that got less than it asked, the nearest slots that it could
have with the plan as it is, each tried against every rule before it is offered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from booking.core.allocation.instance import Section, Slot, Space, Weeks
from booking.core.allocation.rivals import shortest, wished_spaces
from booking.core.allocation.standing import Standing
from booking.core.allocation.truth import WEEKDAYS, metres, stretches

MOST = 3
NEAR_METRES = 6_000
LEAST_MINUTES = 30
# Costs in minutes of change: how much one is like another.
OTHER_DAY = 60
OTHER_SPACE = 30
METRES_A_MINUTE = 50
UNKNOWN_WAY = 60
SHORTER = 90


@dataclass(frozen=True, slots=True)
class Offer:
    """A free slot. `minutes`: how far it lies outside the wished times of its day (or, on another `day`, of the day
    whose times are nearest); `metres`: the way to another `space`, None where it is not known; `shorter`: than the
    least length asked."""

    slot: Slot
    minutes: int
    day: bool
    space: bool
    metres: int | None
    shorter: bool

    @property
    def cost(self) -> int:
        way = 0
        if self.space:
            way = OTHER_SPACE + (UNKNOWN_WAY if self.metres is None else self.metres // METRES_A_MINUTE)
        return self.minutes + OTHER_DAY * self.day + way + SHORTER * self.shorter


class Offers:
    """Finds offers over a plan."""

    def __init__(self, standing: Standing) -> None:
        self.standing, self.plan, self.truth = standing, standing.plan, standing.truth
        self._free: dict[tuple[str, int], list[tuple[int, int]]] = {}
        self._partly: dict[tuple[str, int], list[tuple[int, int]]] = {}
        self._near: dict[tuple[int, int], list[tuple[int, Space]]] = {}

    def of(self, section: Section) -> list[Offer]:
        """The nearest few, the nearest first; each by itself can be had as it stands."""
        grid = self.truth.instance.grid_min
        length = shortest(section, grid) or -(-section.min_minutes // grid) * grid
        found = self._search(section, length)
        while not found and (length := length - grid) >= max(LEAST_MINUTES, section.min_minutes // 2):
            found = self._search(section, length)
        return found

    def _search(self, section: Section, length: int) -> list[Offer]:
        best: list[Offer] = []
        for space, wished, way in self._spaces(section):
            worst = best[-1].cost if len(best) == MOST else None
            least = 0 if wished else OTHER_SPACE + (UNKNOWN_WAY if way is None else way // METRES_A_MINUTE)
            if worst is not None and least > worst:
                break
            best = self._with(best, section, self._in(section, space, length, wished=wished, way=way))
        return best

    def _with(self, best: list[Offer], section: Section, more: Iterable[Offer]) -> list[Offer]:
        for offer in sorted(more, key=self._order):
            if (len(best) < MOST or self._order(offer) < self._order(best[-1])) and self.can_be_had(
                section, offer.slot
            ):
                best = sorted([*best, offer], key=self._order)[:MOST]
        return best

    def _order(self, offer: Offer) -> tuple[int, int, str, int, int]:
        """The nearest first; of equals the smaller space, a half before its hall."""
        slot = offer.slot
        return offer.cost, len(self.truth.spaces[slot.space].atoms), slot.space, slot.weekday, slot.start_min

    def can_be_had(self, section: Section, slot: Slot) -> bool:
        """Whether the section could have this slot with nobody else's changed."""
        lack = self.truth.lacks(section, self.truth.spaces[slot.space])
        return lack is None and self.standing.of_slot(section, slot).code == "idle"

    # --- where

    def _spaces(self, section: Section) -> Iterator[tuple[Space, bool, int | None]]:
        """The spaces to look into, with whether they are wished and the way there, the nearest first."""
        ranks = wished_spaces(self.truth, section)
        own = self.plan.of_section.get(section.id, ())
        if section.same_space and own:
            name = own[0].slot.space
            yield self.truth.spaces[name], name in ranks, None
            return
        for name in ranks:
            yield self.truth.spaces[name], True, None
        for way, space in self._nearby(section, ranks):
            if space.id not in ranks:
                yield space, False, way

    def _nearby(self, section: Section, ranks: dict[str, int]) -> Iterable[tuple[int | None, Space]]:
        known = (self.truth.spaces[name].place for name in ranks)
        home = section.place or next((place for place in known if place is not None), None)
        if home is not None:
            return self._near_to(home)
        premises = {self.truth.spaces[name].premises for name in ranks}
        districts = {section.district, *(self.truth.spaces[name].district for name in ranks)} - {""}
        near = [one for one in self.truth.instance.spaces if one.premises and one.premises in premises]
        there = [one for one in self.truth.instance.spaces if one.district in districts and one not in near]
        return ((None, one) for one in chain(near, there))

    def _near_to(self, home: tuple[int, int]) -> list[tuple[int, Space]]:
        if home not in self._near:
            ways = ((metres(home, one.place), one) for one in self.truth.instance.spaces)
            near = [(way, one) for way, one in ways if way is not None and way <= NEAR_METRES]
            self._near[home] = sorted(near, key=lambda pair: (pair[0], pair[1].id))
        return self._near[home]

    # --- when

    def _in(self, section: Section, space: Space, length: int, *, wished: bool, way: int | None) -> Iterator[Offer]:
        """The nearest start in each free stretch of a space, on each weekday on which one more can be."""
        if self.truth.lacks(section, space):
            return
        taken = {one.slot.weekday for one in self.plan.of_section.get(section.id, ())}
        every = [(start, end) for day in WEEKDAYS for start, end in stretches(section.windows, day)]
        for weekday in WEEKDAYS:
            if weekday in taken and not section.same_day_allowed:
                continue
            windows = stretches(section.windows, weekday)
            for first, last in self.free(space, weekday):
                for minutes, start in self._nearest(windows or every, first, last, length, self._edges(space, weekday)):
                    slot = Slot(space.id, weekday, start, start + length)
                    shorter = length < section.min_minutes
                    yield Offer(slot, minutes, not windows, not wished, None if wished else way, shorter)

    def _nearest(
        self, windows: list[tuple[int, int]], first: int, last: int, length: int, edges: list[tuple[int, int]]
    ) -> list[tuple[int, int]]:
        """(minutes outside, start) of the events that lie least outside the windows, inside this stretch: at its ends,
        at the ends of windows, and beside what is taken on some days only."""
        grid = self.truth.instance.grid_min
        low, high = -(-first // grid) * grid, (last - length) // grid * grid
        if low > high or not windows:
            return []
        starts = {low, high}
        for start, end in windows:
            starts |= {min(max(at, low), high) for at in (-(-start // grid) * grid, (end - length) // grid * grid)}
        for start, end in edges:
            starts |= {at for at in (-(-end // grid) * grid, (start - length) // grid * grid) if low <= at <= high}
        return sorted((min(_outside(at, length, one) for one in windows), at) for at in starts)[:MOST]

    def _edges(self, space: Space, weekday: int) -> list[tuple[int, int]]:
        """What is taken of a space on some days only, with what an event would hold around itself."""
        key = (space.id, weekday)
        if key not in self._partly:
            whole = self.truth.days_of((), Weeks.EVERY)[weekday]
            rows = {
                (a, b) for a, b, days in self.truth.barred(space, weekday) if days.bit_count() > 1 and days != whole
            }
            self._partly[key] = sorted((a - space.after_min, b + space.before_min) for a, b in rows)
        return self._partly[key]

    def free(self, space: Space, weekday: int) -> list[tuple[int, int]]:
        """The stretches in which an event could lie on any day: open, and held by nobody."""
        key = (space.id, weekday)
        if key not in self._free:
            held = [(one.first, one.last) for atom in space.atoms for one in self.plan.of_atom.get((atom, weekday), ())]
            whole = self.truth.days_of((), Weeks.EVERY)[weekday]
            held += [(start, end) for start, end, days in self.truth.barred(space, weekday) if days == whole]
            around = [(start - space.after_min, end + space.before_min) for start, end in held]
            opened = stretches(space.open, weekday)
            self._free[key] = [left for one in opened for left in _without(one, sorted(around))]
        return self._free[key]


def _outside(start: int, length: int, window: tuple[int, int]) -> int:
    """By how many minutes an event leaves a window."""
    return max(0, window[0] - start, start + length - window[1])


def _without(whole: tuple[int, int], held: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What is left of a stretch; the held ones in order of their starts."""
    at, end = whole
    for first, last in held:
        if first > at:
            yield at, min(first, end)
        at = max(at, last)
        if at >= end:
            return
    if at < end:
        yield at, end
