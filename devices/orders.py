"""Commands to a door and its answers (door-protocol.md 10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from devices.canonical import Body, Json
from devices.fields import (
    BadField,
    Check,
    anything_keyed,
    boolean,
    exactly,
    hexadecimal,
    integer,
    maybe,
    one_of,
    text,
)
from devices.messages import CODE, COMMAND_ID, HOLDER, MOST_UNLOCK_S

KID = r"[a-z0-9-]{1,32}"


@dataclass(frozen=True, slots=True)
class Open:
    """Release the lock for `unlock_s`; `reason` is a code, never words. `override`: also in a lockdown."""

    id: str
    unlock_s: int
    reason: str
    override: bool = False

    def body(self) -> Body:
        return {
            "cmd": "open",
            "id": self.id,
            "unlock_s": self.unlock_s,
            "reason": self.reason,
            "override": self.override,
        }


@dataclass(frozen=True, slots=True)
class SetTime:
    """Set the clock to `at_ms`, Unix milliseconds at sending."""

    id: str
    at_ms: int

    def body(self) -> Body:
        return {"cmd": "set_time", "id": self.id, "at_ms": self.at_ms}


@dataclass(frozen=True, slots=True)
class Forgive:
    """Forget for anti-passback where this holder is; None: where anybody is."""

    id: str
    holder: str | None = None

    def body(self) -> Body:
        return {"cmd": "forgive", "id": self.id, "holder": self.holder}


@dataclass(frozen=True, slots=True)
class FireReset:
    """End the fire state, once the input is at rest."""

    id: str

    def body(self) -> Body:
        return {"cmd": "fire_reset", "id": self.id}


@dataclass(frozen=True, slots=True)
class Trust:
    """Take this key (64 hex digits) of the service as true from now on, too."""

    id: str
    kid: str
    key: str

    def body(self) -> Body:
        return {"cmd": "trust", "id": self.id, "kid": self.kid, "key": self.key}


@dataclass(frozen=True, slots=True)
class DropKey:
    """Trust this key of the service no longer."""

    id: str
    kid: str

    def body(self) -> Body:
        return {"cmd": "drop_key", "id": self.id, "kid": self.kid}


Command: TypeAlias = Open | SetTime | Forgive | FireReset | Trust | DropKey


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


class UnknownCommand(BadField):
    """A command of a later version."""


_KINDS: Mapping[str, tuple[Callable[..., Command], Mapping[str, Check[Any]]]] = {
    "open": (Open, {"unlock_s": integer(1, MOST_UNLOCK_S), "reason": text(CODE), "override": boolean}),
    "set_time": (SetTime, {"at_ms": integer(0)}),
    "forgive": (Forgive, {"holder": maybe(text(HOLDER))}),
    "fire_reset": (FireReset, {}),
    "trust": (Trust, {"kid": text(KID), "key": hexadecimal(64)}),
    "drop_key": (DropKey, {"kid": text(KID)}),
}
_ANSWER: Mapping[str, Check[Any]] = {
    "id": text(COMMAND_ID),
    "counter": integer(0),
    "result": one_of("done", "refused"),
    "code": text(CODE),
    "at": integer(0),
    "mono_ms": integer(0),
}


def parse_command(body: Json) -> Command:
    """The command in a body of `cmd`; UnknownCommand if it is of no kind known here."""
    name = anything_keyed(body).get("cmd")
    if not isinstance(name, str):
        raise BadField("cmd")
    if name not in _KINDS:
        raise UnknownCommand("cmd")
    make, keys = _KINDS[name]
    found = exactly(body, {"cmd": one_of(name), "id": text(COMMAND_ID), **keys})
    found.pop("cmd")
    return make(**found)


def parse_answer(body: Json) -> Answer:
    """The answer in a body of `cmd/rsp`."""
    return Answer(**exactly(body, _ANSWER))
