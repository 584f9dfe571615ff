"""Rounds to look at: by ref, all that somebody may see, and where one is in its course."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.models import RoleGrant, Space
from booking.refusals import NotFound
from booking.rounds.models import Application, ApplicationState, Round, RoundHours, RoundState
from booking.rounds.staff import sees_round


class Phase(StrEnum):
    """What can be done with a round at a moment, as people see it."""

    DRAFT = "draft"
    COMING = "coming"
    OPEN = "open"
    LATE = "late"  # the window is over, late applications still come in
    OVER = "over"  # applied for; being allocated and decided
    PROPOSED = "proposed"
    DECIDED = "decided"
    CLOSED = "closed"


OWN_PHASE = {
    RoundState.DRAFT.value: Phase.DRAFT,
    RoundState.PROPOSED.value: Phase.PROPOSED,
    RoundState.DECIDED.value: Phase.DECIDED,
    RoundState.CLOSED.value: Phase.CLOSED,
}


def phase(round_: Round, now: datetime) -> Phase:
    """Where the round is. Late applications are told as long as nothing else is going on."""
    if round_.state in OWN_PHASE:
        return OWN_PHASE[round_.state]
    if now < round_.apply_from_at:
        return Phase.COMING
    if now < round_.apply_to_at:
        return Phase.OPEN
    late = round_.late_until_at is not None and now < round_.late_until_at
    return Phase.LATE if late and round_.state == RoundState.PUBLISHED else Phase.OVER


def takes_applications(round_: Round, now: datetime) -> bool:
    """Whether an application can be sent now, in time or late."""
    last = round_.late_until_at or round_.apply_to_at
    shut = (RoundState.DRAFT.value, RoundState.CLOSED.value)
    return round_.state not in shut and round_.apply_from_at <= now < last


def round_of(session: Session, ref: str) -> Round:
    """The round with its hours, their spaces and premises loaded. Raises NotFound."""
    loaded = selectinload(Round.hours).joinedload(RoundHours.space).joinedload(Space.premises)
    found = session.scalar(select(Round).where(Round.ref == ref).options(loaded))
    if found is None:
        raise NotFound(what="round")
    return found


def seen_round(session: Session, ref: str, grants: Sequence[RoleGrant]) -> Round:
    """The round, a draft only for those who look behind it. Raises NotFound."""
    found = round_of(session, ref)
    if found.state == RoundState.DRAFT and not sees_round(grants, found):
        raise NotFound(what="round")
    return found


def rounds(session: Session, grants: Sequence[RoleGrant]) -> list[Round]:
    """The rounds somebody with these grants sees, the latest season first; drafts for their staff."""
    found = session.scalars(select(Round).order_by(Round.first_on.desc(), Round.id.desc()))
    return [one for one in found if one.state != RoundState.DRAFT or sees_round(grants, one)]


def spaces_of(round_: Round) -> list[Space]:
    """The spaces of a loaded round, by premises, each once."""
    by_id = {row.space_id: row.space for row in round_.hours}
    return sorted(by_id.values(), key=lambda one: (one.premises.name_fi, one.premises_id, one.position, one.id))


def sent_count(session: Session, round_: Round) -> int:
    """How many applications have been sent."""
    query = select(func.count()).where(
        Application.round_id == round_.id, Application.state == ApplicationState.SENT.value
    )
    return session.scalar(query) or 0


def applications_of(session: Session, round_: Round) -> list[Application]:
    """All applications of a round that were sent, with their organisations."""
    query = select(Application).where(Application.round_id == round_.id)
    sent = query.where(Application.state == ApplicationState.SENT.value).options(joinedload(Application.organisation))
    return list(session.scalars(sent.order_by(Application.sent_at, Application.id)))
