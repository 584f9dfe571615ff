"""What one rulebook changes in another: rows added, dropped, moved and changed field by field, both decisions cited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from booking.rulebook_answers import plainly
from booking.rulebook_merge import KEYED_TABLES, Document
from booking.rulebook_schemas import ROW_TABLES, SECTIONS

CLASS_TABLES = ("priority_classes", "price_classes")
HEAD = ("valid_to", "municipality", "binding_language", "decider", "policy", "extends", "demo", "name")
MARKS = frozenset({"id", "family", "version", "written_from", "note", "before"})


class ChangeKind(StrEnum):
    """What became of a row. Moved: another place among the rows that both have."""

    ADDED = "added"
    DROPPED = "dropped"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, as plain JSON; None: not written."""

    field: str
    was: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one row, with the decision behind it before and after ("" where it cites none)."""

    table: str
    row: str
    kind: ChangeKind
    fields: tuple[FieldChange, ...] = ()
    was_decision: str = ""
    decision: str = ""
    text: dict[str, str] = field(default_factory=dict)


def differences(was: Document, now: Document) -> list[Change]:
    """Everything in which two whole documents (amendments merged) differ, table by table."""
    changes = [*of_head(was, now)]
    for table in (*KEYED_TABLES, "words"):
        changes += of_keyed(table, was[table], now[table])
    for table in (*CLASS_TABLES, *ROW_TABLES):
        changes += of_rows(table, was[table], now[table])
    for table in SECTIONS:
        changes += of_rows(table, section(was, table), section(now, table))
    return changes


def section(document: Document, table: str) -> list[Document]:
    return [document[table]] if table in document else []


def of_head(was: Document, now: Document) -> Iterator[Change]:
    found = tuple(fields_of({name: was.get(name) for name in HEAD}, {name: now.get(name) for name in HEAD}))
    if found:
        yield Change("document", "", ChangeKind.CHANGED, found)


def of_keyed(table: str, was: Document, now: Document) -> Iterator[Change]:
    """Tables whose entries have no id but a name: lists, conditions, words, roles, seasons …"""
    for name in [*was, *(name for name in now if name not in was)]:
        if name not in now:
            yield Change(table, name, ChangeKind.DROPPED)
        elif name not in was:
            yield Change(table, name, ChangeKind.ADDED)
        elif was[name] != now[name]:
            found = FieldChange("", plainly(was[name]), plainly(now[name]))
            yield Change(table, name, ChangeKind.CHANGED, (found,))


def of_rows(table: str, was: list[Document], now: list[Document]) -> Iterator[Change]:
    before, after = {row["id"]: row for row in was}, {row["id"]: row for row in now}
    moved = out_of_order([row for row in before if row in after], [row for row in after if row in before])
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name, {}), after.get(name, {})
        found = tuple(fields_of(old, new)) if old and new else ()
        kind = kind_of(old, new, changed=bool(found), moved=name in moved)
        if kind:
            text = (new or old).get("text", {})
            yield Change(table, name, kind, found, old.get("decision", ""), new.get("decision", ""), dict(text))


def kind_of(old: Document, new: Document, *, changed: bool, moved: bool) -> ChangeKind | None:
    if not old:
        return ChangeKind.ADDED
    if not new:
        return ChangeKind.DROPPED
    return ChangeKind.CHANGED if changed else ChangeKind.MOVED if moved else None


def fields_of(was: Document, now: Document) -> Iterator[FieldChange]:
    """The fields that differ; who wrote the row and notes to editors are no rules."""
    for name in [*was, *(name for name in now if name not in was)]:
        if name not in MARKS and was.get(name) != now.get(name):
            yield FieldChange("class" if name == "class_id" else name, plainly(was.get(name)), plainly(now.get(name)))


def out_of_order(was: list[str], now: list[str]) -> frozenset[str]:
    """The fewest rows that have changed places, by the longest runs both orders share."""
    if was == now:
        return frozenset()
    blocks = SequenceMatcher(a=was, b=now, autojunk=False).get_matching_blocks()
    kept = {row for block in blocks for row in was[block.a : block.a + block.size]}
    return frozenset(was) - kept


def lines(changes: Iterable[Change]) -> Iterator[str]:
    """The changes in words and signs, for people at a terminal."""
    signs = {ChangeKind.ADDED: "+", ChangeKind.DROPPED: "-", ChangeKind.CHANGED: "~", ChangeKind.MOVED: "^"}
    for change in changes:
        decisions = " → ".join(dict.fromkeys(each for each in (change.was_decision, change.decision) if each))
        about = f" ({decisions})" if decisions else ""
        yield f"{signs[change.kind]} {change.table}: {change.row or 'head'}: {change.kind}{about}"
        for one in change.fields:
            yield f"    {one.field or change.row}: {one.was!r} → {one.now!r}"
