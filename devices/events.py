"""What a door tells: events in a hash chain (door-protocol.md 11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from devices import canonical
from devices.canonical import Body, Json
from devices.fields import (
    BadField,
    Check,
    anything_keyed,
    boolean,
    exactly,
    hexadecimal,
    integer,
    many,
    maybe,
    one_of,
    text,
)
from devices.fields import nothing as null
from devices.messages import (
    CODE,
    COMMAND_ID,
    FIRMWARE,
    HOLDER,
    MOST_EVENTS,
    RIGHT_ID,
    Clock,
    DoorMode,
    ListVersion,
    Medium,
    Position,
    Reader,
    list_version,
    position,
)
from devices.orders import KID

FIRST_PREV = "0" * 64
MOST_KEYS = 3


class EventKind(StrEnum):
    """11.4."""

    GRANTED = "granted"
    DENIED = "denied"
    PENDING = "pending"
    OPENED_REMOTE = "opened_remote"
    DOOR_OPENED = "door_opened"
    DOOR_CLOSED = "door_closed"
    FORCED = "forced"
    HELD_OPEN = "held_open"
    HELD_OPEN_SOON = "held_open_soon"
    LOCKOUT = "lockout"
    LIST_APPLIED = "list_applied"
    LIST_REFUSED = "list_refused"
    COMMAND_REFUSED = "command_refused"
    MODE_APPLIED = "mode_applied"
    MODE_REFUSED = "mode_refused"
    FREE_BEGAN = "free_began"
    FREE_ENDED = "free_ended"
    FIRE = "fire"
    REX = "rex"
    FORGIVEN = "forgiven"
    TRUST_CHANGED = "trust_changed"
    CLOCK_SET = "clock_set"
    BOOT = "boot"
    OVERFLOW = "overflow"
    SKIP = "skip"


class DoorReason(StrEnum):
    """Why a door granted, denied or waits (9), in the order the door decides."""

    FIRE = "fire"
    LOCKDOWN = "lockdown"
    FREE = "free"
    NO_LIST = "no_list"
    LOCKED_OUT = "locked_out"
    UNKNOWN_CREDENTIAL = "unknown_credential"
    LIST_STALE = "list_stale"
    CLOCK_UNKNOWN = "clock_unknown"
    CLOCK_UNCERTAIN = "clock_uncertain"
    TOO_EARLY = "too_early"
    EXPIRED = "expired"
    USED_UP = "used_up"
    INTERLOCK = "interlock"
    PASSBACK = "passback"
    SECOND_FACTOR = "second_factor"
    SECOND_PERSON = "second_person"
    GRANTED = "granted"


class Note(StrEnum):
    """What the service should know of a grant beside its reason (9.6); the door behaves as for any other."""

    CLOCK_UNKNOWN = "clock_unknown"
    DURESS = "duress"
    FIRST_IN = "first_in"
    PASSBACK = "passback"


GRANTS = (DoorReason.FIRE, DoorReason.FREE, DoorReason.GRANTED)
WAITS = (DoorReason.SECOND_FACTOR, DoorReason.SECOND_PERSON)
DENIALS = tuple(reason for reason in DoorReason if reason not in GRANTS + WAITS)


@dataclass(frozen=True, slots=True)
class Event:
    """One event as the door wrote it: `at` is its belief, `facts` the keys of its kind, `raw` all of it as it came."""

    position: Position
    kind: EventKind
    at: int
    mono_ms: int
    clock: Clock
    prev: str
    facts: Mapping[str, Any]
    raw: Body

    @property
    def hash(self) -> str:
        """What the next event carries as `prev`."""
        return canonical.digest(self.raw)

    @property
    def medium(self) -> Medium | None:
        found = self.facts.get("medium")
        return None if found is None else Medium(found)

    @property
    def cred(self) -> str | None:
        return self.facts.get("cred")

    @property
    def reason(self) -> str | None:
        return self.facts.get("reason")

    @property
    def right(self) -> str | None:
        return self.facts.get("right")

    @property
    def notes(self) -> tuple[str, ...]:
        """Of a grant: Note values, ascending."""
        return tuple(self.facts.get("notes", ()))

    @property
    def command(self) -> str | None:
        return self.facts.get("command")

    @property
    def list(self) -> ListVersion | None:
        return self.facts.get("list")


@dataclass(frozen=True, slots=True)
class Batch:
    """Events without a hole between them, ascending; `oldest`: nothing before it will ever come."""

    oldest: Position
    events: tuple[Event, ...]

    def body(self) -> Body:
        return {"oldest": self.oldest.body(), "events": [event.raw for event in self.events]}


_COMMON: Mapping[str, Check[Any]] = {
    "boot_epoch": integer(1, 2**21 - 1),
    "seq": integer(1),
    "kind": one_of(*EventKind),
    "at": integer(0),
    "mono_ms": integer(0),
    "clock": one_of(*Clock),
    "prev": hexadecimal(64),
}
_READING: Mapping[str, Check[Any]] = {
    "medium": one_of(*Medium),
    "cred": hexadecimal(64),
    "list": maybe(list_version),
    "reader": one_of(*Reader),
}


def kids(value: Json) -> tuple[str, ...]:
    """The kids of the service a door trusts, ascending."""
    return _ascending(many(text(KID), least=1, most=MOST_KEYS)(value))


def _ascending(values: tuple[str, ...]) -> tuple[str, ...]:
    if list(values) != sorted(set(values)):
        raise BadField("not ascending")
    return values


_FREE: Mapping[str, Check[Any]] = {"first_in": boolean}
_FACTS: Mapping[EventKind, Mapping[str, Check[Any]]] = {
    EventKind.GRANTED: {
        **_READING,
        "reason": one_of(*GRANTS),
        "right": maybe(text(RIGHT_ID)),
        "notes": lambda value: _ascending(many(one_of(*Note), least=0, most=len(Note))(value)),
    },
    EventKind.DENIED: {**_READING, "reason": one_of(*DENIALS), "right": null, "count": integer(1)},
    EventKind.PENDING: {**_READING, "reason": one_of(*WAITS), "right": text(RIGHT_ID)},
    EventKind.OPENED_REMOTE: {"command": text(COMMAND_ID), "reason": text(CODE), "unlock_s": integer(1)},
    EventKind.DOOR_OPENED: {},
    EventKind.DOOR_CLOSED: {},
    EventKind.FORCED: {},
    EventKind.HELD_OPEN: {"open_s": integer(0)},
    EventKind.HELD_OPEN_SOON: {"open_s": integer(0)},
    EventKind.LOCKOUT: {"seconds": integer(1)},
    EventKind.LIST_APPLIED: {"list": list_version, "hash": hexadecimal(64)},
    EventKind.LIST_REFUSED: {"list": maybe(list_version), "reason": text(CODE), "count": integer(1)},
    EventKind.COMMAND_REFUSED: {"command": maybe(text(COMMAND_ID)), "reason": text(CODE), "count": integer(1)},
    EventKind.MODE_APPLIED: {"mode": one_of(*DoorMode), "epoch": integer(1), "version": integer(1)},
    EventKind.MODE_REFUSED: {"reason": text(CODE), "count": integer(1)},
    EventKind.FREE_BEGAN: _FREE,
    EventKind.FREE_ENDED: _FREE,
    EventKind.FIRE: {"active": boolean},
    EventKind.REX: {},
    EventKind.FORGIVEN: {"command": text(COMMAND_ID), "holder": maybe(text(HOLDER))},
    EventKind.TRUST_CHANGED: {"command": text(COMMAND_ID), "kids": kids},
    EventKind.CLOCK_SET: {"before": integer(0), "source": one_of("service", "ntp")},
    EventKind.BOOT: {"firmware": text(FIRMWARE), "previous": maybe(position)},
    EventKind.OVERFLOW: {"count": integer(1), "first": position, "last": position},
    EventKind.SKIP: {"first_seq": integer(1), "last_seq": integer(1)},
}


def parse_event(value: Json) -> Event:
    """One event; BadField unless it has just the keys of its kind."""
    kind = EventKind(one_of(*EventKind)(anything_keyed(value).get("kind")))
    found = exactly(value, {**_COMMON, **_FACTS[kind]})
    if (kind is EventKind.BOOT) != (found["seq"] == 1):
        raise BadField("boot is the first event of a start, and only that")
    if kind is EventKind.SKIP and not found["first_seq"] <= found["last_seq"] == found["seq"] - 1:
        raise BadField("skip stands right after the numbers it names")
    if kind is EventKind.GRANTED and (found["reason"] == DoorReason.GRANTED) != (found["right"] is not None):
        raise BadField("a right opens, or fire or a free door does")
    return Event(
        position=Position(found.pop("boot_epoch"), found.pop("seq")),
        kind=EventKind(found.pop("kind")),
        at=found.pop("at"),
        mono_ms=found.pop("mono_ms"),
        clock=Clock(found.pop("clock")),
        prev=found.pop("prev"),
        facts=found,
        raw=anything_keyed(value),
    )


def parse_batch(body: Json) -> Batch:
    """The batch in a body of `ev`; BadField if its events have a hole, a broken chain, or stand before `oldest`."""
    found = exactly(body, {"oldest": position, "events": many(parse_event, least=1, most=MOST_EVENTS)})
    batch = Batch(**found)
    if batch.events[0].position < batch.oldest or not all(follows(*two) for two in pairwise(batch.events)):
        raise BadField("events: not an unbroken run")
    return batch


def follows(before: Event, after: Event) -> bool:
    """Whether nothing can lie between the two (11.9)."""
    return after.prev == before.hash and continues(before.position, after)


def continues(stored: Position | None, event: Event) -> bool:
    """Whether `event` stands right after `stored` (None: nothing yet), by its position and kind alone."""
    if event.kind is EventKind.BOOT and event.position.seq == 1:
        return bool(event.facts["previous"] == stored)
    if stored is None:
        return False
    first = event.facts["first_seq"] if event.kind is EventKind.SKIP else event.position.seq
    return stored == Position(event.position.boot_epoch, int(first) - 1)


def acknowledgeable(stored: Position | None, batch: Batch) -> Position | None:
    """How far `ev/ack` may go once this batch is committed, when all up to `stored` was committed before (11.7).

    None: the batch leaves a hole after `stored` that the door can still fill; acknowledge nothing new.
    """
    first, last = batch.events[0], batch.events[-1].position
    if stored is not None and first.position <= stored:
        return max(stored, last)
    if continues(stored, first) or first.position == batch.oldest:
        return last
    return None
