"""Nuki locks behind nuki_hub (an ESP32 bridge): keypad codes with a beginning and an end, kept by the lock. Pure.

The result of a code command names no command: one at a time. Since version 9 all topics of the lock lie under
`<root>/lock`; before, the keypad's lay under `<root>/keypad`, hence `keypad`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from devices.drivers.nuki import is_code
from devices.drivers.told import (
    Acknowledged,
    ContactSaid,
    LockSaid,
    LockState,
    Memory,
    Reachable,
    Told,
    Unread,
    dumps,
    plain,
)
from devices.link import Outgoing

LONGEST_NAME = 20
_STATES = {
    "locked": LockState.LOCKED,
    "locking": LockState.LOCKING,
    "unlocked": LockState.UNLOCKED,
    "unlatched": LockState.UNLOCKED,
    "unlockedLnga": LockState.UNLOCKED,
    "unlocking": LockState.UNLOCKING,
    "unlatching": LockState.UNLOCKING,
    "motorBlocked": LockState.JAMMED,
    "uncalibrated": LockState.UNKNOWN,
    "bootRun": LockState.UNKNOWN,
    "undefined": LockState.UNKNOWN,
}
_LEAVES = {"doorClosed": ContactSaid(open=False), "doorOpened": ContactSaid(open=True)}
_NO_RESULT = frozenset(("", "--", "working"))


@dataclass(slots=True)
class NukiHub:
    """One lock behind one bridge."""

    root: str = "nuki"
    keypad: str = "lock/keypad"
    _memory: Memory = field(default_factory=Memory)

    @property
    def topics(self) -> tuple[str, ...]:
        """What to subscribe to. The result of code commands: the sources say keypad, the description configuration."""
        return tuple(self._readers())

    def release(self) -> Outgoing:
        """Unlocks and pulls the latch."""
        return self._action("unlatch")

    def lock(self) -> Outgoing:
        """Locks."""
        return self._action("lock")

    def add_code(self, name: str, pin: str, begins_at: datetime, ends_at: datetime) -> Outgoing:
        """A code that the lock itself lets open from `begins_at` until `ends_at`. ValueError for a code the keypad does
        not take. The lock gives it an id, which `keypad/json` lists with its name."""
        if not is_code(pin) or not 1 <= len(name) <= LONGEST_NAME or begins_at >= ends_at:
            raise ValueError("no such code")
        window = {"allowedFrom": _stamp(begins_at), "allowedUntil": _stamp(ends_at)}
        return self._code({"action": "add", "code": pin, "name": name, "enabled": 1, "timeLimited": 1, **window})

    def move_code(self, code_id: int, name: str, begins_at: datetime, ends_at: datetime) -> Outgoing:
        """Another window for a code the lock holds."""
        window = {"allowedFrom": _stamp(begins_at), "allowedUntil": _stamp(ends_at)}
        return self._code({"action": "update", "codeId": code_id, "name": name, "timeLimited": 1, **window})

    def delete_code(self, code_id: int) -> Outgoing:
        """A code taken out of the lock."""
        return self._code({"action": "delete", "codeId": code_id})

    def feed(self, topic: str, payload: bytes, *, retained: bool, mono_ms: int) -> tuple[Told, ...]:
        """What a message on one of `topics` says. Retained results are old and say nothing."""
        reader = self._readers().get(topic)
        if reader is None or (retained and topic.endswith(("commandResultJson", "commandResult"))):
            return ()
        return reader(plain(payload), mono_ms)

    def _readers(self) -> Mapping[str, Callable[[str, int], tuple[Told, ...]]]:
        configuration = self.keypad.removesuffix("keypad") + "configuration"
        return {
            f"{self.root}/lock/state": self._state,
            f"{self.root}/lock/doorSensorState": self._leaf,
            f"{self.root}/lock/commandResult": self._result,
            f"{self.root}/{self.keypad}/commandResultJson": self._result,
            f"{self.root}/{configuration}/commandResultJson": self._result,
            f"{self.root}/maintenance/mqttConnectionState": self._connected,
        }

    def _action(self, word: str) -> Outgoing:
        return Outgoing(f"{self.root}/lock/action", word.encode(), retain=False)

    def _code(self, body: Mapping[str, Any]) -> Outgoing:
        return Outgoing(f"{self.root}/{self.keypad}/actionJson", dumps(body), retain=False)

    def _state(self, said: str, _mono_ms: int) -> tuple[Told, ...]:
        state = _STATES.get(said)
        return self._memory.state("lock", LockSaid(state)) if state else (Unread("state"),)

    def _leaf(self, said: str, _mono_ms: int) -> tuple[Told, ...]:
        told = _LEAVES.get(said)
        return self._memory.state("leaf", told) if told else ()

    def _connected(self, said: str, _mono_ms: int) -> tuple[Told, ...]:
        if said not in ("online", "offline"):
            return (Unread("connected"),)
        return self._memory.state("online", Reachable(online=said == "online"))

    def _result(self, said: str, mono_ms: int) -> tuple[Told, ...]:
        """Both result topics may carry one result: the same word within a second is told once."""
        if said in _NO_RESULT:
            return ()
        return self._memory.happening(Acknowledged("", said == "success", said), mono_ms)


def _stamp(moment: datetime) -> str:
    """UTC, as the lock's own clock runs."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
