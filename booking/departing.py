"""Organisations that are dissolved and people who leave: what becomes of their times to come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from booking import roles
from booking.acts import Act, ActKind, tell
from booking.bookings import cancel, tell_of
from booking.ids import OrganisationId, PersonId, PremisesId
from booking.models import OCCUPYING, Booking, Occurrence, Organisation, OrganisationKind, Person, RoleGrant, Space
from booking.refusals import BadInput, NotNow
from booking.roles import Role

DISSOLVED = "dissolved"  # the reason kept with times that were released
ENDS_WITH_IT = (Role.BOOKER, Role.KEY_HOLDER, Role.CODE_READER)  # secretaries and payers still settle what is open
# Who takes over times when their holder leaves, first to last.
HEIRS = (Role.BOOKER, Role.SECRETARY, Role.KEY_HOLDER)


@dataclass(frozen=True, slots=True)
class Released:
    """The times of one booking that were released."""

    booking: Booking
    rows: tuple[Occurrence, ...]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Bookings that have a new holder, and those for which nobody was found: an officer decides."""

    moved: tuple[Booking, ...]
    left: tuple[Booking, ...]


def dissolve(
    session: Session, organisation: Organisation, *, on: date, by: PersonId, now: datetime, today: date
) -> list[Released]:
    """Note the day of dissolution, and when it has come release every time to come: free at once, codes and cards with
    it; what is owed stays owed. Gives what was released, for letters.

    Done again with the same day it does nothing more. Raises NotNow for a merged entry."""
    if organisation.merged_into_id is not None:
        raise NotNow(state="merged")
    released = _release(session, organisation, by, now) if on <= today else []
    if organisation.dissolved_on != on or released:
        organisation.dissolved_on = on
        session.flush()
        body = {"dissolved_on": on.isoformat(), "released": sum(len(one.rows) for one in released)}
        tell(session, Act(ActKind.ORGANISATION_DISSOLVED, now, by, organisation.ref, body))
    if on <= today:
        _end_roles(session, organisation, by, now, today)
    return released


def _release(session: Session, organisation: Organisation, by: PersonId, now: datetime) -> list[Released]:
    query = _ahead(now).where(Booking.organisation_id == organisation.id)
    rows = sorted(session.scalars(query), key=lambda row: (row.booking_id, row.starts_at))
    if not rows:
        return []
    cancel(session, rows, by=by, now=now, reason=DISSOLVED)
    return [Released(one[0].booking, tuple(one)) for one in _by_booking(rows)]


def _by_booking(rows: Iterable[Occurrence]) -> list[list[Occurrence]]:
    return [list(group) for _, group in groupby(rows, key=lambda row: row.booking_id)]


def _end_roles(session: Session, organisation: Organisation, by: PersonId, now: datetime, today: date) -> None:
    query = select(RoleGrant).where(RoleGrant.organisation_id == organisation.id, roles.not_over(today, now))
    for row in session.scalars(query.where(RoleGrant.role.in_(ENDS_WITH_IT))).all():
        roles.end_at(session, row, at=now, on=today, by=by, now=now, why=DISSOLVED)


def _ahead(now: datetime) -> Select[Occurrence]:
    """Booked times that are not over, with all that letters and acts need."""
    return (
        select(Occurrence)
        .join(Booking, Booking.id == Occurrence.booking_id)
        .where(Occurrence.ends_at > now, Occurrence.state.in_(OCCUPYING))
        .options(
            joinedload(Occurrence.space).joinedload(Space.premises),
            joinedload(Occurrence.booking).joinedload(Booking.organisation),
            joinedload(Occurrence.booking).joinedload(Booking.holder),
        )
    )


