"""The event buffer (door-protocol.md 11): chained, in lasting memory until acknowledged, nothing dropped silently."""

import hashlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from firmware_sim import canonical
from firmware_sim.effects import Append, Emit, Save
from firmware_sim.store import FlashFull

EVENTS = "events.log"
TAIL = "events.tail"
DROPPED_AT_ONCE = 100
BATCH = 50
NO_HASH = "0" * 64


class Position(NamedTuple):
    """Where an event stands; compared in this order (11.2)."""

    boot_epoch: int
    seq: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """When something happened: Unix seconds as believed, milliseconds since boot, clock state."""

    at: int
    mono_ms: int
    clock: str


def position(event: Mapping[str, Any]) -> Position:
    """Of an event as it is sent."""
    return Position(event["boot_epoch"], event["seq"])


def event_hash(event: Mapping[str, Any]) -> str:
    """What the next event carries as `prev`."""
    return hashlib.sha256(canonical.encode(dict(event))).hexdigest()


class EventLog:
    """Held events in order, and the last one ever written (also when it is acknowledged: the chain goes on from it)."""

    def __init__(self, emit: Emit, *, capacity: int, boot_epoch: int) -> None:
        self._emit = emit
        self._capacity = capacity
        self._boot_epoch = boot_epoch
        self._next_seq = 1
        self._held: deque[dict[str, Any]] = deque()
        self._lines = 0
        self._last_hash = NO_HASH
        self._last_line = b""
        self._batch_end: Position | None = None
        self.last: Position | None = None
        self.last_at = 0

    def restore(self, lines: bytes, tail: bytes | None) -> None:
        """From lasting memory. `tail`: the position up to which events are gone. A torn last line is cut off."""
        gone = Position(*_tail(tail))
        whole, newline, torn = lines.rpartition(b"\n")
        if torn:
            self._emit(Save(EVENTS, whole + newline))
        for line in whole.split(b"\n") if whole else ():
            event = canonical.parse(line)
            self._lines += 1
            self._remember(event)
            if position(event) > gone:
                self._held.append(event)

    def __len__(self) -> int:
        return len(self._held)

    @property
    def oldest(self) -> Position | None:
        """Of the events held."""
        return position(self._held[0]) if self._held else None

    def held(self) -> list[dict[str, Any]]:
        """A copy, oldest first."""
        return list(self._held)

    def write(self, kind: str, stamp: Stamp, **facts: object) -> None:
        """A new event, in lasting memory when this returns. A full buffer first loses its oldest (11.6)."""
        if len(self._held) >= self._capacity:
            self._overflow(stamp)
        try:
            self._write(kind, stamp, facts)
        except FlashFull:
            self._overflow_in_place(stamp)
            self._write(kind, stamp, facts)

    def batch(self) -> dict[str, Any] | None:
        """The body for `ev` with the oldest events, None when there are none. It is under way until acknowledged."""
        if not self._held:
            self._batch_end = None
            return None
        events = [self._held[i] for i in range(min(BATCH, len(self._held)))]
        self._batch_end = position(events[-1])
        return {"events": events, "oldest": plain(position(events[0]))}

    @property
    def under_way(self) -> bool:
        """A batch was sent and is not acknowledged."""
        return self._batch_end is not None

    def acknowledge(self, up_to: Position) -> bool:
        """True when events were forgotten, or the batch under way is done. An unknown position does nothing (11.7)."""
        known = up_to in (position(event) for event in self._held)
        if not known and up_to != self._batch_end:
            return False
        while self._held and position(self._held[0]) <= up_to:
            self._held.popleft()
        self._batch_end = None
        self._emit(Save(TAIL, canonical.encode({"gone": plain(up_to)})))
        self._compact()
        return True

    def _overflow(self, stamp: Stamp) -> None:
        lost = [self._held[i] for i in range(min(DROPPED_AT_ONCE, len(self._held)))]
        # Said before it is done: a power cut between the two loses nothing unsaid.
        self._write("overflow", stamp, _lost(lost))
        for _ in lost:
            self._held.popleft()
        self._emit(Save(TAIL, canonical.encode({"gone": plain(position(lost[-1]))})))
        self._compact()

    def _overflow_in_place(self, stamp: Stamp) -> None:
        """No room even to say it: the file is written anew, at once, without the oldest and with the overflow."""
        lost = [self._held[i] for i in range(min(DROPPED_AT_ONCE, len(self._held)))]
        if not lost:
            self._rewrite()  # what is acknowledged goes
            return
        event = self._made("overflow", stamp, _lost(lost))
        for _ in lost:
            self._held.popleft()
        self._held.append(event)
        self._rewrite()
        self._next_seq += 1
        self._remember(event)
        self._emit(Save(TAIL, canonical.encode({"gone": plain(position(lost[-1]))})))

    def _write(self, kind: str, stamp: Stamp, facts: Mapping[str, object]) -> None:
        event = self._made(kind, stamp, facts)
        self._emit(Append(EVENTS, canonical.encode(event)))
        self._lines += 1
        self._next_seq += 1
        self._held.append(event)
        self._remember(event)

    def _made(self, kind: str, stamp: Stamp, facts: Mapping[str, object]) -> dict[str, Any]:
        return {
            "boot_epoch": self._boot_epoch,
            "seq": self._next_seq,
            "kind": kind,
            "at": stamp.at,
            "mono_ms": stamp.mono_ms,
            "clock": stamp.clock,
            "prev": self._last_hash,
            **facts,
        }

    def _remember(self, event: dict[str, Any]) -> None:
        self.last, self.last_at = position(event), event["at"]
        self._last_hash = event_hash(event)
        self._last_line = canonical.encode(event)

    def _compact(self) -> None:
        # The file grows to twice what is held before it is written anew, so that each event is copied about once.
        if self._lines <= 2 * max(len(self._held), 500):
            return
        self._rewrite()

    def _rewrite(self) -> None:
        lines = [canonical.encode(event) for event in self._held] or [self._last_line]
        self._emit(Save(EVENTS, b"".join(line + b"\n" for line in lines)))
        self._lines = len(lines)


def _lost(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What `overflow` says of them; one that is itself lost is counted (11.6)."""
    first = min(Position(**event["first"]) if event["kind"] == "overflow" else position(event) for event in events)
    count = len(events) + sum(event["count"] for event in events if event["kind"] == "overflow")
    return {"count": count, "first": plain(first), "last": plain(position(events[-1]))}


def plain(at: Position) -> dict[str, int]:
    """As it is written in messages."""
    return {"boot_epoch": at.boot_epoch, "seq": at.seq}


def _tail(saved: bytes | None) -> tuple[int, int]:
    if saved is None:
        return 0, 0
    gone = canonical.parse(saved)["gone"]
    return gone["boot_epoch"], gone["seq"]
