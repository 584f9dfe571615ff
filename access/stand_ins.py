"""One evening given to somebody else: a stand-in passes the doors of one time instead of its holder, or beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from access.code_models import StandIn
from booking.acts import Act, ActKind, tell
from booking.ids import BookingId, PersonId
from booking.models import Booking, Occurrence, OccurrenceState, Person, Space
from booking.refusals import AlreadyThere, BadInput, NotFound, NotNow

_LOADED = (
    joinedload(StandIn.person),
    joinedload(StandIn.occurrence).joinedload(Occurrence.booking).joinedload(Booking.holder),
    joinedload(StandIn.occurrence).joinedload(Occurrence.booking).joinedload(Booking.organisation),
    joinedload(StandIn.occurrence).joinedload(Occurrence.space).joinedload(Space.premises),
)


def known_person(session: Session, typed: str) -> Person:
    """The one registered person with this e-mail address or phone number; blanks, dashes and +358 make no difference.
    Raises BadInput(unknown_person), also when several have the number."""
    typed = typed.strip().lower()
    found = or_(Person.email == typed, Person.phone != "") if typed else Person.email == ""
    people = session.scalars(select(Person).where(Person.erased_at.is_(None), found)).all()
    same = [one for one in people if typed and (one.email == typed or _number(one.phone) == _number(typed) != "")]
    if len(same) != 1:
        raise BadInput(field="who", problem="unknown_person")
    return same[0]


def give(session: Session, row: Occurrence, person: Person, *, instead: bool, by: PersonId, now: datetime) -> StandIn:
    """Raises NotNow for a time that is over or not confirmed, BadInput for its holder, AlreadyThere."""
    if row.state != OccurrenceState.CONFIRMED or row.ends_at <= now:
        raise NotNow(state=row.state if row.ends_at > now else "over")
    if person.id == row.booking.holder_id:
        raise BadInput(field="who", problem="is_holder")
    made = StandIn(occurrence_id=row.id, person_id=person.id, instead=instead, given_by=by, given_at=now)
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError as error:
        raise AlreadyThere(what="stand_in", field="who") from error
    body = {"person": person.ref, "instead": instead}
    persons = (person.id, row.booking.holder_id)
    tell(session, Act(ActKind.STAND_IN_GIVEN, now, by, row.ref, body, row.space.premises_id, persons, (row.id,)))
    return made


def withdraw(session: Session, row: StandIn, *, by: PersonId, now: datetime) -> None:
    """The holder answers again; withdrawn twice is withdrawn once."""
    if row.withdrawn_at is not None:
        return
    row.withdrawn_at, row.withdrawn_by = now, by
    session.flush()
    time = row.occurrence
    body, persons = {"person": row.person.ref}, (row.person_id, time.booking.holder_id)
    tell(session, Act(ActKind.STAND_IN_WITHDRAWN, now, by, time.ref, body, time.space.premises_id, persons, (time.id,)))


def by_ref(session: Session, ref: str) -> StandIn:
    """Raises NotFound."""
    row = session.scalar(select(StandIn).where(StandIn.ref == ref).options(*_LOADED))
    if row is None:
        raise NotFound(what="stand_in")
    return row


def of_booking(session: Session, booking: BookingId, now: datetime) -> Sequence[StandIn]:
    """Those who stand in at times of a booking that are not over."""
    query = select(StandIn).join(Occurrence).where(Occurrence.booking_id == booking, Occurrence.ends_at > now)
    query = query.where(StandIn.withdrawn_at.is_(None)).options(*_LOADED)
    return session.scalars(query.order_by(Occurrence.starts_at, StandIn.id)).all()


def of_person(session: Session, person: PersonId, now: datetime) -> Sequence[StandIn]:
    """The times at which this person stands in."""
    query = select(StandIn).join(Occurrence).where(StandIn.person_id == person, Occurrence.ends_at > now)
    query = query.where(StandIn.withdrawn_at.is_(None)).options(*_LOADED)
    return session.scalars(query.order_by(Occurrence.starts_at)).all()


def _number(phone: str) -> str:
    digits = "".join(one for one in phone if one.isdigit() or one == "+")
    return "0" + digits.removeprefix("+358") if digits.startswith("+358") else digits
