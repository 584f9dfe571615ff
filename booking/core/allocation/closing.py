"""The closing audit: nobody who lacks events could have one more without somebody of as good a claim losing as much."""

from __future__ import annotations

from booking.core.allocation.kernel import Plan, Round
from booking.core.allocation.schedule import exp_table
from booking.core.allocation.searching import search


def audit(given: Round, plan: Plan, *, sweeps: int = 0) -> None:
    """Until no section that lacks events has a slot that is free, that only lower classes hold, or that it could have
    in exchange so that the whole is better; before that so many rounds over everybody, for the later tiers."""
    exps = exp_table()
    for _ in range(sweeps):
        search(given, plan, 0, exps, 0, 0, True)
    while search(given, plan, 0, exps, 0, 0, False):
        pass
