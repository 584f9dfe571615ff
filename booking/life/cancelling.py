"""Cancelling and handing back by the user: what it costs is told first, charged after, and taken back with the undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking import bookings
from booking.happenings.models import Happening, HappeningState
from booking.ids import PersonId
from booking.life.judged import Event, judged
from booking.life.recording import Note, settle, undo
from booking.life.verdicts import Verdict
from booking.models import Occurrence

CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class CancelFee:
    """What cancelling one time now would bring."""

    row: Occurrence
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class CancelSum:
    """All of them together; cents None when a fee is not known."""

    fees: tuple[CancelFee, ...]

    @property
    def costs(self) -> bool:
        return any(fee.verdict.costs for fee in self.fees)

    @property
    def cents(self) -> int | None:
        asked = [fee.verdict.fee_cents for fee in self.fees if fee.verdict.costs]
        known = [cents for cents in asked if cents is not None]
        return sum(known) if len(known) == len(asked) else None


def fees(session: Session, rows: Sequence[Occurrence], now: datetime) -> CancelSum:
    """What cancelling these times at this moment would cost by the rulebook. Nothing is changed."""
    return CancelSum(tuple(CancelFee(row, judged(session, row, Event(CANCELLED, now), now)) for row in rows))


def cancel(
    session: Session,
    rows: Sequence[Occurrence],
    *,
    by: PersonId,
    now: datetime,
    reason: str = "",
    late: timedelta = timedelta(0),
) -> CancelSum:
    """Cancel times at the user's wish: free for others at once; what the rulebook asks for it is owed and stays owed.

    `late`: how long after the end staff may still do it. Raises what `bookings.cancel` raises."""
    asked = fees(session, rows, now)
    bookings.cancel(session, rows, by=by, now=now, reason=reason, late=late)
    for fee in asked.fees:
        if fee.verdict.follows:
            noted = Note.of(fee.row, CANCELLED, now, f"{CANCELLED}:{fee.row.ref}:{fee.row.sequence}", note=reason)
            settle(session, noted, fee.verdict, by=by, now=now)
    return asked


def restore(session: Session, row: Occurrence, *, by: PersonId, now: datetime) -> None:
    """Take back a cancellation, and with it what it would have cost. Raises what `bookings.restore` raises."""
    bookings.restore(session, row, by=by, now=now)
    for found in _cancellings(session, row):
        if found.key == f"{CANCELLED}:{row.ref}:{row.sequence - 1}":
            undo(session, found, reason="undone", by=by, now=now)


def _cancellings(session: Session, row: Occurrence) -> Sequence[Happening]:
    query = select(Happening).where(Happening.occurrence_id == row.id, Happening.kind == CANCELLED)
    return session.scalars(query.where(Happening.state == HappeningState.CONFIRMED.value)).all()
