"""The compiled search for admissible slots: every start of every weekday in every space that a section would take."""

from __future__ import annotations

from typing import Any

import numpy as np

from booking.core.allocation.compiled import kernel


@kernel
def dates_in(mask: Any, weights: Any) -> Any:
    """How many dates a mask holds."""
    total = 0
    for bit in range(len(weights)):
        if (mask >> np.uint64(bit)) & np.uint64(1):
            total += weights[bit]
    return total


@kernel
def held_cells(start: Any, end: Any, before: Any, after: Any, grid: Any, cells: Any) -> Any:
    """First and end cell of what is held around an event, outwards to the grid."""
    first = (start * grid - before) // grid
    last = -((-(end * grid + after)) // grid)
    return max(0, first), min(cells, last)


@kernel
def worst_of(wished: Any, start: Any, end: Any) -> Any:
    """The worst preference over the cells; 0 where one of them is no wish at all."""
    worst = 0
    for cell in range(start, end):
        if wished[cell] == 0:
            return 0
        worst = max(worst, wished[cell])
    return worst


@kernel
def running(own: Any, opened: Any, barred: Any, taken: Any, start: Any, end: Any, first: Any, last: Any) -> Any:
    """The weeks in which an event runs; none where it meets what was fixed before."""
    mask = own
    for cell in range(start, end):
        mask &= opened[cell]
    for cell in range(first, last):
        mask &= ~barred[cell]
    for cell in range(first, last):
        if mask & taken[cell]:
            return np.uint64(0)
    return mask


@kernel
def emit(pairs: Any, lengths: Any, wished: Any, own: Any, spaces: Any, rules: Any, out: Any, masks: Any) -> Any:
    """Writes the candidates of each (section, space, rank) pair into `out` (section, space, weekday, start, length,
    rank, preference, dates) and `masks`; returns how many there are, also where `out` is too short to hold them.

    `spaces`: opened, barred, taken (by space, weekday and cell), minutes before and after; `rules`: the grid, the least
    per cent of dates and the weights of the bits."""
    opened, barred, taken, before, after = spaces
    grid, least, weights = rules
    cells = wished.shape[2]
    count = 0
    for pair in range(len(pairs)):
        section, space, rank = pairs[pair]
        length = lengths[section]
        if length == 0:
            continue
        for day in range(7):
            mine = own[section, day]
            if mine == np.uint64(0):
                continue
            least_dates = dates_in(mine, weights) * least
            for start in range(cells - length + 1):
                worst = worst_of(wished[section, day], start, start + length)
                if worst == 0:
                    continue
                first, last = held_cells(start, start + length, before[space], after[space], grid, cells)
                mask = running(mine, opened[space, day], barred[space, day], taken[space, day],
                               start, start + length, first, last)  # fmt: skip
                if mask == np.uint64(0):
                    continue
                dates = dates_in(mask, weights)
                if dates * 100 < least_dates:
                    continue
                if count < len(out):
                    row = out[count]
                    row[0], row[1], row[2], row[3] = section, space, day, start
                    row[4], row[5], row[6], row[7] = length, rank, worst, dates
                    masks[count] = mask
                count += 1
    return count
