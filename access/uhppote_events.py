"""Events of UHPPOTE boards: pulled by number, each stored once with the number up to which they are read."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import card_passages
from access.alarms import AlarmKind, sound
from access.board_cards import place_on_board
from access.door_card_models import DoorMemory
from access.keys import Vault
from access.models import Door
from access.own_numbering import Numbering
from devices.drivers.told import Means, Passed
from devices.drivers.uhppote import Event
from devices.events import EventKind

log = logging.getLogger(__name__)

CARD = 1
_HELD_OPEN, _FIRE = 37, 39
_KINDS: Mapping[int, EventKind] = {
    20: EventKind.REX,
    23: EventKind.DOOR_OPENED,
    24: EventKind.DOOR_CLOSED,
    _HELD_OPEN: EventKind.HELD_OPEN,
    38: EventKind.FORCED,
}
# Why a card was refused, in the words of card_passages; all else is worked out of the rights.
_CODES: Mapping[int, str] = {8: "passback", 12: "interlock"}


def read_up_to(session: Session, door: Door, newest: int) -> int:
    """How far this door's board is read. What a board told before it hung here is not about us: a new one begins at
    its newest event."""
    row = _memory(session, door)
    serial = str(door.settings["serial"])
    if row is None:
        row = DoorMemory(door_id=door.id, device=serial, read_up_to=newest)
        session.add(row)
    elif row.device != serial:
        row.device, row.read_up_to = serial, newest
    session.flush()
    return row.read_up_to


def take(
    session: Session, vault: Vault, numbering: Numbering, door: Door, zone: ZoneInfo, event: Event, now: datetime
) -> None:
    """One event, unless it is read already; that and how far we are is one commit."""
    row = _memory(session, door)
    if row is None or row.read_up_to >= event.number:
        return
    row.read_up_to = event.number
    if event.door == place_on_board(door):
        _store(session, vault, numbering, door, zone, event, now)


def skip(session: Session, door: Door, first: int, now: datetime) -> int:
    """The board's memory begins at this number (0: it is empty): what lies between is lost, or its counting began anew.
    Gives up to where it is read now."""
    row = _memory(session, door)
    assert row is not None
    before, row.read_up_to = row.read_up_to, max(0, first - 1)
    sound(session, door, AlarmKind.EVENT_GAP, {"after": {"seq": before}, "first": {"seq": first}}, now)
    return row.read_up_to


def _memory(session: Session, door: Door) -> DoorMemory | None:
    return session.scalar(select(DoorMemory).where(DoorMemory.door_id == door.id).with_for_update())


def instant_of(local: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The board's wall clock as an instant; of an hour that comes twice, the first."""
    return None if local is None or local.year < 2000 else local.replace(tzinfo=zone).astimezone(UTC)


def _store(
    session: Session, vault: Vault, numbering: Numbering, door: Door, zone: ZoneInfo, event: Event, now: datetime
) -> None:
    at = instant_of(event.at, zone) or now
    if event.kind == CARD:
        code = "" if event.granted else _CODES.get(event.reason, card_passages.ABSENT)
        told = Passed(event.granted, Means.CARD, str(event.card), code, int(at.timestamp()))
        card_passages.passed(session, vault, numbering, door, told, now)
    elif kind := _KINDS.get(event.reason):
        facts = {"open_s": door.held_open_s} if event.reason == _HELD_OPEN else {}
        numbering.write(session, door, kind, facts, now, at=at)
    else:
        log.info("board tells door=%s kind=%s reason=%s", door.ref, event.kind, event.reason)
