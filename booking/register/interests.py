"""Interests: what ties a person who decides to the organisation they decide on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from booking.ids import OrganisationId, PersonId
from booking.models import Organisation, RoleGrant
from booking.register.decided import interest_days
from booking.register.models import UmbrellaMember


@dataclass(frozen=True, slots=True)
class Interest:
    """One tie: a role, in the organisation itself or in an umbrella it belongs to; with a last day when it is over."""

    role: str
    organisation: Organisation
    first_on: date
    last_on: date | None
    umbrella: bool = False


def interests(session: Session, person: PersonId, organisation: OrganisationId, *, on: date) -> tuple[Interest, ...]:
    """The person's roles in the organisation and its umbrellas: those of the day, those to come, and those that ended
    not long ago. Empty: nothing is known that ties them."""
    above = select(UmbrellaMember.umbrella_id).where(UmbrellaMember.member_id == organisation)
    umbrellas = set(session.scalars(above.where(_since(UmbrellaMember.last_on, on))))
    query = select(RoleGrant).where(RoleGrant.person_id == person, _since(RoleGrant.last_on, on))
    query = query.where(RoleGrant.organisation_id.in_({organisation, *umbrellas}), RoleGrant.ended_why != "declined")
    rows = session.scalars(query.options(joinedload(RoleGrant.organisation)).order_by(RoleGrant.id))
    return tuple(
        Interest(row.role, row.organisation, row.first_on, row.last_on, umbrella=row.organisation.id != organisation)
        for row in rows
        if row.organisation is not None
    )


def _since(last_on: InstrumentedAttribute[date | None], on: date) -> ColumnElement[bool]:
    return or_(last_on.is_(None), last_on >= on - timedelta(days=interest_days()))
