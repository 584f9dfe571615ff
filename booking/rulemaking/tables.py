"""Changes of a document's tables, each a new document: rows added, changed, moved and taken out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from booking.refusals import AlreadyThere, BadInput, NotFound
from booking.rulebook_merge import Document
from booking.rulebook_row_schemas import ROW_ID

Turn = Callable[[Document], Document]


def rows_of(document: Mapping[str, Any], table: str) -> list[Document]:
    rows = document.get(table, [])
    return list(rows) if isinstance(rows, list) else []


def place_of(rows: list[Document], row_id: str) -> int:
    """Where the row stands. Raises NotFound."""
    for place, row in enumerate(rows):
        if row.get("id") == row_id:
            return place
    raise NotFound(what="rule")


def row_of(document: Mapping[str, Any], table: str, row_id: str) -> Document:
    rows = rows_of(document, table)
    return rows[place_of(rows, row_id)]


def with_rows(document: Document, table: str, rows: list[Document]) -> Document:
    rest = {name: value for name, value in document.items() if name != table}
    return rest | {table: rows} if rows else rest


def put(table: str, row: Document, *, instead_of: str | None) -> Turn:
    """The row in the place of another (under a new id perhaps), or last. Raises AlreadyThere, BadInput."""

    def turn(document: Document) -> Document:
        rows, row_id = rows_of(document, table), str(row.get("id", ""))
        if not ROW_ID.match(row_id):
            raise BadInput(field="id", problem="row_id")
        if row_id != instead_of and any(other.get("id") == row_id for other in rows):
            raise AlreadyThere(what="rule", field="id")
        if instead_of is None:
            rows.append(row)
        else:
            rows[place_of(rows, instead_of)] = row
        return with_rows(document, table, rows)

    return turn


def removed(table: str, row_id: str) -> Turn:
    def turn(document: Document) -> Document:
        rows = rows_of(document, table)
        del rows[place_of(rows, row_id)]
        return with_rows(document, table, rows)

    return turn


def moved(table: str, row_id: str, by: int) -> Turn:
    """The row that many places down (negative: up), as far as there are places."""

    def turn(document: Document) -> Document:
        rows = rows_of(document, table)
        place = place_of(rows, row_id)
        rows.insert(max(0, min(len(rows) - 1, place + by)), rows.pop(place))
        return with_rows(document, table, rows)

    return turn


def entry_put(table: str, name: str, value: Any, *, instead_of: str | None) -> Turn:
    """An entry of a keyed table (a source, list or named condition), keeping its place. Raises AlreadyThere."""

    def turn(document: Document) -> Document:
        entries: Document = document.get(table, {})
        if not name:
            raise BadInput(field="id", problem="empty")
        if name != instead_of and name in entries:
            raise AlreadyThere(what="rule", field="id")
        if instead_of is None or instead_of not in entries:
            return document | {table: entries | {name: value}}
        kept = {
            (name if key == instead_of else key): value if key == instead_of else old for key, old in entries.items()
        }
        return document | {table: kept}

    return turn


def entry_removed(table: str, name: str) -> Turn:
    def turn(document: Document) -> Document:
        kept = {key: value for key, value in document.get(table, {}).items() if key != name}
        rest = {key: value for key, value in document.items() if key != table}
        return rest | {table: kept} if kept else rest

    return turn


def head_put(values: Document) -> Turn:
    """Fields of the document itself; None takes one out."""

    def turn(document: Document) -> Document:
        merged = document | values
        return {name: value for name, value in merged.items() if value is not None}

    return turn
