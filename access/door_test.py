"""Trying a door from the ladder: whether it opens, sees its leaf and its cards, knows the time and has its list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import commands
from access.models import CommandState, Door, DoorCommand, DoorEvent, DoorState
from access.practice import practice
from booking.ids import PersonId
from devices.drivers.registry import DRIVERS, AckKind, ClockSource
from devices.events import EventKind
from devices.messages import Clock

REASON = "test"
PATIENCE = timedelta(seconds=60)
LONGEST = timedelta(hours=1)  # a link to a test older than this shows the present only
_LEAF = (EventKind.DOOR_OPENED, EventKind.DOOR_CLOSED, EventKind.FORCED, EventKind.HELD_OPEN)
_SHOWN = (EventKind.GRANTED, EventKind.DENIED, EventKind.PENDING)


class Part(StrEnum):
    """What is tried, in the order of the page."""

    ONLINE = "online"
    UNLOCK = "unlock"
    CONTACT = "contact"
    READER = "reader"
    CLOCK = "clock"
    LIST = "list"


class Look(StrEnum):
    """How it went; UNTRIED until somebody tries it."""

    OK = "ok"
    WAITING = "waiting"
    FAILED = "failed"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True)
class Tried:
    """One part; `code` is why it failed or what was seen, as a word of web/words_of_fitting or words_of_doors."""

    part: Part
    look: Look
    code: str = ""
    kind: str = ""


def begin(session: Session, door: Door, *, by: PersonId, now: datetime) -> None:
    """Asks the door to open, as a test."""
    commands.ask_open(session, door.ref, by=by, reason=REASON, now=now)


def tried(session: Session, door: Door, since: datetime | None, now: datetime) -> list[Tried]:
    """Every part that this make has. `since`: when the test began; None before it did."""
    since = since if since is not None and now - LONGEST <= since <= now else None
    return list(_parts(session, door, session.get_one(DoorState, door.id), since, now))


def _parts(session: Session, door: Door, state: DoorState, since: datetime | None, now: datetime) -> Iterator[Tried]:
    record = DRIVERS[door.driver]
    yield Tried(Part.ONLINE, Look.OK if state.online else Look.FAILED, "" if state.online else "offline")
    yield _unlock(session, door, since, now)
    if record.door_contact:
        yield _event(session, door, Part.CONTACT, _LEAF, since, now)
    if record.takes_cards or record.pin_rule is not None:
        yield _event(session, door, Part.READER, _SHOWN, since, now)
    if record.clock is ClockSource.DEVICE:
        yield _clock(state)
    if record.ack_kind is AckKind.LIST_VERSION:
        yield _list(door, state)


def _unlock(session: Session, door: Door, since: datetime | None, now: datetime) -> Tried:
    query = select(DoorCommand).where(DoorCommand.door_id == door.id, DoorCommand.reason == REASON)
    query = query.where(DoorCommand.asked_at >= since) if since else query.where(DoorCommand.id < 0)
    row = session.scalar(query.order_by(DoorCommand.id.desc()).limit(1))
    if row is None:
        return Tried(Part.UNLOCK, Look.UNTRIED)
    ended = commands.shown_state(row, now)
    looks = {CommandState.DONE: Look.OK, CommandState.QUEUED: Look.WAITING, CommandState.SENT: Look.WAITING}
    return Tried(Part.UNLOCK, looks.get(ended, Look.FAILED), row.result or ended.value)


def _event(
    session: Session, door: Door, part: Part, kinds: tuple[EventKind, ...], since: datetime | None, now: datetime
) -> Tried:
    if since is None:
        return Tried(part, Look.UNTRIED)
    query = select(DoorEvent).where(DoorEvent.door_id == door.id, DoorEvent.kind.in_([each.value for each in kinds]))
    row = session.scalar(query.where(DoorEvent.received_at >= since).order_by(DoorEvent.id.desc()).limit(1))
    if row is not None:
        return Tried(part, Look.OK, row.reason, row.kind)
    return Tried(part, Look.WAITING if now - since < PATIENCE else Look.FAILED, "not_seen")


def _clock(state: DoorState) -> Tried:
    off_s = abs(state.clock_offset_ms or 0) / 1000
    right = state.clock_state != Clock.UNKNOWN.value and off_s <= practice().clock_set_s
    return Tried(Part.CLOCK, Look.OK if right else Look.FAILED, state.clock_state)


def _list(door: Door, state: DoorState) -> Tried:
    if state.refused:
        return Tried(Part.LIST, Look.FAILED, state.refused)
    held = (state.confirmed_epoch, state.confirmed_version) == (door.epoch, door.version)
    return Tried(Part.LIST, Look.OK if held else Look.WAITING)
