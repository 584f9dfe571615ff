"""What doors still have to confirm while a round is being undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from access.models import Door, Right
from booking.ids import BookingId
from booking.models import Occurrence


@dataclass(frozen=True, slots=True)
class Waiting:
    """A door with rights that were taken back, and how many of them it has not confirmed yet."""

    door: Door
    rights: int
    unconfirmed: int


def taken_back(session: Session, bookings: Sequence[BookingId]) -> list[Waiting]:
    """The doors from which rights of these bookings were taken back, those that still wait first."""
    mine = select(Occurrence.id).where(Occurrence.booking_id.in_(bookings))
    gone = Right.occurrence_id.in_(mine), Right.out_version.is_not(None)
    query = select(Right.door_id, func.count(), func.count(Right.out_door_at)).where(*gone).group_by(Right.door_id)
    found = [
        Waiting(session.get_one(Door, door), rights, rights - sure) for door, rights, sure in session.execute(query)
    ]
    return sorted(found, key=lambda one: (-one.unconfirmed, one.door.id))
