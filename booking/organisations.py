"""The register of organisations: entries with checked numbers, and the dated roles of people in them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from types import ModuleType
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload
from stdnum.exceptions import ValidationError
from stdnum.fi import associationid, ytunnus

from booking import people, roles
from booking.acts import Act, ActKind, tell
from booking.db import constraint
from booking.ids import GroupId, PersonId
from booking.models import Organisation, OrganisationKind, RoleGrant
from booking.refusals import AlreadyThere, BadInput, NotAllowed, NotFound
from booking.roles import Role

Kind = OrganisationKind
# Kinds that anybody may enter in the register; the municipality enters its own, and persons come by registering.
OPEN_KINDS = frozenset(
    {Kind.ASSOCIATION, Kind.AREA_GROUP, Kind.FOUNDATION, Kind.COMPANY, Kind.CONGREGATION, Kind.PARTY_BRANCH}
)
NUMBERED = frozenset({Kind.ASSOCIATION, Kind.PARTY_BRANCH})
WITH_BUSINESS_ID = frozenset({Kind.COMPANY, Kind.FOUNDATION})
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in the register. Numbers as people write them; `purposes` are words of the rulebooks; of `for_profit`
    None means not told."""

    name: str
    kind: str
    registration_number: str | None = None
    business_id: str | None = None
    domicile: str = ""
    purpose: str = ""
    purposes: tuple[str, ...] = ()
    for_profit: bool | None = None
    members_total: int | None = None
    members_under_18: int | None = None
    members_resident: int | None = None


def checked_number(written: str | None, register: ModuleType, *, called: str) -> str | None:
    """The number in its usual form. Raises BadInput(field and problem = `called`) when its check fails."""
    if not written:
        return None
    try:
        return str(register.format(register.validate(written)))
    except ValidationError as error:
        raise BadInput(field=called, problem=called) from error


def check(entry: Entry) -> Entry:
    """The entry with its numbers in their usual form. Raises BadInput naming the field and the problem."""
    number = checked_number(entry.registration_number, associationid, called="registration_number")
    business_id = checked_number(entry.business_id, ytunnus, called="business_id")
    if entry.kind in NUMBERED and number is None:
        raise BadInput(field="registration_number", problem="number_needed")
    if entry.kind in WITH_BUSINESS_ID and business_id is None:
        raise BadInput(field="business_id", problem="business_id_needed")
    for part in ("members_under_18", "members_resident"):
        _check_part(part, getattr(entry, part), entry.members_total)
    values = {name: getattr(entry, name) for name in entry.__slots__}
    return Entry(**values | {"registration_number": number, "business_id": business_id})


def _check_part(name: str, part: int | None, total: int | None) -> None:
    if part is not None and total is not None and part > total:
        raise BadInput(field=name, problem="more_than_members")


def by_ref(session: Session, ref: str) -> Organisation:
    """Raises NotFound."""
    found = session.scalar(select(Organisation).where(Organisation.ref == ref))
    if found is None:
        raise NotFound(what="organisation")
    return found


def listed(session: Session, *, seek: str = "", kind: str | None = None) -> list[Organisation]:
    """The register by name, without private persons; at most MOST_LISTED. `seek`: a part of the name or a number."""
    query = select(Organisation).where(Organisation.kind != Kind.PERSON.value, Organisation.merged_into_id.is_(None))
    if seek:
        query = query.where(
            or_(
                Organisation.name.icontains(seek, autoescape=True),
                Organisation.business_id == seek,
                Organisation.registration_number == seek,
            )
        )
    if kind:
        query = query.where(Organisation.kind == kind)
    return list(session.scalars(query.order_by(Organisation.name).limit(MOST_LISTED)))


def enter(session: Session, entry: Entry, *, by: PersonId, now: datetime) -> Organisation:
    """A new entry. Raises BadInput, AlreadyThere(what=business_id | registration_number)."""
    row = Organisation(name="", kind="", created_at=now)
    _fill(row, check(entry))
    session.add(row)
    _flush_numbers(session)
    tell(session, Act(ActKind.ORGANISATION_CHANGED, now, by, row.ref, {"entered": True, "kind": row.kind}))
    return row


def found(session: Session, entry: Entry, *, by: PersonId, now: datetime, first_on: date) -> Organisation:
    """A person enters their own organisation and becomes its secretary and booker. Raises NotAllowed for kinds that
    the municipality enters itself."""
    if entry.kind not in OPEN_KINDS:
        raise NotAllowed(what="kind")
    row = enter(session, entry, by=by, now=now)
    for role in (Role.SECRETARY, Role.BOOKER):
        roles.grant(session, person=by, role=role, by=by, now=now, first_on=first_on, organisation=row.id)
    return row


def change(session: Session, row: Organisation, entry: Entry, *, by: PersonId, now: datetime) -> None:
    """Raises BadInput, AlreadyThere. The act names the fields that changed, not their values."""
    before = {name: getattr(row, name) for name in _COLUMNS}
    _fill(row, check(entry))
    changed = sorted(name for name in _COLUMNS if getattr(row, name) != before[name])
    if changed:
        _flush_numbers(session)
        tell(session, Act(ActKind.ORGANISATION_CHANGED, now, by, row.ref, {"fields": changed}))


