"""Tasmota relays and their Wiegand and RDM6300 readers over MQTT. Pure.

An opening sets the relay's own PulseTime in the same message, so it closes when we fall silent. Answers carry no
number: that the relay went on is all the proof there is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devices.credentials import card
from devices.drivers import wiegand
from devices.drivers.told import (
    CardShown,
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

LONGEST_PULSE_S = 64_800
_PLAIN_SIZES = frozenset((24, 32))


def pulse_time(unlock_s: int) -> int:
    """PulseTime: 1 to 111 are tenths of a second, above it the seconds plus 100."""
    if not 1 <= unlock_s <= LONGEST_PULSE_S:
        raise ValueError("no such time")
    return unlock_s * 10 if unlock_s <= 11 else unlock_s + 100


@dataclass(slots=True)
class Tasmota:
    """One relay of one device; `name` is the device's topic."""

    name: str
    relay: int = 1
    _memory: Memory = field(default_factory=Memory)

    @property
    def topics(self) -> tuple[str, ...]:
        """What to subscribe to."""
        return (f"stat/{self.name}/RESULT", f"tele/{self.name}/LWT", f"tele/{self.name}/SENSOR")

    def release(self, unlock_s: int) -> Outgoing:
        """Opens for so long, and the relay closes by itself."""
        orders = f"PulseTime{self.relay} {pulse_time(unlock_s)}; Power{self.relay} ON"
        return Outgoing(f"cmnd/{self.name}/Backlog", orders.encode(), retain=False)

    def feed(self, topic: str, payload: bytes, *, retained: bool, mono_ms: int) -> tuple[Told, ...]:
        """What a message on one of `topics` says. What was retained of readings and results is old and says nothing."""
        if topic == f"tele/{self.name}/LWT":
            return self._online(plain(payload))
        if topic not in self.topics or retained:
            return ()
        body = json_object(payload)
        if body is None:
            return (Unread("json"),)
        if topic.startswith("stat/"):
            return self._power(body)
        return self._sensor(body, mono_ms)

    def _online(self, said: str) -> tuple[Told, ...]:
        if said not in ("Online", "Offline"):
            return (Unread("online"),)
        return self._memory.state("online", Reachable(online=said == "Online"))

    def _power(self, body: Mapping[str, Any]) -> tuple[Told, ...]:
        """A device with one relay says POWER, one with several POWER1."""
        said = body.get(f"POWER{self.relay}", body.get("POWER") if self.relay == 1 else None)
        state = {"ON": LockState.UNLOCKED, "OFF": LockState.LOCKED}.get(said) if isinstance(said, str) else None
        return self._memory.state("lock", LockSaid(state)) if state else ()

    def _sensor(self, body: Mapping[str, Any], mono_ms: int) -> tuple[Told, ...]:
        part, rdm = body.get("Wiegand"), body.get("RDM6300")
        if isinstance(rdm, dict):
            shown = rdm_card(rdm.get("UID"))
        elif isinstance(part, dict):
            shown = wiegand_card(part.get("UID"), part.get("Size"))
        else:
            return ()
        return self._memory.happening(shown, mono_ms, key=(shown, body.get("Time"))) if shown else (Unread("card"),)


def wiegand_card(uid: object, size: object) -> CardShown | None:
    """The card in Tasmota's words: the number without its parity, decimal or hex with an h; 0 stands for bad parity."""
    value = _number(uid)
    if not value or not isinstance(size, int):
        return None
    try:
        if size in (26, 34):
            return CardShown(card("wiegand", size, wiegand.with_parity(value, size - 2)))
        return CardShown(card("wiegand", size, value)) if size in _PLAIN_SIZES else None
    except (ValueError, KeyError):
        return None


def rdm_card(uid: object) -> CardShown | None:
    """A card of the RDM6300 driver: hex digits, the lower 32 bits, or all 40 where the firmware tells them."""
    if not isinstance(uid, str) or not re.fullmatch(r"[0-9A-Fa-f]{8}(?:[0-9A-Fa-f]{2})?", uid) or not int(uid, 16):
        return None
    return CardShown(card("em4100", len(uid) * 4, int(uid, 16)))


def _number(uid: object) -> int | None:
    if isinstance(uid, bool):
        return None
    if isinstance(uid, int):
        return uid if uid > 0 else None
    try:
        return int(uid.removesuffix("h"), 16) if isinstance(uid, str) and uid.endswith("h") else None
    except ValueError:
        return None


def sensor_of(uid: int, size: int, time: str) -> bytes:
    """What the firmware publishes for a card: for simulators and tests."""
    return dumps({"Time": time, "Wiegand": {"UID": uid, "Size": size}})
