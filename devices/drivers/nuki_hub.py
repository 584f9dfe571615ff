"""Nuki locks behind nuki_hub (an ESP32 bridge): keypad codes with a beginning and an end, kept by the lock. Pure.

The result of a code command names no command: one at a time. The lock gives each code a number, which only its list
tells, by the name we gave; the bridge lists ten codes unless its settings say more. Since version 9 all topics of the
lock lie under `<root>/lock`; before, the keypad's lay under `<root>/keypad`, hence `keypad`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from devices.drivers.nuki import is_code
from devices.drivers.told import (
    Acknowledged,
    CodeEntry,
    CodesListed,
    ContactSaid,
    LockSaid,
    LockState,
    Means,
    Memory,
    Passed,
    Reachable,
    Told,
    Unread,
    dumps,
    json_object,
    plain,
)
from devices.link import Outgoing

LONGEST_NAME = 20
KEYPAD = "keypad"  # the ref of answers about codes
_LISTED_AT_ONCE = 10
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
_HAPPENINGS = ("commandResultJson", "commandResult", "/json", "/rollingLog")
_OPENING = frozenset(("Unlock", "Unlatch", "LockNgo", "LockNgoUnlatch"))
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

    def check_code(self, code_id: int, pin: str) -> Outgoing:
        """Asks the lock whether this number has this code: it answers codeValid or codeInvalid."""
        return self._code({"action": "check", "codeId": code_id, "code": pin})

    def ask_list(self) -> Outgoing:
        """Asks for the list of codes."""
        return Outgoing(f"{self.root}/{self._part('query/keypad')}", b"1", retain=False)

    def delete_code(self, code_id: int) -> Outgoing:
        """A code taken out of the lock."""
        return self._code({"action": "delete", "codeId": code_id})

    def feed(self, topic: str, payload: bytes, *, retained: bool, mono_ms: int) -> tuple[Told, ...]:
        """What a message on one of `topics` says. Retained results are old and say nothing."""
        reader = self._readers().get(topic)
        if reader is None or (retained and topic.endswith(_HAPPENINGS)):
            return ()
        return reader(plain(payload), mono_ms)

    def _readers(self) -> Mapping[str, Callable[[str, int], tuple[Told, ...]]]:
        configuration = self._part("configuration")
        return {
            f"{self.root}/lock/state": self._state,
            f"{self.root}/lock/doorSensorState": self._leaf,
            f"{self.root}/lock/commandResult": self._result,
            f"{self.root}/{self.keypad}/commandResultJson": self._code_result,
            f"{self.root}/{configuration}/commandResultJson": self._code_result,
            f"{self.root}/{self.keypad}/json": self._list,
            f"{self.root}/lock/rollingLog": self._log,
            f"{self.root}/maintenance/mqttConnectionState": self._connected,
        }

    def _part(self, end: str) -> str:
        return self.keypad.removesuffix("keypad") + end

    def _code_result(self, said: str, mono_ms: int) -> tuple[Told, ...]:
        """Both result topics may carry one result: the same word within a second is told once."""
        if said in _NO_RESULT:
            return ()
        return self._memory.happening(Acknowledged(KEYPAD, said in ("success", "codeValid"), said), mono_ms)

    def _list(self, said: str, _mono_ms: int) -> tuple[Told, ...]:
        try:
            rows = json.loads(said)
        except (ValueError, RecursionError):
            return (Unread("list"),)
        if not isinstance(rows, list):
            return (Unread("list"),)
        entries = tuple(entry for row in rows if (entry := _entry(row)) is not None)
        return (CodesListed(entries, whole=len(rows) != _LISTED_AT_ONCE),)

    def _log(self, said: str, mono_ms: int) -> tuple[Told, ...]:
        """The newest line of the lock's log: who typed a code, if it says so."""
        row = json_object(said.encode()) or {}
        code_id, done = row.get("codeId"), row.get("completionStatus")
        if row.get("type") != "KeypadAction" or row.get("trigger") != "code" or row.get("action") not in _OPENING:
            return ()
        who = str(code_id) if isinstance(code_id, int) and not isinstance(code_id, bool) else ""
        passed = Passed(done == "success", Means.PIN, who, "" if done == "success" else str(done)[:40])
        return self._memory.happening(passed, mono_ms, key=(passed, row.get("index")))

    def _action(self, word: str) -> Outgoing:
        return Outgoing(f"{self.root}/lock/action", word.encode(), retain=False)

    def _code(self, body: Mapping[str, Any]) -> Outgoing:
        self._memory.ask()
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
        if said in _NO_RESULT:
            return ()
        return self._memory.happening(Acknowledged("", said == "success", said), mono_ms)


def _stamp(moment: datetime) -> str:
    """UTC, as the lock's own clock runs."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _entry(row: object) -> CodeEntry | None:
    if not isinstance(row, dict):
        return None
    code_id, name = row.get("codeId"), row.get("name")
    if not isinstance(code_id, int) or isinstance(code_id, bool) or not isinstance(name, str):
        return None
    opens, closes = (_moment(row.get(end)) for end in ("allowedFrom", "allowedUntil"))
    limited = bool(row.get("enabled")) and bool(row.get("timeLimited")) and opens is not None and closes is not None
    return CodeEntry(code_id, name, (opens, closes) if limited and opens and closes else None)


def _moment(text: object) -> datetime | None:
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
