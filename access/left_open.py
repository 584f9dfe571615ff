"""Doors that stand open after the turn is over (D16): an alarm that knows whose turn it was."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import alarm_care
from access.alarms import AlarmKind, cease, is_open, sound
from access.models import Door, DoorState
from access.practice import practice
from access.serving import doors_of
from booking.ids import PremisesId
from booking.models import Occurrence, OccurrenceState, Space


def mind_left_open(session: Session, now: datetime) -> int:
    """Raise the alarm at doors open some minutes after the end of the last turn, with none under way or about to begin;
    gives at how many. It ceases when the door says it is closed."""
    query = select(Door).join(DoorState).where(Door.enabled)
    found = 0
    for door in session.scalars(query.where(DoorState.contact == "open", DoorState.online)):
        last = _left(session, door, now)
        if last is not None and not is_open(session, door, AlarmKind.OPEN_AFTER_END):
            facts = {"occurrence": last.ref, "ended_at": last.ends_at.isoformat()}
            row = sound(session, door, AlarmKind.OPEN_AFTER_END, facts, now)
            alarm_care.about(session, row, last.id)
            found += 1
    for door in session.scalars(query.where(DoorState.contact == "closed")):
        cease(session, door, AlarmKind.OPEN_AFTER_END, now)
    return found


def _left(session: Session, door: Door, now: datetime) -> Occurrence | None:
    """The turn that ended last at this door, long enough ago, when no other is there now or within as many minutes."""
    grace = timedelta(minutes=practice().open_after_end_min)
    since = now - timedelta(hours=practice().open_after_end_look_h)
    turns = _turns(session, door, door.premises_id, since, now + grace)
    if any(one.starts_at <= now + grace and one.ends_at > now - grace for one in turns):
        return None
    over = [one for one in turns if one.ends_at <= now - grace]
    return max(over, key=lambda one: (one.ends_at, one.id), default=None)


def _turns(session: Session, door: Door, premises: PremisesId, since: datetime, until: datetime) -> list[Occurrence]:
    query = select(Occurrence).join(Space, Space.id == Occurrence.space_id)
    confirmed = Occurrence.state == OccurrenceState.CONFIRMED.value
    near = Occurrence.ends_at > since, Occurrence.starts_at < until
    turns = list(session.scalars(query.where(Space.premises_id == premises, confirmed, *near)))
    serving = doors_of(session, {one.space_id for one in turns})
    return [one for one in turns if door.id in serving[one.space_id]]
