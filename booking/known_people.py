"""Whom those who run premises have to do with: the people whose cards they may keep."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from booking.ids import PersonId, PremisesId
from booking.models import OCCUPYING, Booking, Occurrence, Person, RoleGrant, Space
from booking.roles import Role, in_force


def at_premises(session: Session, premises: Collection[PremisesId], now: datetime, on: date) -> list[Person]:
    """The holders of times to come at these premises, the key holders of the organisations that booked them, and those
    who work there; by name."""
    ahead = (
        select(Booking)
        .join(Occurrence, Occurrence.booking_id == Booking.id)
        .join(Space, Space.id == Occurrence.space_id)
        .where(Space.premises_id.in_(premises), Occurrence.ends_at > now, Occurrence.state.in_(OCCUPYING))
    )
    holders = set(session.scalars(ahead.with_only_columns(Booking.holder_id)))
    keys = RoleGrant.organisation_id.in_(ahead.with_only_columns(Booking.organisation_id))
    opens = _holding(on, now).where(
        or_(RoleGrant.premises_id.in_(premises), keys & (RoleGrant.role == Role.KEY_HOLDER.value))
    )
    return _people(session, select(Person.id).where(or_(Person.id.in_(holders), Person.id.in_(opens))))


def _holding(on: date, now: datetime) -> Select[PersonId]:
    return select(RoleGrant.person_id).where(in_force(on, now))


def _people(session: Session, ids: Select[PersonId]) -> list[Person]:
    living = select(Person).where(Person.id.in_(ids), Person.erased_at.is_(None))
    return list(session.scalars(living.order_by(Person.name, Person.id)))
