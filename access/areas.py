"""Ways into one area: doors cannot tell each other who is inside, so the service looks when events come, and says so.

It opens and shuts nothing. What it finds is a soft alarm: somebody came into the same area twice and was not seen
leaving. Where no door of the area has a reader on its inside, leaving is never seen, and only the timed rule is minded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from access.ids import DoorId
from access.mode_models import DoorRule
from access.models import Door, DoorEvent
from booking.ids import PersonId
from devices.events import EventKind
from devices.messages import Reader


def came_in_twice(session: Session, door: Door, event: DoorEvent) -> DoorEvent | None:
    """The earlier coming in of the same person into the same area that this one does not fit to."""
    rule = session.get(DoorRule, door.id)
    if rule is None or not rule.apb or not rule.apb_area or event.person_id is None or _reader(event) != Reader.IN:
        return None
    doors = doors_of(session, door, rule.apb_area)
    before = _last(session, doors, event.person_id, event)
    if before is None or before.door_id == door.id or _reader(before) != Reader.IN:
        return None  # within one door the door itself minds
    if rule.apb == "timed":
        fits = event.device_at - before.device_at >= timedelta(minutes=rule.apb_minutes)
    else:
        fits = not _sees_leaving(session, doors)
    return None if fits or _forgiven(session, doors, before, event) else before


def doors_of(session: Session, door: Door, area: str) -> Sequence[DoorId]:
    """The doors of the premises that are ways into this area."""
    query = select(DoorRule.door_id).join(Door, Door.id == DoorRule.door_id)
    return session.scalars(query.where(Door.premises_id == door.premises_id, DoorRule.apb_area == area)).all()


def _last(session: Session, doors: Sequence[DoorId], person: PersonId, event: DoorEvent) -> DoorEvent | None:
    query = select(DoorEvent).where(_granted(doors), DoorEvent.person_id == person, DoorEvent.id != event.id)
    query = query.where(DoorEvent.device_at <= event.device_at)
    return session.scalar(query.order_by(DoorEvent.device_at.desc(), DoorEvent.id.desc()).limit(1))


def _sees_leaving(session: Session, doors: Sequence[DoorId]) -> bool:
    leaving = DoorEvent.body["reader"].as_string() == Reader.OUT.value
    return session.scalar(select(DoorEvent.id).where(_granted(doors), leaving).limit(1)) is not None


def _forgiven(session: Session, doors: Sequence[DoorId], before: DoorEvent, event: DoorEvent) -> bool:
    forgiven = and_(DoorEvent.door_id.in_(doors), DoorEvent.kind == EventKind.FORGIVEN.value)
    between = DoorEvent.device_at.between(before.device_at, event.device_at)
    return session.scalar(select(DoorEvent.id).where(forgiven, between).limit(1)) is not None


def _granted(doors: Sequence[DoorId]) -> ColumnElement[bool]:
    return and_(DoorEvent.door_id.in_(doors), DoorEvent.kind == EventKind.GRANTED.value)


def _reader(event: DoorEvent) -> str:
    return str(event.body.get("reader", Reader.IN.value))
