"""What differs between two versions, as a page shows it side by side in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from booking.core.rules.difference import HEAD, Change
from web.rule_conditions import condition_said
from web.rule_words import Speech, field_name, said, table_name

CONDITIONS = frozenset({"when", "must", "of"})


@dataclass(frozen=True, slots=True)
class Side:
    """One field before and after, in words; "" where there was nothing."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Differing:
    """One row that differs. `texts`: the rule in words before and after."""

    table: str
    table_name: str
    row: str
    kind: str
    texts: tuple[str, str]
    fields: tuple[Side, ...]
    decisions: tuple[str, str]


def differences(changes: Sequence[Change], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Differing]:
    speeches = Speech(before), Speech(after)
    return [differing(change, speeches) for change in changes]


def differing(change: Change, speeches: tuple[Speech, Speech]) -> Differing:
    sides = [
        Side(
            label(one.field),
            in_words(change.table, one.field, one.before, speeches[0]),
            in_words(change.table, one.field, one.after, speeches[1]),
        )
        for one in change.fields
        if one.field not in ("text", "id")
    ]
    return Differing(
        change.table,
        table_name(change.table),
        field_name(change.row) if change.table == HEAD else change.row,
        change.kind.value,
        (text_of(change.before), text_of(change.after)),
        tuple(side for side in sides if side.before != side.after or side.label),
        change.decisions,
    )


def label(name: str) -> str:
    return "" if name == "value" else field_name(name)


def text_of(row: Mapping[str, Any] | None) -> str:
    return said((row or {}).get("text") or (row or {}).get("name"))


def in_words(table: str, name: str, value: Any, speech: Speech) -> str:
    if value is None:
        return ""
    if name in CONDITIONS or table == "conditions":
        return condition_said(value, speech).inline
    return speech.field_value(name, value)