def judge(session: Session, row: Organisation, standing: dict[str, Any], *, by: PersonId, now: datetime) -> None:
    """Write what the municipality has judged (relation, complements, grants); None takes a fact away."""
    kept = {name: value for name, value in row.facts.items() if name not in standing}
    row.facts = kept | {name: value for name, value in standing.items() if value is not None}
    session.flush()
    tell(
        session, Act(ActKind.ORGANISATION_CHANGED, now, by, row.ref, {"fields": ["facts"], "judged": sorted(standing)})
    )


_PLAIN = (
    "name",
    "kind",
    "registration_number",
    "business_id",
    "domicile",
    "purpose",
    "members_total",
    "members_under_18",
    "members_resident",
)
_COLUMNS = (*_PLAIN, "purposes", "facts")


def _fill(row: Organisation, entry: Entry) -> None:
    for name in _PLAIN:
        setattr(row, name, getattr(entry, name))
    row.purposes = list(entry.purposes)
    kept = {name: value for name, value in (row.facts or {}).items() if name != "for_profit"}
    told = {} if entry.for_profit is None else {"for_profit": entry.for_profit}
    row.facts = kept | told


def _flush_numbers(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        for name in ("business_id", "registration_number"):
            if name in constraint(error):
                raise AlreadyThere(what=name, field=name) from error
        raise


def members(session: Session, organisation: Organisation, *, on: date, at: datetime) -> list[RoleGrant]:
    """The roles in an organisation that are not over at an instant of a day, with their people loaded, by name."""
    query = select(RoleGrant).where(RoleGrant.organisation_id == organisation.id, roles.not_over(on, at))
    loaded = query.options(joinedload(RoleGrant.person), joinedload(RoleGrant.group))
    return sorted(session.scalars(loaded), key=lambda grant: (grant.person.name, grant.role))


@dataclass(frozen=True, slots=True)
class RoleWish:
    """A role to be given: to whom, from when until when (both days inclusive, and instants within them), and whether
    for one group of the organisation only."""

    email: str
    role: Role
    first_on: date
    last_on: date | None = None
    group: GroupId | None = None
    begins_at: datetime | None = None
    ends_at: datetime | None = None


def give_role(
    session: Session, organisation: Organisation, wish: RoleWish, *, by: PersonId, now: datetime
) -> RoleGrant:
    """Give a registered person a role here. Raises BadInput(unknown_person), AlreadyThere(role)."""
    person = people.by_email(session, wish.email)
    if person is None:
        raise BadInput(field="email", problem="unknown_person")
    same = [grant for grant in members(session, organisation, on=wish.first_on, at=now) if grant.person_id == person.id]
    if any(_overlaps(grant, wish) for grant in same):
        raise AlreadyThere(what="role", field="role")
    return roles.grant(
        session,
        person=person.id,
        role=wish.role,
        by=by,
        now=now,
        first_on=wish.first_on,
        last_on=wish.last_on,
        organisation=organisation.id,
        group=wish.group,
        begins_at=wish.begins_at,
        ends_at=wish.ends_at,
    )


def _overlaps(grant: RoleGrant, wish: RoleWish) -> bool:
    """Whether the grant is the same role, for the same group or the whole, and its time meets the wish's."""
    alike = grant.role == wish.role and grant.group_id in (None, wish.group)
    ended = grant.ended_at is not None and wish.begins_at is not None and grant.ended_at <= wish.begins_at
    return alike and not ended and (wish.last_on is None or grant.first_on <= wish.last_on)


def grant_of(session: Session, organisation: Organisation, ref: str) -> RoleGrant:
    """A role that belongs to this organisation. Raises NotFound for any other."""
    row = roles.by_ref(session, ref)
    if row.organisation_id != organisation.id:
        raise NotFound(what="role")
    return row


def end_role(
    session: Session, organisation: Organisation, ref: str, *, last_on: date, by: PersonId, now: datetime
) -> RoleGrant:
    """End a role of this organisation with a last day. Raises NotFound, BadInput."""
    return roles.end(session, grant_of(session, organisation, ref).ref, by=by, now=now, last_on=last_on)


def end_role_at(
    session: Session, organisation: Organisation, ref: str, *, at: datetime, on: date, by: PersonId, now: datetime
) -> RoleGrant:
    """End a role of this organisation at an instant, `on` its local day; the past means now. Raises NotFound."""
    row = grant_of(session, organisation, ref)
    roles.end_at(session, row, at=max(at, now), on=on, by=by, now=now, why="ended")
    return row


def note_seen(
    session: Session, organisation: Organisation, grants: Collection[RoleGrant], *, by: PersonId, now: datetime
) -> None:
    """Tell that somebody of the staff looked at the people of an organisation."""
    persons = tuple(sorted({grant.person_id for grant in grants}))
    if persons:
        tell(session, Act(ActKind.PERSON_VIEWED, now, by, organisation.ref, {"list": "members"}, None, persons))
