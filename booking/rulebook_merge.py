"""Documents put on top of each other: an amendment on the version it amends, a house's own rules on a town's."""

from __future__ import annotations

from typing import Any, TypeAlias

from booking.rulebook_schemas import ROW_TABLES, SECTIONS

Document: TypeAlias = dict[str, Any]
KEYED_TABLES = ("sources", "lists", "conditions", "roles", "facts", "seasons", "days")
# what a document on top of another family does not take from it
OWN_HEAD = ("valid_to", "amends", "extends", "demo")


def signed(document: Document) -> Document:
    """The document with its family, version and first day written on each of its rows: who wrote it stays told."""
    mark = {name: document[name] for name in ("family", "version")} | {"written_from": document["valid_from"]}
    rows = {table: [mark | row for row in document[table]] for table in ROW_TABLES}
    return document | rows | {name: mark | document[name] for name in SECTIONS if name in document}


def amended(base: Document, change: Document) -> Document:
    """The base with the change's rows put in place of those of the same id, new ones added, dropped ones taken out."""
    merged = {name: value for name, value in base.items() if name not in OWN_HEAD} | change
    for table in ROW_TABLES:
        kept = [row for row in base[table] if row["id"] not in change["drop"]]
        merged[table] = replaced(kept, change[table])
    for table in KEYED_TABLES:
        merged[table] = base[table] | change[table]
    merged["words"] = {
        name: base["words"].get(name, {}) | change["words"].get(name, {}) for name in {*base["words"], *change["words"]}
    }
    for table in ("priority_classes", "price_classes"):
        merged[table] = replaced(base[table], change[table])
    return merged


def replaced(kept: list[Document], changes: list[Document]) -> list[Document]:
    """Rows with changes put in: in the place of the same id, else before the row they name, else last."""
    rows = list(kept)
    for change in changes:
        places = {row["id"]: index for index, row in enumerate(rows)}
        if change["id"] in places:
            rows[places[change["id"]]] = change
        else:
            rows.insert(places.get(change.get("before", ""), len(rows)), change)
    return rows
