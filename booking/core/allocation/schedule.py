"""How long the search goes on and how it cools: in moves, from tables, so that no clock ever decides a grant."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import numpy as np
from numpy.typing import NDArray

from booking.core.allocation.kernel import EXP_STEPS

# up to so many candidates: moves that one ordinary, shared core makes in a second, preparing and proving included
MOVES_A_SECOND = ((20_000, 300_000), (100_000, 220_000), (250_000, 150_000), (1 << 60, 120_000))
STEPS = 96  # heats between hot and cold
HOT, COLD = 30, Decimal("0.6")  # points of coverage of the first contested class, and of the last one
COLD_PART = 12  # one move in so many more is made cold, class by class and tier by tier
DEEPEST = 22  # exp(−22) is less than one part of two to the 31


@dataclass(frozen=True, slots=True)
class Stage:
    """So many moves at one heat, for the classes up to `level`."""

    name: str
    level: int
    heat: int
    moves: int


def moves_in(seconds: int, candidates: int) -> int:
    """How many moves stand for so many seconds, by the size of the round."""
    return seconds * next(moves for size, moves in MOVES_A_SECOND if candidates <= size)


def bound_rounds(moves: int, candidates: int) -> int:
    """How many rounds of prices the bounds of a run of so many moves are worth."""
    return min(1000, 60 + moves // max(1, candidates // 12))


@cache
def exponentials() -> tuple[int, ...]:
    """exp(−step / 64) in parts of two to the 31, from decimals: alike on every machine."""
    return tuple(int((Decimal(-step) / EXP_STEPS).exp() * (1 << 31)) for step in range(EXP_STEPS * DEEPEST))


def exp_table() -> NDArray[np.int64]:
    return np.array(exponentials(), np.int64)


def cooling(hot: int, cold: int, steps: int) -> list[int]:
    """Heats from hot to cold, each the same part of the one before."""
    if hot <= cold or steps < 2:
        return [max(1, cold)] * steps
    ratio = ((Decimal(cold) / Decimal(hot)).ln() / (steps - 1)).exp()
    return [max(1, int(Decimal(hot) * ratio**step)) for step in range(steps)]


def stages(moves: int, weights: NDArray[np.int64], contested: int) -> list[Stage]:
    """The classes above the first contested one by themselves for a tenth, all together for the rest, then cold."""
    if moves <= 0 or not len(weights):
        return []
    point = [int(weight) for weight in weights]
    found = []
    if contested > 0:
        upper = cooling(HOT * point[0], int(COLD * point[contested - 1]), STEPS // 4)
        found += [Stage("upper", contested - 1, heat, moves // (10 * len(upper))) for heat in upper]
    spent = sum(stage.moves for stage in found)
    heats = cooling(HOT * point[contested], int(COLD * point[-1]), STEPS)
    each = max(1, (moves - spent) // STEPS)
    found += [Stage("search", len(point) - 1, heat, each) for heat in heats]
    return [*found, *(Stage("cold", len(point) - 1, 0, max(1, moves // COLD_PART // 4)) for _ in range(4))]
