"""Nobody came: what the doors of a time saw, and whether that can be trusted. Proposing is booking/life/no_shows.py.

A no-show is never proposed from doors that may have missed somebody: one that was offline in the window, had lost the
time, has events still to send or lost some, or had not yet confirmed the right to let them in.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from access.alarms import AlarmKind
from access.ids import DoorId
from access.models import Door, DoorAlarm, DoorEvent, DoorKind, DoorState, Right
from access.serving import doors_of
from booking.core.span import Span
from booking.happenings.models import Happening
from booking.life import no_shows
from booking.models import Occurrence
from booking.practice import practice
from devices.events import EventKind
from devices.messages import Clock

LETS_IN = (EventKind.GRANTED.value, EventKind.OPENED_REMOTE.value, EventKind.FORCED.value)
DOUBTFUL = (AlarmKind.EVENT_GAP.value, AlarmKind.OVERFLOW.value, AlarmKind.CLOCK_DRIFT.value, AlarmKind.OFFLINE.value)


class Seen(StrEnum):
    """What the doors say of a time."""

    SOMEBODY = "somebody"
    NOBODY = "nobody"
    UNSURE = "unsure"  # a door may have missed somebody
    NO_DOORS = "no_doors"  # no electronic door, or nobody had a right: they come in another way


@dataclass(frozen=True, slots=True)
class Sight:
    """The answer with its evidence, as it is kept: window, doors with their state, and the event that decided."""

    seen: Seen
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """One round of looking: who is to be asked, what was newly proposed, and whose rest was freed."""

    asked: tuple[Happening, ...]
    proposed: tuple[Happening, ...]
    released: tuple[Occurrence, ...]


def look(session: Session, now: datetime) -> Found:
    """Look at every time that nobody has told the heads of: ask its holder while it runs, propose when it is over."""
    asked, proposed, released = [], [], []
    for row in no_shows.to_look_at(session, now):
        sight = sight_of(session, row, now)
        if sight.seen is not Seen.NOBODY:
            _not_so(session, row, sight, now)
        elif now >= row.ends_at:
            proposed.append(no_shows.propose(session, row, sight.evidence, now))
        else:
            if question := no_shows.ask(session, row, sight.evidence, now):
                asked.append(question)
            if no_shows.release(session, row, now=now):
                released.append(row)
    return Found(tuple(asked), tuple(proposed), tuple(released))


def _not_so(session: Session, row: Occurrence, sight: Sight, now: datetime) -> None:
    """They came after all; or a door fell silent after they were asked, and nobody can tell any more."""
    no_shows.withdraw(session, row, reason=f"door_{sight.seen}", now=now)


def sight_of(session: Session, row: Occurrence, now: datetime) -> Sight:
    """What the doors of a time saw from its lead-in until its end, or until now."""
    lead = timedelta(minutes=row.space.door_lead_min if row.space.lead_in_min is None else row.space.lead_in_min)
    window = Span(row.starts_at - lead, max(min(row.ends_at, now), row.starts_at))
    doors = _doors(session, row)
    evidence: dict[str, Any] = {"from": window.starts_at.isoformat(), "to": window.ends_at.isoformat()}
    evidence["doors"] = [_told(door, state) for door, state in doors]
    if not doors or not _had_rights(session, row):
        return Sight(Seen.NO_DOORS, evidence)
    if entry := _entry(session, row, window, [door for door, _ in doors]):
        return Sight(Seen.SOMEBODY, evidence | {"event": entry.ref})
    if why := _doubt(session, row, window, doors):
        return Sight(Seen.UNSURE, evidence | {"doubt": why})
    return Sight(Seen.NOBODY, evidence)


def _doors(session: Session, row: Occurrence) -> list[tuple[Door, DoorState]]:
    ids = doors_of(session, [row.space_id])[row.space_id]
    query = select(Door, DoorState).join(DoorState).where(Door.id.in_(ids)).order_by(Door.id)
    return [(door, state) for door, state in session.execute(query)]


def _told(door: Door, state: DoorState) -> dict[str, Any]:
    heard, online = state.last_heard_at, state.online_changed_at
    return {
        "door": door.ref,
        "online": state.online,
        "online_since": online.isoformat() if online else None,
        "last_heard_at": heard.isoformat() if heard else None,
        "clock": state.clock_state,
        "events_waiting": state.queue_length,
        "events_until": [state.acked_boot_epoch, state.acked_seq],
    }


def _had_rights(session: Session, row: Occurrence) -> bool:
    return session.scalar(select(Right.id).where(Right.occurrence_id == row.id).limit(1)) is not None


def _entry(session: Session, row: Occurrence, window: Span, doors: Sequence[Door]) -> DoorEvent | None:
    """Whatever may mean that they came: a grant that is not known to be another group's, a card of theirs refused, or
    an inner door opened by hand once the group before has had time to leave."""
    inner = [door.id for door in doors if door.kind == DoorKind.INNER]
    settled_at = row.starts_at + timedelta(minutes=practice("no_show_ask_min"))
    passed = DoorEvent.kind.in_(LETS_IN) & or_(DoorEvent.occurrence_id.is_(None), DoorEvent.occurrence_id == row.id)
    tried = (DoorEvent.kind == EventKind.DENIED.value) & DoorEvent.person_id.is_not(None)
    by_hand = (DoorEvent.kind == EventKind.DOOR_OPENED.value) & DoorEvent.door_id.in_(inner)
    query = (
        select(DoorEvent)
        .where(DoorEvent.door_id.in_([door.id for door in doors]))
        .where(DoorEvent.device_at >= window.starts_at, DoorEvent.device_at < window.ends_at)
        .where(passed | tried | (by_hand & (DoorEvent.device_at >= settled_at)))
        .order_by(DoorEvent.device_at, DoorEvent.id)
    )
    return session.scalar(query.limit(1))


def _doubt(session: Session, row: Occurrence, window: Span, doors: Sequence[tuple[Door, DoorState]]) -> str:
    """Why the doors cannot be trusted for this window; empty when they can."""
    for door, state in doors:
        if why := _unheard(door, state, window):
            return why
    ids = [door.id for door, _ in doors]
    if _clock_was_off(session, ids, window):
        return "clock"
    if _alarmed(session, ids, window):
        return "events_missing"
    return "" if _could_enter(session, row) else "right_not_in_door"


def _unheard(door: Door, state: DoorState, window: Span) -> str:
    """A door must have been online, in one piece, from before the window until after its end."""
    if not door.enabled or not state.online:
        return "offline"
    if state.online_changed_at is None or state.online_changed_at > window.starts_at:
        return "offline"
    if state.last_heard_at is None or state.last_heard_at < window.ends_at:
        return "events_missing"
    if state.clock_state != Clock.SYNCED.value:
        return "clock"
    return "events_missing" if state.queue_length else ""


def _clock_was_off(session: Session, doors: Collection[DoorId], window: Span) -> bool:
    """Whether a door told anything in the window without being sure of the time, or began anew."""
    told = select(DoorEvent.id).where(DoorEvent.door_id.in_(doors), DoorEvent.received_at >= window.starts_at)
    unsure = or_(DoorEvent.clock != Clock.SYNCED.value, DoorEvent.kind == EventKind.BOOT.value)
    return session.scalar(told.where(DoorEvent.received_at < window.ends_at, unsure).limit(1)) is not None


def _alarmed(session: Session, doors: Collection[DoorId], window: Span) -> bool:
    """Whether a door was known to be silent, wrong, or short of events at any moment of the window or since."""
    lasts = or_(DoorAlarm.ended_at.is_(None), DoorAlarm.ended_at >= window.starts_at)
    query = select(DoorAlarm.id).where(DoorAlarm.door_id.in_(doors), DoorAlarm.kind.in_(DOUBTFUL), lasts)
    return session.scalar(query.limit(1)) is not None


def _could_enter(session: Session, row: Occurrence) -> bool:
    """Whether every door had confirmed a right of theirs by the start."""
    rights = session.scalars(select(Right).where(Right.occurrence_id == row.id)).all()
    doors = {right.door_id for right in rights}
    ready = {right.door_id for right in rights if right.in_door_at is not None and right.in_door_at <= row.starts_at}
    return doors == ready
