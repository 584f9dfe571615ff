"""Forms of rows, made from how the row may be written: labels, choices, what was typed, and the row read back."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import Schema, fields
from werkzeug.datastructures import MultiDict

from booking.core.toml_text import inline
from booking.rulebook_fields import Day, YesNo
from booking.rulebook_row_schemas import ScopeSchema, TextsSchema
from booking.versions.written import SCHEMA
from web.rule_words import FIELD_WORDS, Speech, field_name, plain, value_name

LANGUAGES = ("fi", "sv", "en")
# always open; every other field is open when it is needed or says something
OPEN = frozenset(
    "id text title url name class result ask unit amount normal kind value mode fee topic decision source scope".split()  # noqa: SIM905
    + "obligations commitment order first last type policy".split()  # noqa: SIM905
)
LAST = ("decision", "source", "legal_basis", "first_on", "last_on", "overrides", "indicative", "note")
DOCUMENT_FIELDS = (
    "family", "version", "valid_from", "valid_to", "municipality", "binding_language", "name", "decider", "note",
)  # fmt: skip
NORMAL = "normal"  # yes, no, or the class that the normal price is for
HIDDEN = frozenset({"when", "before"})
CONDITIONS = frozenset({"must", "of", "by"})
CLASS_TABLES = {"priority": "priority_classes"}


class Unreadable(ValueError):
    """What was typed cannot be read; `field` says where."""

    def __init__(self, field: str, problem: str) -> None:
        self.field, self.problem = field, problem
        super().__init__(f"{field}: {problem}")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. `kind`: text, number, day, yes_no, select, ticks, lines, texts or toml."""

    name: str
    label: str
    kind: str
    typed: Any
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False
    open: bool = True


def schema_of(table: str) -> Schema | None:
    """How a row of a table may be written; None for entries that are no tables (lists, conditions)."""
    field = SCHEMA.fields[table]
    for step in ("inner", "value_field"):
        field = getattr(field, step, field)
    return field.schema if isinstance(field, fields.Nested) else None


def kind_of(name: str, field: Any) -> str:
    """How a field is shown."""
    inner = getattr(field, "inner", None)
    for kind, holds in KINDS:
        if holds(name, field, inner):
            return kind
    return "text"


Test = Callable[[str, Any, Any], bool]
KINDS: tuple[tuple[str, Test], ...] = (
    ("texts", lambda name, field, inner: isinstance(field, fields.Nested) and isinstance(field.schema, TextsSchema)),
    ("scope", lambda name, field, inner: isinstance(field, fields.Nested) and isinstance(field.schema, ScopeSchema)),
    ("lines", lambda name, field, inner: isinstance(inner, fields.String)),
    (
        "toml",
        lambda name, field, inner: isinstance(field, fields.Nested | fields.Dict | fields.List | fields.Raw),
    ),
    ("yes_no", lambda name, field, inner: isinstance(field, YesNo)),
    ("day", lambda name, field, inner: type(field) is Day),
    ("number", lambda name, field, inner: isinstance(field, fields.Integer)),
)


def written_fields(table: str) -> list[tuple[str, Any]]:
    """The fields a row may have, what it says first, what it comes from last."""
    if table == "head":
        return head_fields()
    schema = schema_of(table)
    named = [(field.data_key or name, field) for name, field in schema.fields.items()] if schema else []
    shown = [(name, field) for name, field in named if name not in HIDDEN]
    front = {"id": 0, "text": 1, "name": 1, "title": 1, "scope": 2}
    order = {name: 50 + place for place, name in enumerate(LAST)}
    return sorted(shown, key=lambda pair: order.get(pair[0], front.get(pair[0], 10)))


def form_of(table: str, row: Mapping[str, Any], speech: Speech, prefix: str = "") -> list[Field]:
    """The fields of a row's form, filled."""
    return [made(table, name, field, row.get(name), speech, prefix) for name, field in written_fields(table)]


def made(table: str, name: str, field: Any, value: Any, speech: Speech, prefix: str) -> Field:
    choices = tuple(choices_of(table, name, field, speech))
    kind = kind_of(name, field)
    if name == NORMAL:
        kind, choices = "select", (*yes_or_no(), *classes_of(table, speech))
    if choices:
        kind = "ticks" if kind == "lines" else "select"
    if kind == "scope":
        return scope_field(value or {}, speech)
    shown = name in OPEN or field.required or value is not None
    return Field(prefix + name, field_name(name), kind, as_typed(kind, value), choices, field.required, shown)


def scope_field(value: Mapping[str, Any], speech: Speech) -> Field:
    """The scope: ticks and lines of its own, each named scope.…"""
    inner = [made("", name, field, value.get(name), speech, "scope.") for name, field in ScopeSchema().fields.items()]
    common = ("scope.premises_kind", "scope.space_kind", "scope.booking_type")
    shown = [
        Field(
            one.name, one.label, one.kind, one.typed, one.choices, one.required, one.name in common or bool(one.typed)
        )
        for one in inner
    ]
    return Field("scope", field_name("scope"), "scope", shown, (), False, True)


def as_typed(kind: str, value: Any) -> Any:
    """A value as it stands in its input."""
    if kind == "texts":
        return {language: (value or {}).get(language, "") for language in LANGUAGES}
    if kind in ("lines", "ticks"):
        return list(value or [])
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if kind == "toml":
        return inline(value)
    return str(value)


