"""A plan as it is looked up: who holds what, what a section could still take, and who stands against it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from booking.core.allocation.instance import Section, Slot, Space
from booking.core.allocation.limits import Limits
from booking.core.allocation.result import Grant, Origin
from booking.core.allocation.truth import WEEKDAYS, Truth, stretches


@dataclass(frozen=True, slots=True)
class Event:
    """A granted event: what it holds, from when to when, on which days. `fixed`: no search may move it."""

    number: int
    section: Section
    slot: Slot
    first: int
    last: int
    dates: int
    fixed: bool


class Plan:
    """The events of a result by place and person. Grants of unknown sections or spaces are left out."""

    def __init__(self, truth: Truth, grants: Iterable[Grant]) -> None:
        self.truth = truth
        self.limits = Limits(truth)
        self.events: list[Event] = []
        self.of_section: dict[str, list[Event]] = defaultdict(list)
        self.of_atom: dict[tuple[str, int], list[Event]] = defaultdict(list)
        self.of_person: dict[tuple[str, str, int], list[Event]] = defaultdict(list)
        for number, grant in enumerate(grants):
            if grant.section in truth.sections and grant.slot.space in truth.spaces:
                self._add(number, grant)

    def _add(self, number: int, grant: Grant) -> None:
        section, slot = self.truth.sections[grant.section], grant.slot
        first, last = self.truth.held(slot)
        fixed = grant.origin is not Origin.SOLVER
        event = Event(number, section, slot, first, last, self.truth.dates(section, slot), fixed)
        self.events.append(event)
        self.of_section[section.id].append(event)
        for atom in self.truth.spaces[slot.space].atoms:
            self.of_atom[atom, slot.weekday].append(event)
        for person in section.shared:
            self.of_person[section.organisation, person, slot.weekday].append(event)
        self.limits.use(section, slot, event.dates)

    def granted(self, section: Section) -> int:
        return len(self.of_section.get(section.id, ()))

    def unmet(self) -> Iterator[Section]:
        """The sections that got fewer events than they asked for."""
        return (one for one in self.truth.instance.sections if self.granted(one) < one.events)

    def holders(self, slot: Slot, dates: int) -> list[Event]:
        """The events that hold this place and time on any of these days."""
        first, last = self.truth.held(slot)
        found: dict[int, Event] = {}
        for atom in self.truth.spaces[slot.space].atoms:
            for event in self.of_atom.get((atom, slot.weekday), ()):
                if event.first < last and first < event.last and event.dates & dates:
                    found[event.number] = event
        return list(found.values())

    def same_people(self, section: Section, slot: Slot, dates: int) -> list[Event]:
        """The events of other sections that somebody of this one must be at."""
        found: dict[int, Event] = {}
        for person in section.shared:
            for event in self.of_person.get((section.organisation, person, slot.weekday), ()):
                overlap = event.slot.start_min < slot.end_min and slot.start_min < event.slot.end_min
                if overlap and event.dates & dates and event.section.id != section.id:
                    found[event.number] = event
        return list(found.values())

    def against_own(self, section: Section, slot: Slot) -> str | None:
        """The code by which the section's own events stand against one more."""
        for event in self.of_section.get(section.id, ()):
            if section.same_space and event.slot.space != slot.space:
                return "same_space"
            if event.slot.weekday == slot.weekday:
                if not section.same_day_allowed:
                    return "one_per_day"
                if event.slot.start_min < slot.end_min and slot.start_min < event.slot.end_min:
                    return "own_event"
        return None


def shortest(section: Section, grid: int) -> int | None:
    """The least length of an event on the grid; None where the longest does not reach it."""
    length = -(-section.min_minutes // grid) * grid
    return length if length <= section.max_minutes else None


def wished_spaces(truth: Truth, section: Section) -> dict[str, int]:
    """The spaces that a section would go to, fit or not, with their ranks, the most wished first."""
    if all(one.space for one in section.options):
        ranks: dict[str, int] = {}
        for one in section.options:
            if one.space in truth.spaces:
                ranks[one.space] = min(one.rank, ranks.get(one.space, one.rank))
    else:
        every = ((space.id, truth.rank_of(section, space)) for space in truth.instance.spaces)
        ranks = {name: rank for name, rank in every if rank is not None}
    return dict(sorted(ranks.items(), key=lambda pair: (pair[1], pair[0])))


def starts(section: Section, weekday: int, length: int, grid: int) -> Iterator[int]:
    """Every start on the grid by which an event of this length lies in the windows."""
    for first, last in stretches(section.windows, weekday):
        yield from range(-(-first // grid) * grid, last - length + 1, grid)


def wishes(truth: Truth, section: Section, space: Space) -> Iterator[Slot]:
    """Every slot at its least length that a section wishes in a space, admissible or not."""
    length = shortest(section, truth.instance.grid_min)
    if length is not None:
        for weekday in WEEKDAYS:
            for start in starts(section, weekday, length, truth.instance.grid_min):
                yield Slot(space.id, weekday, start, start + length)
