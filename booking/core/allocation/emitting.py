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
def one_day(pair: Any, day: Any, length: Any, wished: Any, own: Any, spaces: Any, rules: Any) -> Any:
    """The starts, dates and masks of a section's candidates in one space on one weekday; preferences with them."""
    opened, barred, taken, before, after = spaces
    grid, least, weights = rules
    space, cells = pair[1], len(wished)
    found = np.zeros((cells, 3), np.int64)
    masks = np.zeros(cells, np.uint64)
    least_dates, count = dates_in(own, weights) * least, 0
    for start in range(cells - length + 1):
        worst = worst_of(wished, start, start + length)
        if worst == 0:
            continue
        first, last = held_cells(start, start + length, before[space], after[space], grid, cells)
        mask = running(
            own, opened[space, day], barred[space, day], taken[space, day], start, start + length, first, last
        )
        dates = dates_in(mask, weights) if mask else 0
        if dates > 0 and dates * 100 >= least_dates:
            found[count, 0], found[count, 1], found[count, 2] = start, worst, dates
            masks[count] = mask
            count += 1
    return found[:count], masks[:count]


@kernel
def emit(pairs: Any, lengths: Any, wished: Any, own: Any, spaces: Any, rules: Any, out: Any, masks: Any) -> Any:
    """Writes the candidates of each (section, space, rank) pair into `out` (section, space, weekday, start, length,
    rank, preference, dates) and `masks`; returns how many there are, also where `out` is too short to hold them.

    `spaces`: opened, barred, taken (by space, weekday and cell), minutes before and after; `rules`: the grid, the least
    per cent of dates and the weights of the bits."""
    count = 0
    for number in range(len(pairs)):
        pair = pairs[number]
        section, length = pair[0], lengths[pair[0]]
        for day in range(7):
            if length == 0 or not own[section, day]:
                continue
            found, weeks = one_day(pair, day, length, wished[section, day], own[section, day], spaces, rules)
            for at in range(len(found)):
                if count + at < len(out):
                    row = out[count + at]
                    row[0], row[1], row[2], row[3] = section, pair[1], day, found[at, 0]
                    row[4], row[5], row[6], row[7] = length, pair[2], found[at, 1], found[at, 2]
                    masks[count + at] = weeks[at]
            count += len(found)
    return count
