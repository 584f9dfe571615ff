"""Who sees and who runs the scenarios of a round: asked by every view of them."""

from __future__ import annotations

from flask import g
from sqlalchemy.orm import Session

from booking.refusals import NotAllowed
from booking.rounds import scenarios
from booking.rounds.models import Round
from booking.rounds.plan_models import Scenario
from booking.rounds.staff import runs_round, sees_round


def seen(db: Session, ref: str) -> tuple[Scenario, Round]:
    """A scenario with its round, to look at. Raises NotFound, NotAllowed."""
    row = scenarios.scenario_of(db, ref)
    round_ = db.get_one(Round, row.round_id)
    if not sees_round(g.grants, round_):
        raise NotAllowed
    return row, round_


def run(db: Session, ref: str) -> tuple[Scenario, Round]:
    """A scenario with its round, to change. Raises NotFound, NotAllowed."""
    row, round_ = seen(db, ref)
    if not runs_round(g.grants, round_):
        raise NotAllowed
    return row, round_
