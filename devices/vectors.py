"""Test vectors of the door protocol: `python -m devices.vectors > docs/vectors/door-protocol.json`.

Expected answers are written by hand from docs/door-protocol.md; only signatures and hashes are computed.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devices import canonical
from devices.credentials import card, credential_hash, pin
from devices.envelope import Envelope, seal_to_door, seal_to_service
from devices.vector_cases import COMMANDS, LISTS, LOCKOUTS, MODES, NOT_CANONICAL, PAGE_RUNS, TRUST, UNCERTAINTIES
from devices.vector_decisions import DECISIONS, RUNS

SEED = bytes(range(32))
SERVICE = Ed25519PrivateKey.from_private_bytes(SEED)
STRANGER = Ed25519PrivateKey.from_private_bytes(b"\x77" * 32)
LINK_KEY = b"\x11" * 32
CREDENTIAL_KEY = b"\x22" * 32
DOOR, KID, LINK_KID = "hall-a", "svc-1", "link-1"
ISSUED, NOT_AFTER, FROM, UNTIL = 1764237600, 1764496800, 1764324000, 1764331200
RULES = {"apb": None, "factors": 1, "interlock": False, "two_person_s": 0, "long_open_s": 600}
MODE = {"epoch": 1, "version": 3, "issued": ISSUED, "mode": "lockdown"}
NONCE = "000102030405060708090a0b0c0d0e0f"

PRESENT = {"iat": ISSUED + 1, "exp": ISSUED + 86401, "nonce": "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"}

CARD = credential_hash(CREDENTIAL_KEY, card("em4100", 40, 0x62E3086CED))
PIN = credential_hash(CREDENTIAL_KEY, pin("493817"))

CREDENTIALS = (
    card("em4100", 40, 0x62E3086CED),
    card("em4100", 40, 0x1),
    card("wiegand", 26, 0b00110010100001111111111111),
    card("wiegand", 34, 0x22468ACF1),
    card("iso14443a", 56, 0x04A1B2C3D4E5F6),
    pin("493817"),
    pin("0000"),
)


def access_list(**changed: Any) -> dict[str, Any]:
    """The list of the worked example, with these keys changed."""
    right = {
        "id": "r-1",
        "cred": CARD,
        "kind": "card",
        "from": FROM,
        "until": UNTIL,
        "flags": [],
        "holder": "h-1",
        "uses": None,
    }
    body: dict[str, Any] = {
        "epoch": 1,
        "version": 17,
        "issued": ISSUED,
        "not_after": NOT_AFTER,
        "unlock_s": 5,
        "held_open_s": 60,
        "rights": [right],
        "rules": RULES,
        "free": [],
        "pages": None,
    }
    return {**body, **changed}


def envelope(end: str, body: dict[str, Any], **changed: Any) -> Envelope:
    """An envelope to or from hall-a."""
    to_door = end.partition("/")[0] in ("mode", "desired") or end in ("cmd", "ev/ack")
    fields: dict[str, Any] = {
        "kid": KID if to_door else LINK_KID,
        "topic": f"vuoro/v1/d/{DOOR}/{end}",
        "counter": 17 if to_door else 4294967298,
        "iat": ISSUED,
        "exp": NOT_AFTER,
        "nonce": NONCE,
        "body": body,
    }
    return Envelope(**{**fields, **changed})


def document() -> dict[str, Any]:
    """All vectors, in the sections that door-protocol.md 15 names."""
    return {
        "about": "Vectors of docs/door-protocol.md version 1. Keys are public and for tests only. See section 15.",
        "keys": _keys(),
        "canonical": _canonical(),
        "credentials": [_credential(text) for text in CREDENTIALS],
        "envelopes": [*_good_envelopes(), *_bad_envelopes(), *_bad_bodies()],
        "list_hash": {"body": access_list(), "hash": canonical.digest(access_list())},
        "lists": LISTS,
        "commands": COMMANDS,
        "modes": MODES,
        "trust": TRUST,
        "pages": _pages(),
        "decisions": DECISIONS,
        "decision_runs": RUNS,
        "lockout": LOCKOUTS,
        "events": _chain(),
        "time": UNCERTAINTIES,
    }


def _keys() -> dict[str, Any]:
    return {
        "door": DOOR,
        "link_kid": LINK_KID,
        "link_key": LINK_KEY.hex(),
        "credential_key": CREDENTIAL_KEY.hex(),
        "service_keys": {KID: SERVICE.public_key().public_bytes_raw().hex()},
        "service_private_seed": SEED.hex(),
    }


def _canonical() -> dict[str, Any]:
    values: list[dict[str, Any]] = [
        {},
        {"a": 1, "b": [True, False, None], "a_b": -1, "a1": {}},
        {"text": 'ä€😀/\x7f "\\ \b\t\n\f\r\x01\x1f'},
        {"largest": 9007199254740991, "smallest": -9007199254740991, "zero": 0},
        {"d": [[[[[[[]]]]]]]},
    ]
    accepted = [{"value": value, "text": canonical.encode(value).decode()} for value in values]
    return {"accepted": accepted, "refused": NOT_CANONICAL}


def _credential(text: str) -> dict[str, str]:
    return {"normal": text, "hash": credential_hash(CREDENTIAL_KEY, text)}


def _case(name: str, payload: bytes, *, topic: str, expect: str, at: str = "door", retained: bool = False) -> Any:
    return {
        "name": name,
        "receiver": at,
        "topic": topic,
        "retained": retained,
        "payload": payload.decode(),
        "expect": expect,
    }


def _good_envelopes() -> list[Any]:
    wanted = envelope("desired", access_list())
    command = envelope(
        "cmd", {"cmd": "open", "id": "c-1", "unlock_s": 5, "reason": "phone", "override": False}, exp=ISSUED + 10
    )
    ack = envelope("ev/ack", {"boot_epoch": 1, "seq": 50}, counter=0)
    page = envelope("desired/1", _page(18, 1), counter=18)
    mode = envelope("mode", MODE, counter=3, exp=canonical.LARGEST)
    present = envelope("online", {"online": True, "session": 4294967297}, **PRESENT)
    return [
        _case("list, retained", seal_to_door(wanted, SERVICE), topic=wanted.topic, retained=True, expect="ok"),
        _case("list, live", seal_to_door(wanted, SERVICE), topic=wanted.topic, expect="ok"),
        _case("open", seal_to_door(command, SERVICE), topic=command.topic, expect="ok"),
        _case("acknowledgement", seal_to_door(ack, SERVICE), topic=ack.topic, expect="ok"),
        _case("page, retained", seal_to_door(page, SERVICE), topic=page.topic, retained=True, expect="ok"),
        _case("mode, retained", seal_to_door(mode, SERVICE), topic=mode.topic, retained=True, expect="ok"),
        _case(
            "online", seal_to_service(present, LINK_KEY), topic=present.topic, at="service", retained=True, expect="ok"
        ),
    ]


def _bad_envelopes() -> list[Any]:
    good = envelope("desired", access_list())
    payload, topic = seal_to_door(good, SERVICE), good.topic
    command = envelope(
        "cmd", {"cmd": "open", "id": "c-1", "unlock_s": 5, "reason": "phone", "override": False}, exp=ISSUED + 10
    )
    present = envelope("online", {"online": True, "session": 4294967297}, **PRESENT)
    seen = seal_to_service(present, LINK_KEY)
    other = envelope("desired", access_list(), topic="vuoro/v1/d/hall-b/desired")
    return [
        _case("list of one door at another", payload, topic="vuoro/v1/d/hall-b/desired", expect="wrong_topic"),
        _case("list of another door at this one", seal_to_door(other, SERVICE), topic=topic, expect="wrong_topic"),
        _case("a version changed", payload.replace(b'"version":17', b'"version":18'), topic=topic, expect=BAD_SIG),
        _case("signed by a stranger", seal_to_door(good, STRANGER), topic=topic, expect=BAD_SIG),
        _case("unknown key", payload.replace(b"svc-1", b"svc-9"), topic=topic, expect="unknown_key"),
        _case("a space", payload.replace(b'"v":1', b'"v": 1'), topic=topic, expect="not_canonical"),
        _case("a key twice", payload.replace(b'"v":1}', b'"v":1,"v":1}'), topic=topic, expect="not_canonical"),
        _case("another version", payload.replace(b'"v":1}', b'"v":2}'), topic=topic, expect="bad_version"),
        _case("a key too many", payload.replace(b'"v":1}', b'"v":1,"x":1}'), topic=topic, expect="bad_envelope"),
        _case("signature too short", re.sub(rb'"sig":"..', b'"sig":"', payload), topic=topic, expect="bad_envelope"),
        _case("capital hex", payload.replace(b"0a0b0c0d0e0f", b"0A0b0c0d0e0f"), topic=topic, expect="bad_envelope"),
        _case("not JSON", b"hello", topic=topic, expect="not_canonical"),
        _case("too big", b"[" + b" " * 65536, topic=command.topic, expect="too_big"),
        _case("open, retained", seal_to_door(command, SERVICE), topic=command.topic, retained=True, expect="retained"),
        _case(
            "online with another key",
            seal_to_service(present, b"\x33" * 32),
            topic=present.topic,
            at=AT,
            expect=BAD_SIG,
        ),
        _case("online changed", seen.replace(b"true", b"false"), topic=present.topic, at=AT, expect=BAD_SIG),
    ]


def _window(starts: int, ends: int) -> dict[str, Any]:
    return {"from": starts, "until": ends, "first_in": False}


BAD_SIG, AT = "bad_signature", "service"


def _bad_bodies() -> list[Any]:
    right = access_list()["rights"][0]
    bodies: list[tuple[str, str, dict[str, Any], str]] = [
        ("window with equal ends", "desired", access_list(rights=[{**right, "until": FROM}]), "bad_body"),
        ("window with one end", "desired", access_list(rights=[{**right, "until": None}]), "bad_body"),
        ("unknown flag", "desired", access_list(rights=[{**right, "flags": ["vip"]}]), "bad_body"),
        ("right twice", "desired", access_list(rights=[right, right]), "bad_body"),
        ("rights out of order", "desired", access_list(rights=[{**right, "id": "r-2"}, right]), "bad_body"),
        ("version zero", "desired", access_list(version=0), "bad_body"),
        ("not_after at issued", "desired", access_list(not_after=ISSUED), "bad_body"),
        ("a key too many in a list", "desired", access_list(zone="Europe/Helsinki"), "bad_body"),
        ("flags out of order", "desired", access_list(rights=[{**right, "flags": ["first_in", "duress"]}]), "bad_body"),
        ("no uses at all", "desired", access_list(rights=[{**right, "uses": 0}]), "bad_body"),
        ("a holder with a name", "desired", access_list(rights=[{**right, "holder": "Maija M"}]), "bad_body"),
        ("three factors", "desired", access_list(rules={**RULES, "factors": 3}), "bad_body"),
        ("two people within 4 s", "desired", access_list(rules={**RULES, "two_person_s": 4}), "bad_body"),
        ("free windows overlap", "desired", access_list(free=[_window(0, 20), _window(19, 30)]), "bad_body"),
        ("rights here and on pages", "desired", access_list(pages=["a" * 64]), "bad_body"),
        ("no pages at all", "desired", access_list(rights=[], pages=[]), "bad_body"),
        ("page nought", "desired/1", {**_page(18, 1), "page": 0}, "bad_body"),
        ("page 2 on the topic of page 1", "desired/1", _page(18, 2), "bad_body"),
        ("unknown mode", "mode", {**MODE, "mode": "party"}, "bad_body"),
        ("open without override", "cmd", {"cmd": "open", "id": "c-1", "unlock_s": 5, "reason": "phone"}, "bad_body"),
        ("trust half a key", "cmd", {"cmd": "trust", "id": "c-1", "kid": "svc-2", "key": "aa"}, "bad_body"),
        (
            "unlock for ever",
            "cmd",
            {"cmd": "open", "id": "c-1", "unlock_s": 601, "reason": "phone", "override": False},
            "bad_body",
        ),
        (
            "true is no number",
            "cmd",
            {"cmd": "open", "id": "c-1", "unlock_s": True, "reason": "phone", "override": False},
            "bad_body",
        ),
        ("command without id", "cmd", {"cmd": "set_time", "at_ms": 0}, "bad_body"),
        ("unknown command", "cmd", {"cmd": "explode", "id": "c-1"}, "unknown_command"),
    ]
    sealed = [(name, envelope(end, body), expect) for name, end, body, expect in bodies]
    return [_case(name, seal_to_door(each, SERVICE), topic=each.topic, expect=expect) for name, each, expect in sealed]


def _pages() -> dict[str, Any]:
    """A list in two pages, another version of it, and what a door makes of them in any order (7.7)."""
    messages: dict[str, Any] = {}
    for version, name in ((18, ""), (19, "next ")):
        parts = [_page(version, n) for n in (1, 2)]
        hashes = [canonical.digest(part) for part in parts]
        messages[f"{name}head"] = access_list(version=version, rights=[], pages=hashes)
        messages |= {f"{name}page {n}": part for n, part in enumerate(parts, start=1)}
    messages["page 2 of another"] = {**messages["page 2"], "rights": messages["page 1"]["rights"]}
    named = {name: canonical.digest(body) for name, body in messages.items()}
    return {"messages": messages, "hashes": named, "runs": PAGE_RUNS}


def _page(version: int, page: int) -> dict[str, Any]:
    right = access_list()["rights"][0]
    rights = [{**right, "id": f"p-{page}{n}"} for n in (1, 2, 3)]
    return {"epoch": 1, "version": version, "page": page, "rights": rights}


def _chain() -> list[Any]:
    drafts: list[dict[str, Any]] = [
        {"kind": "boot", "firmware": "sim-1", "previous": None},
        {"kind": "list_applied", "list": {"epoch": 1, "version": 17}, "hash": canonical.digest(access_list())},
        {
            "kind": "granted",
            "medium": "card",
            "cred": CARD,
            "reason": "granted",
            "right": "r-1",
            "list": {"epoch": 1, "version": 17},
            "reader": "in",
            "notes": [],
        },
        {"kind": "door_opened"},
        {"kind": "door_closed"},
    ]
    chained: list[Any] = []
    prev = "0" * 64
    for seq, draft in enumerate(drafts, start=1):
        common = {"boot_epoch": 1, "seq": seq, "at": FROM + seq, "mono_ms": 1000 * seq, "clock": "synced", "prev": prev}
        event = {**common, **draft}
        prev = canonical.digest(event)
        chained.append({"event": event, "hash": prev})
    return chained


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=1, ensure_ascii=False) + "\n")
