"""The signed envelope around every message (door-protocol.md 5): sealing, opening, and why one is refused."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from devices import canonical, fields
from devices.canonical import Body, NotCanonical
from devices.failures import BadFrame

TO_DOOR = b"vuoro-door-v1:to-door\n"
TO_SERVICE = b"vuoro-door-v1:to-service\n"
VERSION = 1
LARGEST_LIST = 262_144
LARGEST_OTHER = 65_536
NEVER_RETAINED = ("cmd", "ev/ack", "cmd/rsp", "ev")

KID = r"[a-z0-9-]{1,32}"
_SHAPE: Mapping[str, fields.Check[object]] = {
    "v": fields.integer(0),
    "kid": fields.text(KID),
    "topic": fields.text(r"[ -~]{1,200}"),
    "counter": fields.integer(0),
    "iat": fields.integer(0),
    "exp": fields.integer(0),
    "nonce": fields.hexadecimal(32),
    "body": fields.anything_keyed,
}


class Code(StrEnum):
    """Why a message was refused (door-protocol.md 5.3, 7.4, 7.7, 10.3, 10.9, 12.3, 13.3)."""

    TOO_BIG = "too_big"
    NOT_CANONICAL = "not_canonical"
    BAD_ENVELOPE = "bad_envelope"
    BAD_VERSION = "bad_version"
    WRONG_TOPIC = "wrong_topic"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    RETAINED = "retained"
    BAD_BODY = "bad_body"
    UNKNOWN_COMMAND = "unknown_command"
    OLD_COUNTER = "old_counter"
    BAD_CHALLENGE = "bad_challenge"
    EXPIRED = "expired"
    FUTURE_IAT = "future_iat"
    LOWER_VERSION = "lower_version"
    VERSION_CONFLICT = "version_conflict"
    TOO_MANY_RIGHTS = "too_many_rights"
    PAGE_MISMATCH = "page_mismatch"
    LOCKDOWN = "lockdown"
    FIRE_STILL_ACTIVE = "fire_still_active"
    KEY_IN_USE = "key_in_use"
    KEY_CONFLICT = "key_conflict"


UNAUTHENTIC = frozenset(
    (
        Code.TOO_BIG,
        Code.NOT_CANONICAL,
        Code.BAD_ENVELOPE,
        Code.BAD_VERSION,
        Code.WRONG_TOPIC,
        Code.UNKNOWN_KEY,
        Code.BAD_SIGNATURE,
    )
)


class Refused(BadFrame):
    """A message that must not be acted on."""

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code

    @property
    def authentic(self) -> bool:
        """Whether the sender is known to be who the key says; unauthentic messages are never answered (5.4)."""
        return self.code not in UNAUTHENTIC


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message without its signature. `iat` and `exp` are Unix seconds UTC; `nonce` is 32 hex digits."""

    kid: str
    topic: str
    counter: int
    iat: int
    exp: int
    nonce: str
    body: Body

    def unsigned(self) -> dict[str, canonical.Json]:
        """The object that is signed (5.2)."""
        return {"v": VERSION, **{name: getattr(self, name) for name in self.__slots__}}


def seal_to_door(envelope: Envelope, key: Ed25519PrivateKey) -> bytes:
    """The payload, signed by the service."""
    return _sealed(envelope, key.sign(TO_DOOR + canonical.encode(envelope.unsigned())))


def seal_to_service(envelope: Envelope, link_key: bytes) -> bytes:
    """The payload, authenticated by the door."""
    return _sealed(envelope, _hmac(link_key, canonical.encode(envelope.unsigned())))


def open_at_door(payload: bytes, *, topic: str, retained: bool, keys: Mapping[str, Ed25519PublicKey]) -> Envelope:
    """What the service sent; raises Refused with the first failing check of 5.3 (1 to 8)."""

    def verify(kid: str, signed: bytes, sig: bytes) -> None:
        try:
            keys[kid].verify(sig, TO_DOOR + signed)
        except InvalidSignature as error:
            raise Refused(Code.BAD_SIGNATURE) from error

    return _opened(payload, topic, retained=retained, known=keys, digits=128, verify=verify)


def open_at_service(payload: bytes, *, topic: str, retained: bool, keys: Mapping[str, bytes]) -> Envelope:
    """What the door sent; `keys` are the link keys of this one door. Raises Refused as `open_at_door`."""

    def verify(kid: str, signed: bytes, sig: bytes) -> None:
        if not hmac.compare_digest(_hmac(keys[kid], signed), sig):
            raise Refused(Code.BAD_SIGNATURE)

    return _opened(payload, topic, retained=retained, known=keys, digits=64, verify=verify)


def check_retained(topic: str, *, retained: bool) -> None:
    """5.3 row 8: an opening kept by the broker would open at every reconnect."""
    if retained and topic_end(topic) in NEVER_RETAINED:
        raise Refused(Code.RETAINED)


def topic_end(topic: str) -> str:
    """What follows vuoro/v1/d/{door}/."""
    return "/".join(topic.split("/")[4:])


def largest(topic: str) -> int:
    """Bytes a payload on this topic may have (3.6)."""
    return LARGEST_LIST if topic_end(topic).split("/")[0] == "desired" else LARGEST_OTHER


def _hmac(key: bytes, signed: bytes) -> bytes:
    return hmac.digest(key, TO_SERVICE + signed, hashlib.sha256)


def _sealed(envelope: Envelope, sig: bytes) -> bytes:
    return canonical.encode({**envelope.unsigned(), "sig": sig.hex()})


def _opened(
    payload: bytes,
    topic: str,
    *,
    retained: bool,
    known: Mapping[str, object],
    digits: int,
    verify: Callable[[str, bytes, bytes], None],
) -> Envelope:
    envelope, sig = _parsed(payload, topic, digits)
    if envelope.topic != topic:
        raise Refused(Code.WRONG_TOPIC)
    if envelope.kid not in known:
        raise Refused(Code.UNKNOWN_KEY)
    verify(envelope.kid, canonical.encode(envelope.unsigned()), sig)
    check_retained(topic, retained=retained)
    return envelope


def _parsed(payload: bytes, topic: str, digits: int) -> tuple[Envelope, bytes]:
    if len(payload) > largest(topic):
        raise Refused(Code.TOO_BIG)
    try:
        found = fields.exactly(dict(canonical.decode(payload)), {**_SHAPE, "sig": fields.hexadecimal(digits)})
    except NotCanonical as error:
        raise Refused(Code.NOT_CANONICAL) from error
    except fields.BadField as error:
        raise Refused(Code.BAD_ENVELOPE, str(error)) from error
    sig = bytes.fromhex(found.pop("sig"))
    if found.pop("v") != VERSION:
        raise Refused(Code.BAD_VERSION)
    return Envelope(**found), sig
