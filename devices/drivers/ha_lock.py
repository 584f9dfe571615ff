"""Locks that announce themselves as Home Assistant expects it (MQTT discovery), and our doors announced so. Pure.

A driver is given the discovery topic, `homeassistant/lock/<node>/<object>`, and learns the rest from what the device
retains there. Never is a command retained: a retained one opens the door at every reconnect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devices.drivers.told import (
    LockSaid,
    LockState,
    Memory,
    Reachable,
    Told,
    Unread,
    dumps,
    json_object,
    plain,
)
from devices.link import Outgoing

_LONG = {
    "cmd_t": "command_topic",
    "stat_t": "state_topic",
    "avty_t": "availability_topic",
    "pl_lock": "payload_lock",
    "pl_unlk": "payload_unlock",
    "pl_open": "payload_open",
    "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available",
    "stat_locked": "state_locked",
    "stat_locking": "state_locking",
    "stat_unlocked": "state_unlocked",
    "stat_unlocking": "state_unlocking",
    "stat_jam": "state_jammed",
    "val_tpl": "value_template",
    "cmd_tpl": "command_template",
    "cod_form": "code_format",
    "uniq_id": "unique_id",
    "dev": "device",
}
_STATES = {
    "state_locked": ("LOCKED", LockState.LOCKED),
    "state_locking": ("LOCKING", LockState.LOCKING),
    "state_unlocked": ("UNLOCKED", LockState.UNLOCKED),
    "state_unlocking": ("UNLOCKING", LockState.UNLOCKING),
    "state_jammed": ("JAMMED", LockState.JAMMED),
}
_VALUE_JSON = re.compile(r"\{\{\s*value_json\.(\w+)\s*\}\}\Z")
_TOPICS = ("command_topic", "state_topic", "availability_topic")
_TEMPLATED = ("command_template", "code_format")


@dataclass(frozen=True, slots=True)
class Announced:
    """What a lock announced. `json_field`: where in a JSON payload its state stands; empty: the payload itself."""

    command_topic: str
    state_topic: str
    availability_topic: str
    payloads: Mapping[str, str]
    states: Mapping[str, LockState]
    json_field: str = ""


def announced(payload: bytes) -> Announced | None:
    """The announcement in a discovery payload; None for one we cannot follow: no command topic, wildcards in topics,
    commands that want a code or a template, state templates beyond `{{ value_json.x }}`."""
    body = _lengthened(json_object(payload) or {})
    command, state, availability = (body.get(name, "") for name in _TOPICS)
    fit = command and all(_is_topic(topic) for topic in (command, state, availability))
    if not fit or any(body.get(name) for name in _TEMPLATED):
        return None
    template = str(body.get("value_template") or "{{ value_json.__whole }}")
    found = _VALUE_JSON.match(template.strip())
    if not found:
        return None
    payloads = {name: str(body.get(f"payload_{name}") or usual) for name, usual in _PAYLOADS.items()}
    states = {str(body.get(name) or usual): state for name, (usual, state) in _STATES.items()}
    where = "" if found[1] == "__whole" else found[1]
    return Announced(command, state, availability, payloads, states, where)


_PAYLOADS = {"lock": "LOCK", "unlock": "UNLOCK", "open": "", "available": "online", "not_available": "offline"}


@dataclass(slots=True)
class HaLock:
    """One lock. Until its announcement came it can be told nothing."""

    discovery: str
    known: Announced | None = None
    _memory: Memory = field(default_factory=Memory)

    @property
    def topics(self) -> tuple[str, ...]:
        """What to subscribe to; more once the announcement is known, so ask again after `feed`."""
        told = (self.known.state_topic, self.known.availability_topic) if self.known else ()
        return (f"{self.discovery}/config", *(topic for topic in told if topic))

    def release(self) -> Outgoing | None:
        """Opens: the latch where the lock has such a command, else the bolt. None while the lock is not known."""
        word = self.known.payloads["open"] or self.known.payloads["unlock"] if self.known else ""
        return self._order(word)

    def lock(self) -> Outgoing | None:
        """Locks again. The lock keeps no time of its own: whoever opens it must lock it."""
        return self._order(self.known.payloads["lock"] if self.known else "")

    def feed(self, topic: str, payload: bytes, *, retained: bool, mono_ms: int) -> tuple[Told, ...]:  # noqa: ARG002 - one shape for all drivers
        """What a message on one of `topics` says; the announcement itself and states are meant to be retained."""
        if topic == f"{self.discovery}/config":
            return self._announcement(payload)
        if self.known is None or topic not in self.topics:
            return ()
        if topic == self.known.availability_topic:
            return self._availability(plain(payload))
        said = self._said(payload)
        if said in ("", "None"):
            return self._memory.state("lock", LockSaid(LockState.UNKNOWN))
        state = self.known.states.get(said)
        return self._memory.state("lock", LockSaid(state)) if state else (Unread("state"),)

    def _announcement(self, payload: bytes) -> tuple[Told, ...]:
        if not payload:
            self.known = None
            return self._memory.state("online", Reachable(online=False))
        found = announced(payload)
        if found is None:
            return (Unread("announcement"),)
        self.known = found
        # A lock that announces no availability counts as there once it has announced itself.
        return () if found.availability_topic else self._memory.state("online", Reachable(online=True))

    def _availability(self, said: str) -> tuple[Told, ...]:
        assert self.known is not None
        answers = {self.known.payloads["available"]: True, self.known.payloads["not_available"]: False}
        if said not in answers:
            return (Unread("availability"),)
        return self._memory.state("online", Reachable(online=answers[said]))

    def _said(self, payload: bytes) -> str:
        assert self.known is not None
        if not self.known.json_field:
            return plain(payload)
        found = (json_object(payload) or {}).get(self.known.json_field)
        return found if isinstance(found, str) else "?"

    def _order(self, word: str) -> Outgoing | None:
        if self.known is None or not word:
            return None
        return Outgoing(self.known.command_topic, word.encode(), retain=False)


def offer(door: str, name: str, base: str = "vuoro/ha") -> Outgoing:
    """Our door as a lock for Home Assistant. It is retained there; commands come on `<base>/<door>/set`, state and
    availability are ours to publish. An empty payload on the same topic takes the offer back."""
    body: dict[str, Any] = {
        "name": name,
        "unique_id": f"vuoro_{door}",
        "command_topic": f"{base}/{door}/set",
        "state_topic": f"{base}/{door}/state",
        "availability_topic": f"{base}/{door}/availability",
        "optimistic": False,
        "retain": False,
        "qos": 1,
        "device": {"identifiers": [f"vuoro_{door}"], "name": name, "manufacturer": "Vuoro"},
    }
    return Outgoing(f"homeassistant/lock/vuoro/{door}/config", dumps(body), retain=True)


def wish(payload: bytes, *, retained: bool) -> str | None:
    """What Home Assistant asks of an offered door: lock or unlock; None for anything else and for whatever the broker
    had retained."""
    said = plain(payload)
    return {"LOCK": "lock", "UNLOCK": "unlock"}.get(said) if not retained else None


def _lengthened(body: Mapping[str, Any]) -> dict[str, Any]:
    """Full names for the abbreviations, and topics with their base (~) put in."""
    base = body.get("~", "")
    found = {_LONG.get(name, name): value for name, value in body.items()}
    if isinstance(base, str) and base:
        for name in _TOPICS:
            value = found.get(name)
            if isinstance(value, str):
                found[name] = _with_base(value, base)
    return found


def _with_base(topic: str, base: str) -> str:
    if topic.startswith("~"):
        return base + topic[1:]
    return topic[:-1] + base if topic.endswith("~") else topic


def _is_topic(topic: object) -> bool:
    return isinstance(topic, str) and not {"+", "#", "\0"} & set(topic)
