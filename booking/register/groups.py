"""Groups inside an organisation, and the members of umbrella organisations."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.db import constraint
from booking.ids import OrganisationId, PersonId
from booking.models import Group, Organisation, OrganisationKind, Premises, RoleGrant
from booking.refusals import AlreadyThere, BadInput, NotFound, NotNow
from booking.register.models import UmbrellaMember
from booking.roles import in_force

OF_NO_GROUPS = frozenset({OrganisationKind.PERSON})


@dataclass(frozen=True, slots=True)
class GroupWish:
    """A group as it is told of. `contact`: the ref of somebody with a role in the organisation, or empty."""

    name: str
    age_group: str = ""
    contact: str = ""


def of_organisation(session: Session, organisation: OrganisationId, *, on: date | None = None) -> list[Group]:
    """The groups of an organisation by name, with their contacts; with `on` only those that are there on that day."""
    query = select(Group).where(Group.organisation_id == organisation).options(joinedload(Group.contact))
    if on is not None:
        query = query.where(or_(Group.ended_on.is_(None), Group.ended_on >= on))
    return list(session.scalars(query.order_by(Group.name, Group.id)))


def of_many(session: Session, organisations: Collection[OrganisationId], *, on: date) -> list[Group]:
    """The groups of these organisations that are there on a day, by name."""
    there = or_(Group.ended_on.is_(None), Group.ended_on >= on)
    query = select(Group).where(Group.organisation_id.in_(organisations), there)
    return list(session.scalars(query.order_by(Group.name, Group.id)))


def by_ref(session: Session, organisation: OrganisationId, ref: str) -> Group:
    """A group of this organisation, with its contact. Raises NotFound for any other."""
    query = select(Group).where(Group.ref == ref, Group.organisation_id == organisation)
    row = session.scalar(query.options(joinedload(Group.contact)))
    if row is None:
        raise NotFound(what="group")
    return row


def add(
    session: Session, organisation: Organisation, wish: GroupWish, *, by: PersonId, now: datetime, today: date
) -> Group:
    """A new group. Raises BadInput, AlreadyThere(group)."""
    if organisation.kind in OF_NO_GROUPS:
        raise BadInput(field="name", problem="no_groups")
    row = Group(organisation_id=organisation.id, name="")
    _fill(session, row, organisation, wish, today=today, now=now)
    tell(session, Act(ActKind.GROUP_CHANGED, now, by, row.ref, _told(organisation, row) | {"added": True}))
    return row


def change(
    session: Session,
    row: Group,
    organisation: Organisation,
    wish: GroupWish,
    *,
    by: PersonId,
    now: datetime,
    today: date,
) -> None:
    """Raises BadInput, AlreadyThere(group)."""
    _fill(session, row, organisation, wish, today=today, now=now)
    tell(session, Act(ActKind.GROUP_CHANGED, now, by, row.ref, _told(organisation, row)))


def end(
    session: Session, row: Group, organisation: Organisation, *, by: PersonId, now: datetime, today: date
) -> list[RoleGrant]:
    """The group is no more after today; its name and its bookings stay. Gives the roles for it, which the caller ends.

    Raises NotNow when it has ended."""
    if row.ended_on is not None:
        raise NotNow(state="ended")
    row.ended_on = today
    session.flush()
    tell(session, Act(ActKind.GROUP_CHANGED, now, by, row.ref, _told(organisation, row) | {"ended": True}))
    return list(session.scalars(select(RoleGrant).where(RoleGrant.group_id == row.id, in_force(today, now))))


def _fill(
    session: Session, row: Group, organisation: Organisation, wish: GroupWish, *, today: date, now: datetime
) -> None:
    contact = _contact(session, organisation, wish.contact, today=today, now=now) if wish.contact else None
    row.name, row.age_group, row.contact_id = wish.name, wish.age_group, contact
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        if "subgroup" in constraint(error):
            raise AlreadyThere(what="group", field="name") from error
        raise


def _contact(session: Session, organisation: Organisation, ref: str, *, today: date, now: datetime) -> PersonId:
    query = select(RoleGrant).where(RoleGrant.organisation_id == organisation.id, in_force(today, now))
    rows = session.scalars(query.options(joinedload(RoleGrant.person)))
    found = next((row.person_id for row in rows if row.person.ref == ref), None)
    if found is None:
        raise BadInput(field="contact", problem="not_one_of")
    return found


def _told(organisation: Organisation, row: Group) -> dict[str, object]:
    return {"organisation": organisation.ref, "name": row.name, "age_group": row.age_group}


def members_of(session: Session, umbrella: OrganisationId, *, on: date) -> list[UmbrellaMember]:
    """The organisations that belong to an umbrella on a day, by name."""
    query = select(UmbrellaMember).where(UmbrellaMember.umbrella_id == umbrella, _there(on))
    rows = session.scalars(query.options(joinedload(UmbrellaMember.member)))
    return sorted(rows, key=lambda row: row.member.name)


def umbrellas_of(session: Session, member: OrganisationId, *, on: date) -> list[Organisation]:
    """The umbrellas an organisation belongs to on a day, by name."""
    query = select(UmbrellaMember).where(UmbrellaMember.member_id == member, _there(on))
    rows = session.scalars(query.options(joinedload(UmbrellaMember.umbrella)))
    return sorted((row.umbrella for row in rows), key=lambda one: one.name)


def run_by(session: Session, organisation: OrganisationId) -> list[Premises]:
    """The premises an organisation owns, operates or manages, by name."""
    mine = or_(
        Premises.owner_id == organisation, Premises.operator_id == organisation, Premises.manager_id == organisation
    )
    return list(session.scalars(select(Premises).where(mine).order_by(Premises.name_fi)))


def take_in(
    session: Session, umbrella: Organisation, member: Organisation, *, first_on: date, by: PersonId, now: datetime
) -> UmbrellaMember:
    """A member from a day on. Raises BadInput for itself and for a ring, AlreadyThere."""
    if member.id in {umbrella.id, *(one.id for one in umbrellas_of(session, umbrella.id, on=first_on))}:
        raise BadInput(field="member", problem="umbrella_ring")
    if any(row.member_id == member.id for row in members_of(session, umbrella.id, on=first_on)):
        raise AlreadyThere(what="member", field="member")
    row = UmbrellaMember(umbrella_id=umbrella.id, member_id=member.id, first_on=first_on)
    session.add(row)
    session.flush()
    body = {"member": member.ref, "first_on": first_on.isoformat()}
    tell(session, Act(ActKind.UMBRELLA_CHANGED, now, by, umbrella.ref, body))
    return row


def let_out(session: Session, umbrella: Organisation, ref: str, *, last_on: date, by: PersonId, now: datetime) -> None:
    """The last day of a membership. Raises NotFound, BadInput when it is before the first."""
    mine = UmbrellaMember.ref == ref, UmbrellaMember.umbrella_id == umbrella.id
    row = session.scalar(select(UmbrellaMember).where(*mine).options(joinedload(UmbrellaMember.member)))
    if row is None:
        raise NotFound(what="member")
    if last_on < row.first_on:
        raise BadInput(field="last_on", problem="order")
    row.last_on = last_on
    session.flush()
    body = {"member": row.member.ref, "last_on": last_on.isoformat()}
    tell(session, Act(ActKind.UMBRELLA_CHANGED, now, by, umbrella.ref, body))


def _there(on: date) -> ColumnElement[bool]:
    return (UmbrellaMember.first_on <= on) & or_(UmbrellaMember.last_on.is_(None), UmbrellaMember.last_on >= on)
