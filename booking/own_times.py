"""Times looked up by whom they are for: a person, an organisation, or a space."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.availability import Tree
from booking.ids import OrganisationId, PersonId
from booking.models import OCCUPYING, Booking, Occurrence, OccurrenceState, Space

BOOKED = (OccurrenceState.CONFIRMED.value, OccurrenceState.PENDING.value)


def _times(*states: str) -> Select[Any]:
    return (
        select(Occurrence)
        .join(Booking, Booking.id == Occurrence.booking_id)
        .where(Occurrence.state.in_(states or OCCUPYING))
        .options(
            joinedload(Occurrence.booking).joinedload(Booking.organisation),
            joinedload(Occurrence.booking).joinedload(Booking.holder),
            joinedload(Occurrence.space).joinedload(Space.premises),
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
    )


def ahead_of(
    session: Session, person: PersonId, organisations: Collection[OrganisationId], now: datetime
) -> list[Occurrence]:
    """The booked times to come, or under way, of a person and of the organisations they act for; the next one first."""
    ours = or_(Booking.holder_id == person, Booking.organisation_id.in_(list(organisations)))
    return list(session.scalars(_times(*BOOKED).where(ours, Occurrence.ends_at > now)))


def past_of(
    session: Session, person: PersonId, organisations: Collection[OrganisationId], now: datetime, *, most: int
) -> list[Occurrence]:
    """The latest times that are over, newest first."""
    ours = or_(Booking.holder_id == person, Booking.organisation_id.in_(list(organisations)))
    query = _times(*BOOKED).where(ours, Occurrence.ends_at <= now).order_by(None).order_by(Occurrence.starts_at.desc())
    return list(session.scalars(query.limit(most)))


def of_person(session: Session, person: PersonId, since: datetime) -> list[Occurrence]:
    """Every time since an instant that the person answers for, cancelled ones too."""
    return list(session.scalars(_told(since).where(Booking.holder_id == person)))


def of_organisation(session: Session, organisation: OrganisationId, since: datetime) -> list[Occurrence]:
    return list(session.scalars(_told(since).where(Booking.organisation_id == organisation)))


def of_space(session: Session, space: Space, since: datetime) -> list[Occurrence]:
    """Every time that occupies the space, a part of it or the whole above it, cancelled ones too."""
    tree = Tree(session, [space.premises_id])
    ours = set(tree.atoms(space.id))
    inside = [other for other in tree.parent if ours & set(tree.atoms(other))]
    return list(session.scalars(_told(since).where(Occurrence.space_id.in_(inside))))


def _told(since: datetime) -> Select[Any]:
    """Times that a calendar outside has perhaps been told of."""
    gone = (OccurrenceState.CANCELLED.value, OccurrenceState.DISPLACED.value)
    return _times(*BOOKED, *gone).where(Occurrence.ends_at > since)
