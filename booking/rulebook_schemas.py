"""The written form of a rulebook as marshmallow schemas, with messages people can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from booking.core.rules.conditions import nearest
from booking.core.rules.rows import OutcomeKind, Policy, Unit

LANGUAGES = ("fi", "sv", "en")
ROW_ID = re.compile(r"^[a-z0-9][a-z0-9-]*$")


class Day(fields.Field[date]):
    """A day: in TOML written bare (2019-08-01), in JSON as text."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError(f"a day is written as 2019-08-01, not {value!r}") from None


class Amount(fields.Field[Decimal]):
    """Euros or per cent as text, such as "7.50": never a binary fraction, never below zero."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Decimal:
        try:
            amount = Decimal(value) if isinstance(value, str) else Decimal("NaN")
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount < 0:
            raise ValidationError(f'an amount is a text such as "7.50", zero or more, not {value!r}')
        return amount


class AmountOrUnknown(Amount):
    """As an amount, or the word "unknown" where the sources do not tell it."""

    def _deserialize(self, value: Any, *rest: Any, **named: Any) -> Any:
        return None if value == "unknown" else super()._deserialize(value, *rest, **named)


class YesNo(fields.Field[bool]):
    """true or false and nothing that looks like them."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(f"true or false, not {value!r}")
        return value


class TextsSchema(Schema):
    """Words for people; Finnish and Swedish always, English where there is one."""

    fi = fields.String(required=True, validate=validate.Length(min=1))
    sv = fields.String(required=True, validate=validate.Length(min=1))
    en = fields.String(validate=validate.Length(min=1))


class SourceSchema(Schema):
    title = fields.String(required=True)
    url = fields.String(load_default="")


class ScopeSchema(Schema):
    premises_kind = fields.List(fields.String(), validate=validate.Length(min=1))
    space_kind = fields.List(fields.String(), validate=validate.Length(min=1))
    booking_type = fields.List(fields.String(), validate=validate.Length(min=1))


class CitedSchema(Schema):
    """What every row says of itself."""

    id = fields.String(required=True, validate=validate.Regexp(ROW_ID, error="small letters, digits and hyphens only"))
    decision = fields.String(required=True, validate=validate.Length(min=1))
    source = fields.String(required=True)
    first_on = Day()
    last_on = Day()
    text = fields.Nested(TextsSchema, required=True)
    note = fields.String()


class RuleSchema(CitedSchema):
    scope = fields.Nested(ScopeSchema, load_default=dict)
    when = fields.Raw(load_default=lambda: {"always": True})
    before = fields.String()


class ObligationSchema(RuleSchema):
    pass


class DecidingSchema(RuleSchema):
    result = fields.Enum(OutcomeKind, by_value=True, load_default=OutcomeKind.GRANTED)
    ask = fields.String()


class ExclusionSchema(DecidingSchema):
    result = fields.Enum(OutcomeKind, by_value=True, required=True)
    instead = fields.List(fields.String(), load_default=list)
    booking_type = fields.String()


class ClassedSchema(DecidingSchema):
    class_id = fields.String(data_key="class")


class RateSchema(RuleSchema):
    class_id = fields.String(data_key="class", required=True)
    unit = fields.Enum(Unit, by_value=True, required=True)
    amount = AmountOrUnknown(allow_none=False)
    amounts = fields.Dict(keys=fields.String(), values=AmountOrUnknown(), load_default=dict)
    minimum_hours = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 24))
    block_hours = fields.Integer(strict=True, load_default=1, validate=validate.Range(1, 24))
    normal = YesNo(load_default=False)
    vat_percent = Amount()


class ClassSchema(Schema):
    id = fields.String(required=True)
    rank = fields.Integer(strict=True, validate=validate.Range(1))
    name = fields.Nested(TextsSchema, required=True)


class PolicySchema(Schema):
    exclusions = fields.Enum(Policy, by_value=True, load_default=Policy.STRICTEST)
    priority = fields.Enum(Policy, by_value=True, required=True)
    price = fields.Enum(Policy, by_value=True, required=True)


class InvoicingSchema(CitedSchema):
    minimum_cents = fields.Integer(strict=True, required=True, validate=validate.Range(0))
    runs_per_term = fields.Integer(strict=True, required=True, validate=validate.Range(1))


class ExtraChargeSchema(CitedSchema):
    kinds = fields.List(fields.String(), required=True, validate=validate.Length(min=1))


def texts_by_word() -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.Nested(TextsSchema), load_default=dict)


class DocumentSchema(Schema):
    """One file: a version of a family of rules, whole, or amending another version."""

    family = fields.String(
        required=True, validate=validate.Regexp(ROW_ID, error="small letters, digits and hyphens only")
    )
    version = fields.String(
        required=True, validate=validate.Regexp(ROW_ID, error="small letters, digits and hyphens only")
    )
    amends = fields.String()
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
    priority_classes = fields.List(fields.Nested(ClassSchema), load_default=list)
    price_classes = fields.List(fields.Nested(ClassSchema), load_default=list)
    exclusions = fields.List(fields.Nested(ExclusionSchema), load_default=list)
    priority = fields.List(fields.Nested(ClassedSchema), load_default=list)
    price = fields.List(fields.Nested(ClassedSchema), load_default=list)
    rates = fields.List(fields.Nested(RateSchema), load_default=list)
    obligations = fields.List(fields.Nested(ObligationSchema), load_default=list)
    invoicing = fields.Nested(InvoicingSchema)
    extra_charges = fields.List(fields.Nested(ExtraChargeSchema), load_default=list)


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
