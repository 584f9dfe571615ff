"""Times whose way in is another than their holders were told: found ahead, told once (acceptance D12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.door_practice import DoorPractice, practices
from booking.models import Booking, Occurrence, OccurrenceState, Space
from booking.practice import practice

WAY_IN = "way_in"  # in the trace: the mode as of when the time was booked, or last told


def mode_of(door: DoorPractice) -> str | None:
    return door.rule.mode.value if door.rule else None


def changed(session: Session, now: datetime) -> list[list[Occurrence]]:
    """The booked times of the coming weeks whose way in has changed since it was told, by booking."""
    query = (
        select(Occurrence)
        .where(Occurrence.state == OccurrenceState.CONFIRMED.value, Occurrence.starts_at > now)
        .where(Occurrence.starts_at < now + timedelta(days=practice("way_in_days")))
        .options(
            joinedload(Occurrence.booking).joinedload(Booking.organisation),
            joinedload(Occurrence.booking).joinedload(Booking.holder),
            joinedload(Occurrence.space).joinedload(Space.premises),
        )
        .order_by(Occurrence.booking_id, Occurrence.starts_at)
    )
    rows = [row for row in session.scalars(query) if WAY_IN in row.trace]
    doors = practices(session, [row.id for row in rows], now)
    found: dict[int, list[Occurrence]] = {}
    for row in rows:
        if mode_of(doors[row.id]) != row.trace[WAY_IN]:
            found.setdefault(row.booking_id, []).append(row)
    return list(found.values())


def note_told(session: Session, rows: Sequence[Occurrence], now: datetime) -> None:
    """The holder has been told of how these times get in now."""
    doors = practices(session, [row.id for row in rows], now)
    for row in rows:
        row.trace = row.trace | {WAY_IN: mode_of(doors[row.id])}
    session.flush()
