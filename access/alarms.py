"""What a human being should look at: raised once, counted while it lasts, ended by itself or by somebody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import escalation
from access.models import Door, DoorAlarm
from booking.acts import Act, ActKind, tell
from booking.ids import PersonId
from booking.refusals import NotFound


class AlarmKind(StrEnum):
    """Those that end by themselves when the cause is gone come first."""

    OFFLINE = "offline"
    NOT_INSTALLED = "not_installed"  # a right is not in the door although its time is near
    READER_INSECURE = "reader_insecure"  # an OSDP reader without its own key: it stays out
    CLOCK_DRIFT = "clock_drift"
    HELD_OPEN = "held_open"
    OPEN_AFTER_END = "open_after_end"  # the turn is over, and nobody closed the door
    LIST_REFUSED = "list_refused"
    LIST_MISMATCH = "list_mismatch"  # the door holds a list we never issued
    LIST_FULL = "list_full"
    CODE_UNCONFIRMED = "code_unconfirmed"  # a lock does not say that it took a code, or lost it
    MODE_REFUSED = "mode_refused"
    MODE_MISMATCH = "mode_mismatch"  # the door holds a mode we never ordered
    FIRE = "fire"
    NEEDS_VISIT = "needs_visit"  # the door has not taken our new key for so long that somebody must go there
    STRANGE_CARDS = "strange_cards"  # the device holds cards, or opened to one, that no right of ours explains
    TAMPERED = "tampered"
    FORCED = "forced"
    LOCKOUT = "lockout"
    OVERFLOW = "overflow"
    EVENT_GAP = "event_gap"
    EVENT_CONFLICT = "event_conflict"  # two different events with one number: both are kept
    PASSBACK = "passback"  # soft: somebody came in twice, or by a rule that only notes it
    TAMPER = "tamper"  # a reader was opened, or taken off its wall
    NOT_RELEASED = "not_released"  # somebody was let in, and the lock did not take it
    STALE_READ = "stale_read"  # a card that was shown while the reader was away: it opened nothing
    BAD_MESSAGE = "bad_message"
    DURESS = "duress"  # somebody was forced to open: a row of its own each time


_EACH_TIME = (AlarmKind.EVENT_CONFLICT, AlarmKind.DURESS)


def sound(session: Session, door: Door, kind: AlarmKind, facts: Mapping[str, Any], now: datetime) -> DoorAlarm:
    """Raise an alarm, or count it up if it is raised already. Some are a row of their own each time."""
    open_one = None if kind in _EACH_TIME else _open(session, door, kind)
    if open_one is not None:
        open_one.facts = {**dict(facts), "count": open_one.facts.get("count", 1) + 1}
        return open_one
    row = DoorAlarm(door_id=door.id, kind=kind.value, facts=dict(facts), raised_at=now)
    session.add(row)
    session.flush()
    escalation.plan(session, row, door.premises_id)
    body = {"alarm": row.ref, "kind": kind.value, **facts}
    tell(session, Act(ActKind.DOOR_ALARM, now, None, door.ref, body, door.premises_id))
    return row


def sound_once(session: Session, door: Door, kind: AlarmKind, facts: Mapping[str, Any], now: datetime) -> None:
    """For causes that last: seeing them again is no news."""
    if _open(session, door, kind) is None:
        sound(session, door, kind, facts, now)


def cease(session: Session, door: Door, kind: AlarmKind, now: datetime) -> None:
    """The cause is gone."""
    row = _open(session, door, kind)
    if row is not None:
        row.ended_at = now


def end(session: Session, ref: str, *, by: PersonId, now: datetime) -> DoorAlarm:
    """Somebody looked at it. Raises NotFound."""
    row = session.scalar(select(DoorAlarm).where(DoorAlarm.ref == ref, DoorAlarm.ended_at.is_(None)))
    if row is None:
        raise NotFound(what="alarm")
    row.ended_at, row.ended_by = now, by
    door = session.get_one(Door, row.door_id)
    body = {"alarm": row.ref, "kind": row.kind, "ended": True}
    tell(session, Act(ActKind.DOOR_ALARM, now, by, door.ref, body, door.premises_id))
    return row


def is_open(session: Session, door: Door, kind: AlarmKind) -> bool:
    """Whether the door has an alarm of this kind that goes on."""
    return _open(session, door, kind) is not None


def _open(session: Session, door: Door, kind: AlarmKind) -> DoorAlarm | None:
    query = select(DoorAlarm).where(DoorAlarm.door_id == door.id, DoorAlarm.kind == kind.value)
    return session.scalar(query.where(DoorAlarm.ended_at.is_(None)).limit(1))
