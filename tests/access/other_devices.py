"""Locks and relays of other makers that behave as their makers say."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.devices.esp_board import EspBoard


@dataclass
class Shelly:
    """A relay: answers over RPC, tells its output, keeps the time of an opening by itself."""

    topic: str = "shellyplus1-a8032abe54dc"
    broken: bool = False
    output: bool = False
    toggles: list[float] = field(default_factory=list)
    configured: bool = False

    @property
    def listens(self) -> str:
        return f"{self.topic}/rpc"

    def will(self) -> tuple[str, bytes]:
        return f"{self.topic}/online", b"false"

    def hello(self) -> list[tuple[str, bytes, bool]]:
        return [(f"{self.topic}/online", b"true", True), self._status()]

    def hear(self, payload: bytes) -> list[tuple[str, bytes, bool]]:
        asked = json.loads(payload)
        answer: dict[str, Any] = {"id": asked["id"], "src": self.topic, "dst": asked["src"]}
        if asked["method"] == "Switch.SetConfig":
            self.configured = asked["params"]["config"]["auto_off"]
            answer["result"] = {"restart_required": False}
            return [(f"{asked['src']}/rpc", json.dumps(answer).encode(), False)]
        if self.broken:
            answer["error"] = {"code": -103, "message": "Invalid argument"}
            return [(f"{asked['src']}/rpc", json.dumps(answer).encode(), False)]
        self.toggles.append(asked["params"]["toggle_after"])
        answer["result"] = {"was_on": self.output}
        self.output = True
        return [(f"{asked['src']}/rpc", json.dumps(answer).encode(), False), self._status()]

    def _status(self) -> tuple[str, bytes, bool]:
        return f"{self.topic}/status/switch:0", json.dumps({"id": 0, "output": self.output}).encode(), False


@dataclass
class HaLock:
    """A lock that announces itself; it stays open until it is told to lock."""

    topic: str = "homeassistant/lock/porch/front"
    broken: bool = False
    state: str = "LOCKED"
    heard: list[str] = field(default_factory=list)

    @property
    def listens(self) -> str:
        return "porch/set"

    def will(self) -> tuple[str, bytes]:
        return "porch/up", b"offline"

    def hello(self) -> list[tuple[str, bytes, bool]]:
        config = {"~": "porch", "cmd_t": "~/set", "stat_t": "~/state", "avty_t": "~/up"}
        up = ("porch/up", b"online", True)
        return [(f"{self.topic}/config", json.dumps(config).encode(), True), up, self._said()]

    def hear(self, payload: bytes) -> list[tuple[str, bytes, bool]]:
        self.heard.append(payload.decode())
        if not self.broken:
            self.state = {"UNLOCK": "UNLOCKED", "LOCK": "LOCKED"}[payload.decode()]
        return [self._said()]

    def _said(self) -> tuple[str, bytes, bool]:
        return "porch/state", self.state.encode(), True


@dataclass
class Nuki:
    """A lock with its own MQTT: numbers on topics, one answer at a time that names nothing."""

    topic: str = "nuki/3A4B5C6D"
    broken: bool = False
    state: int = 1
    heard: list[str] = field(default_factory=list)

    @property
    def listens(self) -> str:
        return f"{self.topic}/lockAction"

    def will(self) -> tuple[str, bytes]:
        return f"{self.topic}/connected", b"false"

    def hello(self) -> list[tuple[str, bytes, bool]]:
        return [(f"{self.topic}/connected", b"true", True), (f"{self.topic}/state", str(self.state).encode(), True)]

    def hear(self, payload: bytes) -> list[tuple[str, bytes, bool]]:
        self.heard.append(payload.decode())
        if self.broken:
            return [(f"{self.topic}/commandResponse", b"69", False)]
        self.state = {b"3": 5, b"2": 1}[payload]
        answer = (f"{self.topic}/commandResponse", b"0", False)
        return [answer, (f"{self.topic}/state", str(self.state).encode(), True)]


@dataclass
class Zigbee:
    """A keypad lock behind Zigbee2MQTT. `proof`: how it says that it took a code: action, stamps, users or nothing."""

    topic: str = "zigbee2mqtt/porch"
    broken: bool = False
    state: str = "LOCK"
    proof: str = "action"
    slots: dict[int, str] = field(default_factory=dict)
    deaf: int = 0
    heard: list[str] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def listens(self) -> str:
        return f"{self.topic}/set"

    def will(self) -> tuple[str, bytes]:
        return f"{self.topic}/availability", b"offline"

    def hello(self) -> list[tuple[str, bytes, bool]]:
        up = [
            ("zigbee2mqtt/bridge/state", b'{"state":"online"}', True),
            (f"{self.topic}/availability", b"online", True),
        ]
        return [*up, self._state()]

    def hear(self, payload: bytes) -> list[tuple[str, bytes, bool]]:
        body = json.loads(payload)
        if "state" in body:
            self.heard.append(body["state"])
            self.state = self.state if self.broken else body["state"]
            return [self._state()]
        if self.deaf:
            self.deaf -= 1
            return []
        slot, pin = body["pin_code"]["user"], body["pin_code"]["pin_code"]
        if pin is None:
            self.slots.pop(slot, None)
        else:
            self.slots[slot] = pin
        return self.proven(slot, held=pin is not None)

    def proven(self, slot: int, *, held: bool) -> list[tuple[str, bytes, bool]]:
        if self.proof == "action":
            body = {"action": "pin_code_added" if held else "pin_code_deleted", "action_user": slot}
            return [(self.topic, json.dumps({**self._known(), **body}).encode(), False)]
        if self.proof == "users":
            status = {"status": "enabled" if held else "available"}
            self.said["users"] = {**self.said.get("users", {}), str(slot): status}
            return [self._state()]
        if self.proof == "stamps":
            name = "last_successful_pincode_" + ("save" if held else "clear")
            self.said[name] = self.said.get(name, 1_700_000_000_000) + 1
            return [self._state()]
        return []

    def keyed(self, slot: int) -> list[tuple[str, bytes, bool]]:
        """Somebody typed the code of this slot."""
        self.state = "UNLOCK"
        body = {"action": "unlock", "action_user": slot, "action_source": 0, "action_source_name": "keypad"}
        return [(self.topic, json.dumps({**self._known(), **body}).encode(), False), self._state()]

    def _known(self) -> dict[str, Any]:
        return {"state": self.state, "lock_state": f"{self.state.lower()}ed", **self.said}

    def _state(self) -> tuple[str, bytes, bool]:
        return self.topic, json.dumps(self._known()).encode(), True


@dataclass
class Tasmota:
    """A relay that keeps its own time, and a Wiegand reader."""

    topic: str = "porch-reader"
    broken: bool = False
    pulses: list[str] = field(default_factory=list)
    on: bool = False

    @property
    def listens(self) -> str:
        return f"cmnd/{self.topic}/Backlog"

    def will(self) -> tuple[str, bytes]:
        return f"tele/{self.topic}/LWT", b"Offline"

    def hello(self) -> list[tuple[str, bytes, bool]]:
        return [(f"tele/{self.topic}/LWT", b"Online", True), self.power()]

    def hear(self, payload: bytes) -> list[tuple[str, bytes, bool]]:
        if not self.broken:
            self.pulses.append(payload.decode())
            self.on = True
        return [self.power()]

    def power(self) -> tuple[str, bytes, bool]:
        return f"stat/{self.topic}/RESULT", json.dumps({"POWER": "ON" if self.on else "OFF"}).encode(), False

    def card(self, number: int) -> list[tuple[str, bytes, bool]]:
        """Somebody shows a card with this Wiegand number."""
        said = {"Time": f"2026-11-24T18:00:{number % 60:02}", "Wiegand": {"UID": number, "Size": 26}}
        return [(f"tele/{self.topic}/SENSOR", json.dumps(said).encode(), False)]


@dataclass
class ByTemplate:
    """An ESPHome device as ESPHome names its topics, with a reader that publishes what it reads."""

    topic: str = "esphome-porch"
    broken: bool = False
    on: bool = False
    heard: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(
        default_factory=lambda: {"card_topic": "~/tag", "card_path": "uid", "card_form": "wiegand26-dec"}
    )

    @property
    def listens(self) -> str:
        return f"{self.topic}/switch/lock/command"

    def will(self) -> tuple[str, bytes]:
        return f"{self.topic}/status", b"offline"

    def hello(self) -> list[tuple[str, bytes, bool]]:
        return [(f"{self.topic}/status", b"online", True), self._state()]

    def hear(self, payload: bytes) -> list[tuple[str, bytes, bool]]:
        self.heard.append(payload.decode())
        self.on = self.on if self.broken else payload == b"ON"
        return [self._state()]

    def card(self, number: int) -> list[tuple[str, bytes, bool]]:
        return [(f"{self.topic}/tag", json.dumps({"uid": number}).encode(), False)]

    def _state(self) -> tuple[str, bytes, bool]:
        return f"{self.topic}/switch/lock/state", b"ON" if self.on else b"OFF", True


@dataclass
class NukiHub:
    """A lock behind the bridge: codes under numbers of its own, a list when asked, results that name nothing. `deaf`:
    so many code orders are not heard; `mute`: so many are done and not answered."""

    topic: str = "nuki"
    broken: bool = False
    state: str = "locked"
    heard: list[str] = field(default_factory=list)
    codes: dict[int, dict[str, Any]] = field(default_factory=dict)
    deaf: int = 0
    mute: int = 0
    _next: int = 100

    def listens_to(self, topic: str) -> bool:
        return topic in {f"{self.topic}/lock/{end}" for end in ("action", "keypad/actionJson", "query/keypad")}

    @property
    def listens(self) -> str:
        return f"{self.topic}/lock/action"

    def will(self) -> tuple[str, bytes]:
        return f"{self.topic}/maintenance/mqttConnectionState", b"offline"

    def hello(self) -> list[tuple[str, bytes, bool]]:
        up = (f"{self.topic}/maintenance/mqttConnectionState", b"online", True)
        return [up, (f"{self.topic}/lock/state", self.state.encode(), True)]

    def hear(self, payload: bytes) -> list[tuple[str, bytes, bool]]:
        self.heard.append(payload.decode())
        if payload == b"1":
            return [self.list()]
        if payload.startswith(b"{"):
            return self._code(json.loads(payload))
        self.state = self.state if self.broken else {b"unlatch": "unlatched", b"lock": "locked"}[payload]
        return [(f"{self.topic}/lock/state", self.state.encode(), True)]

    def list(self) -> tuple[str, bytes, bool]:
        rows = [{key: value for key, value in row.items() if key != "code"} for row in self.codes.values()]
        return f"{self.topic}/lock/keypad/json", json.dumps(rows).encode(), True

    def keyed(self, code_id: int, index: int = 1) -> list[tuple[str, bytes, bool]]:
        line = {"index": index, "type": "KeypadAction", "action": "Unlatch", "trigger": "code", "codeId": code_id}
        return [(f"{self.topic}/lock/rollingLog", json.dumps({**line, "completionStatus": "success"}).encode(), False)]

    def _code(self, asked: dict[str, Any]) -> list[tuple[str, bytes, bool]]:
        if self.deaf:
            self.deaf -= 1
            return []
        result = self._done(asked)
        if self.mute:
            self.mute -= 1
            return []
        return [(f"{self.topic}/lock/keypad/commandResultJson", result.encode(), True)]

    def _done(self, asked: dict[str, Any]) -> str:
        code_id = asked.get("codeId")
        if asked["action"] == "add":
            if any(row["code"] == asked["code"] for row in self.codes.values()):
                return "failed"  # the keypad refuses a code it has
            self._next += 1
            self.codes[self._next] = {"codeId": self._next, **{k: v for k, v in asked.items() if k != "action"}}
            return "success"
        if code_id not in self.codes:
            return "noExistingCodeIdSet"
        if asked["action"] == "check":
            return "codeValid" if self.codes[code_id]["code"] == asked["code"] else "codeInvalid"
        if asked["action"] == "delete":
            del self.codes[code_id]
        else:
            self.codes[code_id] |= {k: v for k, v in asked.items() if k not in ("action", "codeId")}
        return "success"


DEVICES: dict[str, Callable[[], Any]] = {"shelly": Shelly, "ha_lock": HaLock, "nuki": Nuki, "zigbee2mqtt": Zigbee}
DEVICES |= {"nuki_hub": NukiHub}
DEVICES |= {"tasmota": Tasmota, "by_template": ByTemplate, "esp_rfid": EspBoard}
