"""What is decided before anything is searched: the officials' pins and, where the policy keeps them, last season's
slots. Each is checked against the hard facts and those fixed before it; what cannot be is told, never raised."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from booking.core.allocation.facts import Facts, faults, held, options
from booking.core.allocation.instance import Held, HistoryMode, Pin, Section, Slot
from booking.core.allocation.quotas import Quotas
from booking.core.allocation.result import Origin, PinProblem
from booking.core.allocation.wishes import preference


@dataclass(frozen=True, slots=True)
class Fixed:
    """One event that never moves. `section`: its number; `mask`: the weeks in which it runs."""

    section: int
    slot: Slot
    mask: int
    origin: Origin


@dataclass
class Taken:
    """What the events fixed so far hold: by atom or person and weekday the stretches, and the quotas used."""

    facts: Facts
    quotas: Quotas
    fixed: list[Fixed] = field(default_factory=list)
    problems: list[PinProblem] = field(default_factory=list)
    stretches: dict[tuple[str, ...], list[tuple[int, int, Fixed]]] = field(default_factory=dict)
    days: dict[int, list[Fixed]] = field(default_factory=dict)
    used: dict[int, int] = field(default_factory=dict)

    def section(self, number: int) -> Section:
        return self.facts.instance.sections[number]

    def keys(self, fixed: Fixed) -> Iterator[tuple[tuple[str, ...], int, int]]:
        """What the event holds and from when to when: its atoms with what is held around it, its people without."""
        space, slot, day = self.facts.spaces[fixed.slot.space], fixed.slot, str(fixed.slot.weekday)
        first, end = held(space, slot.start_min, slot.end_min, self.facts.instance.grid_min)
        for atom in space.atoms:
            yield ("atom", atom, day), first, end
        section = self.section(fixed.section)
        for person in section.shared:
            yield ("person", section.organisation, person, day), slot.start_min, slot.end_min

    def clash(self, fixed: Fixed) -> tuple[str, str | None] | None:
        """The code of the first clash with what is fixed, and the section it is with."""
        for other in self.days.get(fixed.section, ()):
            code = self.with_own(fixed, other)
            if code:
                return code, self.section(other.section).id
        for key, first, end in self.keys(fixed):
            for begun, over, other in self.stretches.get(key, ()):
                if first < over and begun < end and fixed.mask & other.mask:
                    return ("pinned_other" if key[0] == "atom" else "same_person"), self.section(other.section).id
        return None

    def with_own(self, fixed: Fixed, other: Fixed) -> str | None:
        """What speaks against two events of one section."""
        section, one, two = self.section(fixed.section), fixed.slot, other.slot
        if section.same_space and one.space != two.space:
            return "same_space"
        if one.weekday != two.weekday:
            return None
        if not section.same_day_allowed:
            return "one_per_day"
        return "own_event" if one.start_min < two.end_min and two.start_min < one.end_min else None

    def over_quota(self, fixed: Fixed) -> tuple[str, None] | None:
        rows = self.quotas.rows
        over = any(self.used.get(row, 0) + weight > rows[row].limit for row, weight in self.weights(fixed))
        return ("quota", None) if over else None

    def weights(self, fixed: Fixed) -> Iterator[tuple[int, int]]:
        for row in self.quotas.for_section(self.section(fixed.section)):
            weight = self.quotas.weight(self.quotas.rows[row], fixed.slot, fixed.mask)
            if weight:
                yield row, weight

    def add(self, fixed: Fixed) -> None:
        self.fixed.append(fixed)
        self.days.setdefault(fixed.section, []).append(fixed)
        for key, first, end in self.keys(fixed):
            self.stretches.setdefault(key, []).append((first, end, fixed))
        for row, weight in self.weights(fixed):
            self.used[row] = self.used.get(row, 0) + weight

    def pin(self, pin: Pin, number: int | None) -> None:
        """Keeps a pin, or tells why it cannot be kept."""
        if number is None:
            self.problems.append(PinProblem(pin.section, pin.slot, "no_such_section"))
            return
        section = self.section(number)
        found = faults(self.facts, section, pin.slot, pinned=True)
        if found:
            self.problems.append(PinProblem(pin.section, pin.slot, found[0]))
            return
        fixed = Fixed(number, pin.slot, self.facts.running(section, pin.slot), Origin.PIN)
        clash = self.clash(fixed) or self.over_quota(fixed)
        if clash is not None:
            self.problems.append(PinProblem(pin.section, pin.slot, clash[0], clash[1]))
            return
        self.add(fixed)

    def keep(self, number: int, old: Held) -> None:
        """Keeps a slot of last season where the section still wishes it and nothing stands against it."""
        section = self.section(number)
        slot = still_wished(self.facts, section, old)
        if slot is None or len(self.days.get(number, ())) >= section.events or faults(self.facts, section, slot):
            return
        fixed = Fixed(number, slot, self.facts.running(section, slot), Origin.HISTORY)
        if self.clash(fixed) is None and not self.over_quota(fixed):
            self.add(fixed)


def fix(facts: Facts, quotas: Quotas, seed: str) -> Taken:
    """Everything that is decided before the search."""
    taken = Taken(facts, quotas)
    numbers = {section.id: number for number, section in enumerate(facts.instance.sections)}
    for pin in facts.instance.pins:
        taken.pin(pin, numbers.get(pin.section))
    if facts.instance.policy.history is HistoryMode.PIN:
        for number in by_claim(facts, seed):
            for old in used_enough(facts, number):
                taken.keep(number, old)
    return taken


def by_claim(facts: Facts, seed: str) -> list[int]:
    """The numbers of the sections: class before class, then by the rulebook's order, then by lot."""
    ranks = {each.id: each.rank for each in facts.instance.classes}
    sections = facts.instance.sections

    def claim(number: int) -> tuple[int, int, int]:
        section = sections[number]
        order = section.order if section.order is not None else 1 << 60
        return ranks[section.class_id], order, -lot(seed, section.id)

    return sorted(range(len(sections)), key=claim)


def lot(seed: str, section: str) -> int:
    """The section's lot, 0–65535: the greater goes before the smaller."""
    return int.from_bytes(hmac.new(seed.encode(), section.encode(), hashlib.sha256).digest()[:2])


def used_enough(facts: Facts, number: int) -> Iterable[Held]:
    least = facts.instance.policy.least_use_percent
    return (old for old in facts.instance.sections[number].history if old.use_percent >= least)


def still_wished(facts: Facts, section: Section, old: Held) -> Slot | None:
    """Last season's slot as it could be now: on the grid, as long as the section may have, inside its wishes."""
    grid = facts.instance.grid_min
    if old.space not in facts.numbers or facts.numbers[old.space] not in options(facts, section):
        return None
    start = -(-old.start_min // grid) * grid
    end = min(old.end_min // grid * grid, start + section.max_minutes // grid * grid)
    if end - start < section.min_minutes or preference(section, old.weekday, start, end) == 0:
        return None
    return Slot(old.space, old.weekday, start, end)
