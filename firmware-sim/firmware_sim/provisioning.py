"""How keys get into a controller: provisioning records (door-protocol.md 2.4), and what only a simulated door has."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware_sim import shapes


class BadRecord(ValueError):
    """A provisioning record that says too little, too much or the wrong thing; its text names door and field."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where to connect. `password` None: the broker takes anybody."""

    host: str
    port: int
    tls: bool = False
    user: str | None = None
    password: str | None = None
    ca: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One door. `contact` and what follows: of the simulated hardware."""

    door: str
    link_kid: str
    link_key: bytes
    credential_key: bytes
    service_keys: Mapping[str, bytes]
    broker: Broker | None = None
    contact: bool = True
    rtc: bool = True
    drift_ppm: int = 0
    events: int = 10_000
    rights: int = shapes.ALL_RIGHTS_AT_MOST
    flash: int | None = None
    page: int = 0
    fire: bool = True
    interlock: bool = True
    rex: bool = True


def read(path: Path) -> list[Record]:
    """JSON Lines, one object for each door; or a JSON array of the same objects. Raises BadRecord, OSError."""
    text = path.read_text()
    try:
        found = json.loads(text) if text.lstrip().startswith("[") else [json.loads(x) for x in text.splitlines() if x]
    except ValueError as error:
        raise BadRecord(f"{path.name}: {error}") from error
    records = [record(entry) for entry in found]
    if len({door.door for door in records}) != len(records):
        raise BadRecord(f"{path.name}: a door twice")
    return records


_SIM: dict[str, shapes.Test] = {
    "contact": lambda value: isinstance(value, bool),
    "rtc": lambda value: isinstance(value, bool),
    "drift_ppm": shapes.integer(-100_000, 100_000),
    "events": shapes.integer(200, 1_000_000),
    "rights": shapes.integer(1, shapes.ALL_RIGHTS_AT_MOST),
    "flash": shapes.integer(20_000),
    "page": lambda value: value == 0 or shapes.integer(4096, 262_144)(value),
    "fire": shapes.boolean,
    "interlock": shapes.boolean,
    "rex": shapes.boolean,
}
_FIELDS: dict[str, shapes.Test] = {
    "v": shapes.integer(1, 1),
    "door": shapes.door_id,
    "link_kid": shapes.kid,
    "link_key": shapes.hex64,
    "credential_key": shapes.hex64,
    "service_keys": lambda value: (
        isinstance(value, dict)
        and bool(value)
        and all(shapes.kid(kid) and shapes.hex64(key) for kid, key in value.items())
    ),
}
_BROKER: dict[str, shapes.Test] = {
    "host": lambda value: isinstance(value, str) and bool(value),
    "port": shapes.integer(1, 65535),
    "tls": lambda value: isinstance(value, bool),
    "password": lambda value: value is None or isinstance(value, str),
}


def record(entry: object) -> Record:
    """One provisioning record; the extra object `sim` (all keys optional) describes the hardware."""
    if not isinstance(entry, dict):
        raise BadRecord("a record is a JSON object")
    name = str(entry.get("door", "?"))
    _expect(name, {k: v for k, v in entry.items() if k not in ("broker", "sim")}, _FIELDS)
    sim = entry.get("sim", {})
    _expect(f"{name} sim", sim, {k: test for k, test in _SIM.items() if k in sim})
    return Record(
        door=name,
        link_kid=entry["link_kid"],
        link_key=bytes.fromhex(entry["link_key"]),
        credential_key=bytes.fromhex(entry["credential_key"]),
        service_keys={kid: bytes.fromhex(key) for kid, key in entry["service_keys"].items()},
        broker=_broker(name, entry.get("broker")),
        **sim,
    )


def generated(count: int, service_keys: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Records for new doors `sim-0001` and so on, with random keys."""
    return [
        {
            "v": 1,
            "door": f"sim-{n:04d}",
            "link_kid": "link-1",
            "link_key": secrets.token_hex(32),
            "credential_key": secrets.token_hex(32),
            "service_keys": {kid: key.hex() for kid, key in service_keys.items()},
        }
        for n in range(1, count + 1)
    ]


def _broker(name: str, entry: object) -> Broker | None:
    if entry is None:
        return None
    if not isinstance(entry, dict):
        raise BadRecord(f"{name}: broker is no object")
    _expect(f"{name} broker", entry, _BROKER)
    return Broker(entry["host"], entry["port"], entry["tls"], name, entry["password"])


def _expect(name: str, found: Mapping[str, object], fields: Mapping[str, shapes.Test]) -> None:
    for key in [*fields.keys() - found.keys(), *found.keys() - fields.keys()]:
        raise BadRecord(f"{name}: {key}: {'missing' if key in fields else 'unknown field'}")
    for key, fits in fields.items():
        if not fits(found[key]):
            raise BadRecord(f"{name}: {key}: wrong value")
