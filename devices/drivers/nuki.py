"""Nuki locks that speak MQTT themselves (API 1.4 and 1.5), and the rule for codes of Nuki keypads. Pure.

They take one command at a time and answer without saying to which; codes cannot be set this way (see nuki_hub), and
wrong codes at the keypad are not told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from devices.drivers.told import (
    Acknowledged,
    ContactSaid,
    LockSaid,
    LockState,
    Means,
    Memory,
    Passed,
    Reachable,
    Told,
    Unread,
    Warned,
    plain,
)
from devices.link import Outgoing

PIN_RULE = r"(?!12)[1-9]{6}"
_PIN = re.compile(PIN_RULE)
UNLOCK, LOCK, UNLATCH = 1, 2, 3
_STATES = {
    1: LockState.LOCKED,
    2: LockState.UNLOCKING,
    3: LockState.UNLOCKED,
    4: LockState.LOCKING,
    5: LockState.UNLOCKED,
    6: LockState.UNLOCKED,
    7: LockState.UNLOCKING,
    254: LockState.JAMMED,
}
_LEAVES: Mapping[int, Told] = {2: ContactSaid(open=False), 3: ContactSaid(open=True), 240: Warned("tampered")}
_OPENING = frozenset((1, 3, 4, 5))
_TRIGGERS = {2: Means.BUTTON, 3: Means.AUTOMATIC, 6: Means.AUTOMATIC, 171: Means.NETWORK, 172: Means.NETWORK}
_KEYPAD = {0: Means.BUTTON, 1: Means.PIN, 2: Means.FINGER}
_WEAK = {"batteryCritical": "battery", "keypadBatteryCritical": "keypad_battery"}
_WEAK |= {"doorsensorBatteryCritical": "sensor_battery"}


def is_code(pin: str) -> bool:
    """Whether a Nuki keypad takes this code: six digits, no 0, not beginning with 12."""
    return _PIN.fullmatch(pin) is not None


def code(digits: Iterator[int]) -> str:
    """A code made of the first random digits (0 to 9) that fit the rule; every code the rule permits can come."""
    made = ""
    for digit in digits:
        if digit == 0 or (made == "1" and digit == 2):
            continue
        made += str(digit)
        if len(made) == 6:
            return made
    raise ValueError("too few digits")


@dataclass(slots=True)
class Nuki:
    """One lock; `nuki_id` is its id as hex digits, as in its topics."""

    nuki_id: str
    base: str = "nuki"
    _memory: Memory = field(default_factory=Memory)

    @property
    def topics(self) -> tuple[str, ...]:
        """What to subscribe to."""
        return tuple(f"{self._own}/{end}" for end in self._readers())

    def release(self) -> Outgoing:
        """Unlocks and pulls the latch; the lock locks again by its own rule, or by `lock`."""
        return self._action(UNLATCH)

    def unlock(self) -> Outgoing:
        """Unlocks and leaves the latch alone."""
        return self._action(UNLOCK)

    def lock(self) -> Outgoing:
        """Locks."""
        return self._action(LOCK)

    def feed(self, topic: str, payload: bytes, *, retained: bool, mono_ms: int) -> tuple[Told, ...]:
        """What a message on one of `topics` says. Retained answers and happenings are old and say nothing."""
        end = topic.removeprefix(f"{self._own}/")
        reader = self._readers().get(end)
        if end == topic or reader is None:
            return ()
        if retained and end in ("commandResponse", "lockActionEvent"):
            return ()
        return reader(end, plain(payload), mono_ms)

    @property
    def _own(self) -> str:
        return f"{self.base}/{self.nuki_id}"

    def _action(self, action: int) -> Outgoing:
        return Outgoing(f"{self._own}/lockAction", str(action).encode(), retain=False)

    def _readers(self) -> Mapping[str, Callable[[str, str, int], tuple[Told, ...]]]:
        readers: dict[str, Callable[[str, str, int], tuple[Told, ...]]] = {
            "state": self._state,
            "connected": self._connected,
            "doorsensorState": self._leaf,
            "commandResponse": self._answer,
            "lockActionEvent": self._happened,
        }
        return readers | dict.fromkeys(_WEAK, self._weak)

    def _state(self, _end: str, said: str, _mono_ms: int) -> tuple[Told, ...]:
        number = _number(said)
        if number is None:
            return (Unread("state"),)
        return self._memory.state("lock", LockSaid(_STATES.get(number, LockState.UNKNOWN)))

    def _connected(self, _end: str, said: str, _mono_ms: int) -> tuple[Told, ...]:
        if said not in ("true", "false"):
            return (Unread("connected"),)
        return self._memory.state("online", Reachable(online=said == "true"))

    def _leaf(self, _end: str, said: str, _mono_ms: int) -> tuple[Told, ...]:
        told = _LEAVES.get(_number(said) or 0)
        return self._memory.state("leaf", told) if told else ()

    def _weak(self, end: str, said: str, _mono_ms: int) -> tuple[Told, ...]:
        """A battery that is well again makes the next warning news."""
        told = self._memory.state(end, Warned(_WEAK[end] if said == "true" else ""))
        return tuple(each for each in told if each != Warned(""))

    def _answer(self, _end: str, said: str, mono_ms: int) -> tuple[Told, ...]:
        number = _number(said)
        if number is None:
            return (Unread("answer"),)
        return self._memory.happening(Acknowledged("", number == 0, said), mono_ms)

    def _happened(self, _end: str, said: str, mono_ms: int) -> tuple[Told, ...]:
        event = lock_action(said)
        if event is None:
            return (Unread("event"),)
        return self._memory.happening(event, mono_ms) if isinstance(event, Passed) else ()


@dataclass(frozen=True, slots=True)
class NothingOpened:
    """An action that opened nothing: locking, or a button without an action."""


def lock_action(text: str) -> Passed | NothingOpened | None:
    """What `action,trigger,authId,codeId,extra` says; None for what is no such line."""
    parts = [_number(part) for part in text.split(",")]
    if len(parts) != 5 or None in parts:
        return None
    action, trigger, auth, code_id, extra = (part or 0 for part in parts)
    if action not in _OPENING:
        return NothingOpened()
    if code_id:
        return Passed(granted=True, means=_KEYPAD.get(extra, Means.UNKNOWN), who=str(code_id))
    means = _TRIGGERS.get(trigger, Means.UNKNOWN)
    return Passed(granted=True, means=means, who=str(auth) if auth else "")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None
