"""Every body of the door protocol as a typed value (door-protocol.md 7, 10 to 13). Instants are Unix seconds UTC.

`parse_…` takes a body as it came and raises BadField; `.body()` gives it back for sealing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from devices import canonical
from devices.canonical import Body, Json
from devices.fields import (
    BadField,
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

DOOR = r"[a-z0-9-]{3,40}"
RIGHT_ID = r"[a-z0-9-]{1,40}"
COMMAND_ID = r"[a-z0-9-]{1,64}"
CODE = r"[a-z0-9_]{1,40}"
FIRMWARE = r".{0,40}"
MOST_RIGHTS = 1500
MOST_EVENTS = 50
MOST_UNLOCK_S = 600


class Medium(StrEnum):
    """How a credential is presented."""

    CARD = "card"
    PIN = "pin"


class Clock(StrEnum):
    """How far a door may trust its clock (6.2)."""

    SYNCED = "synced"
    HOLDOVER = "holdover"
    UNKNOWN = "unknown"


SURVIVES_STALE = "survives_stale"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where an event stands in the life of its door (11.2)."""

    boot_epoch: int
    seq: int

    def body(self) -> Body:
        return {"boot_epoch": self.boot_epoch, "seq": self.seq}


@dataclass(frozen=True, slots=True, order=True)
class ListVersion:
    """Which access list; a higher one replaces a lower one (7.4)."""

    epoch: int
    version: int

    def body(self) -> Body:
        return {"epoch": self.epoch, "version": self.version}


@dataclass(frozen=True, slots=True)
class Right:
    """One credential, by its hash at this door, opens in [`starts`, `ends`); both None: always (staff)."""

    id: str
    cred: str
    kind: Medium
    starts: int | None
    ends: int | None
    flags: tuple[str, ...] = ()

    def body(self) -> Body:
        return {
            "id": self.id,
            "cred": self.cred,
            "kind": self.kind.value,
            "from": self.starts,
            "until": self.ends,
            "flags": list(self.flags),
        }


@dataclass(frozen=True, slots=True)
class AccessList:
    """All that opens one door (7.1). Rights are in order of id, no id twice."""

    epoch: int
    version: int
    issued: int
    not_after: int
    unlock_s: int
    held_open_s: int
    rights: tuple[Right, ...]

    @property
    def ref(self) -> ListVersion:
        return ListVersion(self.epoch, self.version)

    @property
    def hash(self) -> str:
        """7.3: what the door reports back to prove that it holds this list."""
        return canonical.digest(self.body())

    def body(self) -> Body:
        return {
            "epoch": self.epoch,
            "version": self.version,
            "issued": self.issued,
            "not_after": self.not_after,
            "unlock_s": self.unlock_s,
            "held_open_s": self.held_open_s,
            "rights": [right.body() for right in self.rights],
        }


@dataclass(frozen=True, slots=True)
class Open:
    """Release the lock for `unlock_s`; `reason` is a code, never words."""

    id: str
    unlock_s: int
    reason: str

    def body(self) -> Body:
        return {"cmd": "open", "id": self.id, "unlock_s": self.unlock_s, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class SetTime:
    """Set the clock to `at_ms`, Unix milliseconds at sending."""

    id: str
    at_ms: int

    def body(self) -> Body:
        return {"cmd": "set_time", "id": self.id, "at_ms": self.at_ms}


Command: TypeAlias = Open | SetTime


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command (10.6). `at` is the door's belief."""

    id: str
    counter: int
    result: str
    code: str
    at: int
    mono_ms: int

    @property
    def done(self) -> bool:
        return self.result == "done"

    def body(self) -> Body:
        return {
            "id": self.id,
            "counter": self.counter,
            "result": self.result,
            "code": self.code,
            "at": self.at,
            "mono_ms": self.mono_ms,
        }


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether the door is connected (13); a higher `session` is newer."""

    online: bool
    session: int

    def body(self) -> Body:
        return {"online": self.online, "session": self.session}


class UnknownCommand(BadField):
    """A command of a later version."""


_POSITION = {"boot_epoch": integer(1, 2**21 - 1), "seq": integer(1)}
_VERSION = {"epoch": integer(1), "version": integer(1)}
_RIGHT = {
    "id": text(RIGHT_ID),
    "cred": hexadecimal(64),
    "kind": one_of(*Medium),
    "from": maybe(integer(0)),
    "until": maybe(integer(0)),
    "flags": many(one_of(SURVIVES_STALE), least=0, most=1),
}
_OPEN = {
    "cmd": one_of("open"),
    "id": text(COMMAND_ID),
    "unlock_s": integer(1, MOST_UNLOCK_S),
    "reason": text(CODE),
}
_SET_TIME = {"cmd": one_of("set_time"), "id": text(COMMAND_ID), "at_ms": integer(0)}
_ANSWER = {
    "id": text(COMMAND_ID),
    "counter": integer(0),
    "result": one_of("done", "refused"),
    "code": text(CODE),
    "at": integer(0),
    "mono_ms": integer(0),
}


def position(value: Json) -> Position:
    """A position, as in `oldest` and in `ev/ack` (11.7)."""
    return Position(**exactly(value, _POSITION))


def list_version(value: Json) -> ListVersion:
    """Epoch and version of a list."""
    return ListVersion(**exactly(value, _VERSION))


def parse_list(body: Json) -> AccessList:
    """The access list in a body of `desired`; BadField for anything 7.1 or 7.2 does not permit."""
    found = exactly(
        body,
        {
            **_VERSION,
            "issued": integer(0),
            "not_after": integer(1),
            "unlock_s": integer(1, MOST_UNLOCK_S),
            "held_open_s": integer(1, 86_400),
            "rights": many(_right, least=0, most=MOST_RIGHTS),
        },
    )
    parsed = AccessList(**found)
    ids = [right.id for right in parsed.rights]
    if ids != sorted(set(ids)) or parsed.not_after <= parsed.issued:
        raise BadField("rights out of order, or not_after not after issued")
    return parsed


def parse_command(body: Json) -> Command:
    """The command in a body of `cmd`; UnknownCommand if it is of no kind known here."""
    name = anything_keyed(body).get("cmd")
    if name == "open":
        found = exactly(body, _OPEN)
        return Open(found["id"], found["unlock_s"], found["reason"])
    if name == "set_time":
        found = exactly(body, _SET_TIME)
        return SetTime(found["id"], found["at_ms"])
    if isinstance(name, str):
        raise UnknownCommand("cmd")
    raise BadField("cmd")


def parse_answer(body: Json) -> Answer:
    """The answer in a body of `cmd/rsp`."""
    return Answer(**exactly(body, _ANSWER))


def parse_presence(body: Json) -> Presence:
    """Whether the door is there, from a body of `online`."""
    return Presence(**exactly(body, {"online": boolean, "session": integer(0)}))


def _right(value: Json) -> Right:
    found = exactly(value, _RIGHT)
    starts, ends = found["from"], found["until"]
    if (starts is None) != (ends is None) or (starts is not None and starts >= ends):
        raise BadField("window")
    return Right(found["id"], found["cred"], Medium(found["kind"]), starts, ends, found["flags"])
