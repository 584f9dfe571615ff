"""A service made for the tests: signs what a door believes, and reads what a door says. And doors without a network."""

import random
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim import canonical
from firmware_sim.codec import TO_DOOR, Envelope, list_hash, open_from_door, topic_of
from firmware_sim.controller import Controller
from firmware_sim.credentials import card_text, credential_hash, pin_text
from firmware_sim.effects import Append, Effect, Publish, Release, Save, SetRtc
from firmware_sim.provisioning import Record, record

DOOR = "hall-a"
SEED = bytes(range(32))
LINK_KEY = b"\x11" * 32
CREDENTIAL_KEY = b"\x22" * 32
NOW = 1764324000
CARD = credential_hash(CREDENTIAL_KEY, card_text("62E3086CED"))
OTHER_CARD = credential_hash(CREDENTIAL_KEY, card_text("0000000001"))
PIN = credential_hash(CREDENTIAL_KEY, pin_text("493817"))
WRONG_PIN = credential_hash(CREDENTIAL_KEY, pin_text("000000"))
NONCE = "00" * 16


def service_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(SEED)


def provisioned(door: str = DOOR, **sim: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "door": door,
        "link_kid": "link-1",
        "link_key": LINK_KEY.hex(),
        "credential_key": CREDENTIAL_KEY.hex(),
        "service_keys": {"svc-1": service_key().public_key().public_bytes_raw().hex()},
        **({"sim": sim} if sim else {}),
    }


def a_record(door: str = DOOR, **sim: Any) -> Record:
    return record(provisioned(door, **sim))


def signed(ending: str, body: Mapping[str, Any], *, key: Ed25519PrivateKey | None = None, **fields: Any) -> bytes:
    """A payload of the service. `fields` replace those of the envelope."""
    unsigned = {
        "v": 1,
        "kid": "svc-1",
        "topic": topic_of(DOOR, ending),
        "counter": 0,
        "iat": NOW,
        "exp": NOW + 10,
        "nonce": NONCE,
        "body": dict(body),
        **fields,
    }
    sig = (key or service_key()).sign(TO_DOOR + canonical.encode(unsigned))
    return canonical.encode({**unsigned, "sig": sig.hex()})


def right(name: str = "r-1", **changes: Any) -> dict[str, Any]:
    return {
        "id": name,
        "cred": CARD,
        "kind": "card",
        "from": NOW,
        "until": NOW + 7200,
        "flags": [],
        "holder": "h-1",
        "uses": None,
        **changes,
    }


def a_list(version: int = 1, *rights: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "epoch": 1,
        "version": version,
        "issued": NOW - 86400,
        "not_after": NOW + 172800,
        "unlock_s": 5,
        "held_open_s": 60,
        "rights": list(rights or (right(), right("r-2", cred=PIN, kind="pin"))),
        "rules": {"apb": None, "factors": 1, "interlock": False, "two_person_s": 0, "long_open_s": 600},
        "free": [],
        "pages": None,
        **changes,
    }


def paged(version: int, *portions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"epoch": 1, "version": version, "page": number, "rights": rights}
        for number, rights in enumerate(portions, start=1)
    ]


def with_rules(**rules: Any) -> dict[str, Any]:
    return {"rules": {"apb": None, "factors": 1, "interlock": False, "two_person_s": 0, "long_open_s": 600, **rules}}


def free_between(*windows: tuple[int, int, bool]) -> dict[str, Any]:
    return {"free": [dict(zip(("from", "until", "first_in"), window, strict=True)) for window in windows]}


def desired(body: Mapping[str, Any], **fields: Any) -> bytes:
    return signed(
        "desired", body, **{"counter": body["version"], "iat": body["issued"], "exp": body["not_after"], **fields}
    )


