"""What every row of a rulebook has in its written form: id, decision, source, text, scope, condition."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from booking.core.rules.rows import OutcomeKind
from booking.rulebook_fields import Day, YesNo

ROW_ID = re.compile(r"^[a-z0-9][a-z0-9-]*$")
NAMED = "small letters, digits and hyphens only"


class TextsSchema(Schema):
    """Words for people; Finnish and Swedish always, English where there is one."""

    fi = fields.String(required=True, validate=validate.Length(min=1))
    sv = fields.String(required=True, validate=validate.Length(min=1))
    en = fields.String(validate=validate.Length(min=1))


class SourceSchema(Schema):
    title = fields.String(required=True)
    url = fields.String(load_default="")


def listed() -> fields.List[Any]:
    return fields.List(fields.String(), validate=validate.Length(min=1))


class ScopeSchema(Schema):
    premises_kind = listed()
    space_kind = listed()
    booking_type = listed()
    premises = listed()
    space = listed()
    manager = listed()
    municipality = listed()
    district = listed()
    zone = listed()
    supervised = YesNo()


class CitedSchema(Schema):
    """What every row says of itself."""

    id = fields.String(required=True, validate=validate.Regexp(ROW_ID, error=NAMED))
    decision = fields.String(required=True, validate=validate.Length(min=1))
    source = fields.String(required=True)
    legal_basis = fields.String(load_default="", validate=validate.Length(min=1))
    first_on = Day()
    last_on = Day()
    text = fields.Nested(TextsSchema, required=True)
    note = fields.String()

    @validates_schema
    def ends_after_it_begins(self, row: dict[str, Any], **_: Any) -> None:
        if "first_on" in row and "last_on" in row and row["last_on"] < row["first_on"]:
            raise ValidationError(f"is before first_on {row['first_on']}", "last_on")


class RuleSchema(CitedSchema):
    scope = fields.Nested(ScopeSchema, load_default=dict)
    when = fields.Raw(load_default=lambda: {"always": True})
    before = fields.String()
    overrides = fields.List(fields.String(), load_default=list)
    indicative = YesNo(load_default=False)


class DecidingSchema(RuleSchema):
    result = fields.Enum(OutcomeKind, by_value=True, load_default=OutcomeKind.GRANTED)
    ask = fields.String()
    question = fields.Nested(TextsSchema)


class ObligationSchema(RuleSchema):
    pass


class ExclusionSchema(DecidingSchema):
    result = fields.Enum(OutcomeKind, by_value=True, required=True)
    instead = fields.List(fields.String(), load_default=list)
    booking_type = fields.String()


class ClassedSchema(DecidingSchema):
    class_id = fields.String(data_key="class")


class ClassSchema(Schema):
    id = fields.String(required=True)
    rank = fields.Integer(strict=True, validate=validate.Range(1, 1000))
    name = fields.Nested(TextsSchema, required=True)
