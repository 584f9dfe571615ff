"""A person's own open holds: a form sent twice finds the hold it made, and a new wish replaces an older one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.bookings import booking_of, hold, let_go
from booking.ids import PersonId, SpaceId
from booking.limits import overrides
from booking.models import Booking, Occurrence, OccurrenceState
from booking.rounds.season_models import OfferState, SlotOffer
from booking.wish import Wish
from booking.wishes import space_of, spread, zone_of


def hold_once(session: Session, wish: Wish, *, by: PersonId, now: datetime) -> Booking:
    """Hold the wish; the very same wish held already by this person is that hold, and their other holds of the space
    are given up. Raises what `booking.bookings.hold` raises."""
    for ref in held_by(session, by, wish.space):
        booking = booking_of(session, ref)
        if _same(session, booking, wish, now):
            return booking
        let_go(session, ref)
    return hold(session, wish, by=by, now=now)


def held_by(session: Session, person: PersonId, space: SpaceId) -> list[str]:
    """The refs of the bookings this person is making in the space just now, without what is held as an offer."""
    offered = select(SlotOffer.booking_ref).where(SlotOffer.state == OfferState.OPEN.value)
    query = (
        select(Booking.ref)
        .join(Occurrence, Occurrence.booking_id == Booking.id)
        .where(Booking.made_by == person, Occurrence.space_id == space)
        .where(Occurrence.state == OccurrenceState.HELD.value, Booking.ref.not_in(offered))
        .distinct()
    )
    return list(session.scalars(query))


def held_until(booking: Booking) -> datetime | None:
    """When the first of its holds runs out; None when nothing is held."""
    return min((row.hold_until for row in booking.occurrences if row.hold_until is not None), default=None)


def _same(session: Session, booking: Booking, wish: Wish, now: datetime) -> bool:
    until = held_until(booking)
    if until is None or until <= now:
        return False
    asked = (
        wish.organisation,
        wish.group,
        wish.holder,
        wish.title.strip(),
        wish.purpose,
        wish.people,
        dict(wish.audience),
    )
    kept = (
        booking.organisation_id,
        booking.group_id,
        booking.holder_id,
        booking.title,
        booking.purpose,
        booking.people,
    )
    dates = spread(wish.pattern, zone_of(space_of(session, wish.space)), now)
    times = [(row.nominal.starts_at, row.nominal.ends_at) for row in dates]
    if wish.exceeding.strip() != overrides.reason_of(session, booking):
        return False
    return asked == (*kept, booking.audience) and times == [(row.starts_at, row.ends_at) for row in booking.occurrences]