def choices_of(table: str, name: str, field: Any, speech: Speech) -> Iterator[tuple[str, str]]:
    """What a field can be chosen from; nothing for free ones."""
    inner = getattr(field, "inner", None) or field
    if name == "source":
        yield from ((key, f"{key}: {one.get('title', '')}") for key, one in speech.document.get("sources", {}).items())
    elif name in ("class", "price_class", "classes"):
        yield from classes_of(table, speech)
    elif name in FIELD_WORDS:
        yield from speech.words_of(FIELD_WORDS[name])
    else:
        yield from ((word, value_name(name, word)) for word in words_in(inner))


def yes_or_no() -> tuple[tuple[str, str], ...]:
    return ("yes", plain(True)), ("no", plain(False))


def classes_of(table: str, speech: Speech) -> list[tuple[str, str]]:
    rows = speech.document.get(CLASS_TABLES.get(table, "price_classes"), [])
    return [(str(row.get("id")), speech.class_name(str(row.get("id")))) for row in rows]


def words_in(field: Any) -> list[str]:
    """The few words a field can be."""
    known = getattr(field, "enum", None) or getattr(field, "kind", None)
    if known is not None:
        return [str(one.value) for one in known]
    return [str(one) for check in field.validators or () for one in getattr(check, "choices", ())]


def row_from(table: str, typed: MultiDict[str, str], kept: Mapping[str, Any]) -> dict[str, Any]:
    """The row as typed; `kept` is what it was, for what the form does not show. Raises Unreadable."""
    row: dict[str, Any] = {}
    for name, field in written_fields(table):
        value = value_from(name, field, typed)
        if value is not None:
            row[name] = kept_value(kept.get(name), value)
    return row | {name: kept[name] for name in HIDDEN if name in kept}


def kept_value(old: Any, new: Any) -> Any:
    """What was typed; where it reads as the old value did, that very value: 3 does not become "3"."""
    same = isinstance(new, str) and old is not None and not isinstance(old, bool) and str(old) == new
    return old if same else new


def value_from(name: str, field: Any, typed: MultiDict[str, str]) -> Any:
    """One field's value, None for nothing."""
    kind = kind_of(name, field)
    if kind == "texts":
        texts = {language: typed.get(f"{name}.{language}", "").strip() for language in LANGUAGES}
        return {language: text for language, text in texts.items() if text} or None
    if kind == "scope":
        inner = {key: value_from(f"scope.{key}", each, typed) for key, each in ScopeSchema().fields.items()}
        return {key: value for key, value in inner.items() if value is not None} or None
    if kind == "lines":
        lines = [line.strip() for each in typed.getlist(name) for line in each.splitlines()]
        return [line for line in lines if line] or None
    text = typed.get(name, "").strip()
    if name == NORMAL and text in ("yes", "no"):
        return text == "yes"
    return read(kind, name, text) if text else None


def read(kind: str, name: str, text: str) -> Any:
    """A value from its input. What is no number or day is kept as typed: the check of the draft says so in words."""
    if kind == "yes_no":
        return text == "yes"
    if kind == "number":
        return int(text) if text.lstrip("-").isdigit() else text
    if kind == "day":
        return day_or_text(text)
    return toml_value(name, text) if kind == "toml" else text.replace("\r\n", "\n")


def day_or_text(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def toml_value(name: str, text: str) -> Any:
    """A value written as in the file. Raises Unreadable."""
    try:
        return tomllib.loads(f"value = {text.strip()}\n")["value"]
    except (ValueError, RecursionError) as error:
        raise Unreadable(name, str(error)) from None


def head_fields() -> list[tuple[str, Any]]:
    """The fields of a document itself."""
    return [(name, SCHEMA.fields[name]) for name in DOCUMENT_FIELDS]


def head_from(typed: MultiDict[str, str], kept: Mapping[str, Any]) -> dict[str, Any]:
    """The document's own fields as typed; None takes one out."""
    del kept
    return {name: value_from(name, field, typed) for name, field in head_fields()}


def fields_for(table: str, name: str | None, value: Any, speech: Speech) -> list[Field]:
    """The form of one row; an entry of a keyed table has its name as a field beside what it says."""
    schema = schema_of(table)
    entry = [] if keyed_not(table) else [Field("entry", field_name("id"), "text", name or "", (), True, True)]
    if table == "lists":
        return [*entry, Field("items", field_name("rows"), "lines", list(value or []), (), True, True)]
    if schema is None or table in ("conditions", "words", "seasons", "days"):
        typed = inline(value) if value not in ({}, [], None) else ""
        return [*entry, Field("value", field_name("value"), "toml", typed, (), True, True)]
    return [*entry, *form_of(table, value, speech)]


def keyed_not(table: str) -> bool:
    return not isinstance(SCHEMA.fields[table], fields.Dict)


def entry_from(table: str, typed: MultiDict[str, str]) -> Any:
    """The value of an entry as typed. Raises Unreadable."""
    if table == "lists":
        lines = [line.strip() for line in typed.get("items", "").splitlines()]
        return [line for line in lines if line]
    if schema_of(table) is None or table in ("conditions", "words", "seasons", "days"):
        return toml_value("value", typed.get("value", "") or '""')
    return row_from(table, typed, {})
