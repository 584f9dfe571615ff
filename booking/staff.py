"""The owner's side: who is manager, caretaker or operator of premises, who audits and who administers."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking import people, roles
from booking.ids import PersonId, PremisesId
from booking.models import RoleGrant
from booking.refusals import AlreadyThere, BadInput, NotFound
from booking.roles import OF_ORGANISATION, Role

STAFF_ROLES = tuple(role for role in Role if role not in OF_ORGANISATION)


def staff(session: Session, *, on: date, at: datetime) -> list[RoleGrant]:
    """The staff's roles that are not over at an instant of a day, with their people loaded, by name."""
    query = select(RoleGrant).where(RoleGrant.organisation_id.is_(None), roles.not_over(on, at))
    query = query.options(joinedload(RoleGrant.person))
    return sorted(session.scalars(query), key=lambda grant: (grant.person.name, grant.role))


def appoint(
    session: Session,
    *,
    email: str,
    role: Role,
    premises: PremisesId | None,
    first_on: date,
    last_on: date | None,
    by: PersonId,
    now: datetime,
    decides_as: str | None = None,
    stand_in: bool = False,
) -> RoleGrant:
    """Give a role of the staff, at one premises or (None) everywhere. Raises BadInput, AlreadyThere(role)."""
    person = people.by_email(session, email)
    if person is None:
        raise BadInput(field="email", problem="unknown_person")
    same = [
        grant for grant in staff(session, on=first_on, at=now) if grant.person_id == person.id and grant.role == role
    ]
    alike = [grant for grant in same if (grant.premises_id, grant.decides_as) == (premises, decides_as)]
    if any(last_on is None or grant.first_on <= last_on for grant in alike):
        raise AlreadyThere(what="role", field="role")
    return roles.grant(
        session,
        person=person.id,
        role=role,
        by=by,
        now=now,
        first_on=first_on,
        last_on=last_on,
        premises=premises,
        decides_as=decides_as,
        stand_in=stand_in,
    )


def dismiss(session: Session, ref: str, *, last_on: date, by: PersonId, now: datetime) -> RoleGrant:
    """End a role of the staff. Raises NotFound for a role in an organisation."""
    of_staff = RoleGrant.ref == ref, RoleGrant.organisation_id.is_(None)
    if session.scalar(select(RoleGrant.id).where(*of_staff)) is None:
        raise NotFound(what="role")
    return roles.end(session, ref, by=by, now=now, last_on=last_on)
