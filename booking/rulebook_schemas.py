"""The written form of a whole rulebook, and what is wrong in one told as lines that name row and field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from booking.core.rules.conditions import nearest
from booking.core.rules.fact_types import OWN_TYPES, FactType
from booking.core.rules.rows import Policy
from booking.rulebook_after_schemas import AFTER_SECTIONS, AFTER_TABLES, DaySpanSchema
from booking.rulebook_fields import Day, YesNo
from booking.rulebook_price_schemas import PRICE_SECTIONS, PRICE_TABLES
from booking.rulebook_row_schemas import (
    NAMED,
    ROW_ID,
    ClassedSchema,
    ClassSchema,
    ExclusionSchema,
    ObligationSchema,
    SourceSchema,
    TextsSchema,
)

LANGUAGES = ("fi", "sv", "en")
OWN_FACT = re.compile(r"^(applicant|activity|audience|space|time|history|event)\.[a-z][a-z0-9_]*$")

# Every table of rows and every single cited table of a document: what is named here can be written and amended.
ROW_SCHEMAS: Mapping[str, type[Schema]] = {
    "exclusions": ExclusionSchema,
    "priority": ClassedSchema,
    "price": ClassedSchema,
    "obligations": ObligationSchema,
    **PRICE_TABLES,
    **AFTER_TABLES,
}
SECTION_SCHEMAS: Mapping[str, type[Schema]] = {**PRICE_SECTIONS, **AFTER_SECTIONS}
ROW_TABLES = tuple(ROW_SCHEMAS)
SECTIONS = tuple(SECTION_SCHEMAS)
DECIDING = (Policy.FIRST_MATCH, Policy.MOST_FAVOURABLE, Policy.STRICTEST)


def policy(*known: Policy, **named: Any) -> fields.Enum[Policy]:
    listed = ", ".join(known)
    return fields.Enum(
        Policy, by_value=True, validate=validate.OneOf(known, error=f"Must be one of: {listed}."), **named
    )


class PolicySchema(Schema):
    exclusions = policy(*DECIDING, load_default=Policy.STRICTEST)
    priority = policy(*DECIDING, required=True)
    price = policy(*DECIDING, required=True)
    consequences = policy(Policy.FIRST_MATCH, Policy.ALL, load_default=Policy.FIRST_MATCH)


class OwnFactSchema(Schema):
    """A fact that the rulebook adds: told in the request's group of its name, asked on the form where it is missing."""

    type = fields.Enum(FactType, by_value=True, required=True, validate=validate.OneOf(
        sorted(OWN_TYPES), error=f"Must be one of: {', '.join(sorted(OWN_TYPES))}."))  # fmt: skip
    words = fields.String()
    name = fields.Nested(TextsSchema, required=True)
    note = fields.String()


def texts_by_word() -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.Nested(TextsSchema), load_default=dict)


def spans_by_name() -> fields.Dict:
    spans = fields.List(fields.Nested(DaySpanSchema), validate=validate.Length(min=1))
    return fields.Dict(keys=fields.String(), values=spans, load_default=dict)


def name() -> fields.String:
    return fields.String(required=True, validate=validate.Regexp(ROW_ID, error=NAMED))


class HeadSchema(Schema):
    """What a document says beside its tables of rows."""

    family = name()
    version = name()
    amends = fields.String()
    extends = fields.String()
    drop = fields.List(fields.String(), load_default=list)
    valid_from = Day(required=True)
    valid_to = Day()
    municipality = fields.String()
    binding_language = fields.String(validate=validate.OneOf(LANGUAGES))
    name = fields.Nested(TextsSchema, required=True)
    note = fields.String()
    demo = YesNo()
    decider = fields.String()
    sources = fields.Dict(keys=fields.String(), values=fields.Nested(SourceSchema), load_default=dict)
    policy = fields.Nested(PolicySchema)
    lists = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), load_default=dict)
    conditions = fields.Dict(keys=fields.String(), values=fields.Raw(), load_default=dict)
    roles = texts_by_word()
    words = fields.Dict(keys=fields.String(), values=texts_by_word(), load_default=dict)
    facts = fields.Dict(
        keys=fields.String(
            validate=validate.Regexp(OWN_FACT, error='a fact is named "group.name", such as "activity.cows"')
        ),
        values=fields.Nested(OwnFactSchema),
        load_default=dict,
    )
    seasons = spans_by_name()
    days = spans_by_name()
    priority_classes = fields.List(fields.Nested(ClassSchema), load_default=list)
    price_classes = fields.List(fields.Nested(ClassSchema), load_default=list)


def document_schema() -> Schema:
    """One file: a version of a family of rules, whole, amending another version, or extending another family."""
    rows = {table: fields.List(fields.Nested(schema), load_default=list) for table, schema in ROW_SCHEMAS.items()}
    sections = {table: fields.Nested(schema) for table, schema in SECTION_SCHEMAS.items()}
    made = type("DocumentSchema", (HeadSchema,), {**rows, **sections})
    assert issubclass(made, Schema)
    return made()


def told(schema: Schema, messages: Any, written: Any) -> Iterator[str]:
    """Marshmallow's nested messages as lines "row: field: message"; unknown fields get the nearest known name."""
    if not isinstance(messages, Mapping):
        yield from (str(message) for message in messages)
        return
    for key, inner in messages.items():
        if key == "_schema":
            yield from (str(message) for message in inner)
        elif inner == ["Unknown field."]:
            yield f"{key}: unknown field{nearest(str(key), known_keys(schema))}"
        else:
            below = part(written, key)
            yield from (f"{called(key, below)}: {line}" for line in told(inner_schema(schema, key), inner, below))


def known_keys(schema: Schema) -> list[str]:
    return [field.data_key or name for name, field in schema.fields.items()]


def inner_schema(schema: Schema, key: object) -> Schema:
    """The schema below a key; the same one for a list's index or a free table's key."""
    found = {field.data_key or name: field for name, field in schema.fields.items()}.get(str(key))
    for step in ("inner", "value_field"):
        found = getattr(found, step, found)
    return found.schema if isinstance(found, fields.Nested) else schema


def part(written: Any, key: object) -> Any:
    try:
        return written[key]
    except (KeyError, IndexError, TypeError):
        return None


def called(key: object, written: Any) -> str:
    """A row by its id rather than its place, where it has one."""
    if isinstance(key, int):
        return str(written["id"]) if isinstance(written, Mapping) and "id" in written else f"number {key + 1}"
    return str(key)
