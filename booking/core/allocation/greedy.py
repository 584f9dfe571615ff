"""The two baselines: an officer with a sorted pile, without and with swaps. Results are told beside them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from booking.core.allocation.candidates import RANK, Prepared
from booking.core.allocation.fixing import by_claim
from booking.core.allocation.kernel import Plan, Round
from booking.core.allocation.searching import officer
from booking.core.allocation.starting import empty, granted, round_of
from booking.core.allocation.worth import preferences

Numbers = NDArray[np.int64]


def greedy_round(prepared: Prepared) -> list[int]:
    """Class by class, everybody's first event before anybody's second, each where it is wished most of what is left."""
    return granted(by_classes(prepared, round_of(prepared)))


def greedy_swap(prepared: Prepared) -> list[int]:
    """The same, and then, for as long as it helps, one other event moved so that a section gains one."""
    return granted(swap(prepared, round_of(prepared)))


def by_classes(prepared: Prepared, given: Round, seed: int = 0) -> Plan:
    return officers(prepared, given, seed, swapping=False)


def swap(prepared: Prepared, given: Round, seed: int = 0) -> Plan:
    return officers(prepared, given, seed, swapping=True)


def officers(prepared: Prepared, given: Round, seed: int, *, swapping: bool) -> Plan:
    plan, liking, none = empty(prepared, seed), likings(prepared), np.zeros(0, np.int64)
    for sections in classes(prepared):
        officer(given, plan, sections, liking, none, False)
    for sections in classes(prepared) if swapping else ():
        officer(given, plan, sections, liking, none, True)
    return plan


def likings(prepared: Prepared) -> Numbers:
    """What each section likes most, as the officer sees it."""
    return preferences(prepared.facts, prepared.rows, prepared.kept) - prepared.rows[:, RANK]


def classes(prepared: Prepared) -> list[Numbers]:
    """The numbers of the sections of each class by their claim."""
    order = np.array(by_claim(prepared.facts, prepared.seed), np.int64)
    levels = prepared.worth.level[order] if len(order) else order
    return [order[levels == level] for level in range(len(prepared.worth.ranks))]