def hand_over(
    session: Session,
    person: PersonId,
    *,
    by: PersonId,
    now: datetime,
    today: date,
    organisation: OrganisationId | None = None,
) -> HandedOver:
    """Give the times to come that a person holds to somebody else with a role in the same organisation; `organisation`:
    only those of this one, which the person left. A private person's own bookings have no heir."""
    query = _ahead(now).where(Booking.holder_id == person)
    if organisation is not None:
        query = query.where(Booking.organisation_id == organisation)
    rows = sorted(session.scalars(query), key=lambda row: (row.booking_id, row.starts_at))
    moved, left = [], []
    for group in _by_booking(rows):
        booking = group[0].booking
        heir = heir_of(session, booking, but=person, on=today, at=now)
        if heir is None:
            left.append(booking)
        else:
            _give(session, booking, group, heir, by, now)
            moved.append(booking)
    return HandedOver(tuple(moved), tuple(left))


def heir_of(session: Session, booking: Booking, *, but: PersonId, on: date, at: datetime) -> Person | None:
    """Who takes a booking over: somebody of the group that booked before others, bookers before secretaries before key
    holders, and of those who had their role longest."""
    if booking.organisation.kind == OrganisationKind.PERSON:
        return None
    query = select(RoleGrant).where(RoleGrant.organisation_id == booking.organisation_id, roles.in_force(on, at))
    query = query.where(RoleGrant.person_id != but, RoleGrant.role.in_(HEIRS)).options(joinedload(RoleGrant.person))
    fitting = [
        row
        for row in session.scalars(query)
        if row.group_id in (None, booking.group_id) and row.person.erased_at is None
    ]
    order = {role.value: n for n, role in enumerate(HEIRS)}
    first = min(fitting, key=lambda row: (row.group_id is None, order[row.role], row.first_on, row.id), default=None)
    return first.person if first else None


def give_to(session: Session, booking: Booking, person: Person, *, by: PersonId, now: datetime, today: date) -> None:
    """An officer names a new holder. Raises BadInput for somebody without a role in the organisation, NotNow when
    nothing of it lies ahead."""
    mine = roles.roles_of(session, person.id, today, at=now)
    if person.erased_at is not None or not any(grant.organisation_id == booking.organisation_id for grant in mine):
        raise BadInput(field="holder", problem="not_one_of")
    rows = list(session.scalars(_ahead(now).where(Booking.id == booking.id).order_by(Occurrence.starts_at)))
    if not rows:
        raise NotNow(state="past")
    _give(session, rows[0].booking, rows, person, by, now)


def _give(
    session: Session, booking: Booking, rows: Sequence[Occurrence], heir: Person, by: PersonId, now: datetime
) -> None:
    before = booking.holder_id
    booking.holder_id, booking.holder = heir.id, heir
    session.flush()
    former = session.get_one(Person, before)
    tell_of(session, ActKind.BOOKING_HANDED_OVER, booking, rows, by, now, former=former.ref, holder=heir.ref)


def without_holder(
    session: Session, premises: Sequence[PremisesId] | None, now: datetime, today: date
) -> list[Booking]:
    """Bookings with times ahead whose holder was erased or has left the organisation (premises None: everywhere)."""
    theirs = and_(RoleGrant.person_id == Booking.holder_id, RoleGrant.organisation_id == Booking.organisation_id)
    had = exists().where(theirs)
    has = exists().where(theirs, roles.not_over(today, now))
    gone = or_(Person.erased_at.is_not(None), and_(had, ~has))
    ahead = select(Occurrence.booking_id).join(Space, Space.id == Occurrence.space_id)
    ahead = ahead.where(Occurrence.ends_at > now, Occurrence.state.in_(OCCUPYING))
    if premises is not None:
        ahead = ahead.where(Space.premises_id.in_(premises))
    query = select(Booking).join(Person, Person.id == Booking.holder_id).where(gone, Booking.id.in_(ahead))
    loaded = query.options(
        joinedload(Booking.organisation),
        joinedload(Booking.holder),
        selectinload(Booking.occurrences).joinedload(Occurrence.space).joinedload(Space.premises),
    )
    return list(session.scalars(loaded.order_by(Booking.id)))
