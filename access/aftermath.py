"""What follows from an event beside its place in the log: alarms that begin and end by what doors tell."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import areas
from access.alarms import AlarmKind, cease, is_open, sound
from access.models import Door, DoorEvent
from devices.events import Event, EventKind, Note

_ALARMING = {
    EventKind.FORCED: AlarmKind.FORCED,
    EventKind.HELD_OPEN: AlarmKind.HELD_OPEN,
    EventKind.LOCKOUT: AlarmKind.LOCKOUT,
    EventKind.OVERFLOW: AlarmKind.OVERFLOW,
    EventKind.MODE_REFUSED: AlarmKind.MODE_REFUSED,
}
_NO_NEWS_IN_FIRE = (AlarmKind.FORCED, AlarmKind.HELD_OPEN)  # people leave, and doors stand open


def follow(session: Session, door: Door, event: Event, ref: str, now: datetime) -> None:
    """The alarms of a new event."""
    alarm = _ALARMING.get(event.kind)
    if alarm in _NO_NEWS_IN_FIRE and is_open(session, door, AlarmKind.FIRE):
        alarm = None
    if alarm is not None:
        sound(session, door, alarm, {"event": ref, "seq": event.position.seq}, now)
    if event.kind is EventKind.DOOR_CLOSED:
        cease(session, door, AlarmKind.HELD_OPEN, now)
        cease(session, door, AlarmKind.OPEN_AFTER_END, now)
    if event.kind is EventKind.FIRE:
        _fire(session, door, ref, now, active=bool(event.facts["active"]))
    if event.kind is EventKind.GRANTED:
        _mind_passback(session, door, event, ref, now)


def _fire(session: Session, door: Door, ref: str, now: datetime, *, active: bool) -> None:
    if active:
        sound(session, door, AlarmKind.FIRE, {"event": ref}, now)
    else:
        cease(session, door, AlarmKind.FIRE, now)


def _mind_passback(session: Session, door: Door, event: Event, ref: str, now: datetime) -> None:
    if Note.PASSBACK in event.notes:
        sound(session, door, AlarmKind.PASSBACK, {"event": ref}, now)
        return
    row = session.scalars(select(DoorEvent).where(DoorEvent.ref == ref)).one()
    before = areas.came_in_twice(session, door, row)
    if before is not None:
        sound(session, door, AlarmKind.PASSBACK, {"event": ref, "before": before.ref}, now)
