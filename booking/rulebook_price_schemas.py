"""The written form of what costs how much: rates, adjustments, add-ons, VAT, extra charges, invoicing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from booking.core.money import Rounding
from booking.core.rules.formulas import DayCount, DayPrice, Per, TiersBy, Unit
from booking.core.rules.invoices import BelowMinimum, LastRun, RunEvery, RunWhen
from booking.core.rules.tariff import Prices, Who
from booking.rulebook_fields import Amount, AmountOrUnknown, Ratio, YesNo
from booking.rulebook_price_fields import LONGEST, CellField, Choice, ClassOrYes, Clock, Hours, MatrixRow, Signed
from booking.rulebook_row_schemas import CitedSchema, RuleSchema


def minutes(least: int = 0) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(least, LONGEST))


class MatrixSchema(Schema):
    """Amounts by several facts: what each row wants of them, and the amount last."""

    by = fields.List(fields.String(), required=True, validate=validate.Length(min=1))
    rows = fields.List(MatrixRow(), required=True, validate=validate.Length(min=1))
    otherwise = AmountOrUnknown(load_default=None)

    @post_load
    def read_rows(self, matrix: dict[str, Any], **_: Any) -> dict[str, Any]:
        columns = len(matrix["by"])
        read: list[tuple[tuple[tuple[str, ...], ...], Any]] = []
        wrong: dict[int, list[str]] = {}
        for place, row in enumerate(matrix["rows"]):
            try:
                if len(row) != columns + 1:
                    raise ValidationError(f"has {len(row)} fields where {columns} facts and an amount are wanted")
                cells = tuple(CellField().deserialize(cell) for cell in row[:-1])
                read.append((cells, AmountOrUnknown().deserialize(row[-1])))
            except ValidationError as error:
                wrong[place] = [str(message) for message in error.messages]
        if wrong:
            raise ValidationError({"rows": wrong})
        return matrix | {"rows": tuple(read)}


class AmountsSchema(Schema):
    amount = AmountOrUnknown(allow_none=False)
    amounts = fields.Dict(keys=fields.String(), values=AmountOrUnknown(), load_default=dict)
    matrix = fields.Nested(MatrixSchema)


class BandSchema(AmountsSchema):
    """A price for a time of day."""

    from_minute = Clock(required=True, data_key="from")
    to_minute = Clock(required=True, data_key="to")

    @validates_schema
    def not_empty(self, band: dict[str, Any], **_: Any) -> None:
        if band["from_minute"] == band["to_minute"]:
            raise ValidationError("ends where it begins; the whole day is from 00:00 to 24:00", "to")


class FormulaSchema(AmountsSchema):
    """How an amount becomes a price."""

    unit = Choice(Unit, required=True)
    per = fields.String(validate=validate.OneOf(["hour", "block"]))
    block_hours = Hours(validate=validate.Range(1))
    block_minutes = minutes(1)
    first_minutes = minutes()
    step_minutes = minutes(1)
    minimum_hours = Hours()
    minimum_minutes = minutes()
    maximum_hours = Hours(validate=validate.Range(1))
    maximum_minutes = minutes(1)
    free_minutes = minutes()
    extra_minutes = minutes()
    day_hours = Hours(validate=validate.Range(1))
    day = Choice(DayPrice)
    day_counts = Choice(DayCount)
    bands = fields.List(fields.Nested(BandSchema), validate=validate.Length(min=1))
    tiers = fields.List(fields.Nested("TierSchema"), validate=validate.Length(min=1))
    tiers_by = Choice(TiersBy)
    terms = fields.List(fields.Nested("FormulaSchema"), validate=validate.Length(min=1))
    package = fields.String(validate=validate.Length(min=1))
    extra_hour = Amount()
    percent = Amount()
    of = fields.String()
    at_least = Amount()
    at_most = Amount()
    round_to = Amount(validate=validate.Range(min=0, min_inclusive=False, error="more than 0"))
    round = Choice(Rounding)


class TierSchema(FormulaSchema):
    """A formula for a length up to and including a limit; the last tier may have none."""

    unit = Choice(Unit)
    up_to = fields.Integer(strict=True, validate=validate.Range(1, LONGEST))
    up_to_hours = Hours(validate=validate.Range(1))
    up_to_minutes = minutes(1)


class ForClassesSchema(RuleSchema):
    """A row of money: for one class, for several, or for all where it names none."""

    class_id = fields.String(data_key="class")
    classes = fields.List(fields.String(), validate=validate.Length(min=1))

    @validates_schema
    def one_way(self, row: dict[str, Any], **_: Any) -> None:
        if "class_id" in row and "classes" in row:
            raise ValidationError('write "class" or "classes", not both', "classes")


class RateSchema(ForClassesSchema, FormulaSchema):
    normal = ClassOrYes(load_default=False)
    vat_percent = Amount()


class AdjustmentSchema(ForClassesSchema):
    """One link of the chain from the rate to the price, in written order."""

    times = Ratio()
    times_fact = fields.String()
    percent = Signed()
    plus = Signed()
    per = Choice(Per)
    at_least = Amount()
    at_most = Amount()
    round_to = Amount(validate=validate.Range(min=0, min_inclusive=False, error="more than 0"))
    round = Choice(Rounding)
    group = fields.String(validate=validate.Length(min=1))
    group_best = YesNo(load_default=False)
    normal = YesNo()


class AddOnSchema(ForClassesSchema, FormulaSchema):
    unit = Choice(Unit)
    chosen = fields.String(validate=validate.Length(min=1))
    who = Choice(Who, load_default=Who.ALL)
    actual_cost = YesNo(load_default=False)


class VatSchema(RuleSchema):
    percent = Amount()
    exempt = YesNo(load_default=False)
    prices = Choice(Prices, load_default=Prices.INCLUDING)
    add_ons = fields.List(fields.String(), load_default=list)

    @validates_schema
    def says_which(self, row: dict[str, Any], **_: Any) -> None:
        if ("percent" in row) == row["exempt"]:
            raise ValidationError('write "percent", or "exempt = true"', "percent")


class RunSchema(Schema):
    name = fields.String(required=True, validate=validate.Length(min=1))
    every = Choice(RunEvery, load_default=RunEvery.MONTH)
    per = fields.Integer(strict=True, load_default=1, validate=validate.Range(1, 31))
    months = fields.List(fields.Integer(strict=True, validate=validate.Range(1, 12)), load_default=list)
    when = Choice(RunWhen, load_default=RunWhen.AFTER_USE)


class InvoicingSchema(CitedSchema):
    minimum_cents = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 100_000_000))
    runs_per_term = fields.Integer(strict=True, validate=validate.Range(1, 31))
    below_minimum = Choice(BelowMinimum, load_default=BelowMinimum.CARRY)
    last_run = Choice(LastRun, load_default=LastRun.ASK)
    runs = fields.List(fields.Nested(RunSchema), load_default=list)
    term_days = fields.Integer(strict=True, validate=validate.Range(0, 365))
    interest_percent = Amount()
    reminder_cents = fields.Integer(strict=True, validate=validate.Range(0, 1_000_000))
    correction_days = fields.Integer(strict=True, validate=validate.Range(0, 3650))
    invoicer = fields.String(load_default="")


class ExtraChargeSchema(CitedSchema):
    kinds = fields.List(fields.String(), required=True, validate=validate.Length(min=1))


# Tables of rows ([[rates]]) and single cited tables ([invoicing]): the document takes every one named here.
PRICE_TABLES: Mapping[str, type[Schema]] = {
    "rates": RateSchema,
    "adjustments": AdjustmentSchema,
    "add_ons": AddOnSchema,
    "vat": VatSchema,
    "extra_charges": ExtraChargeSchema,
}
PRICE_SECTIONS: Mapping[str, type[Schema]] = {"invoicing": InvoicingSchema}
