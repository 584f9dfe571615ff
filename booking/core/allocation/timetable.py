"""When each space can be had, by weekday and cell of the grid: bits of the weeks in which it is open, barred or held by
what was fixed beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from booking.core.allocation.facts import MINUTES, Facts, Masks, barred, closed, held, opened
from booking.core.allocation.fixing import Fixed
from booking.core.allocation.weeks import DAYS


@dataclass(frozen=True, slots=True)
class Timetable:
    """By space, weekday and cell. `opened`: all of the cell is; `barred`: something told beforehand has a part of it;
    `taken`: an event that never moves has."""

    opened: Masks
    barred: Masks
    taken: Masks


def timetable(facts: Facts, fixed: Iterable[Fixed]) -> Timetable:
    cells = MINUTES // facts.instance.grid_min
    shape = (len(facts.instance.spaces), 7, cells)
    table = Timetable(np.zeros(shape, np.uint64), np.zeros(shape, np.uint64), np.zeros(shape, np.uint64))
    by_atom = barred_by_atom(facts, cells)
    taken = taken_by_atom(facts, fixed, cells)
    for number, space in enumerate(facts.instance.spaces):
        for day in DAYS:
            open_then = opened(facts.calendar, space, day).reshape(cells, -1)
            shut = np.uint64(closed(facts.calendar, space, day))
            table.opened[number, day] = np.bitwise_and.reduce(open_then, axis=1) & ~shut
        for atom in space.atoms:
            table.barred[number] |= by_atom[atom]
            if atom in taken:
                table.taken[number] |= taken[atom]
    return table


def barred_by_atom(facts: Facts, cells: int) -> dict[str, Masks]:
    """What bars a space bars everything that shares an atom with it."""
    found: dict[str, Masks] = {atom: np.zeros((7, cells), np.uint64) for atom in facts.by_atom}
    for space in facts.instance.spaces:
        if not space.blocked and not space.blocked_days:
            continue
        for day in DAYS:
            masks = np.bitwise_or.reduce(barred(facts.calendar, space, day).reshape(cells, -1), axis=1)
            for atom in space.atoms:
                found[atom][day] |= masks
    return found


def taken_by_atom(facts: Facts, fixed: Iterable[Fixed], cells: int) -> dict[str, Masks]:
    found: dict[str, Masks] = {}
    grid = facts.instance.grid_min
    for event in fixed:
        space, slot = facts.spaces[event.slot.space], event.slot
        first, end = held(space, slot.start_min, slot.end_min, grid)
        for atom in space.atoms:
            masks = found.setdefault(atom, np.zeros((7, cells), np.uint64))
            masks[slot.weekday, first // grid : end // grid] |= np.uint64(event.mask)
    return found
