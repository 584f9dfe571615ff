"""Layers of weeks: for each weekday the fewest week bits such that any two events with a date in common share one.

Where everything runs every week there is one layer, and a conflict is one look at who holds a cell; A/B weeks, terms
and closed days add a few."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from booking.core.allocation.facts import Masks
from booking.core.allocation.weeks import BITS

MOST_KINDS = 600  # so many kinds of masks are compared pair by pair; more share a layer for each week


def layers(days: NDArray[np.int64], masks: Masks) -> list[list[int]]:
    """The bits of the layers, by weekday."""
    return [bits_of(np.unique(masks[days == day])) for day in range(7)]


def bits_of(kinds: Masks) -> list[int]:
    """A small set of bits that meets every two masks which meet each other, each mask also with itself."""
    if not len(kinds):
        return []
    common = int(np.bitwise_and.reduce(kinds))
    if common:
        return [lowest(common)]
    if len(kinds) > MOST_KINDS:
        used = int(np.bitwise_or.reduce(kinds))
        return [bit for bit in range(BITS) if used >> bit & 1]
    pairs = kinds[:, None] & kinds[None, :]
    return chosen(np.unique(pairs[pairs != 0]))


def chosen(left: Masks) -> list[int]:
    """Bits that hit every mask: the one that hits most first, the lowest of equals."""
    found: list[int] = []
    while len(left):
        hits = [int(((left >> np.uint64(bit)) & np.uint64(1)).sum()) for bit in range(BITS)]
        best = hits.index(max(hits))
        found.append(best)
        left = left[(left >> np.uint64(best)) & np.uint64(1) == 0]
    return sorted(found)


def lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1
