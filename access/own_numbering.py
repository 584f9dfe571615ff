"""Events of doors whose hardware numbers none: the doors process writes them as a controller would have."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import intake
from access.ids import DoorId
from access.models import Door, DoorEvent, DoorState
from booking.acts import ActKind
from devices.events import FIRST_PREV, Event, EventKind, parse_event
from devices.messages import Clock


@dataclass(slots=True)
class Numbering:
    """Where one door's own numbering stands; each start of the process begins a new boot."""

    boot_epoch: int
    seq: int = 0
    prev: str = FIRST_PREV

    def write(
        self,
        session: Session,
        door: Door,
        kind: EventKind,
        facts: Mapping[str, Any],
        now: datetime,
        *,
        act: ActKind = ActKind.DOOR_EVENT,
        at: datetime | None = None,
    ) -> None:
        """An event with the next number. `at`: when it was by the device's own clock, where it tells that."""
        intake.store(session, door, [self.next(kind, facts, now, at=at)], now, act=act)

    def next(self, kind: EventKind, facts: Mapping[str, Any], now: datetime, *, at: datetime | None = None) -> Event:
        """The next event, numbered and chained; the caller keeps it."""
        self.seq += 1
        raw = {
            "boot_epoch": self.boot_epoch,
            "seq": self.seq,
            "kind": kind.value,
            "at": int((at or now).timestamp()),
            "mono_ms": mono_ms(),
            "clock": Clock.SYNCED.value,
            "prev": self.prev,
            **facts,
        }
        event = parse_event(raw)
        self.prev = event.hash
        return event


def begin(session: Session, door: Door, firmware: str, now: datetime) -> Numbering:
    """A new boot of this door, after whatever it told before."""
    state = session.get_one(DoorState, door.id)
    state.boot_epoch += 1
    last = _last(session, door.id)
    numbering = Numbering(state.boot_epoch, prev=last.body_hash if last else FIRST_PREV)
    before = {"boot_epoch": last.boot_epoch, "seq": last.seq} if last else None
    numbering.write(session, door, EventKind.BOOT, {"firmware": firmware, "previous": before}, now)
    return numbering


def mono_ms() -> int:
    """Milliseconds of a clock that never jumps."""
    return time.monotonic_ns() // 1_000_000


def _last(session: Session, door: DoorId) -> DoorEvent | None:
    newest = select(DoorEvent).where(DoorEvent.door_id == door)
    return session.scalar(newest.order_by(DoorEvent.boot_epoch.desc(), DoorEvent.seq.desc()).limit(1))
