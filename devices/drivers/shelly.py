"""Shelly relays of generation 2 and newer as a door strike, over MQTT RPC. Pure.

The relay decides nothing: a door with it works online only. Every opening carries `toggle_after`, so that a service
which dies leaves no door open; `safety_net` sets the same in the relay itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
    json_object,
    plain,
)
from devices.link import Outgoing

_REORDERED_S = 3600  # an older time stamp within this is a late message; before it, a clock that was set


@dataclass(slots=True)
class Shelly:
    """One relay. `prefix` is the device's MQTT prefix, `reply_to` a topic of ours that only this device may write;
    `contact` the input that a door contact is on, if any (closed circuit: leaf closed)."""

    prefix: str
    reply_to: str
    relay: int = 0
    contact: int | None = None
    _memory: Memory = field(default_factory=Memory)
    _newest_ts: float = 0.0

    @property
    def topics(self) -> tuple[str, ...]:
        """What to subscribe to."""
        ends = ("events/rpc", f"status/switch:{self.relay}", "online")
        return (f"{self.reply_to}/rpc", *(f"{self.prefix}/{end}" for end in ends))

    def release(self, ref: int, unlock_s: int) -> Outgoing:
        """Opens for so long, and the relay closes by itself."""
        return self._call(ref, "Switch.Set", {"id": self.relay, "on": True, "toggle_after": unlock_s})

    def safety_net(self, ref: int, unlock_s: int) -> Outgoing:
        """Has the relay switch off by itself after every opening, whoever asked for it, and after a power cut."""
        config = {"auto_off": True, "auto_off_delay": unlock_s, "initial_state": "off"}
        return self._call(ref, "Switch.SetConfig", {"id": self.relay, "config": config})

    def ask(self, ref: int) -> Outgoing:
        """Asks how the relay is."""
        return self._call(ref, "Switch.GetStatus", {"id": self.relay})

    def feed(self, topic: str, payload: bytes, *, retained: bool, mono_ms: int) -> tuple[Told, ...]:  # noqa: ARG002 - one shape for all drivers
        """What a message on one of `topics` says. A retained answer is an old one and says nothing."""
        if topic == f"{self.prefix}/online":
            return self._online(plain(payload))
        if topic not in self.topics:
            return ()
        body = json_object(payload)
        if body is None:
            return (Unread("json"),)
        if topic == f"{self.reply_to}/rpc":
            return () if retained else self._answer(body)
        if topic == f"{self.prefix}/events/rpc":
            return () if retained else self._notified(body)
        return self._switch(body)

    def _call(self, ref: int, method: str, params: Mapping[str, Any]) -> Outgoing:
        body = {"id": ref, "src": self.reply_to, "method": method, "params": params}
        return Outgoing(f"{self.prefix}/rpc", dumps(body), retain=False)

    def _online(self, said: str) -> tuple[Told, ...]:
        if said not in ("true", "false"):
            return (Unread("online"),)
        return self._memory.state("online", Reachable(online=said == "true"))

    def _answer(self, body: Mapping[str, Any]) -> tuple[Told, ...]:
        ref = body.get("id")
        if not isinstance(ref, int) or body.get("dst") != self.reply_to:
            return (Unread("answer"),)
        error = body.get("error")
        code = str(error.get("code", "")) if isinstance(error, dict) else ""
        return self._memory.numbered(ref, Acknowledged(str(ref), "result" in body and error is None, code))

    def _notified(self, body: Mapping[str, Any]) -> tuple[Told, ...]:
        params = body.get("params")
        if not isinstance(params, dict):
            return (Unread("params"),)
        if self._is_late(params.get("ts")):
            return ()
        told = self._part(params, f"switch:{self.relay}", self._switch)
        if self.contact is not None:
            told += self._part(params, f"input:{self.contact}", self._input)
        return told

    def _part(self, params: Mapping[str, Any], name: str, read: Any) -> tuple[Told, ...]:
        part = params.get(name)
        found: tuple[Told, ...] = read(part) if isinstance(part, dict) else ()
        return found

    def _is_late(self, ts: object) -> bool:
        if not isinstance(ts, int | float) or isinstance(ts, bool):
            return False
        if 0 < self._newest_ts - ts < _REORDERED_S:
            return True
        self._newest_ts = float(ts)
        return False

    def _switch(self, part: Mapping[str, Any]) -> tuple[Told, ...]:
        output = part.get("output")
        if not isinstance(output, bool):
            return ()  # a part that changed something else: power, temperature
        return self._memory.state("lock", LockSaid(LockState.UNLOCKED if output else LockState.LOCKED))

    def _input(self, part: Mapping[str, Any]) -> tuple[Told, ...]:
        closed = part.get("state")
        return self._memory.state("contact", ContactSaid(open=not closed)) if isinstance(closed, bool) else ()
