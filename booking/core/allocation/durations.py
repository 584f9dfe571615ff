"""Longer events where there is room: a finished plan's events stretched to what their sections may have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from booking.core.allocation.candidates import DAY, PREFERENCE, SECTION, SPACE, START, Prepared
from booking.core.allocation.facts import excludes, held
from booking.core.allocation.instance import Slot
from booking.core.allocation.wishes import Wished, cells_of

Key = tuple[str, ...]


@dataclass
class Stretching:
    """The plan as it grows. `stretches`: by atom or person and weekday what is held from when to when, in which weeks
    and by which event; `slots`: of the candidates, as they are by now."""

    prepared: Prepared
    slots: dict[int, Slot] = field(default_factory=dict)
    stretches: dict[Key, list[tuple[int, int, int, int]]] = field(default_factory=dict)
    used: dict[int, int] = field(default_factory=dict)
    wished: dict[int, Wished] = field(default_factory=dict)

    def holds(self, section: int, slot: Slot) -> Iterator[tuple[Key, int, int]]:
        """What an event holds and from when to when."""
        one, space = self.prepared.instance.sections[section], self.prepared.facts.spaces[slot.space]
        first, end = held(space, slot.start_min, slot.end_min, self.prepared.instance.grid_min)
        for atom in space.atoms:
            yield ("atom", atom, str(slot.weekday)), first, end
        for person in one.shared:
            yield ("person", one.organisation, person, str(slot.weekday)), slot.start_min, slot.end_min
        yield ("own", one.id, str(slot.weekday)), slot.start_min, slot.end_min

    def add(self, section: int, slot: Slot, mask: int, event: int) -> None:
        for key, first, end in self.holds(section, slot):
            self.stretches.setdefault(key, []).append((first, end, mask, event))

    def move(self, section: int, old: Slot, new: Slot, mask: int, event: int) -> None:
        for key, first, end in self.holds(section, old):
            self.stretches[key].remove((first, end, mask, event))
        self.add(section, new, mask, event)
        self.slots[event] = new

    def free(self, section: int, slot: Slot, mask: int, event: int) -> bool:
        """Whether no other event holds a part of it in a week in which both run; of the section's own in any."""
        for key, first, end in self.holds(section, slot):
            for begun, over, weeks, other in self.stretches.get(key, ()):
                if other != event and first < over and begun < end and (weeks & mask or key[0] == "own"):
                    return False
        return True

    def runs(self, space: int, slot: Slot, mask: int) -> bool:
        """Whether it would run in all the weeks in which the event runs already."""
        table, grid, day = self.prepared.table, self.prepared.instance.grid_min, slot.weekday
        one = self.prepared.instance.spaces[space]
        first, end = held(one, slot.start_min, slot.end_min, grid)
        opened = table.opened[space, day, slot.start_min // grid : slot.end_min // grid]
        barred = table.barred[space, day, first // grid : end // grid]
        left = int(np.bitwise_and.reduce(opened)) & ~int(np.bitwise_or.reduce(barred))
        return mask & left == mask

    def within_quotas(self, section: int, old: Slot, new: Slot, mask: int) -> bool:
        return all(self.used.get(row, 0) + more <= limit for row, more, limit in self.added(section, old, new, mask))

    def added(self, section: int, old: Slot, new: Slot, mask: int) -> Iterator[tuple[int, int, int]]:
        """By row what the change weighs more, and the limit."""
        quotas = self.prepared.quotas
        for number in quotas.for_section(self.prepared.instance.sections[section]) if quotas.rows else ():
            row = quotas.rows[number]
            more = quotas.weight(row, new, mask) - quotas.weight(row, old, mask)
            if more:
                yield number, more, row.limit

    def as_wished(self, section: int, slot: Slot, worst: int) -> bool:
        """Whether it is wished as much as the event at its least length."""
        grid, one = self.prepared.instance.grid_min, self.prepared.instance.sections[section]
        if section not in self.wished:
            self.wished[section] = cells_of(one, grid)
        cells = self.wished[section][slot.weekday, slot.start_min // grid : slot.end_min // grid]
        return bool(cells.min() > 0 and cells.max() <= worst)

    def may(self, candidate: int, new: Slot) -> bool:
        """Whether nothing at all speaks against the event being so long."""
        row, old = self.prepared.rows[candidate], self.slots[candidate]
        section, mask = int(row[SECTION]), int(self.prepared.masks[candidate])
        one = self.prepared.instance.sections[section]
        if not 0 <= new.start_min < new.end_min <= 1440 or new.end_min - new.start_min > one.max_minutes:
            return False
        return (
            self.as_wished(section, new, int(row[PREFERENCE]))
            and self.runs(int(row[SPACE]), new, mask)
            and self.free(section, new, mask, candidate)
            and not any(excludes(exclusion, one, new) for exclusion in self.prepared.instance.exclusions)
            and self.within_quotas(section, old, new, mask)
        )

    def stretch(self, candidate: int) -> None:
        """Earlier for as long as it goes, then later: what is left between two neighbours goes to the later one first,
        which may have no other room."""
        grid, row = self.prepared.instance.grid_min, self.prepared.rows[candidate]
        for earlier, later in ((grid, 0), (0, grid)):
            while True:
                old = self.slots[candidate]
                new = Slot(old.space, old.weekday, old.start_min - earlier, old.end_min + later)
                if not self.may(candidate, new):
                    break
                section, mask = int(row[SECTION]), int(self.prepared.masks[candidate])
                for number, more, _ in self.added(section, old, new, mask):
                    self.used[number] = self.used.get(number, 0) + more
                self.move(section, old, new, mask, candidate)


def stretched(prepared: Prepared, plan: Iterable[int]) -> dict[int, Slot]:
    """The slots of the plan's candidates at full length, from morning to night; an incumbent's slot stays as it is."""
    plan = sorted(plan, key=lambda candidate: tuple(prepared.rows[candidate, [DAY, START, SPACE, SECTION]].tolist()))
    whole = Stretching(prepared, used=dict(prepared.taken.used))
    for number, fixed in enumerate(prepared.fixed, start=1):
        whole.add(fixed.section, fixed.slot, fixed.mask, -number)
    for candidate in plan:
        section, mask, slot = (
            int(prepared.rows[candidate, SECTION]),
            int(prepared.masks[candidate]),
            prepared.slot(candidate),
        )
        whole.slots[candidate] = slot
        whole.add(section, slot, mask, candidate)
        for row in prepared.quotas.for_section(prepared.instance.sections[section]) if prepared.quotas.rows else ():
            weight = prepared.quotas.weight(prepared.quotas.rows[row], slot, mask)
            whole.used[row] = whole.used.get(row, 0) + weight
    steady = prepared.instance.policy.stability > 0
    for candidate in plan:
        if not (steady and prepared.kept[candidate]):
            whole.stretch(candidate)
    return whole.slots
