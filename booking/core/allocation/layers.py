"""Layers of weeks: for each thing that is held and each weekday the fewest week bits such that any two events with a
date in common share one.

Where everything runs every week there is one layer, and a conflict is one look at who holds a cell; A/B weeks, terms
and closed days add a few."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from booking.core.allocation.compiled import kernel

BITS = 64
MOST_KINDS = 300  # so many kinds of masks are compared pair by pair; more get a layer for each week


@kernel
def meeting(kinds: Any, counts: Any) -> Any:
    """Bits that meet every two masks which meet each other, each mask also with itself: those in most masks first."""
    common = kinds[0]
    for kind in kinds:
        common &= kind
    if common:
        return common & (~common + np.uint64(1))
    found = np.uint64(0)
    for one in range(len(kinds)):
        for two in range(one, len(kinds)):
            both = kinds[one] & kinds[two]
            if both and not both & found:
                found |= commonest(both, counts)
    return found


@kernel
def commonest(mask: Any, counts: Any) -> Any:
    """The bit of the mask that is in most masks, the lowest of equals."""
    best, most = np.uint64(0), -1
    for bit in range(64):
        one = np.uint64(1) << np.uint64(bit)
        if mask & one and counts[bit] > most:
            best, most = one, counts[bit]
    return best


@kernel
def layers_of(groups: Any, masks: Any, out: Any) -> Any:
    """For each group of sorted (group, mask) rows its layers as bits, in `out` by group."""
    start = 0
    while start < len(groups):
        end = start
        counts = np.zeros(64, np.int64)
        every = np.uint64(0)
        while end < len(groups) and groups[end] == groups[start]:
            every |= masks[end]
            for bit in range(64):
                if (masks[end] >> np.uint64(bit)) & np.uint64(1):
                    counts[bit] += 1
            end += 1
        out[groups[start]] = every if end - start > MOST_KINDS else meeting(masks[start:end], counts)
        start = end


def layers(groups: NDArray[np.int64], masks: NDArray[np.uint64], count: int) -> NDArray[np.uint64]:
    """The bits of the layers, by group; `groups` and `masks`: of each candidate what it holds and when it runs."""
    order = np.lexsort((masks, groups))
    groups, masks = groups[order], masks[order]
    fresh = np.ones(len(groups), np.bool_)
    fresh[1:] = (groups[1:] != groups[:-1]) | (masks[1:] != masks[:-1])
    found = np.zeros(count, np.uint64)
    layers_of(groups[fresh], masks[fresh], found)
    return found
