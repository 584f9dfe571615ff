"""Canonical JSON (door-protocol.md 4): one permitted spelling for each value, so signatures need no second form."""

import json
import re
from functools import lru_cache
from typing import Any, NoReturn

KEY = re.compile(r"[a-z0-9_]{1,32}")
LARGEST = 9007199254740991
DEEPEST = 8
_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


class NotCanonical(ValueError):
    """The bytes, or the value, have no place in canonical JSON."""


def encode(value: object) -> bytes:
    """The one permitted spelling of a value. Raises NotCanonical for floats, odd keys, depth, lone surrogates."""
    _check(value, 1)
    try:
        return _WRITER.encode(value).encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("lone surrogate") from error


def parse(raw: bytes) -> dict[str, Any]:
    """The object these bytes spell. Raises NotCanonical unless writing it again gives the same bytes (4.7)."""
    try:
        value = json.loads(
            raw.decode(), object_pairs_hook=_object, parse_float=_no_fraction, parse_constant=_no_fraction
        )
    except (ValueError, RecursionError) as error:
        raise NotCanonical(str(error)) from error
    if not isinstance(value, dict) or encode(value) != raw:
        raise NotCanonical("not the canonical spelling of an object")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("repeated key")
    return found


def _no_fraction(text: str) -> NoReturn:
    raise NotCanonical(f"not an integer: {text[:20]}")


def _check(value: object, depth: int) -> None:
    if value is None or isinstance(value, bool | str):
        return
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise NotCanonical("integer too large")
        return
    if depth > DEEPEST:
        raise NotCanonical("nested too deep")
    for inner in _inner(value):
        if not isinstance(inner, str):
            _check(inner, depth + 1)


def _inner(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        raise NotCanonical(f"no place for {type(value).__name__}")
    for key in value:
        if not isinstance(key, str) or not _is_key(key):
            raise NotCanonical("key")
    return list(value.values())


@lru_cache(maxsize=1000)
def _is_key(text: str) -> bool:
    return KEY.fullmatch(text) is not None
