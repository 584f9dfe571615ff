"""The two baselines: an officer with a sorted pile, without and with swaps. Results are told beside them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from booking.core.allocation.candidates import RANK, Prepared
from booking.core.allocation.fixing import by_claim
from booking.core.allocation.kernel import Plan, Round
from booking.core.allocation.searching import by_turns, repair
from booking.core.allocation.starting import empty, granted, round_of
from booking.core.allocation.worth import KEPT, preferences

Numbers = NDArray[np.int64]


def greedy_round(prepared: Prepared) -> list[int]:
    """Class by class, everybody's first event before anybody's second, each where it is wished most of what is left."""
    return granted(by_classes(prepared, round_of(prepared)))


def greedy_swap(prepared: Prepared) -> list[int]:
    """The same, and then, for as long as it helps, one other event moved so that a section gains one."""
    return granted(swap(prepared, round_of(prepared)))


def by_classes(prepared: Prepared, given: Round, seed: int = 0) -> Plan:
    plan = empty(prepared, seed)
    liking = preferences(prepared.facts, prepared.rows, prepared.kept) - prepared.rows[:, RANK]
    if KEPT in prepared.worth.tiers:
        liking = liking + 10**9 * prepared.kept
    for sections in classes(prepared):
        by_turns(given, plan, sections, liking)
    return plan


def swap(prepared: Prepared, given: Round, seed: int = 0) -> Plan:
    plan = by_classes(prepared, given, seed)
    for sections in classes(prepared):
        repair(given, plan, sections)
    return plan


def classes(prepared: Prepared) -> list[Numbers]:
    """The numbers of the sections of each class by their claim."""
    order = np.array(by_claim(prepared.facts, prepared.seed), np.int64)
    levels = prepared.worth.level[order] if len(order) else order
    return [order[levels == level] for level in range(len(prepared.worth.ranks))]
