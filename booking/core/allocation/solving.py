"""Solving a round: from the instance to grants, the same for the same input, seed and limits on any machine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from booking.core.allocation.candidates import prepare
from booking.core.allocation.granting import grants
from booking.core.allocation.greedy import greedy_swap
from booking.core.allocation.instance import Instance
from booking.core.allocation.result import ENGINE, Progress, Result, Run
from booking.core.allocation.writing import canonical, input_hash, plan_hash

Tell = Callable[[Progress], bool]


def seed_of(instance: Instance, digest: str) -> str:
    """The seed that nobody chooses: of the round, its rulebook, the whole input and the number drawn in public."""
    told = "|".join([instance.id, instance.rulebook, digest, instance.public_draw])
    return hashlib.sha256(told.encode()).hexdigest()


def solve(
    instance: Instance,
    *,
    seed: str | None = None,
    seconds: int = 60,  # noqa: ARG001 - the search comes next
    iterations: int | None = None,  # noqa: ARG001 - the search comes next
    restarts: int = 1,
    tell: Tell | None = None,  # noqa: ARG001 - the search comes next
) -> Result:
    """The grants of a round. `tell` hears how far it is and stops it, the best kept, by answering False."""
    instance = canonical(instance)
    digest = input_hash(instance)
    seed = seed or seed_of(instance, digest)
    prepared = prepare(instance, seed)
    found = grants(prepared, greedy_swap(prepared))
    run = Run(engine=ENGINE, input_hash=digest, seed=seed, iterations=0, restarts=restarts, method="greedy")
    return Result(run=run, grants=found, pin_problems=tuple(prepared.pin_problems), plan_hash=plan_hash(found))
