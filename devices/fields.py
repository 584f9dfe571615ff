"""Checks for the fields of a message body: each takes a JSON value and gives it back typed, or raises BadField."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from devices.canonical import LARGEST, Json
from devices.failures import BadFrame

T = TypeVar("T")
Check = Callable[[Json], T]


class BadField(BadFrame):
    """A body lacks a key, has one too many, or a value is outside its type or bounds."""


def exactly(value: Json, checks: Mapping[str, Check[Any]]) -> dict[str, Any]:
    """The object with each value checked; it must have these keys and no others."""
    if not isinstance(value, dict) or value.keys() != checks.keys():
        raise BadField("keys")
    return {key: _named(key, check, value[key]) for key, check in checks.items()}


def integer(low: int, high: int = LARGEST) -> Check[int]:
    """An integer from low to high, both included; true and false are no integers."""

    def check(value: Json) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise BadField("integer out of bounds")
        return value

    return check


def text(pattern: str) -> Check[str]:
    """A string that matches the whole pattern."""
    compiled = re.compile(pattern)

    def check(value: Json) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise BadField("text does not match")
        return value

    return check


def hexadecimal(digits: int) -> Check[str]:
    """So many lower-case hexadecimal digits."""
    return text(f"[0-9a-f]{{{digits}}}")


def one_of(*choices: str) -> Check[str]:
    """One of these strings."""

    def check(value: Json) -> str:
        if not isinstance(value, str) or value not in choices:
            raise BadField("not one of the choices")
        return value

    return check


def boolean(value: Json) -> bool:
    """True or false, nothing that merely acts like it."""
    if not isinstance(value, bool):
        raise BadField("not a boolean")
    return value


def anything_keyed(value: Json) -> dict[str, Json]:
    """An object, whatever is in it."""
    if not isinstance(value, dict):
        raise BadField("not an object")
    return value


def nothing(value: Json) -> None:
    """Null."""
    if value is not None:
        raise BadField("not null")


def maybe(check: Check[T]) -> Check[T | None]:
    """Null, or what `check` permits."""
    return lambda value: None if value is None else check(value)


def many(check: Check[T], *, least: int, most: int) -> Check[tuple[T, ...]]:
    """An array of `least` to `most` values."""

    def checked(value: Json) -> tuple[T, ...]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise BadField("array length")
        return tuple(check(each) for each in value)

    return checked


def _named(key: str, check: Check[T], value: Json) -> T:
    try:
        return check(value)
    except BadField as error:
        raise BadField(f"{key}: {error}") from error
