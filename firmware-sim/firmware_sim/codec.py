"""The signed envelope (door-protocol.md 5): what a door accepts from the service, and what it seals itself. No I/O."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware_sim import canonical, shapes

TO_DOOR = b"vuoro-door-v1:to-door\n"
TO_SERVICE = b"vuoro-door-v1:to-service\n"
LIST_BYTES = 262144
OTHER_BYTES = 65536
NEVER_RETAINED = ("cmd", "ev/ack", "cmd/rsp", "ev")
LIFETIME_S = 86400


class Refused(Exception):
    """A message that must not be used. `envelope` is there when its signature was right (checks 1-7 passed)."""

    def __init__(self, code: str, envelope: "Envelope | None" = None) -> None:
        super().__init__(code)
        self.code = code
        self.envelope = envelope


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message without its signature. `iat` and `exp` in Unix seconds."""

    kid: str
    topic: str
    counter: int
    iat: int
    exp: int
    nonce: str
    body: dict[str, Any]

    def unsigned(self) -> dict[str, Any]:
        """All keys but `sig`."""
        return {
            "v": 1,
            "kid": self.kid,
            "topic": self.topic,
            "counter": self.counter,
            "iat": self.iat,
            "exp": self.exp,
            "nonce": self.nonce,
            "body": self.body,
        }

    @property
    def ending(self) -> str:
        """What follows the door id in the topic."""
        return topic_ending(self.topic)


def topic_of(door: str, ending: str) -> str:
    """The full MQTT topic."""
    return f"vuoro/v1/d/{door}/{ending}"


def topic_ending(topic: str) -> str:
    """`cmd/rsp` of `vuoro/v1/d/hall-a/cmd/rsp`; empty when it is no topic of ours."""
    return topic.split("/", 4)[4] if topic.count("/") >= 4 else ""


def seal(message: Envelope, link_key: bytes) -> bytes:
    """The payload a door publishes: canonical JSON with its HMAC (5.2)."""
    unsigned = message.unsigned()
    sig = hmac.digest(link_key, TO_SERVICE + canonical.encode(unsigned), "sha256").hex()
    return canonical.encode({**unsigned, "sig": sig})


def open_from_service(payload: bytes, topic: str, *, retained: bool, keys: Mapping[str, bytes]) -> Envelope:
    """5.3, checks 1-9, at a door. `keys`: kid to Ed25519 public key. Raises Refused (the first that fails)."""
    envelope, sig = _open(payload, topic, shapes.service_envelope)
    if envelope.kid not in keys:
        raise Refused("unknown_key")
    signed = TO_DOOR + canonical.encode(envelope.unsigned())
    try:
        Ed25519PublicKey.from_public_bytes(keys[envelope.kid]).verify(sig, signed)
    except InvalidSignature as error:
        raise Refused("bad_signature") from error
    _refuse_retained(envelope, retained=retained)
    _check_body(envelope)
    return envelope


def open_from_door(payload: bytes, topic: str, *, retained: bool, keys: Mapping[str, bytes]) -> Envelope:
    """5.3, checks 1-8, at the other end: for tests and stand-ins. `keys`: kid to link key."""
    envelope, sig = _open(payload, topic, shapes.door_envelope)
    if envelope.kid not in keys:
        raise Refused("unknown_key")
    right = hmac.digest(keys[envelope.kid], TO_SERVICE + canonical.encode(envelope.unsigned()), "sha256")
    if not hmac.compare_digest(right, sig):
        raise Refused("bad_signature")
    _refuse_retained(envelope, retained=retained)
    return envelope


def list_hash(body: Mapping[str, Any]) -> str:
    """7.3."""
    return hashlib.sha256(canonical.encode(dict(body))).hexdigest()


def readable_id(body: Mapping[str, Any]) -> str | None:
    """The id of a command, also of one whose other keys are wrong; None when there is none to read (10.6)."""
    found = body.get("id")
    return found if isinstance(found, str) and shapes.command_id(found) else None


def _open(payload: bytes, topic: str, shape: shapes.Test) -> tuple[Envelope, bytes]:
    if len(payload) > (LIST_BYTES if topic_ending(topic).split("/", 1)[0] == "desired" else OTHER_BYTES):
        raise Refused("too_big")
    try:
        found = canonical.parse(payload)
    except canonical.NotCanonical as error:
        raise Refused("not_canonical") from error
    if not shape(found):
        raise Refused("bad_envelope")
    if found.pop("v") != 1:
        raise Refused("bad_version")
    sig = bytes.fromhex(found.pop("sig"))
    if found["topic"] != topic:
        raise Refused("wrong_topic")
    return Envelope(**found), sig


def _refuse_retained(envelope: Envelope, *, retained: bool) -> None:
    if retained and envelope.ending in NEVER_RETAINED:
        raise Refused("retained", envelope)


def _check_body(envelope: Envelope) -> None:
    ending, body = envelope.ending, envelope.body
    if ending == "cmd":
        _check_command(envelope)
    elif not _body_fits(ending, body):
        raise Refused("bad_body", envelope)


def _check_command(envelope: Envelope) -> None:
    name = envelope.body.get("cmd")
    if isinstance(name, str) and name not in shapes.COMMANDS:
        raise Refused("unknown_command", envelope)
    if not isinstance(name, str) or not shapes.COMMANDS[name](envelope.body):
        raise Refused("bad_body", envelope)


def _body_fits(ending: str, body: dict[str, Any]) -> bool:
    what, _, page = ending.partition("/")
    if what == "desired" and page:
        return shapes.page(body, page)
    shape = {"desired": shapes.access_list, "mode": shapes.mode, "ev/ack": shapes.position}.get(ending)
    return shape is not None and shape(body)
