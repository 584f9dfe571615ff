"""The record that gives a controller its keys (door-protocol.md 2.4). It holds secrets: never log it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a controller connects; client id and user name are its door id."""

    host: str
    port: int
    tls: bool = False
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Provisioning:
    """All that a controller must be given before it is hung on the wall. Keys are 32 bytes, `service_keys` public."""

    door: str
    link_kid: str
    link_key: bytes
    credential_key: bytes
    service_keys: Mapping[str, bytes]
    broker: BrokerAddress | None = None

    def line(self) -> str:
        """One line of JSON, without the line end."""
        record: dict[str, object] = {
            "v": 1,
            "door": self.door,
            "link_kid": self.link_kid,
            "link_key": self.link_key.hex(),
            "credential_key": self.credential_key.hex(),
            "service_keys": {kid: key.hex() for kid, key in self.service_keys.items()},
        }
        if self.broker:
            record["broker"] = {name: getattr(self.broker, name) for name in self.broker.__slots__}
        return json.dumps(record, separators=(",", ":"))
