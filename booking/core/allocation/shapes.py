"""JSON read by the types of the values: each fault told with its path, none skipped."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from booking.core.allocation.instance import Option, Slot, WeeklyTime

Faults: TypeAlias = list[str]
Reader: TypeAlias = Callable[[Any, str, Faults], Any]

FAULTY = object()  # what a reader gives back when it told a fault
LONGEST = 200
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON can write one, UTF-8 cannot
MUCH = 10**9
# Least and most of whole numbers, by the name of the key; (kind, key) goes before a mere key.
BOUNDS: Mapping[Any, tuple[int, int]] = {
    "weekday": (0, 6),
    "start_min": (0, 1439),
    "end_min": (1, 1440),
    "events": (1, 7),
    "min_minutes": (1, 1440),
    "max_minutes": (1, 1440),
    "people": (0, MUCH),
    "capacity": (0, MUCH),
    "before_min": (0, 720),
    "after_min": (0, 720),
    "preference": (1, 2),
    (Option, "rank"): (1, 1000),
    "rank": (0, MUCH),
    "use_percent": (0, 100),
    "least_use_percent": (0, 100),
    "least_dates_percent": (0, 100),
    "most_percent": (0, 100),
    "most_minutes": (0, MUCH),
    "stability": (0, 100),
    "rank_worth": (0, 1000),
    "primary_worth": (0, 1000),
    "history_worth": (0, 1000),
    "distance_worth": (0, 1000),
    "need_curve": (0, 10_000),
    "members": (0, MUCH),
    "order": (0, MUCH),
    "iterations": (0, MUCH),
    "restarts": (1, 64),
}
NON_EMPTY = {"id", "organisation", "class_id", "section", "space", "atoms"}


def read(kind: Any, value: Any, faults: Faults, path: str = "") -> Any:
    """The value of this kind, or FAULTY with the faults told."""
    return _reader(kind, None, None)(value, path, faults)


@cache
def _reader(kind: Any, owner: Any, key: str | None) -> Reader:
    """How a value of this kind is read, where it stands under this key of this owner."""
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        inner = _reader(next(one for one in get_args(kind) if one is not NoneType), owner, key)
        return lambda value, path, faults: None if value is None else inner(value, path, faults)
    if origin is tuple:
        return _tuple_reader(get_args(kind), owner, key)
    if origin is frozenset:
        whole = _list_reader(_reader(get_args(kind)[0], owner, key))
        return lambda value, path, faults: _frozen(whole(value, path, faults))
    if origin is not None:
        return _mapping_reader(get_args(kind)[1], owner, key)
    return _single_reader(kind, owner, key)


def _single_reader(kind: Any, owner: Any, key: str | None) -> Reader:
    if is_dataclass(kind):
        return _object_reader(kind)
    if issubclass(kind, StrEnum):
        return _choice_reader(kind)
    if kind is int:
        return _whole_reader(*BOUNDS.get((owner, key), BOUNDS.get(key, (-MUCH, MUCH))))
    if kind is str:
        return _text_reader(1 if key in NON_EMPTY else 0)
    return {bool: _flag, date: _day}.get(kind, lambda value, path, faults: value)


def _frozen(rows: Any) -> Any:
    return rows if rows is FAULTY else frozenset(rows)


def _tuple_reader(inner: tuple[Any, ...], owner: Any, key: str | None) -> Reader:
    if inner[-1] is Ellipsis:
        return _list_reader(_incumbent if Slot in get_args(inner[0]) else _reader(inner[0], owner, key))
    return _pair_reader([_reader(one, owner, key) for one in inner])


def _list_reader(inner: Reader) -> Reader:
    def told(value: Any, path: str, faults: Faults) -> Any:
        if not isinstance(value, list):
            return fault(faults, path, "must be a list")
        rows = tuple(inner(one, f"{path}[{at}]", faults) for at, one in enumerate(value))
        return FAULTY if FAULTY in rows else rows

    return told


def _pair_reader(inner: list[Reader]) -> Reader:
    def told(value: Any, path: str, faults: Faults) -> Any:
        if not isinstance(value, list) or len(value) != len(inner):
            return fault(faults, path, f"must be a list of {len(inner)} whole numbers")
        rows = tuple(
            one(part, f"{path}[{at}]", faults) for at, (one, part) in enumerate(zip(inner, value, strict=True))
        )
        return FAULTY if FAULTY in rows else rows

    return told


def _mapping_reader(kind: Any, owner: Any, key: str | None) -> Reader:
    inner = _reader(kind, owner, key)

    def told(value: Any, path: str, faults: Faults) -> Any:
        if not isinstance(value, dict):
            return fault(faults, path, "must be an object")
        names = [_text_reader(0)(name, path, faults) for name in value]
        rows = {name: inner(one, f"{path}.{name}", faults) for name, one in zip(names, value.values(), strict=True)}
        if FAULTY in rows:
            return FAULTY
        return FAULTY if FAULTY in rows.values() else rows

    return told


def _incumbent(value: Any, path: str, faults: Faults) -> Any:
    if not isinstance(value, dict):
        return fault(faults, path, "must be an object")
    section = FAULTY
    if "section" not in value:
        fault(faults, f"{path}.section", "missing")
    else:
        section = _text_reader(1)(value["section"], f"{path}.section", faults)
    slot = _object_reader(Slot)({key: one for key, one in value.items() if key != "section"}, path, faults)
    return FAULTY if FAULTY in (section, slot) else (section, slot)


def _object_reader(kind: Any) -> Reader:
    hints = get_type_hints(kind)
    flat = [(one, hints[one.name]) for one in fields(kind) if hints[one.name] in (Slot, WeeklyTime)]
    own = [(one.name, _reader(hints[one.name], kind, one.name), needed(one))
           for one in fields(kind) if hints[one.name] not in (Slot, WeeklyTime)]  # fmt: skip
    inner = [(one.name, _object_reader(held), {name.name for name in fields(held)}) for one, held in flat]
    known = {name for name, _, _ in own}.union(*(names for _, _, names in inner))

    def told(value: Any, path: str, faults: Faults) -> Any:
        if not isinstance(value, dict):
            return fault(faults, path, "must be an object")
        before = len(faults)
        if not value.keys() <= known:
            _unknown(value, known, path, faults)
        found = {name: read({key: one for key, one in value.items() if key in names}, path, faults)
                 for name, read, names in inner}  # fmt: skip
        for name, read, must in own:
            if name in value:
                found[name] = read(value[name], f"{path}.{name}" if path else name, faults)
            elif must:
                fault(faults, f"{path}.{name}" if path else name, "missing")
        return kind(**found) if len(faults) == before else FAULTY

    return told


def needed(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _unknown(value: Mapping[str, Any], known: set[str], path: str, faults: Faults) -> None:
    for name in value.keys() - known:
        near = get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        fault(faults, f"{path}.{name}" if path else name, f"unknown key{hint}")


def _choice_reader(kind: type[StrEnum]) -> Reader:
    by_value = {one.value: one for one in kind}
    message = f"must be one of {', '.join(by_value)}"

    def told(value: Any, path: str, faults: Faults) -> Any:
        known = by_value.get(value) if isinstance(value, str) else None
        return fault(faults, path, message) if known is None else known

    return told


def _whole_reader(least: int, most: int) -> Reader:
    def told(value: Any, path: str, faults: Faults) -> Any:
        if type(value) is not int:
            return fault(faults, path, "must be a whole number")
        if not least <= value <= most:
            return fault(faults, path, f"must be {least}–{most}, not {value}")
        return value

    return told


def _text_reader(least: int) -> Reader:
    def told(value: Any, path: str, faults: Faults) -> Any:
        if not isinstance(value, str):
            return fault(faults, path, "must be a text")
        if not least <= len(value) <= LONGEST:
            return fault(faults, path, f"must have {least}–{LONGEST} characters")
        return (
            value if value.isascii() or not HALF_A_CHARACTER.search(value) else fault(faults, path, "must be Unicode")
        )

    return told


def _flag(value: Any, path: str, faults: Faults) -> Any:
    return value if isinstance(value, bool) else fault(faults, path, "must be true or false")


def _day(value: Any, path: str, faults: Faults) -> Any:
    try:
        return date.fromisoformat(value if DAY.fullmatch(value) else "")
    except (TypeError, ValueError):
        return fault(faults, path, "must be a day such as 2026-08-31")


def fault(faults: Faults, path: str, message: str) -> Any:
    faults.append(f"{path or '(the whole)'}: {message}")
    return FAULTY
