"""A written rulebook as pages show it: tables of rows in words, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from booking.versions.written import SCHEMA
from web.rule_conditions import Said, condition_said
from web.rule_words import Speech, field_name, said, table_name

# what a row says beside its effect, shown in places of its own or not at all
ABOUT = frozenset(
    {
        "id",
        "text",
        "decision",
        "source",
        "when",
        "scope",
        "first_on",
        "last_on",
        "before",
        "note",
        "legal_basis",
        "name",
    }
)
# read from the top: what is allowed, who, at what price, and what follows; then what these are written with
ORDER = (
    "exclusions", "priority", "price", "rates", "adjustments", "add_ons", "vat", "extra_charges", "limits", "access",
    "consequences", "obligations", "invoicing", "tie_breaks", "allocation", "allocation_quotas", "calendar", "treat_as",
    "priority_classes", "price_classes", "policy", "conditions", "lists", "roles", "seasons", "days", "words", "facts",
    "sources",
)  # fmt: skip
HEAD = ("family", "version", "valid_from", "valid_to", "municipality", "binding_language", "name", "decider", "note")
AMENDING = ("amends", "extends", "drop", "demo")


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its words, condition, scope and effect, and what it comes from."""

    id: str
    text: str
    when: Said | None
    scope: tuple[tuple[str, str], ...]
    effect: tuple[tuple[str, str], ...]
    decision: str
    source: str
    source_name: str
    dates: tuple[Any, Any]
    note: str
    texts: Mapping[str, str]
    legal_basis: str

    @property
    def is_link(self) -> bool:
        return self.source.startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. `shape`: rows ([[priority]]), entries ([sources]) or one ([invoicing])."""

    table: str
    name: str
    shape: str
    lines: tuple[Line, ...]

    @property
    def cited(self) -> bool:
        return any(line.decision for line in self.lines)


def shape_of(table: str) -> str:
    """How a table is written."""
    field = SCHEMA.fields[table]
    if isinstance(field, fields.List):
        return "rows"
    return "entries" if isinstance(field, fields.Dict) else "one"


def tables() -> list[str]:
    """Every table a document can have, in the order they are read."""
    there = [name for name, field in SCHEMA.fields.items() if is_table(name, field)]
    return [name for name in ORDER if name in there] + [name for name in there if name not in ORDER]


def is_table(name: str, field: Any) -> bool:
    return isinstance(field, fields.List | fields.Dict | fields.Nested) and name not in (*AMENDING, "name")


def sheets(document: Mapping[str, Any], *, empty: bool = False) -> list[Sheet]:
    """The tables of a document; those without rows only when asked for."""
    speech = Speech(document)
    made = [sheet(document, table, speech) for table in tables()]
    return [one for one in made if one.lines or empty]


def sheet(document: Mapping[str, Any], table: str, speech: Speech | None = None) -> Sheet:
    speech = speech or Speech(document)
    lines = tuple(line(name, row, speech, table) for name, row in named_rows(document, table))
    return Sheet(table, table_name(table), shape_of(table), lines)


def named_rows(document: Mapping[str, Any], table: str) -> Iterator[tuple[str, Any]]:
    """The rows of a table with the name each has there."""
    written, shape = document.get(table), shape_of(table)
    if shape == "rows" and isinstance(written, list):
        yield from ((str(row.get("id", place)), row) for place, row in enumerate(written, 1))
    elif shape == "entries" and isinstance(written, Mapping):
        yield from written.items()
    elif isinstance(written, Mapping) and written:
        yield str(written.get("id", table)), written


def line(name: str, row: Any, speech: Speech, table: str = "") -> Line:
    if table == "conditions" or not isinstance(row, Mapping):
        return bare(name, row, speech, table)
    source = str(row.get("source", ""))
    cited = speech.document.get("sources", {}).get(source, {}) if source else {}
    return Line(
        id=name,
        text=said(row.get("text") or row.get("name") or (row if "fi" in row else None)) or str(row.get("title", "")),
        when=condition_said(row["when"], speech) if "when" in row else None,
        scope=tuple((field_name(key), speech.field_value(key, each)) for key, each in row.get("scope", {}).items()),
        effect=tuple(effect(row, speech)),
        decision=str(row.get("decision", "")),
        source=str(cited.get("url") or cited.get("title") or row.get("url", "")),
        source_name=str(cited.get("title", "")),
        dates=(row.get("first_on"), row.get("last_on")),
        note=str(row.get("note", "")),
        texts=row.get("text") or {},
        legal_basis=str(row.get("legal_basis", "")),
    )


def bare(name: str, value: Any, speech: Speech, table: str) -> Line:
    """An entry that is no row: a list, a named condition."""
    when = condition_said(value, speech) if table == "conditions" else None
    text = "" if when else speech.field_value(name, value)
    return Line(name, text, when, (), (), "", "", "", (None, None), "", {}, "")


def effect(row: Mapping[str, Any], speech: Speech) -> Iterator[tuple[str, str]]:
    """What follows where the row holds, field by field in words."""
    for key, value in row.items():
        if key in ABOUT or (key in ("fi", "sv", "en") and "fi" in row):
            continue
        if key in ("must", "of", "by") and isinstance(value, Mapping):
            yield field_name(key), condition_said(value, speech).inline
        elif key == "fact":
            yield field_name(key), speech.fact(str(value))
        else:
            yield field_name(key), speech.field_value(key, value)


def head(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a document says of itself, in words."""
    speech = Speech(document)
    return [(field_name(name), speech.field_value(name, document[name])) for name in HEAD if name in document]
