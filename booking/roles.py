"""Roles: dated, and scoped to an organisation, to a premises, or to everything."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.ids import OrganisationId, PersonId, PremisesId
from booking.models import Organisation, RoleGrant
from booking.refusals import BadInput, NotFound


class Role(StrEnum):
    """What a person may do: three for an organisation, three at a premises, two everywhere."""

    SECRETARY = "secretary"
    BOOKER = "booker"
    KEY_HOLDER = "key_holder"
    MANAGER = "manager"
    CARETAKER = "caretaker"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


OF_ORGANISATION = frozenset({Role.SECRETARY, Role.BOOKER, Role.KEY_HOLDER})
OF_PREMISES = frozenset({Role.MANAGER, Role.CARETAKER, Role.OPERATOR})


def roles_of(session: Session, person: PersonId, on: date) -> list[RoleGrant]:
    """The grants of a person in force on a day, with their organisations loaded."""
    query = (
        select(RoleGrant)
        .where(RoleGrant.person_id == person, RoleGrant.first_on <= on)
        .where(or_(RoleGrant.last_on.is_(None), RoleGrant.last_on >= on))
        .options(joinedload(RoleGrant.organisation))
        .order_by(RoleGrant.id)
    )
    return list(session.scalars(query))


def acts_for(grants: Iterable[RoleGrant], organisation: OrganisationId, *, as_any: frozenset[Role]) -> bool:
    """Whether the grants let the person act for the organisation in one of these roles."""
    return any(g.organisation_id == organisation and g.role in as_any for g in grants)


def works_at(grants: Iterable[RoleGrant], premises: PremisesId, *, as_any: frozenset[Role]) -> bool:
    """Whether the grants give one of these roles at the premises: by name, or everywhere (no premises named)."""
    return any(g.role in as_any and g.premises_id in (None, premises) and g.organisation_id is None for g in grants)


def grant(
    session: Session,
    *,
    person: PersonId,
    role: Role,
    by: PersonId | None,
    now: datetime,
    first_on: date,
    last_on: date | None = None,
    organisation: OrganisationId | None = None,
    premises: PremisesId | None = None,
) -> RoleGrant:
    """Give a dated role. Raises BadInput when the scope does not fit the role or the days are in the wrong order."""
    if (role in OF_ORGANISATION) != (organisation is not None) or (premises is not None and role not in OF_PREMISES):
        raise BadInput(field="role", problem="scope")
    if last_on is not None and last_on < first_on:
        raise BadInput(field="last_on", problem="order")
    row = RoleGrant(
        person_id=person,
        role=role.value,
        organisation_id=organisation,
        premises_id=premises,
        first_on=first_on,
        last_on=last_on,
    )
    session.add(row)
    session.flush()
    entry = session.get_one(Organisation, organisation).ref if organisation is not None else None
    body: dict[str, object] = {"role": role.value, "organisation": entry}
    body |= {"first_on": first_on.isoformat(), "last_on": last_on and last_on.isoformat()}
    tell(session, Act(ActKind.ROLE_GRANTED, now, by, row.ref, body, premises, (person,)))
    return row


def end(session: Session, ref: str, *, by: PersonId, now: datetime, last_on: date) -> RoleGrant:
    """End a role with a last day. Raises NotFound, BadInput when the day is before the first."""
    row = session.scalar(select(RoleGrant).where(RoleGrant.ref == ref))
    if row is None:
        raise NotFound(what="role")
    if last_on < row.first_on:
        raise BadInput(field="last_on", problem="order")
    row.last_on = last_on
    session.flush()
    tell(
        session,
        Act(ActKind.ROLE_ENDED, now, by, row.ref, {"last_on": last_on.isoformat()}, row.premises_id, (row.person_id,)),
    )
    return row
