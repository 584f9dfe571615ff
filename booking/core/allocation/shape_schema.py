"""The JSON Schema of an instance, made from the values and bounds by which it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from booking.core.allocation.consistency import GRIDS
from booking.core.allocation.instance import Instance, Slot, WeeklyTime
from booking.core.allocation.shapes import BOUNDS, LONGEST, MUCH, NON_EMPTY, needed
from booking.core.allocation.writing import INSTANCE_FORMAT, plain

Schema = dict[str, Any]


def instance_schema() -> Schema:
    """What docs/allocation-instance.schema.json holds."""
    whole = _object(Instance)
    whole["properties"] = {"format": {"const": INSTANCE_FORMAT}} | whole["properties"]
    whole["properties"]["grid_min"] = {"enum": list(GRIDS)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A season round to be allocated; docs/allocation-format.md says what it means",
    } | whole


def _object(kind: Any) -> Schema:
    hints = get_type_hints(kind)
    properties: Schema = {}
    must: list[str] = []
    for one in fields(kind):
        if hints[one.name] in (Slot, WeeklyTime):
            inner = _object(hints[one.name])
            properties |= inner["properties"]
            must += inner["required"]
            continue
        properties[one.name] = _of(hints[one.name], kind, one.name) | _default(one)
        must += [one.name] if needed(one) else []
    return {"type": "object", "additionalProperties": False, "required": must, "properties": properties}


def _default(one: Field[Any]) -> Schema:
    return {} if one.default is MISSING or one.default is None else {"default": plain(one.default)}


def _of(kind: Any, owner: Any, key: str) -> Schema:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        told = _of(next(one for one in inner if one is not NoneType), owner, key)
        return {"anyOf": [told, {"type": "null"}]}
    if origin is tuple and inner[-1] is not Ellipsis:
        return {"type": "array", "prefixItems": [_of(one, owner, key) for one in inner], "items": False,
                "minItems": len(inner)}  # fmt: skip
    if origin in (tuple, frozenset):
        item = _incumbent() if Slot in get_args(inner[0]) else _of(inner[0], owner, key)
        return {"type": "array", "items": item} | ({"minItems": 1} if key in ("atoms", "need_curve") else {})
    if origin is not None:
        return {"type": "object", "additionalProperties": _of(inner[1], owner, key)}
    return _object(kind) if is_dataclass(kind) else _single(kind, owner, key)


def _incumbent() -> Schema:
    slot = _object(Slot)
    section = {"type": "string", "minLength": 1, "maxLength": LONGEST}
    return slot | {"required": ["section", *slot["required"]], "properties": {"section": section} | slot["properties"]}


def _single(kind: Any, owner: Any, key: str) -> Schema:
    if issubclass(kind, StrEnum):
        return {"enum": [one.value for one in kind]}
    least, most = BOUNDS.get((owner, key), BOUNDS.get(key, (-MUCH, MUCH)))
    shapes: Mapping[Any, Callable[[], Schema]] = {
        int: lambda: {"type": "integer", "minimum": least, "maximum": most},
        str: lambda: {"type": "string", "maxLength": LONGEST} | ({"minLength": 1} if key in NON_EMPTY else {}),
        bool: lambda: {"type": "boolean"},
        date: lambda: {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
    }
    return shapes[kind]()
