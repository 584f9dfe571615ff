"""The compiled part of the bounds: prices of cells under which every section takes what it likes best on its own.

What all together would then take is worth no less, prices of the cells added, than any plan: so any prices give a
bound, and good ones (raised where too many come, lowered where nobody does) a near one. Prices are whole numbers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from booking.core.allocation.compiled import kernel, part

NOTHING = np.int64(1) << np.int64(60)


class Market(NamedTuple):
    """The sections of the classes looked at, with what they would take. `sections`; `worth[at[s] + k]`: of its next
    event, in price units; `price` by cell; `limit`: how often a section may come; `usage` by cell."""

    first: Any
    section: Any
    space: Any
    day: Any
    run_at: Any
    spans: Any
    single: Any
    one_space: Any
    need: Any
    gain_at: Any
    worth: Any
    sections: Any
    cells: Any


@part
def price_of(market: Any, price: Any, candidate: Any) -> Any:
    total = np.int64(0)
    for at in range(market.run_at[candidate], market.run_at[candidate + 1]):
        for cell in range(market.spans[at, 0], market.spans[at, 1]):
            total += price[cell]
    return total


@part
def offer(best: Any, which: Any, count: Any, cost: Any, candidate: Any) -> Any:
    """Puts a candidate into the short list of the cheapest, in order; returns the list's length."""
    if count == len(best):
        if cost >= best[count - 1]:
            return count
        count -= 1
    at = count
    while at > 0 and best[at - 1] > cost:
        best[at], which[at] = best[at - 1], which[at - 1]
        at -= 1
    best[at], which[at] = cost, candidate
    return count + 1


@part
def cheapest(market: Any, price: Any, section: Any, begin: Any, end: Any, best: Any, which: Any) -> Any:
    """The cheapest candidates from `begin` to `end`, one a day where the section comes once a day; how many."""
    day_best = np.full(7, NOTHING)
    day_which = np.zeros(7, np.int64)
    count = 0
    for candidate in range(begin, end):
        cost = price_of(market, price, candidate)
        day = market.day[candidate]
        if not market.single[section]:
            count = offer(best, which, count, cost, candidate)
        elif cost < day_best[day]:
            day_best[day], day_which[day] = cost, candidate
    for day in range(7):
        if day_best[day] < NOTHING:
            count = offer(best, which, count, day_best[day], day_which[day])
    return count


@part
def taken(market: Any, section: Any, best: Any, count: Any) -> Any:
    """How many of the cheapest the section takes, and what is left of their worth."""
    total, many = np.int64(0), 0
    while many < count and many < market.need[section]:
        left = market.worth[market.gain_at[section] + many] - best[many]
        if left <= 0:
            break
        total += left
        many += 1
    return many, total


@part
def best_of(market: Any, price: Any, section: Any, best: Any, which: Any, chosen: Any) -> Any:
    """What a section takes, into `chosen`: how many, and what is left of their worth. Where all must be in one space,
    that of the best one."""
    begin, stop, found, many = market.first[section], market.first[section + 1], np.int64(0), 0
    while begin < stop:
        end = stop
        if market.one_space[section]:
            end = begin + 1
            while end < stop and market.space[end] == market.space[begin]:
                end += 1
        count = cheapest(market, price, section, begin, end, best[: market.need[section]], which)
        more, left = taken(market, section, best, count)
        if left > found:
            found, many = left, more
            chosen[:many] = which[:many]
        begin = end
    return many, found


@kernel
def respond(market: Any, price: Any, usage: Any, best: Any, which: Any, chosen: Any) -> Any:
    """What all sections take at these prices, into `usage`; returns what is left of its worth together. `best` and
    `which` are room for the short list, `chosen` for the best of it."""
    usage[:] = 0
    total = np.int64(0)
    for section in market.sections:
        many, found = best_of(market, price, section, best, which, chosen)
        total += found
        for at in range(many):
            for run in range(market.run_at[chosen[at]], market.run_at[chosen[at] + 1]):
                for cell in range(market.spans[run, 0], market.spans[run, 1]):
                    usage[cell] += 1
    return total


@kernel
def adjust(market: Any, price: Any, usage: Any, drift: Any, above: Any, theta: Any) -> Any:
    """One step of the prices against the usage: `above` is how far the bound may still be off, `theta` per mille of
    it. Returns nothing; `drift` remembers the direction."""
    square = np.int64(0)
    for cell in market.cells:
        change = (usage[cell] - 1) * 256
        drift[cell] = (drift[cell] * 3 + change * 7) // 10
        if price[cell] > 0 or drift[cell] > 0:
            square += drift[cell] * drift[cell]
    if square == 0:
        return
    step = np.float64(above) * theta * 256.0 / 1000.0 / np.float64(square)
    for cell in market.cells:
        price[cell] = max(np.int64(0), price[cell] + np.int64(step * drift[cell]))


@kernel
def total_of(market: Any, price: Any) -> Any:
    total = np.int64(0)
    for cell in market.cells:
        total += price[cell]
    return total
