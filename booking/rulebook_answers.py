"""Answers of a rulebook as plain JSON: days as text, amounts in cents, what is unknown null."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from booking.core.rulebook import Outcome
from booking.core.rules.access import AccessRule, AccessVerdict
from booking.core.rules.consequences import EventVerdict
from booking.core.rules.limits import LimitVerdict

# what a door rule says of itself, beside the row that says it
DOOR = tuple(one.name for one in fields(AccessRule) if one.name not in ("row", "lost_key", "lost_key_at_cost"))
FOLLOWED = ("limits", "event", "access")


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome as plain JSON values."""
    plain = {one.name: plainly(getattr(outcome, one.name)) for one in fields(outcome) if one.name not in FOLLOWED}
    return plain | {
        "price_known": outcome.price_cents is not None,
        "limits": [limit_json(limit) for limit in outcome.limits],
        "event": event_json(outcome.event),
        "access": access_json(outcome.access),
    }


def limit_json(limit: LimitVerdict) -> dict[str, Any]:
    """One limit: its row by id, how the request stands to it, and the row as cited."""
    plain = {
        name: plainly(getattr(limit, name))
        for name in ("kind", "status", "needed_for", "value", "unit", "told", "deadline", "missing")
    }
    return {"row": limit.row.row, **plain, "cited": plainly(limit.row)}


def event_json(event: EventVerdict | None) -> dict[str, Any] | None:
    if event is None:
        return None
    plain: dict[str, Any] = plainly(event)
    plain["sanctions"] = [
        {name: told for name, told in each.items() if told is not None} for each in plain["sanctions"]
    ]
    return plain


def access_json(access: AccessVerdict | None) -> dict[str, Any] | None:
    """The rule of the door as one flat table; `lost_key` in cents, or "actual_cost"."""
    if access is None:
        return None
    told = {name: plainly(getattr(access, name)) for name in ("allowed", "because", "missing")}
    if access.rule is None or access.row is None:
        return {"row": None, "mode": None, **told}
    rule = access.rule
    cents = None if rule.lost_key is None else int(rule.lost_key * 100)
    return {
        "row": access.row.row,
        **{name: plainly(getattr(rule, name)) for name in DOOR},
        "lost_key": "actual_cost" if rule.lost_key_at_cost else cents,
        **told,
        "cited": plainly(access.row),
    }


def plainly(value: Any) -> Any:
    """Any value of an answer as JSON knows it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plainly(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plainly(inner) for inner in value]
    if is_dataclass(value):
        return {one.name: plainly(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, (date, Decimal, Fraction)) else value
