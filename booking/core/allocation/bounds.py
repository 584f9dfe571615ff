"""How good a plan is, class by class: the most that any plan could reach, and how that is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from booking.core.allocation.candidates import Prepared
from booking.core.allocation.kernel import Round
from booking.core.allocation.pricing import Market, adjust, respond, total_of
from booking.core.allocation.result import Certificate

Numbers = NDArray[np.int64]
UNIT = 1 << 10  # price units of a point of coverage
PATIENCE = 20  # rounds without a better bound until the steps get shorter


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound of one class's coverage and the prices that prove it, by cell in units of 1/1024 point."""

    value: int
    method: str
    prices: Numbers | None = None


def certificates(
    prepared: Prepared, given: Round, coverage: Sequence[int], rounds: int, proven: Iterable[int] = ()
) -> tuple[Certificate, ...]:
    """A certificate for each class that has sections, best class first; `proven`: levels known to be optimal."""
    found, warm = [], None
    known = set(proven)
    for level in range(len(prepared.worth.ranks)):
        if level in known:
            bound = Bound(coverage[level], "optimal")
        else:
            bound = bound_of(prepared, given, coverage, level, rounds, warm)
            warm = bound.prices if bound.prices is not None else warm
        found += [Certificate(name, coverage[level], bound.value, bound.method) for name in names(prepared, level)]
    return tuple(found)


def names(prepared: Prepared, level: int) -> list[str]:
    """The classes of a level that have sections."""
    rank = prepared.worth.ranks[level]
    used = {section.class_id for section in prepared.instance.sections}
    return [each.id for each in prepared.instance.classes if each.rank == rank and each.id in used]


def bound_of(
    prepared: Prepared, given: Round, coverage: Sequence[int], level: int, rounds: int, warm: Numbers | None = None
) -> Bound:
    """The most that a class could reach with those above it held as they are."""
    most = everything(prepared, given, level)
    if coverage[level] >= most:
        return Bound(most, "trivial")
    market, base = market_of(prepared, given, level)
    above = sum(int(coverage[upper]) for upper in range(level))
    reached = above + int(coverage[level])
    best, prices = priced(market, prepared.holding.cells, (reached - base) * UNIT, rounds, warm)
    value = best // UNIT + base - above
    return Bound(int(min(most, max(value, coverage[level]))), "lagrange", prices)


def everything(prepared: Prepared, given: Round, level: int) -> int:
    """What a class would have if each of its sections stood alone."""
    total = int(prepared.worth.base[level])
    for section in np.flatnonzero(prepared.worth.level == level):
        own = slice(int(given.first[section]), int(given.first[section + 1]))
        days = len(np.unique(given.day[own])) if given.single[section] else own.stop - own.start
        at = int(given.gain_at[section])
        total += int(given.gain[at : at + min(days, int(given.need[section]))].sum())
    return total


def market_of(prepared: Prepared, given: Round, level: int) -> tuple[Market, int]:
    """The sections of a class and of those above it, what they take and pay; and what is fixed of it.

    The classes above count as much as the class itself: as they are held at what they have, any weight gives a valid
    bound, and this one was the nearest wherever it was measured."""
    worth = prepared.worth
    sections = np.flatnonzero((worth.level <= level) & (worth.need > 0))
    base = int(worth.base[: level + 1].sum())
    looked_at = (worth.level[given.section] <= level).nonzero()[0]
    runs = np.concatenate([np.zeros(0, np.int64), run_numbers(given, looked_at)])
    market = Market(
        first=given.first,
        section=given.section,
        space=given.space,
        day=given.day,
        run_at=given.run_at,
        spans=given.spans,
        single=given.single,
        one_space=given.one_space,
        need=given.need,
        gain_at=given.gain_at,
        worth=given.gain * UNIT,
        sections=sections,
        cells=cells_of(given, runs, prepared.holding.cells),
    )
    return market, base


def run_numbers(given: Round, candidates: Numbers) -> Numbers:
    many = (given.run_at[candidates + 1] - given.run_at[candidates]).astype(np.int64)
    begins = np.repeat(given.run_at[candidates].astype(np.int64), many)
    within = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
    found: Numbers = begins + within
    return found


def cells_of(given: Round, runs: Numbers, count: int) -> Numbers:
    """The cells that any of these runs holds."""
    edges = np.zeros(count + 2, np.int64)
    np.add.at(edges, given.spans[runs, 0], 1)
    np.add.at(edges, given.spans[runs, 1], -1)
    return np.flatnonzero(np.cumsum(edges) > 0)


def priced(market: Market, cells: int, reached: int, rounds: int, warm: Numbers | None) -> tuple[int, Numbers]:
    """The least bound found in so many rounds, in price units, and its prices."""
    price = np.zeros(cells + 1, np.int64) if warm is None else warm.copy()
    usage, drift = np.zeros(cells + 1, np.int64), np.zeros(cells + 1, np.int64)
    widest = max(8, int(market.need.max(initial=1)))
    room = (np.zeros(widest, np.int64), np.zeros(widest, np.int64), np.zeros(widest, np.int64))
    best, kept, theta, idle = respond(market, price, usage, *room) + total_of(market, price), price.copy(), 1000, 0
    for _ in range(rounds):
        value = respond(market, price, usage, *room) + total_of(market, price)
        idle += 1
        if value < best:
            best, kept, idle = value, price.copy(), 0
        if idle >= PATIENCE:
            theta, idle = theta * 7 // 10, 0
        if best <= reached or theta < 2:
            break
        adjust(market, price, usage, drift, value - reached, theta)
    return int(best), kept
