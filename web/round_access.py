"""The round in an address, for those who run it."""

from __future__ import annotations

from flask import g
from sqlalchemy.orm import Session

from booking.refusals import NotAllowed
from booking.roles import Role
from booking.rounds import listing, staff
from booking.rounds.models import Round

RUNNERS = (Role.MANAGER, Role.OPERATOR)  # who may run rounds: of the premises they run


def run_round(db: Session, ref: str) -> Round:
    """The round with its hours loaded, when this person runs it. Raises NotFound, NotAllowed."""
    found = listing.round_of(db, ref)
    if not staff.runs_round(g.grants, found):
        raise NotAllowed
    return found
