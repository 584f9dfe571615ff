"""A stand-in for an ESP-RFID board, written from the description of its firmware and not from our code.

It keeps a file for each card, decides in the firmware's order, answers without saying to what, tells nothing while it
is away, and has the traps: a clock that begins at 0 after a power cut, a list without an end, and so on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

ALWAYS_OPEN = ("1" * 24,) * 7
Said = tuple[str, bytes, bool]


@dataclass
class EspBoard:
    """`now`: its clock, Unix seconds. `hours`: 7 texts of 24 characters, Monday first, in local time (`zone_s`)."""

    topic: str = "site/porch"
    ip: str = "192.168.1.20"
    home_assistant: bool = True
    broken: bool = False
    now: int = 0
    zone_s: int = 7200
    hours: tuple[str, ...] = ALWAYS_OPEN
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    open: bool = False
    wifi_by_admin: bool = False
    deaf: int = 0  # so many commands never reach it
    mute: int = 0  # so many answers are lost
    heard: list[str] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        """What a door with it is told."""
        return {"doorip": self.ip}

    @property
    def listens(self) -> str:
        return f"{self.topic}/cmd"

    def will(self) -> tuple[str, bytes]:
        return f"{self.topic}/avty", b"offline"

    def hello(self) -> list[Said]:
        boot = self._send({"type": "boot", "time": self.now, "uptime": "0", **self._self()})
        return [*boot, *self._available(), *self._lock()]

    def heartbeat(self, uptime: int = 180) -> list[Said]:
        return self._send({"type": "heartbeat", "time": self.now, "uptime": str(uptime), **self._self()})

    def hear(self, payload: bytes) -> list[Said]:
        """A command, dropped without a word where it is not for this board."""
        if self.deaf:
            self.deaf -= 1
            return []
        assert len(payload) <= 2048
        body = json.loads(payload)
        if body.get("doorip") != self.ip:
            return []
        self.heard.append(body["cmd"])
        said = self._obey(body)
        if said and self.mute:
            self.mute -= 1
            return []
        return said

    def show(self, uid: str, pin: str = "") -> tuple[str, list[Said]]:
        """A card held before the reader: the decision, and what is told of it."""
        access = self.decide(uid, pin)
        name = self.files.get(uid, {}).get("user", "")
        known = str(uid in self.files).lower()
        body = {"time": self.now, "access": access, "username": name, "uid": uid, "doorName": "porch"}
        if access in ("Always", "Admin"):
            self.open, self.wifi_by_admin = True, access == "Admin"
        if self.home_assistant:
            return access, [(f"{self.topic}/tag", json.dumps(body).encode(), False), *self._lock()]
        return access, self._send({"type": "access", "isKnown": known, "hostname": "porch", **body})

    def decide(self, uid: str, pin: str = "") -> str:
        """File; PIN; kind; window, both ends counted in; the table of hours. An admin passes always."""
        file = self.files.get(uid)
        if file is None:
            return "Denied"
        if file.get("pincode", "") != pin:
            return "Wrong pin code"
        if int(file["acctype"]) == 99:
            return "Admin"
        if int(file["acctype"]) != 1:
            return "Disabled"
        if int(file["validuntil"]) < self.now or int(file["validsince"]) > self.now:
            return "Expired"
        local = self.now + self.zone_s
        day, hour = (local // 86_400 + 3) % 7, local // 3600 % 24  # 1.1.1970 was a Thursday
        return "Always" if self.hours[day][hour] == "1" else "Disabled"

    def told(self, desc: str, kind: str = "INFO", src: str = "door") -> list[Said]:
        body = {
            "type": kind,
            "src": src,
            "desc": desc,
            "data": "",
            "time": self.now,
            "cmd": "event",
            "hostname": "porch",
        }
        return self._send(body)

    def power_cut(self) -> list[Said]:
        """Files stay in its flash, the clock begins anew until it is set over the network."""
        self.now, self.open = 3, False
        return self.hello()

    def _obey(self, body: dict[str, Any]) -> list[Said]:
        match body["cmd"]:
            case "adduser":
                self.files[body["uid"]] = body
            case "deletuid":
                self.files.pop(body["uid"], None)
            case "deletusers":
                self.files.clear()
            case "getuserlist":
                return [each for file in self.files.values() for each in self._send(file)]
            case "opendoor":
                return self._opened()
            case _:
                return []
        return self._send({"type": body["cmd"], **self._self()})

    def _opened(self) -> list[Said]:
        if self.broken:
            return []
        self.open = True
        body = {"time": self.now, "access": "Always", "username": "MQTT", "uid": " ", "doorName": "porch"}
        if self.home_assistant:
            return [(f"{self.topic}/tag", json.dumps(body).encode(), False), *self._lock()]
        return self._send({"type": "access", "isKnown": "true", "hostname": "porch", **body})

    def _self(self) -> dict[str, Any]:
        return {"ip": self.ip, "hostname": "porch"}

    def _send(self, body: dict[str, Any]) -> list[Said]:
        return [(f"{self.topic}/send", json.dumps(body).encode(), False)]

    def _available(self) -> list[Said]:
        return [(f"{self.topic}/avty", b"online", True)] if self.home_assistant else []

    def _lock(self) -> list[Said]:
        if not self.home_assistant:
            return []
        return [(f"{self.topic}/io/lock1", b"UNLOCKED" if self.open else b"LOCKED", False)]
