"""The register of metal keys: what each opens, who has it until when, what is overdue, what is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload

from access.metal_key_models import KeyLoan, MetalKey
from access.practice import practice
from booking.acts import Act, ActKind, tell
from booking.ids import BookingId, PersonId, PremisesId
from booking.models import Booking, Person, Premises
from booking.refusals import AlreadyThere, BadInput, NotFound, NotNow


@dataclass(frozen=True, slots=True)
class HandOut:
    """A key to be handed out: to whom, for which booking (None: for a season or otherwise), until which day."""

    person: Person
    due_on: date
    booking: Booking | None = None
    deposit_cents: int = 0


def add(
    session: Session, place: Premises, number: str, opens: str, *, kept_at: str, by: PersonId, now: datetime
) -> MetalKey:
    """A new key in the register. Raises AlreadyThere for a number that the premises has."""
    row = MetalKey(premises_id=place.id, number=number, opens=opens, kept_at=kept_at, added_at=now)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise AlreadyThere(what="key", field="number") from error
    _tell(session, ActKind.METAL_KEY_CHANGED, row, {"number": number}, by, now)
    return row


def hand_out(session: Session, key: MetalKey, wish: HandOut, *, by: PersonId, now: datetime, today: date) -> KeyLoan:
    """Raises NotNow for a key that is out or gone, BadInput for a day that has passed."""
    if key.gone_at is not None:
        raise NotNow(state="key_gone", reason="key_gone")
    if wish.due_on < today:
        raise BadInput(field="due_on", problem="past_day")
    row = KeyLoan(
        key_id=key.id,
        person_id=wish.person.id,
        booking_id=wish.booking.id if wish.booking else None,
        deposit_cents=wish.deposit_cents,
        handed_at=now,
        handed_by=by,
        due_on=wish.due_on,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise NotNow(state="key_out", reason="key_out") from error
    body = {"number": key.number, "due_on": wish.due_on, "deposit_cents": wish.deposit_cents}
    _tell(session, ActKind.METAL_KEY_HANDED_OUT, key, body, by, now, wish.person.id)
    return row


def take_back(session: Session, loan: KeyLoan, *, by: PersonId, now: datetime) -> None:
    """The key is back, and the deposit with it."""
    _end(session, loan, "returned", by, now)


def note_lost(session: Session, loan: KeyLoan, *, by: PersonId, now: datetime) -> None:
    """The key will not come back: nobody is reminded any more, and it is handed out no more."""
    loan.key.gone_at, loan.key.gone_why = now, "lost"
    _end(session, loan, "lost", by, now)


def note_found(session: Session, key: MetalKey, *, by: PersonId, now: datetime) -> None:
    """A lost key turned up."""
    key.gone_at, key.gone_why = None, ""
    session.flush()
    _tell(session, ActKind.METAL_KEY_CHANGED, key, {"number": key.number, "found": True}, by, now)


def at_premises(session: Session, premises: Sequence[PremisesId]) -> Sequence[MetalKey]:
    """The keys of these premises with who has them, by number."""
    query = select(MetalKey).where(MetalKey.premises_id.in_(premises)).options(joinedload(MetalKey.premises))
    query = query.options(selectinload(MetalKey.loans).joinedload(KeyLoan.person))
    return session.scalars(query.order_by(MetalKey.premises_id, MetalKey.number)).all()


def by_ref(session: Session, ref: str) -> MetalKey:
    """Raises NotFound."""
    query = select(MetalKey).where(MetalKey.ref == ref).options(joinedload(MetalKey.premises))
    loans = selectinload(MetalKey.loans)
    query = query.options(
        loans.joinedload(KeyLoan.person),
        loans.joinedload(KeyLoan.booking),
        loans.joinedload(KeyLoan.key).joinedload(MetalKey.premises),
    )
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what="key")
    return row


def out(key: MetalKey) -> KeyLoan | None:
    """Who has it now; its loans are loaded."""
    return next((loan for loan in key.loans if loan.ended_at is None), None)


def overdue(session: Session, premises: Sequence[PremisesId], today: date) -> Sequence[KeyLoan]:
    """The keys that should be back, the longest overdue first."""
    query = _open_loans().join(MetalKey).where(MetalKey.premises_id.in_(premises), KeyLoan.due_on < today)
    return session.scalars(query.order_by(KeyLoan.due_on, KeyLoan.id)).all()


def for_booking(session: Session, booking: BookingId, holder: PersonId) -> Sequence[KeyLoan]:
    """The keys handed out for a booking, and those its holder has for no booking in particular."""
    theirs = (KeyLoan.person_id == holder) & KeyLoan.booking_id.is_(None)
    return session.scalars(_open_loans().where(or_(KeyLoan.booking_id == booking, theirs)).order_by(KeyLoan.id)).all()


def to_remind(session: Session, today: date) -> Sequence[KeyLoan]:
    """The overdue keys whose holder has had no letter for a while."""
    before = today - timedelta(days=practice().key_reminder_days)
    late = _open_loans().where(KeyLoan.due_on < today)
    return session.scalars(late.where(or_(KeyLoan.reminded_on.is_(None), KeyLoan.reminded_on <= before))).all()


def note_reminded(session: Session, loan: KeyLoan, *, today: date, now: datetime) -> None:
    loan.reminded_on, loan.reminders = today, loan.reminders + 1
    session.flush()
    body = {"number": loan.key.number, "reminders": loan.reminders}
    _tell(session, ActKind.METAL_KEY_REMINDED, loan.key, body, None, now, loan.person_id)


def _open_loans() -> Select[KeyLoan]:
    query = select(KeyLoan).where(KeyLoan.ended_at.is_(None))
    return query.options(
        joinedload(KeyLoan.key).joinedload(MetalKey.premises), joinedload(KeyLoan.person), joinedload(KeyLoan.booking)
    )


def _end(session: Session, loan: KeyLoan, how: str, by: PersonId, now: datetime) -> None:
    if loan.ended_at is not None:
        raise NotNow(state="key_back", reason="key_back")
    loan.ended_at, loan.ended_by, loan.how = now, by, how
    session.flush()
    body = {"number": loan.key.number, "how": how}
    _tell(session, ActKind.METAL_KEY_BACK, loan.key, body, by, now, loan.person_id)


def _tell(
    session: Session,
    kind: ActKind,
    key: MetalKey,
    body: Mapping[str, object],
    by: PersonId | None,
    now: datetime,
    whose: PersonId | None = None,
) -> None:
    persons = () if whose is None else (whose,)
    tell(session, Act(kind, now, by, key.ref, body, key.premises_id, persons))
