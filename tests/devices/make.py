"""Door, service and events built with the public keys of the vectors."""

from collections.abc import Mapping
from typing import Any

from devices import canonical
from devices.envelope import Envelope, seal_to_service
from devices.events import FIRST_PREV, Event, parse_event
from devices.link import DoorLink, SigningKey, topic_of
from devices.vectors import CARD, DOOR, KID, LINK_KEY, LINK_KID, NONCE, SERVICE

AT = 1764324000
KEYS = {KID: SERVICE.public_key()}
LINK_KEYS = {LINK_KID: LINK_KEY}


def link(**changed: Any) -> DoorLink:
    return DoorLink(**{"door": DOOR, "link_keys": LINK_KEYS, "signing": SigningKey(KID, SERVICE), **changed})


def from_door(end: str, body: Mapping[str, Any], *, counter: int = 1 << 32, door: str = DOOR) -> tuple[str, bytes]:
    """Topic and payload as the door would publish them."""
    topic = topic_of(door, end)
    return topic, seal_to_service(Envelope(LINK_KID, topic, counter, AT, AT + 86400, NONCE, body), LINK_KEY)


def reported(**changed: Any) -> dict[str, Any]:
    clock = {"at_ms": AT * 1000, "source": "service", "state": "synced", "synced_at": AT - 60, "uncertainty_s": 0}
    body: dict[str, Any] = {
        "list": {"applied_at": AT - 30, "epoch": 1, "hash": "0" * 64, "version": 17},
        "refused": None,
        "clock": clock,
        "queue": {"length": 0, "oldest": None},
        "challenge": "c" * 32,
        "command_counter": 0,
        "boot_epoch": 1,
        "mono_ms": 60_000,
        "firmware": "sim-1",
        "contact": "closed",
        "lock": "locked",
        "lockout_s": 0,
        "limits": {"events": 10_000, "rights": 1500, "page": 0},
        "mode": None,
        "inputs": {"fire": "none", "interlock": "none", "rex": "none"},
        "armed": False,
        "kids": [KID],
    }
    return {**body, **changed}


def events(*kinds: str, boot_epoch: int = 1, first_seq: int = 1, prev: str = FIRST_PREV) -> list[Event]:
    """A chain of events of these kinds."""
    facts: dict[str, dict[str, Any]] = {
        "boot": {"firmware": "sim-1", "previous": None},
        "skip": {"first_seq": 1, "last_seq": 1},
        "granted": {
            "medium": "card",
            "cred": CARD,
            "reason": "granted",
            "right": "r-1",
            "list": None,
            "reader": "in",
            "notes": [],
        },
    }
    chain: list[Event] = []
    for seq, kind in enumerate(kinds, start=first_seq):
        raw = {
            "boot_epoch": boot_epoch,
            "seq": seq,
            "kind": kind,
            "at": AT + seq,
            "mono_ms": seq * 1000,
            "clock": "synced",
            "prev": prev,
            **facts.get(kind, {}),
        }
        chain.append(parse_event(raw))
        prev = canonical.digest(raw)
    return chain
