"""Who sees and who runs the scenarios of a round: asked by every view of them."""

from __future__ import annotations

from flask import g
from sqlalchemy.orm import Session

from booking.refusals import NotAllowed
from booking.roles import Role
from booking.rounds import scenarios
from booking.rounds.listing import round_of
from booking.rounds.models import Round
from booking.rounds.plan_models import Scenario
from booking.rounds.staff import runs_round, sees_round

READS = (Role.MANAGER, Role.OPERATOR, Role.AUDITOR)
WRITES = (Role.MANAGER, Role.OPERATOR)


def seen_round(db: Session, ref: str) -> Round:
    """The round, for who looks behind its public page. Raises NotFound, NotAllowed."""
    row = round_of(db, ref)
    if not sees_round(g.grants, row):
        raise NotAllowed
    return row


def run_round(db: Session, ref: str) -> Round:
    """The round, for who runs it. Raises NotFound, NotAllowed."""
    row = round_of(db, ref)
    if not runs_round(g.grants, row):
        raise NotAllowed
    return row


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


def may_run(round_: Round) -> bool:
    return runs_round(g.grants, round_)
