"""What the audit log hashes, and how (docs/audit-format.md): pure, no database and no clock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence, Set
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias

Json: TypeAlias = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None

FORMAT = "vuoro-audit-v1"
LARGEST = 2**53 - 1
SALT_BYTES = 16
NO_HASH = "0" * 64  # what stands before the first entry


class NotCanonical(TypeError):
    """A value the audit log cannot hold: a float, a huge integer, a key that is not ASCII text, an unknown type."""


def plain(value: Any) -> Json:
    """The value as canonical JSON allows it: instants as UTC text, days, times and decimals as text, tuples as lists.

    Raises NotCanonical for floats (their text differs between languages), integers beyond 2⁵³ and unknown types.
    """
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, Mapping):
        return {_key(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Set):
        return sorted((plain(inner) for inner in value), key=json.dumps)
    return _scalar(value)


def _key(key: object) -> str:
    if not isinstance(key, str) or not key.isascii() or not key.isprintable():
        raise NotCanonical(f"key {key!r}")
    return str(key.value) if isinstance(key, Enum) else key


def _scalar(value: Any) -> bool | int | str | None:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int) and abs(value) <= LARGEST:
        return value
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    raise NotCanonical(f"{type(value).__name__} in the body of an act")


def instant(at: datetime) -> str:
    """UTC to the microsecond: 2026-11-24T10:00:00.000000Z. Raises ValueError for a naive datetime."""
    if at.tzinfo is None:
        raise ValueError("a datetime without zone")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def canonical(value: Json) -> str:
    """The one spelling of a `plain` value: RFC 8785, which for integers, text and ASCII keys is this."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("lone surrogate") from error
    return text


def commitment(salt: bytes, body: str) -> str:
    """What the chain holds of a body, hex. Without the salt nobody can try guesses against it."""
    return hashlib.sha256(FORMAT.encode() + b"\x00" + salt + body.encode()).hexdigest()


def leaf_hash(*, seq: int, at: str, kind: str, commitment: str) -> str:
    """The RFC 6962 leaf of one entry, hex: everything of it that is never erased."""
    leaf = canonical([FORMAT, seq, at, kind, commitment])
    return hashlib.sha256(b"\x00" + leaf.encode()).hexdigest()


def chain_hash(before: str, leaf: str) -> str:
    """The chain after one more leaf, hex. Its prefix 02 keeps it apart from tree nodes (01) and leaves (00)."""
    return hashlib.sha256(b"\x02" + bytes.fromhex(before) + bytes.fromhex(leaf)).hexdigest()
