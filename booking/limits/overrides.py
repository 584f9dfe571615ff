"""Limits exceeded because somebody of the house said so, with the reason (acceptance C12)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from booking.ids import PersonId
from booking.limits.models import LimitOverride
from booking.models import Booking, Occurrence


def note(session: Session, booking: Booking, reason: str, *, by: PersonId, now: datetime) -> None:
    session.add(LimitOverride(booking_id=booking.id, by_id=by, at=now, reason=reason.strip()))
    session.flush()


def of_booking(session: Session, booking: Booking) -> list[LimitOverride]:
    """All of a booking with their people, oldest first."""
    query = select(LimitOverride).where(LimitOverride.booking_id == booking.id).options(joinedload(LimitOverride.by))
    return list(session.scalars(query.order_by(LimitOverride.id)))


def reason_of(session: Session, booking: Booking) -> str:
    """The latest reason, "" when none was given."""
    query = select(LimitOverride.reason).where(LimitOverride.booking_id == booking.id)
    return session.scalar(query.order_by(LimitOverride.id.desc()).limit(1)) or ""


def forget(session: Session, booking: Booking) -> None:
    """With a booking that is given up before it was one."""
    session.execute(delete(LimitOverride).where(LimitOverride.booking_id == booking.id))


def rows_over(row: Occurrence) -> list[str]:
    """The rows of the rulebook whose limits a booked time exceeds, by what was kept on it."""
    return [
        one["row"]["row"]
        for one in row.trace.get("limits", ())
        if (one["status"], one["needed_for"], one["shuts"]) == ("broken", "booking", True)
    ]
