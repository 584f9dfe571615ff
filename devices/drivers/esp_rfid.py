"""ESP-RFID controllers (branch dev, 2.0) over MQTT: cards with a beginning and an end, decided by the board. Pure.

What its firmware does otherwise than one would think, and what is done about it here (docs/drivers.md):
1. a clock that was never set lets expired cards in when they begin at 0: a beginning of 0 is never sent;
2. answers name no card: one command at a time, sent again after 5 s, which is safe (access/card_boards.py);
3. events are lost while it is away: its log has holes, and the registry says so;
4. commands sent while it is away are gone: after each `boot` the whole list is sent again;
5. `getuserlist` gives files as they were stored, with no end mark: 3 s of silence end it;
6. `close` presses a momentary relay again: it is never sent;
7. `deletuid` without uid deletes what happens to lie in memory, and acctype 99 is a master key: neither can be made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devices.drivers.told import (
    Acknowledged,
    CardListed,
    ClockSaid,
    ContactSaid,
    LockSaid,
    LockState,
    Means,
    Memory,
    Passed,
    Reachable,
    Restarted,
    Told,
    Unread,
    Warned,
    dumps,
    json_object,
    plain,
)
from devices.link import Outgoing

ANSWER_WAIT_MS, LIST_SILENCE_MS = 5000, 3000
NOT_SET = 1_577_836_800  # 2020: a clock before it was never set, and lets nobody in
LONGEST_COMMAND, LONGEST_UID, LONGEST_NAME = 2048, 19, 63
_UID = re.compile(r"[0-9a-f]{1,19}\Z")
_PIN = re.compile(r"[0-9]{0,8}\Z")
_OPENED = frozenset(("Always", "Admin"))
_ANSWERS = frozenset(("adduser", "deletuid", "deletusers"))
_DESCRIBED: Mapping[str, Told] = {
    "Door Open": ContactSaid(open=True),
    "Door Closed": ContactSaid(open=False),
    "Door was tampered!": Warned("tampered"),
    "Door wasn't closed within max open time!": Warned("held_open"),
}


@dataclass(frozen=True, slots=True)
class User:
    """One card of the wanted list; `pin` empty: none asked. Names are refs of ours, never people's."""

    uid: str
    name: str
    begins_at: datetime
    ends_at: datetime
    pin: str = ""


