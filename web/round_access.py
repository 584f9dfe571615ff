"""Who looks behind the public page of a round, and who runs it: asked by every view of rounds, one way."""

from __future__ import annotations

from flask import g
from sqlalchemy.orm import Session

from booking.refusals import NotAllowed
from booking.roles import Role
from booking.rounds.listing import round_of
from booking.rounds.models import Application, Round
from booking.rounds.staff import runs_round, sees_round
from web.auth import acts_for

READS = (Role.MANAGER, Role.OPERATOR, Role.AUDITOR)
WRITES = (Role.MANAGER, Role.OPERATOR)
APPLICANT = (Role.SECRETARY, Role.BOOKER)


def seen_round(db: Session, ref: str) -> Round:
    """The round, for who looks behind its public page. Raises NotFound, NotAllowed."""
    row = round_of(db, ref)
    if not sees_round(g.grants, row):
        raise NotAllowed
    return row


def run_round(db: Session, ref: str) -> Round:
    """The round, for who runs it. Raises NotFound, NotAllowed."""
    row = round_of(db, ref)
    require_running(row)
    return row


def require_running(row: Round) -> None:
    """Raises NotAllowed."""
    if not may_run(row):
        raise NotAllowed


def may_run(row: Round) -> bool:
    return runs_round(g.grants, row)


def is_ours(application: Application, *as_any: Role) -> bool:
    """Whether this person acts for the applicant."""
    return acts_for(application.organisation_id, *(as_any or APPLICANT))


def require_seeing(application: Application, round_: Round) -> None:
    """For who acts for the applicant, and who looks behind the round's public page. Raises NotAllowed."""
    if not (is_ours(application) or sees_round(g.grants, round_)):
        raise NotAllowed
