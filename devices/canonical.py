"""Canonical JSON (door-protocol.md 4): each value has exactly one permitted spelling, RFC 8785 without floats."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeAlias

from devices.failures import BadFrame

Json: TypeAlias = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None
Body: TypeAlias = Mapping[str, Json]

LARGEST = 2**53 - 1
DEEPEST = 8
_KEY = re.compile(r"[a-z0-9_]{1,32}\Z")


class NotCanonical(BadFrame):
    """The bytes are no canonical JSON object, or the value has no canonical form."""


def encode(value: Json) -> bytes:
    """The one spelling of `value`; NotCanonical for floats, large integers, bad keys, lone surrogates, depth over 8."""
    _check(value, 1)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("lone surrogate") from error


def decode(payload: bytes) -> Body:
    """The object these bytes spell; NotCanonical unless encoding it again gives the same bytes."""
    try:
        value = json.loads(
            payload.decode("utf-8"), object_pairs_hook=_object, parse_float=_refuse, parse_constant=_refuse
        )
    except (ValueError, RecursionError) as error:
        raise NotCanonical("not JSON") from error
    if not isinstance(value, dict) or encode(value) != payload:
        raise NotCanonical("another spelling")
    return value


def digest(body: Body) -> str:
    """SHA-256 of the canonical bytes, hex: the hash of a list (7.3) and of an event (11.3)."""
    return hashlib.sha256(encode(body)).hexdigest()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise NotCanonical("repeated key")
    return dict(pairs)


def _refuse(_text: str) -> NoReturn:
    raise NotCanonical("only integers are permitted")


def _check(value: Json, depth: int) -> None:
    if value is None or isinstance(value, bool | str):
        return
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise NotCanonical("integer too large")
    elif isinstance(value, dict | list | tuple) and depth <= DEEPEST:
        _check_inside(value, depth)
    else:
        raise NotCanonical("type or depth not permitted")


def _check_inside(value: dict[str, Json] | list[Json] | tuple[Json, ...], depth: int) -> None:
    if isinstance(value, dict):
        if not all(_KEY.match(key) for key in value):
            raise NotCanonical("key not permitted")
        value = list(value.values())
    for inner in value:
        _check(inner, depth + 1)
