"""The state a door reports of itself (door-protocol.md 12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devices.canonical import Json
from devices.events import kids
from devices.fields import Check, boolean, exactly, hexadecimal, integer, maybe, one_of, text
from devices.messages import CODE, FIRMWARE, Clock, DoorMode, ListVersion, Position, list_version, position


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
class AppliedMode:
    """The mode a door is in, since when (door's clock)."""

    ref: ListVersion
    mode: DoorMode
    applied_at: int


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is wired to a door, and how it stands; "none": not fitted."""

    fire: str = "none"
    interlock: str = "none"
    rex: str = "none"


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
    most_bytes: int
    mode: AppliedMode | None
    inputs: Inputs
    armed: bool
    kids: tuple[str, ...]


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
        most_bytes=limits["page"],
    )


def _applied(value: Json) -> AppliedList:
    found = exactly(
        value, {"applied_at": integer(0), "epoch": integer(1), "hash": hexadecimal(64), "version": integer(1)}
    )
    return AppliedList(ListVersion(found["epoch"], found["version"]), found["hash"], found["applied_at"])


def _mode(value: Json) -> AppliedMode:
    keys = {"applied_at": integer(0), "epoch": integer(1), "mode": one_of(*DoorMode), "version": integer(1)}
    found = exactly(value, keys)
    return AppliedMode(ListVersion(found["epoch"], found["version"]), DoorMode(found["mode"]), found["applied_at"])


def _inputs(value: Json) -> Inputs:
    fire, interlock = one_of("active", "idle", "none"), one_of("open", "closed", "none")
    return Inputs(**exactly(value, {"fire": fire, "interlock": interlock, "rex": one_of("fitted", "none")}))


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
    "limits": lambda value: exactly(value, {"events": integer(0), "rights": integer(0), "page": integer(0)}),
    "mode": maybe(_mode),
    "inputs": _inputs,
    "armed": boolean,
    "kids": kids,
}
