"""What differs between two versions of a rulebook, row by row and field by field, as they are written. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

HEAD = "head"  # the fields of the document itself
UNLIKE = (
    "version",
    "valid_from",
    "note",
    "amends",
    "drop",
)  # what makes a version another one is no difference of rules


class ChangeKind(StrEnum):
    """What became of a row."""

    ADDED = "added"
    DROPPED = "dropped"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a row before and after; None where it was not told."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One row that differs. `before` and `after` are the rows as written (None: there is none)."""

    table: str
    row: str
    kind: ChangeKind
    fields: tuple[FieldChange, ...]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def decisions(self) -> tuple[str, str]:
        """The decision behind the row before and after."""
        return decision_of(self.before), decision_of(self.after)


def decision_of(row: Mapping[str, Any] | None) -> str:
    return str((row or {}).get("decision", ""))


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Every row that was added, dropped, changed or put in another place, in the order of the tables."""
    tables = list(dict.fromkeys([*before, *after]))
    return tuple(change for table in tables for change in changes_of(table, before.get(table), after.get(table)))


def changes_of(table: str, before: Any, after: Any) -> Iterator[Change]:
    if is_rows(before) or is_rows(after):
        yield from changed_rows(table, by_id(before), by_id(after))
    elif isinstance(before, Mapping) or isinstance(after, Mapping):
        yield from changed_entries(table, before or {}, after or {})
    elif before != after and table not in UNLIKE:
        change = FieldChange(table, before, after)
        yield Change(HEAD, table, ChangeKind.CHANGED, (change,), {table: before}, {table: after})


def is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def by_id(rows: Any) -> dict[str, Mapping[str, Any]]:
    """Rows by their id, or by their place where they have none."""
    return {str(row.get("id", place)): row for place, row in enumerate(rows or (), 1)}


def changed_entries(table: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """A single table (as [invoicing]) is one row; a table of tables, lists or conditions has a row for each entry."""
    if "id" in before or "id" in after:
        name = str((after or before)["id"])
        yield from changed_rows(table, {name: before} if before else {}, {name: after} if after else {})
        return
    yield from changed_rows(
        table, *({name: {"value": value} for name, value in side.items()} for side in (before, after))
    )


def entries(table: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {name: {"value": value} for name, value in table.items()}


def changed_rows(table: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    elsewhere = moved(list(before), list(after))
    for row in dict.fromkeys([*before, *after]):
        old, new = before.get(row), after.get(row)
        if old is None or new is None:
            kind = ChangeKind.ADDED if old is None else ChangeKind.DROPPED
            yield Change(table, row, kind, tuple(fields_of(old or {}, new or {})), old, new)
        elif old != new:
            yield Change(table, row, ChangeKind.CHANGED, tuple(fields_of(old, new)), old, new)
        elif row in elsewhere:
            yield Change(table, row, ChangeKind.MOVED, (), old, new)


def fields_of(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[FieldChange]:
    for field in dict.fromkeys([*old, *new]):
        if old.get(field) != new.get(field):
            yield FieldChange(field, old.get(field), new.get(field))


def moved(before: list[str], after: list[str]) -> frozenset[str]:
    """The fewest rows that must be taken up and put elsewhere to come from one order to the other."""
    kept = [row for row in before if row in after], [row for row in after if row in before]
    same = SequenceMatcher(None, *kept, autojunk=False).get_matching_blocks()
    still = {row for block in same for row in kept[0][block.a : block.a + block.size]}
    return frozenset(kept[0]) - still