@dataclass(slots=True)
class EspRfid:
    """One board. `base` is its topic, `address` its IPv4: it drops whatever names another."""

    base: str
    address: str
    _memory: Memory = field(default_factory=Memory)
    _uptime_s: int = 0

    @property
    def topics(self) -> tuple[str, ...]:
        """What to subscribe to."""
        return (f"{self.base}/send", f"{self.base}/avty", f"{self.base}/tag", f"{self.base}/io/+")

    def add(self, user: User) -> Outgoing:
        """A card with its window put on the board, or changed there. ValueError for one the board cannot keep."""
        since, until = int(user.begins_at.timestamp()), int(user.ends_at.timestamp())
        fits = _UID.match(user.uid) and len(user.name.encode()) <= LONGEST_NAME and _PIN.match(user.pin)
        if not fits or not 0 < since < until:
            raise ValueError("no such card")
        # The board counts both ends in; ours are half-open.
        body = {"uid": user.uid, "user": user.name, "acctype": 1, "validsince": since, "validuntil": until - 1}
        return self._command("adduser", body | ({"pincode": user.pin} if user.pin else {}))

    def remove(self, uid: str) -> Outgoing:
        """A card taken from the board. ValueError for what is no card."""
        if not _UID.match(uid):
            raise ValueError("no such card")
        return self._command("deletuid", {"uid": uid})

    @staticmethod
    def can_remove(uid: str) -> bool:
        """Whether a card somebody else put on the board can be named in a command."""
        return _UID.match(uid) is not None

    def remove_all(self) -> Outgoing:
        """All cards taken from the board."""
        return self._command("deletusers", {})

    def ask_list(self) -> Outgoing:
        """Asks for all cards; they come one by one as `CardListed`, and 3 s of silence are their end."""
        return self._command("getuserlist", {})

    def release(self) -> Outgoing:
        """Opens for as long as the board is set to. It does not answer; an access event by MQTT comes."""
        return self._command("opendoor", {})

    def feed(self, topic: str, payload: bytes, *, retained: bool, mono_ms: int) -> tuple[Told, ...]:
        """What a message on one of `topics` says. Only availability is ever meant to be retained."""
        if topic == f"{self.base}/avty":
            return self._availability(plain(payload))
        if retained or not topic.startswith(f"{self.base}/"):
            return ()
        what = topic.removeprefix(f"{self.base}/")
        if what.startswith("io/"):
            return self._worked(what.removeprefix("io/"), plain(payload))
        if what not in ("send", "tag"):
            return ()
        body = json_object(payload)
        if body is None:
            return (Unread("json"),)
        if body.get("ip", body.get("doorip", self.address)) != self.address:
            return ()  # several boards may share one topic
        return self._access(body, mono_ms) if what == "tag" else self._said(body, mono_ms)

    def _command(self, cmd: str, body: Mapping[str, Any]) -> Outgoing:
        payload = dumps({"cmd": cmd, "doorip": self.address, **body})
        if len(payload) > LONGEST_COMMAND:
            raise ValueError("does not fit")
        return Outgoing(f"{self.base}/cmd", payload, retain=False)

    def _availability(self, said: str) -> tuple[Told, ...]:
        if said not in ("online", "offline"):
            return (Unread("availability"),)
        return self._memory.state("online", Reachable(online=said == "online"))

    def _said(self, body: Mapping[str, Any], mono_ms: int) -> tuple[Told, ...]:
        kind = str(body.get("type"))
        if kind in _ANSWERS:
            return (Acknowledged("", ok=True, code=kind),)
        if kind in ("boot", "heartbeat"):
            return self._alive(body, booted=kind == "boot")
        if kind == "access":
            return self._access(body, mono_ms)
        if kind in ("INFO", "WARN", "ERRO"):
            return self._event(body)
        listed = _listed(body)
        return (listed,) if listed else (Unread("type"),)

    def _alive(self, body: Mapping[str, Any], *, booted: bool) -> tuple[Told, ...]:
        """A heartbeat with less uptime than the last is a start whose `boot` was lost."""
        uptime = _whole(body.get("uptime"))
        again = booted or (uptime is not None and uptime < self._uptime_s)
        self._uptime_s = uptime or 0
        at_s = _whole(body.get("time"))
        told = self._memory.state("online", Reachable(online=True))
        if at_s is not None and not (booted and at_s < NOT_SET):  # it is set over the network a moment after a start
            told += (ClockSaid(at_s),)
        return (*told, Restarted()) if again else told

    def _worked(self, what: str, said: str) -> tuple[Told, ...]:
        """Its topics for Home Assistant."""
        if what.startswith("lock") and said in ("LOCKED", "UNLOCKED"):
            return self._memory.state(what, LockSaid(LockState.LOCKED if said == "LOCKED" else LockState.UNLOCKED))
        if what == "door" and said in ("ON", "OFF"):
            return self._memory.state("leaf", ContactSaid(open=said == "ON"))
        return (Warned("tampered"),) if what == "tamper" and said == "ON" else ()

    def _access(self, body: Mapping[str, Any], mono_ms: int) -> tuple[Told, ...]:
        """With several relays `access` is a list: who opened one of them passed."""
        said = body.get("access")
        words = said if isinstance(said, list) else [said]
        opened = any(word in _OPENED for word in words if isinstance(word, str))
        uid = str(body.get("uid", "")).strip().lower()[:LONGEST_UID]
        # `opendoor` is told as an access by the user MQTT with a blank for a card.
        means = Means.CARD if uid else Means.NETWORK
        code = "" if opened else str(words[0] if words else "")
        at_s = _whole(body.get("time"))
        return self._memory.happening(Passed(opened, means, uid, code, at_s), mono_ms, key=(uid, opened, at_s))

    def _event(self, body: Mapping[str, Any]) -> tuple[Told, ...]:
        told = _DESCRIBED.get(str(body.get("desc")))
        if told is None:
            return ()
        return self._memory.state("leaf", told) if isinstance(told, ContactSaid) else (told,)


def _listed(body: Mapping[str, Any]) -> CardListed | None:
    """A stored card, whoever stored it: over MQTT it says adduser, from its own pages userfile."""
    if "userfile" not in (body.get("command"), body.get("cmd")) and body.get("cmd") != "adduser":
        return None
    try:
        return CardListed(str(body["uid"]), int(body.get("validsince", 0)), int(body.get("validuntil", 0)))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _whole(said: object) -> int | None:
    """It sends numbers as numbers or as texts."""
    try:
        found = int(said) if isinstance(said, (int, str)) else -1
    except ValueError:
        return None
    return found if 0 <= found < 1 << 53 else None
