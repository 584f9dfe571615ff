"""Booking every date of a wish or none."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from booking.bookings import book
from booking.ids import PersonId
from booking.models import Booking, OccurrenceState
from booking.refusals import NotWhole
from booking.wish import Wish


def book_whole(session: Session, wish: Wish, *, by: PersonId, now: datetime) -> Booking:
    """Like `bookings.book`, but raises NotWhole, naming the dates and reasons, when any date is impossible."""
    booking = book(session, wish, by=by, now=now)
    refused = [row for row in booking.occurrences if row.state == OccurrenceState.REFUSED]
    if refused:
        raise NotWhole(dates=[{"day": row.key, "reason": row.reason} for row in refused])
    return booking