class Bench:
    """A controller with its memory as a dictionary, everything it asked for in `effects`, and a clock to turn."""

    def __init__(self, *, synced: bool = True, **sim: Any) -> None:
        self.record = a_record(**sim)
        self.files: dict[str, bytes] = {}
        self.effects: list[Effect] = []
        self.mono_ms = 0
        self.dice = random.Random(7)
        self.counter = 0
        self.start()
        if synced:
            self.controller.hear_ntp(NOW * 1000, 0)

    def start(self, *, rtc_ms: int | None = None) -> None:
        """Power comes (back)."""
        self.mono_ms = 0
        self.controller = Controller(self.record, dict(self.files), self.perform, dice=self.dice, rtc_ms=rtc_ms)

    def perform(self, effect: Effect) -> None:
        self.effects.append(effect)
        if isinstance(effect, Save):
            self.files[effect.name] = effect.content
        elif isinstance(effect, Append):
            self.files[effect.name] = self.files.get(effect.name, b"") + effect.line + b"\n"

    def later(self, seconds: float) -> None:
        """Time passes; everything due on the way happens when it is due."""
        end_ms = self.mono_ms + int(seconds * 1000)
        while (due_ms := self.controller.due_ms()) <= end_ms:
            self.mono_ms = max(self.mono_ms, due_ms)
            self.controller.tick(self.mono_ms)
        self.mono_ms = end_ms

    def connect(self) -> None:
        self.controller.will(self.mono_ms)
        self.controller.connected(self.mono_ms)

    def receive(self, ending: str, payload: bytes, *, retained: bool = False) -> None:
        self.controller.receive(topic_of(DOOR, ending), payload, self.mono_ms, retained=retained)

    def give(self, body: Mapping[str, Any], **fields: Any) -> None:
        self.receive("desired", desired(body, **fields), retained=True)

    def give_pages(self, body: Mapping[str, Any], *portions: list[dict[str, Any]]) -> None:
        """A list whose rights come on pages, all of them."""
        pages = paged(body["version"], *portions)
        self.give({**body, "rights": [], "pages": [list_hash(page) for page in pages]})
        for page in pages:
            self.give_page(body, page)

    def give_page(self, body: Mapping[str, Any], page: Mapping[str, Any]) -> None:
        fields = {"counter": body["version"], "iat": body["issued"], "exp": body["not_after"]}
        ending = f"desired/{page['page']}"
        self.receive(ending, signed(ending, page, topic=topic_of(DOOR, ending), **fields), retained=True)

    def order(self, mode: str, version: int = 1, **fields: Any) -> None:
        body = {"epoch": 1, "version": version, "issued": NOW, "mode": mode}
        self.receive("mode", signed("mode", body, **{"counter": version, "exp": 2**53 - 1, **fields}), retained=True)

    def command(self, body: Mapping[str, Any], *, retained: bool = False, **fields: Any) -> None:
        self.counter += 1
        now = self.controller.clock.at_ms(self.mono_ms) // 1000
        envelope = {"counter": self.counter, "iat": now, "exp": now + 10, **fields}
        self.receive("cmd", signed("cmd", body, **envelope), retained=retained)

    def ack(self, boot_epoch: int, seq: int) -> None:
        self.receive("ev/ack", signed("ev/ack", {"boot_epoch": boot_epoch, "seq": seq}))

    @property
    def challenge(self) -> str:
        return str(self.controller.reported(self.mono_ms)["challenge"])

    def published(self, ending: str) -> list[Envelope]:
        """Everything sent so far on a topic, its signatures checked."""
        topic = topic_of(DOOR, ending)
        return [
            open_from_door(effect.payload, topic, retained=effect.retain, keys={"link-1": LINK_KEY})
            for effect in self.effects
            if isinstance(effect, Publish) and effect.topic == topic
        ]

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        return [event for event in self.controller.log.held() if kind in (None, event["kind"])]

    def releases(self) -> list[int]:
        return [effect.until_ms for effect in self.effects if isinstance(effect, Release)]

    def rtc_ms(self) -> int | None:
        return next((effect.at_ms for effect in reversed(self.effects) if isinstance(effect, SetRtc)), None)


def open_for(unlock_s: int = 5, command: str = "c-1") -> dict[str, Any]:
    return {"cmd": "open", "id": command, "unlock_s": unlock_s, "reason": "phone", "override": False}


def set_time(at_ms: int, command: str = "t-1") -> dict[str, Any]:
    return {"cmd": "set_time", "id": command, "at_ms": at_ms}
