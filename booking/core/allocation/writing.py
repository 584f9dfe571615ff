"""Instances and results as plain JSON, in one canonical form, and the hashes over it (docs/allocation-format.md)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, TypeAlias, TypeVar

from booking.core.allocation.instance import Blocked, Instance, Section, Slot, Space, WeeklyTime
from booking.core.allocation.result import Grant, Result

INSTANCE_FORMAT = "vuoro-allocation-instance-1"
RESULT_FORMAT = "vuoro-allocation-result-1"
FLAT = (Slot, WeeklyTime)  # their keys stand in the object that holds them
ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)

Json: TypeAlias = Any
T = TypeVar("T")


def canonical(instance: Instance) -> Instance:
    """The same round with everything whose order means nothing put in order: two rounds that say the same are equal.
    Pins keep theirs, as an earlier one goes before a later one."""
    return replace(
        instance,
        classes=tuple(sorted(instance.classes, key=lambda one: (one.rank, one.id))),
        spaces=tuple(sorted(map(_space, instance.spaces), key=lambda one: one.id)),
        sections=tuple(sorted(map(_section, instance.sections), key=lambda one: one.id)),
        quotas=tuple(sorted((_ordered(one, "times") for one in instance.quotas), key=lambda one: one.id)),
        exclusions=tuple(sorted(instance.exclusions, key=_key)),
        incumbent=tuple(sorted(instance.incumbent, key=lambda pair: (pair[0], _key(pair[1])))),
    )


def _space(space: Space) -> Space:
    return _ordered(replace(space, atoms=tuple(sorted(space.atoms))), "open", "blocked", "blocked_days", "closed")


def _section(section: Section) -> Section:
    ordered = _ordered(section, "windows", "options", "periods", "history")
    return replace(ordered, shared=tuple(sorted(section.shared)))


def _ordered(value: T, *names: str) -> T:
    """The value with these lists in order, and the periods of each of their rows."""
    changed = {name: _in_order(map(_inner, rows)) for name in names if (rows := getattr(value, name))}
    return replace(value, **changed) if changed else value  # type: ignore[type-var]


def _in_order(rows: Iterable[Any]) -> tuple[Any, ...]:
    found = tuple(rows)
    return found if len(found) == 1 else tuple(sorted(found, key=_key))


def _inner(row: Any) -> Any:
    """A row with its periods in order."""
    if isinstance(row, Blocked):
        return replace(row, time=_inner(row.time))
    if isinstance(row, WeeklyTime) and len(row.periods) > 1:
        return _ordered(row, "periods")
    return row


def _key(value: Any) -> str:
    return _text(plain(value))


def plain(value: Any) -> Json:
    """Any of the values as JSON: keys are its fields; one that has its default is left out."""
    if value is None or isinstance(value, bool | int | float) or type(value) is str:
        return value
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return _plain_whole(value)


def _plain_whole(value: Any) -> Json:
    if is_dataclass(value):
        return _object(value)
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(plain(one) for one in value)
    return [_incumbent(*one) if _is_incumbent(one) else plain(one) for one in value]


def _is_incumbent(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], Slot)


def _incumbent(section: str, slot: Slot) -> Json:
    return {"section": section} | plain(slot)


def _object(value: Any) -> Json:
    found: dict[str, Json] = {}
    kind: Any = type(value)
    for name, flat, default in _fields(kind):
        held = getattr(value, name)
        if flat:
            found |= _object(held)
        elif default is MISSING or held != default:
            found[name] = plain(held)
    return found


@cache
def _fields(kind: Any) -> list[tuple[str, bool, Any]]:
    """Each field's name, whether its keys stand in the object that holds it, and its default."""
    return [(one.name, one.name in ("slot", "time"), _default(one)) for one in fields(kind)]


def _default(one: Field[Any]) -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


def instance_to_json(instance: Instance) -> dict[str, Json]:
    """An instance in its canonical form, ready for json.dumps."""
    return _written(canonical(instance))


def _written(ordered: Instance) -> dict[str, Json]:
    written: dict[str, Json] = plain(ordered)
    return {"format": INSTANCE_FORMAT} | written


def result_to_json(result: Result) -> dict[str, Json]:
    written: dict[str, Json] = plain(result)
    return {"format": RESULT_FORMAT} | written


def canonical_bytes(document: Json) -> bytes:
    """JSON without white space, members in order of their keys, in UTF-8."""
    return _text(document).encode()


def _text(document: Json) -> str:
    return ENCODER.encode(document)


def input_hash(instance: Instance) -> str:
    """SHA-256 of the canonical form, 64 hex digits."""
    return hash_of(canonical(instance))


def hash_of(ordered: Instance) -> str:
    """The input hash of an instance that is in its canonical form already."""
    return hashlib.sha256(canonical_bytes(_written(ordered))).hexdigest()


def plan_hash(grants: Iterable[Grant]) -> str:
    """SHA-256 of the grants as [section, space, weekday, start_min, end_min], in that order: the plan and nothing of
    how it was come by."""
    rows = sorted(
        (one.section, one.slot.space, one.slot.weekday, one.slot.start_min, one.slot.end_min) for one in grants
    )
    return hashlib.sha256(canonical_bytes(rows)).hexdigest()
