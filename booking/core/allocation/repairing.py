"""A plan repaired after a late change: what still can be of the incumbent stays, and only what lost its place and those
in its way move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from booking.core.allocation.candidates import SECTION, Prepared
from booking.core.allocation.closing import audit
from booking.core.allocation.greedy import classes, likings
from booking.core.allocation.kernel import Plan, Round
from booking.core.allocation.searching import officer
from booking.core.allocation.starting import empty


def repaired(prepared: Prepared, given: Round, seed: int) -> Plan:
    """The incumbent's slots that still can be, the lost ones where room is left, and then the audit."""
    plan, liking, nobody = empty(prepared, seed), likings(prepared), np.zeros(0, np.int64)
    officer(given, plan, nobody, liking, by_class(prepared), False)
    for sections in classes(prepared):
        officer(given, plan, sections, liking, nobody, False)
    audit(given, plan)
    return plan


def by_class(prepared: Prepared) -> NDArray[np.int64]:
    """The incumbent's candidates, those of the first class first."""
    kept = np.flatnonzero(prepared.kept)
    return kept[np.argsort(prepared.worth.level[prepared.rows[kept, SECTION]], kind="stable")]
