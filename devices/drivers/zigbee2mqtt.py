"""Zigbee locks behind Zigbee2MQTT: PINs in slots, proofs of three kinds, and none from some locks. Pure.

Traps kept here: an empty code does not clear a slot, null does; a code is text or loses its leading zero; a slot is a
number or goes out as text; a published state repeats all that was said before, so that only a change proves anything.
Some locks publish the PIN somebody used (`last_used_pin_code`): nothing told here carries a code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devices.drivers.told import (
    Acknowledged,
    CodeSaid,
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
    dumps,
    json_object,
    plain,
)
from devices.link import Outgoing

PIN = re.compile(r"[0-9]{4,8}")
_SLOT = re.compile(r"[0-9]{1,4}\Z")
SAVED, CLEARED = "pin_saved", "pin_cleared"
_LOCKS = {
    "locked": LockState.LOCKED,
    "unlocked": LockState.UNLOCKED,
    "not_fully_locked": LockState.UNKNOWN,
    "LOCK": LockState.LOCKED,
    "UNLOCK": LockState.UNLOCKED,
}
_LEAVES = {"open": ContactSaid(open=True), "closed": ContactSaid(open=False)}
_LEAF_FAULTS = {"error_jammed": "jammed", "error_forced_open": "forced"}
_MEANS = {
    "keypad": Means.PIN,
    "rf": Means.NETWORK,
    "manual": Means.BY_HAND,
    "rfid": Means.CARD,
    "fingerprint": Means.FINGER,
}
_OPENED = {"unlock": None, "key_unlock": Means.BY_HAND, "manual_unlock": Means.BY_HAND}
_OPENED |= {"schedule_unlock": Means.AUTOMATIC}
_REFUSED = frozenset(("unlock_failure_invalid_pin_or_id", "unlock_failure_invalid_schedule"))
_CODES = {"pin_code_added": True, "pin_code_changed": True, "pin_code_deleted": False}
_PROOFS = {"last_successful_pincode_save": SAVED, "last_successful_pincode_clear": CLEARED}


@dataclass(slots=True)
class Z2mLock:
    """One lock. `name` is its friendly name, `slots` how many codes it holds, counted from 0."""

    name: str
    base: str = "zigbee2mqtt"
    slots: int = 50
    _memory: Memory = field(default_factory=Memory)
    _said: dict[str, object] = field(default_factory=dict)
    _heard: bool = False
    _bridge: bool = False
    _device: bool = True  # unless its availability, which many switch off, says else

    @property
    def topics(self) -> tuple[str, ...]:
        """What to subscribe to."""
        return (self._own, f"{self._own}/availability", f"{self.base}/bridge/state")

    def release(self) -> Outgoing:
        """Unlocks. The lock locks again by its own rule, or by `lock`."""
        return self._set({"state": "UNLOCK"})

    def lock(self) -> Outgoing:
        """Locks."""
        return self._set({"state": "LOCK"})

    def put_code(self, slot: int, pin: str) -> Outgoing:
        """A code into a slot, at once and until it is cleared: these locks keep no times."""
        if not PIN.fullmatch(pin):
            raise ValueError("no such PIN")
        code = {"user": self._slot(slot), "user_type": "unrestricted", "user_enabled": True, "pin_code": pin}
        return self._set({"pin_code": code})

    def clear_code(self, slot: int) -> Outgoing:
        """A slot made empty."""
        return self._set({"pin_code": {"user": self._slot(slot), "pin_code": None}})

    def ask_code(self, slot: int) -> Outgoing:
        """Asks whether a slot holds a code."""
        return Outgoing(f"{self._own}/get", dumps({"pin_code": {"user": self._slot(slot)}}), retain=False)

    def feed(self, topic: str, payload: bytes, *, retained: bool, mono_ms: int) -> tuple[Told, ...]:
        """What a message on one of `topics` says. Happenings in a retained state are old and say nothing."""
        if topic not in self.topics:
            return ()
        if topic != self._own:
            return self._presence(topic, payload)
        body = json_object(payload)
        if body is None:
            return (Unread("json"),)
        told, proofs = self._states(body), self._proofs(body)
        self._heard = True
        return told if retained else told + proofs + self._action(body, mono_ms)

    @property
    def _own(self) -> str:
        return f"{self.base}/{self.name}"

    def _set(self, body: Mapping[str, Any]) -> Outgoing:
        return Outgoing(f"{self._own}/set", dumps(body), retain=False)

    def _slot(self, slot: int) -> int:
        if not 0 <= slot < self.slots:
            raise ValueError("no such slot")
        return slot

    def _presence(self, topic: str, payload: bytes) -> tuple[Told, ...]:
        """Availability comes as plain text or as JSON, by Zigbee2MQTT's age."""
        said = (json_object(payload) or {}).get("state", plain(payload))
        if said not in ("online", "offline"):
            return (Unread("availability"),)
        if topic == f"{self.base}/bridge/state":
            self._bridge = said == "online"
        else:
            self._device = said == "online"
        return self._memory.state("online", Reachable(online=self._bridge and self._device))

    def _states(self, body: Mapping[str, Any]) -> tuple[Told, ...]:
        said = _text(body, "lock_state") or _text(body, "state")
        told = self._memory.state("lock", LockSaid(_LOCKS[said])) if said in _LOCKS else ()
        leaf = _text(body, "door_state")
        if leaf in _LEAVES:
            told += self._memory.state("leaf", _LEAVES[leaf])
        elif leaf in _LEAF_FAULTS:
            told += self._memory.state("leaf", Warned(_LEAF_FAULTS[leaf]))
        return told

    def _proofs(self, body: Mapping[str, Any]) -> tuple[Told, ...]:
        told: tuple[Told, ...] = ()
        for name, code in _PROOFS.items():
            if self._changed(name, body.get(name)):
                told += (Acknowledged("", ok=True, code=code),)
        users = body.get("users")
        for slot, entry in users.items() if isinstance(users, dict) else ():
            status = entry.get("status") if isinstance(entry, dict) else None
            if _SLOT.match(slot) and self._changed(f"users:{slot}", status):
                told += (CodeSaid(int(slot), held=status == "enabled"),)
        return told

    def _changed(self, name: str, value: object) -> bool:
        """Whether the value is another than before. What the first message holds may be years old and is no change."""
        if value is None or self._said.get(name) == value:
            return False
        first = not self._heard and name not in self._said
        self._said[name] = value
        return not first

    def _action(self, body: Mapping[str, Any], mono_ms: int) -> tuple[Told, ...]:
        action, slot = _text(body, "action"), body.get("action_user")
        if action in _CODES:
            if not isinstance(slot, int) or isinstance(slot, bool):
                return ()
            return self._memory.happening(CodeSaid(slot, held=_CODES[action]), mono_ms)
        if action not in _OPENED and action not in _REFUSED:
            return ()
        means = _OPENED.get(action) or _MEANS.get(_text(body, "action_source_name"), Means.UNKNOWN)
        who = str(slot) if isinstance(slot, int) else ""
        granted = action in _OPENED
        return self._memory.happening(Passed(granted, means, who, "" if granted else action), mono_ms)


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
