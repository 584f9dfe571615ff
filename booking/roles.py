"""Roles: dated, and scoped to an organisation or a group of it, to a premises, or to everything."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.ids import GroupId, OrganisationId, PersonId, PremisesId
from booking.models import Group, Organisation, RoleGrant
from booking.refusals import BadInput, NotFound


class Role(StrEnum):
    """What a person may do: five for an organisation, five at a premises, two everywhere. A decider decides at a
    premises what rules leave to a role of theirs, such as the principal."""

    SECRETARY = "secretary"
    BOOKER = "booker"
    KEY_HOLDER = "key_holder"
    CODE_READER = "code_reader"  # may have a PIN for the organisation's times; their cards open nothing by it
    PAYER = "payer"
    MANAGER = "manager"
    CARETAKER = "caretaker"
    OPERATOR = "operator"
    DECIDER = "decider"
    BILLING = "billing"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


OF_ORGANISATION = frozenset({Role.SECRETARY, Role.BOOKER, Role.KEY_HOLDER, Role.CODE_READER, Role.PAYER})
OF_GROUP = frozenset({Role.BOOKER, Role.KEY_HOLDER, Role.CODE_READER})  # these may also be for one group only
OF_PREMISES = frozenset({Role.MANAGER, Role.CARETAKER, Role.OPERATOR, Role.DECIDER, Role.BILLING})


def not_over(on: date, at: datetime) -> ColumnElement[bool]:
    """Grants that run on this local day or later, and did not end before this instant."""
    last = or_(RoleGrant.last_on.is_(None), RoleGrant.last_on >= on)
    return and_(last, or_(RoleGrant.ended_at.is_(None), RoleGrant.ended_at > at))


def in_force(on: date, at: datetime) -> ColumnElement[bool]:
    """Grants in force on this local day, at this instant."""
    begun = or_(RoleGrant.begins_at.is_(None), RoleGrant.begins_at <= at)
    return and_(not_over(on, at), RoleGrant.first_on <= on, begun)


def roles_of(session: Session, person: PersonId, on: date, *, at: datetime) -> list[RoleGrant]:
    """The grants of a person in force at an instant of a local day, with their organisations loaded."""
    query = (
        select(RoleGrant)
        .where(RoleGrant.person_id == person, in_force(on, at))
        .options(joinedload(RoleGrant.organisation), joinedload(RoleGrant.group))
        .order_by(RoleGrant.id)
    )
    return list(session.scalars(query))


def acts_for(
    grants: Iterable[RoleGrant], organisation: OrganisationId, *, as_any: frozenset[Role], group: GroupId | None = None
) -> bool:
    """Whether the grants let the person act for the organisation in one of these roles; those for one group only count
    where `group` is that group."""
    return any(
        g.organisation_id == organisation and g.role in as_any and (g.group_id is None or g.group_id == group)
        for g in grants
    )


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
    group: GroupId | None = None,
    begins_at: datetime | None = None,
    ends_at: datetime | None = None,
    decides_as: str | None = None,
    stand_in: bool = False,
) -> RoleGrant:
    """Give a dated role. `decides_as`: the role of the rulebooks that a decider decides in; `stand_in`: in somebody's
    place. Raises BadInput when the scope does not fit the role or the times are in the wrong order."""
    _check_scope(role, organisation, premises, group)
    if (role is Role.DECIDER) != (decides_as is not None):
        raise BadInput(field="decides_as", problem="scope" if decides_as else "missing")
    if last_on is not None and last_on < first_on:
        raise BadInput(field="last_on", problem="order")
    if ends_at is not None and ends_at <= (begins_at or now):
        raise BadInput(field="last_clock", problem="order")
    row = RoleGrant(
        person_id=person,
        role=role.value,
        organisation_id=organisation,
        premises_id=premises,
        group_id=group,
        first_on=first_on,
        last_on=last_on,
        begins_at=begins_at,
        ended_at=ends_at,
        decides_as=decides_as,
        stand_in=stand_in,
    )
    session.add(row)
    session.flush()
    tell(session, Act(ActKind.ROLE_GRANTED, now, by, row.ref, _told(session, row), premises, (person,)))
    return row


def _check_scope(
    role: Role, organisation: OrganisationId | None, premises: PremisesId | None, group: GroupId | None
) -> None:
    if (role in OF_ORGANISATION) != (organisation is not None) or (premises is not None and role not in OF_PREMISES):
        raise BadInput(field="role", problem="scope")
    if group is not None and role not in OF_GROUP:
        raise BadInput(field="group", problem="whole_only")


def _told(session: Session, row: RoleGrant) -> dict[str, object]:
    """The grant as its act tells it."""
    entry = session.get_one(Organisation, row.organisation_id).ref if row.organisation_id is not None else None
    group = session.get_one(Group, row.group_id).ref if row.group_id is not None else None
    body: dict[str, object] = {"role": row.role, "organisation": entry}
    body |= {"first_on": row.first_on.isoformat(), "last_on": row.last_on and row.last_on.isoformat()}
    more: dict[str, object] = {
        "stand_in": row.stand_in or None,
        "group": group,
        "begins_at": row.begins_at,
        "ends_at": row.ended_at,
        "decides_as": row.decides_as,
    }
    return body | {name: value for name, value in more.items() if value is not None}


def by_ref(session: Session, ref: str) -> RoleGrant:
    """Raises NotFound."""
    row = session.scalar(select(RoleGrant).where(RoleGrant.ref == ref))
    if row is None:
        raise NotFound(what="role")
    return row


def end(session: Session, ref: str, *, by: PersonId, now: datetime, last_on: date) -> RoleGrant:
    """End a role with a last day. Raises NotFound, BadInput when the day is before the first."""
    row = by_ref(session, ref)
    if last_on < row.first_on:
        raise BadInput(field="last_on", problem="order")
    row.last_on = last_on
    session.flush()
    _tell_end(session, row, by, now)
    return row


def end_at(
    session: Session, row: RoleGrant, *, at: datetime, on: date, by: PersonId, now: datetime, why: str = ""
) -> None:
    """End a role at an instant, `on` its local day: what hangs on it ends there, and with `at` = now at once.

    One that ended earlier already stays as it is."""
    if row.ended_at is not None and row.ended_at <= at:
        return
    last_on = on if row.last_on is None else min(row.last_on, on)
    row.ended_at, row.ended_why, row.last_on = at, why, max(row.first_on, last_on)
    session.flush()
    _tell_end(session, row, by, now)


def _tell_end(session: Session, row: RoleGrant, by: PersonId, now: datetime) -> None:
    body: dict[str, object] = {"last_on": row.last_on and row.last_on.isoformat()}
    if row.ended_at is not None:
        body |= {"ended_at": row.ended_at, "why": row.ended_why}
    tell(session, Act(ActKind.ROLE_ENDED, now, by, row.ref, body, row.premises_id, (row.person_id,)))
