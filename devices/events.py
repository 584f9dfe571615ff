"""What a door tells: events in a hash chain, and its reported state (door-protocol.md 11 and 12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from devices import canonical
from devices.canonical import Body, Json
from devices.fields import BadField, Check, anything_keyed, exactly, hexadecimal, integer, many, maybe, one_of, text
from devices.fields import nothing as null
from devices.messages import (
    CODE,
    COMMAND_ID,
    FIRMWARE,
    MOST_EVENTS,
    RIGHT_ID,
    Clock,
    ListVersion,
    Medium,
    Position,
    list_version,
    position,
)

FIRST_PREV = "0" * 64


class EventKind(StrEnum):
    """11.4."""

    GRANTED = "granted"
    DENIED = "denied"
    OPENED_REMOTE = "opened_remote"
    DOOR_OPENED = "door_opened"
    DOOR_CLOSED = "door_closed"
    FORCED = "forced"
    HELD_OPEN = "held_open"
    LOCKOUT = "lockout"
    LIST_APPLIED = "list_applied"
    LIST_REFUSED = "list_refused"
    COMMAND_REFUSED = "command_refused"
    CLOCK_SET = "clock_set"
    BOOT = "boot"
    OVERFLOW = "overflow"
    SKIP = "skip"


class DoorReason(StrEnum):
    """Why a door granted or denied (9), in the order the door decides."""

    NO_LIST = "no_list"
    LOCKED_OUT = "locked_out"
    UNKNOWN_CREDENTIAL = "unknown_credential"
    LIST_STALE = "list_stale"
    CLOCK_UNKNOWN = "clock_unknown"
    GRANTED = "granted"
    CLOCK_UNCERTAIN = "clock_uncertain"
    TOO_EARLY = "too_early"
    EXPIRED = "expired"


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


@dataclass(frozen=True, slots=True)
class AppliedList:
    """The list a door has in force, since when (door's clock)."""

    ref: ListVersion
    hash: str
    applied_at: int


@dataclass(frozen=True, slots=True)
class RefusedList:
    """The last list a door refused, and why; `ref` is None when it could not be read."""

    ref: ListVersion | None
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class ClockReport:
    """A door's clock at sending: `at_ms` Unix milliseconds; `synced_at` Unix seconds; uncertainty None when unknown."""

    state: Clock
    source: str
    at_ms: int
    synced_at: int | None
    uncertainty_s: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """The state of a door (12.2)."""

    list: AppliedList | None
    refused: RefusedList | None
    clock: ClockReport
    queue_length: int
    queue_oldest: Position | None
    challenge: str
    command_counter: int
    boot_epoch: int
    mono_ms: int
    firmware: str
    contact: str
    lock: str
    lockout_s: int
    most_rights: int
    most_events: int


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
}
_DENIALS = tuple(reason for reason in DoorReason if reason is not DoorReason.GRANTED)
_FACTS: Mapping[EventKind, Mapping[str, Check[Any]]] = {
    EventKind.GRANTED: {**_READING, "reason": one_of(DoorReason.GRANTED), "right": text(RIGHT_ID)},
    EventKind.DENIED: {**_READING, "reason": one_of(*_DENIALS), "right": null, "count": integer(1)},
    EventKind.OPENED_REMOTE: {"command": text(COMMAND_ID), "reason": text(CODE), "unlock_s": integer(1)},
    EventKind.DOOR_OPENED: {},
    EventKind.DOOR_CLOSED: {},
    EventKind.FORCED: {},
    EventKind.HELD_OPEN: {"open_s": integer(0)},
    EventKind.LOCKOUT: {"seconds": integer(1)},
    EventKind.LIST_APPLIED: {"list": list_version, "hash": hexadecimal(64)},
    EventKind.LIST_REFUSED: {"list": maybe(list_version), "reason": text(CODE), "count": integer(1)},
    EventKind.COMMAND_REFUSED: {"command": maybe(text(COMMAND_ID)), "reason": text(CODE), "count": integer(1)},
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


def parse_report(body: Json) -> Report:
    """The state in a body of `reported`."""
    found = exactly(body, _REPORT)
    queue, limits = found.pop("queue"), found.pop("limits")
    return Report(
        **found,
        queue_length=queue["length"],
        queue_oldest=queue["oldest"],
        most_rights=limits["rights"],
        most_events=limits["events"],
    )


def _applied(value: Json) -> AppliedList:
    found = exactly(
        value, {"applied_at": integer(0), "epoch": integer(1), "hash": hexadecimal(64), "version": integer(1)}
    )
    return AppliedList(ListVersion(found["epoch"], found["version"]), found["hash"], found["applied_at"])


def _refused(value: Json) -> RefusedList:
    found = exactly(value, {"at": integer(0), "list": maybe(list_version), "reason": text(CODE)})
    return RefusedList(found["list"], found["reason"], found["at"])


def _clock(value: Json) -> ClockReport:
    found = exactly(
        value,
        {
            "at_ms": integer(0),
            "source": one_of("service", "ntp", "rtc", "none"),
            "state": one_of(*Clock),
            "synced_at": maybe(integer(0)),
            "uncertainty_s": maybe(integer(0)),
        },
    )
    found["state"] = Clock(found["state"])
    return ClockReport(**found)


_REPORT: Mapping[str, Check[Any]] = {
    "list": maybe(_applied),
    "refused": maybe(_refused),
    "clock": _clock,
    "queue": lambda value: exactly(value, {"length": integer(0), "oldest": maybe(position)}),
    "challenge": hexadecimal(32),
    "command_counter": integer(0),
    "boot_epoch": integer(1, 2**21 - 1),
    "mono_ms": integer(0),
    "firmware": text(FIRMWARE),
    "contact": one_of("open", "closed", "none"),
    "lock": one_of("locked", "unlocked"),
    "lockout_s": integer(0),
    "limits": lambda value: exactly(value, {"events": integer(0), "rights": integer(0)}),
}
