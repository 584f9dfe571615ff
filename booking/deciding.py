"""What a person decides where the rules cannot: requests that wait for the manager or operator of the premises."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.acts import ActKind
from booking.bookings import set_vat, tell_of
from booking.ids import PersonId, PremisesId
from booking.models import Booking, Occurrence, OccurrenceState, Space
from booking.occupying import lock, vacate
from booking.refusals import BadInput, NotNow


def waiting(session: Session, premises: Sequence[PremisesId] | None) -> list[Occurrence]:
    """The times that wait for a decision at these premises (None: everywhere), in order of time."""
    query = (
        select(Occurrence)
        .join(Space, Space.id == Occurrence.space_id)
        .where(Occurrence.state == OccurrenceState.PENDING.value)
        .options(
            joinedload(Occurrence.space).joinedload(Space.premises),
            joinedload(Occurrence.booking).joinedload(Booking.organisation),
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    if premises is not None:
        query = query.where(Space.premises_id.in_(premises))
    return list(session.scalars(query))


def approve(
    session: Session,
    rows: Sequence[Occurrence],
    *,
    price_cents: int | None,
    reason: str,
    by: PersonId,
    by_ref: str,
    now: datetime,
) -> None:
    """Grant times that waited. `price_cents` None leaves the price as the rules left it, perhaps unknown.

    Raises NotNow for a time that does not wait, BadInput without a reason or with a negative price."""
    _check(session, rows, reason)
    if price_cents is not None and price_cents < 0:
        raise BadInput(field="price", problem="negative")
    for row in rows:
        row.state = OccurrenceState.CONFIRMED.value
        row.trace = row.trace | {"decided_by": by_ref, "decided_at": now.isoformat(), "decision": reason}
        if price_cents is not None:
            row.price_cents, row.normal_cents, row.subsidy_cents = price_cents, price_cents, 0
            set_vat(row, row.vat_percent)
        row.sequence += 1
    session.flush()
    tell_of(session, ActKind.BOOKING_APPROVED, rows[0].booking, rows, by, now, decision=reason)


def refuse(session: Session, rows: Sequence[Occurrence], *, reason: str, by: PersonId, now: datetime) -> None:
    """Refuse times that waited: they are free at once. Raises NotNow, BadInput without a reason."""
    _check(session, rows, reason)
    vacate(session, rows)
    for row in rows:
        row.state, row.reason = OccurrenceState.REFUSED.value, reason
        row.sequence += 1
    session.flush()
    tell_of(session, ActKind.BOOKING_REFUSED, rows[0].booking, rows, by, now, decision=reason)


def _check(session: Session, rows: Sequence[Occurrence], reason: str) -> None:
    if not reason.strip():
        raise BadInput(field="reason", problem="empty")
    for row in rows:
        if row.state != OccurrenceState.PENDING:
            raise NotNow(state=row.state)
    lock(session, rows)
