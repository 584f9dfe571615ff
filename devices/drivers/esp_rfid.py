"""ESP-RFID controllers (branch dev, 2.0) over MQTT: cards with a beginning and an end, decided by the board. Pure.

What its firmware does otherwise than one would think, and what is done about it here (docs/drivers.md):
1. a clock that was never set lets expired cards in when they begin at 0: a beginning of 0 is never sent;
2. answers name no card: one command at a time, sent again after 5 s, which is safe;
3. events are lost while it is away: its log has holes, and the registry says so;
4. commands sent while it is away are gone: after each `boot` the whole list is sent again;
5. `getuserlist` gives files as they were stored, with no end mark: 3 s of silence end it;
6. `close` presses a momentary relay again: it is never sent;
7. `deletuid` without uid deletes what happens to lie in memory, and acctype 99 is a master key: neither can be made.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devices.drivers.told import (
    Acknowledged,
    ContactSaid,
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
LONGEST_COMMAND, LONGEST_UID, LONGEST_NAME = 2048, 19, 63
_UID = re.compile(r"[0-9a-f]{2,19}\Z")
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


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of `getuserlist`: the card and its window as the board has them, in Unix seconds."""

    uid: str
    since: int
    until: int


@dataclass(slots=True)
class EspRfid:
    """One board. `base` is its topic, `address` its IPv4: it drops whatever names another."""

    base: str
    address: str
    _memory: Memory = field(default_factory=Memory)

    @property
    def topics(self) -> tuple[str, ...]:
        """What to subscribe to."""
        return (f"{self.base}/send", f"{self.base}/avty")

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

    def remove_all(self) -> Outgoing:
        """All cards taken from the board."""
        return self._command("deletusers", {})

    def ask_list(self) -> Outgoing:
        """Asks for all cards; they come one by one as `Listed`, and 3 s of silence are their end."""
        return self._command("getuserlist", {})

    def release(self) -> Outgoing:
        """Opens for as long as the board is set to. It does not answer; an access event by MQTT comes."""
        return self._command("opendoor", {})

    def feed(self, topic: str, payload: bytes, *, retained: bool, mono_ms: int) -> tuple[Told | Listed, ...]:
        """What a message on one of `topics` says. Only availability is ever meant to be retained."""
        if topic == f"{self.base}/avty":
            return self._availability(plain(payload))
        if topic != f"{self.base}/send" or retained:
            return ()
        body = json_object(payload)
        if body is None:
            return (Unread("json"),)
        if body.get("ip", body.get("doorip", self.address)) != self.address:
            return ()  # several boards may share one topic
        return self._said(body, mono_ms)

    def _command(self, cmd: str, body: Mapping[str, Any]) -> Outgoing:
        payload = dumps({"cmd": cmd, "doorip": self.address, **body})
        if len(payload) > LONGEST_COMMAND:
            raise ValueError("does not fit")
        return Outgoing(f"{self.base}/cmd", payload, retain=False)

    def _availability(self, said: str) -> tuple[Told, ...]:
        if said not in ("online", "offline"):
            return (Unread("availability"),)
        return self._memory.state("online", Reachable(online=said == "online"))

    def _said(self, body: Mapping[str, Any], mono_ms: int) -> tuple[Told | Listed, ...]:
        kind = str(body.get("type"))
        if kind in _ANSWERS:
            return (Acknowledged("", ok=True, code=kind),)
        if kind == "boot":
            return (*self._memory.state("online", Reachable(online=True)), Restarted())
        if kind == "heartbeat":
            return self._memory.state("online", Reachable(online=True))
        if kind == "access":
            return self._access(body, mono_ms)
        if kind in ("INFO", "WARN", "ERRO"):
            return self._event(body)
        listed = _listed(body)
        return (listed,) if listed else (Unread("type"),)

    def _access(self, body: Mapping[str, Any], mono_ms: int) -> tuple[Told, ...]:
        """With several relays `access` is a list: who opened one of them passed."""
        said = body.get("access")
        words = said if isinstance(said, list) else [said]
        opened = any(word in _OPENED for word in words if isinstance(word, str))
        uid = str(body.get("uid", "")).strip().lower()[:LONGEST_UID]
        # `opendoor` is told as an access by the user MQTT with a blank for a card.
        means = Means.CARD if uid else Means.NETWORK
        code = "" if opened else str(words[0] if words else "")
        return self._memory.happening(Passed(opened, means, uid, code), mono_ms, key=(uid, opened, body.get("time")))

    def _event(self, body: Mapping[str, Any]) -> tuple[Told, ...]:
        told = _DESCRIBED.get(str(body.get("desc")))
        if told is None:
            return ()
        return self._memory.state("leaf", told) if isinstance(told, ContactSaid) else (told,)


def _listed(body: Mapping[str, Any]) -> Listed | None:
    """A stored card, whoever stored it: over MQTT it says adduser, from its own pages userfile."""
    if "userfile" not in (body.get("command"), body.get("cmd")) and body.get("cmd") != "adduser":
        return None
    try:
        return Listed(str(body["uid"]), int(body.get("validsince", 0)), int(body.get("validuntil", 0)))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


@dataclass(slots=True)
class OneAtATime:
    """Commands to a board that answers without saying to what: the next goes out when the last was answered, or was
    sent again after 5 s in vain. Times are milliseconds of a clock that never jumps."""

    tries: int = 3
    waiting: deque[tuple[str, Outgoing]] = field(default_factory=deque)
    _sent_ms: int | None = None
    _sent: int = 0

    def ask(self, answer: str, command: Outgoing) -> None:
        """A command and the word its answer will carry."""
        self.waiting.append((answer, command))

    def due(self, mono_ms: int) -> Outgoing | None:
        """What to publish now. A command that was never answered is given up and the next one's turn has come."""
        if not self.waiting or (self._sent_ms is not None and mono_ms - self._sent_ms < ANSWER_WAIT_MS):
            return None
        if self._sent >= self.tries:
            self._next()
            return self.due(mono_ms)
        self._sent_ms, self._sent = mono_ms, self._sent + 1
        return self.waiting[0][1]

    def answered(self, answer: str) -> bool:
        """Whether this answer was waited for; it counts for the command under way and for no other."""
        if self._sent_ms is None or not self.waiting or self.waiting[0][0] != answer:
            return False
        self._next()
        return True

    def _next(self) -> None:
        self.waiting.popleft()
        self._sent_ms, self._sent = None, 0
