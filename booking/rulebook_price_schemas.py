"""The written form of what costs how much: rates, extra charges, invoicing."""

from __future__ import annotations

from collections.abc import Mapping

from marshmallow import Schema, fields, validate

from booking.core.rules.rows import Unit
from booking.rulebook_fields import Amount, AmountOrUnknown, YesNo
from booking.rulebook_row_schemas import CitedSchema, RuleSchema


class RateSchema(RuleSchema):
    class_id = fields.String(data_key="class", required=True)
    unit = fields.Enum(Unit, by_value=True, required=True)
    amount = AmountOrUnknown(allow_none=False)
    amounts = fields.Dict(keys=fields.String(), values=AmountOrUnknown(), load_default=dict)
    minimum_hours = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 24))
    block_hours = fields.Integer(strict=True, load_default=1, validate=validate.Range(1, 24))
    normal = YesNo(load_default=False)
    vat_percent = Amount()


class InvoicingSchema(CitedSchema):
    minimum_cents = fields.Integer(strict=True, required=True, validate=validate.Range(0))
    runs_per_term = fields.Integer(strict=True, required=True, validate=validate.Range(1))


class ExtraChargeSchema(CitedSchema):
    kinds = fields.List(fields.String(), required=True, validate=validate.Length(min=1))


# Tables of rows ([[rates]]) and single cited tables ([invoicing]): the document takes every one named here.
PRICE_TABLES: Mapping[str, type[Schema]] = {"rates": RateSchema, "extra_charges": ExtraChargeSchema}
PRICE_SECTIONS: Mapping[str, type[Schema]] = {"invoicing": InvoicingSchema}
