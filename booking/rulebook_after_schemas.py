"""The written form of what is not class or price: parity, limits, consequences, doors, and the rules of a round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from booking.core.rules.access import End, FirstIn, Mode, Who
from booking.core.rules.consequences import Fee, Reach, SanctionKind, Slot, Until
from booking.core.rules.limits import Counted, LimitKind, LimitUnit, NeededFor, Window
from booking.core.rules.rounds import Acceptance, Direction, TiePolicy
from booking.core.rules.rows import OutcomeKind
from booking.rulebook_fields import Amount, Ratio, YearDay, YesNo, whole
from booking.rulebook_row_schemas import CitedSchema, DecidingSchema, ExclusionSchema, RuleSchema, TextsSchema

CALENDAR_KINDS = (
    "announce_by", "apply_from", "apply_to", "decide_by", "confirm_by", "left_overs_from", "continuous_from",
    "season_from", "season_to", "appeal_days", "closed", "invoice", "review_by",
)  # fmt: skip


def one_of(kind: Any, **named: Any) -> fields.Enum[Any]:
    return fields.Enum(kind, by_value=True, **named)


class TreatAsSchema(RuleSchema):
    fact = fields.String(required=True)
    value = fields.Raw(required=True, data_key="as")


LENGTHS = frozenset({LimitUnit.MINUTES, LimitUnit.HOURS})
LOCAL = frozenset({LimitUnit.DAYS, LimitUnit.WEEKS, LimitUnit.MONTHS})
LEADS = LOCAL | {LimitUnit.HOURS}
# what a kind of limit cannot do without, and the units it counts in (the first is taken where there is one only)
NEEDS: Mapping[LimitKind, tuple[tuple[str, ...], frozenset[LimitUnit]]] = {
    LimitKind.LEAD_MIN: (("value", "unit"), LEADS),
    LimitKind.LEAD_MAX: (("value", "unit"), LEADS),
    LimitKind.LENGTH_MIN: (("value", "unit"), LENGTHS),
    LimitKind.LENGTH_MAX: (("value", "unit"), LENGTHS),
    LimitKind.OCCASIONS: (("value",), frozenset({LimitUnit.OCCASIONS})),
    LimitKind.QUOTA: (("value", "count", "per", "window"), frozenset({LimitUnit.MINUTES, LimitUnit.HOURS})),
    LimitKind.BOOKER_AGE: (("value",), frozenset({LimitUnit.YEARS})),
    LimitKind.HEADS_MAX: (("value",), frozenset({LimitUnit.PEOPLE})),
    LimitKind.HEADS_MIN: (("value",), frozenset({LimitUnit.PEOPLE})),
    LimitKind.COMMITMENT: (("commitment",), frozenset()),
    LimitKind.PREPAYMENT: ((), frozenset()),
    LimitKind.VERIFIED: ((), frozenset()),
    LimitKind.NO_BAN: ((), frozenset()),
    LimitKind.NO_DEBT: ((), frozenset({LimitUnit.DAYS, LimitUnit.MONTHS})),
    LimitKind.NOTIFY: (("value", "unit", "whom"), LOCAL),
    LimitKind.DECIDE_BEFORE: (("value", "unit"), LOCAL),
    LimitKind.CONFIRM_BY: (("otherwise",), LOCAL),
    LimitKind.REQUIRES: (("must",), frozenset()),
}


class LimitSchema(ExclusionSchema):
    result = one_of(OutcomeKind, load_default=OutcomeKind.REFUSED)
    kind = one_of(LimitKind, required=True)
    value = whole()
    unit = one_of(LimitUnit)
    needed_for = one_of(NeededFor, load_default=NeededFor.BOOKING)
    count = one_of(Counted)
    per = fields.String(validate=validate.OneOf(("organisation", "person")))
    window = one_of(Window)
    of = fields.Raw()
    or_responsible = whole(1)
    commitment = fields.String()
    must = fields.Raw()
    otherwise = fields.String(validate=validate.OneOf(("lapse", "accepted")))
    by = YearDay()
    whom = fields.String()
    bans = fields.List(fields.String(), load_default=list)

    @validates_schema
    def says_enough(self, row: dict[str, Any], **_: Any) -> None:
        needed, units = NEEDS[row["kind"]]
        for name in needed:
            if name not in row:
                raise ValidationError(f"a limit of the kind {row['kind']} needs it", name)
        if "unit" in row and row["unit"] not in units:
            known = ", ".join(sorted(units)) or "nothing: leave it out"
            raise ValidationError(f"a limit of the kind {row['kind']} counts {known}", "unit")
        if row["kind"] is LimitKind.CONFIRM_BY and "by" not in row and not {"value", "unit"} <= set(row):
            raise ValidationError('give a day as by = "08-15", or value and unit before the use', "by")


def also_amount(row: dict[str, Any], name: str, word: str) -> None:
    """A field that is one word or a sum: the sum, if it is one, is added as NAME_amount."""
    if row.get(name, word) == word:
        return
    try:
        row[f"{name}_amount"] = Amount().deserialize(row[name])
    except ValidationError:
        raise ValidationError(f'"{word}" or an amount such as "7.50", not {row[name]!r}', name) from None


class SanctionSchema(Schema):
    kind = one_of(SanctionKind, required=True)
    scope = one_of(Reach, load_default=Reach.ALL)
    days = whole(1)
    months = whole(1)
    until = one_of(Until)
    after = whole(1, load_default=1)
    price_class = fields.String()


# what a way of reckoning a fee cannot do without
FEE_NEEDS = {Fee.PERCENT: "percent", Fee.CLASS: "class_id", Fee.AMOUNT: "amount"}


class ConsequenceSchema(DecidingSchema):
    topic = fields.String(load_default="fee", validate=validate.Length(min=1))
    fee = one_of(Fee)
    percent = Amount()
    class_id = fields.String(data_key="class")
    times = Ratio()
    amount = Amount()
    less_relet = YesNo(load_default=False)
    charge = fields.String(validate=validate.OneOf(("waived",)))
    valid = YesNo()
    slot = one_of(Slot)
    sanction = fields.Nested(SanctionSchema)
    price_class = fields.String()
    substitute = YesNo(load_default=False)
    deadline_days = whole()
    deadline_months = whole()
    compensation = fields.String()

    @validates_schema
    def says_enough(self, row: dict[str, Any], **_: Any) -> None:
        needed = FEE_NEEDS.get(row["fee"]) if "fee" in row else None
        if needed and needed not in row:
            raise ValidationError(f"a fee of the kind {row['fee']} needs it", needed.removesuffix("_id"))
        also_amount(row, "compensation", "price")


class AccessSchema(RuleSchema):
    mode = one_of(Mode, required=True)
    before_minutes = whole(load_default=0)
    after_minutes = whole(load_default=0)
    start = one_of(End, load_default=End.CLOSED)
    end = one_of(End, load_default=End.OPEN)
    keys = whole()
    who = one_of(Who)
    first_in = one_of(FirstIn)
    outer_door = fields.String()
    remote_open = fields.String()
    leave_by_minutes = whole()
    needs = fields.List(fields.String(), load_default=list)
    duty_contact = fields.String()
    revoke_on = fields.List(fields.String(), load_default=list)
    key_return = fields.String()
    lost_key = fields.String()
    guest_book = YesNo(load_default=False)
    inspection = YesNo(load_default=False)

    @validates_schema
    def lost_key_is_a_sum(self, row: dict[str, Any], **_: Any) -> None:
        also_amount(row, "lost_key", "actual_cost")


class PublicitySchema(RuleSchema):
    name_shown = YesNo(required=True)
    purpose_shown = YesNo(load_default=True)


class TieBreakSchema(RuleSchema):
    by = fields.Raw(required=True)
    order = one_of(Direction, required=True)
    points = whole()


class AllocationQuotaSchema(RuleSchema):
    class_id = fields.String(data_key="class")
    share_percent = Amount()
    weekly_hours = Amount()
    least = YesNo(load_default=False)

    @validates_schema
    def says_enough(self, row: dict[str, Any], **_: Any) -> None:
        if ("share_percent" in row) == ("weekly_hours" in row):
            raise ValidationError('give either share_percent = "40" or weekly_hours = "6"', "share_percent")


class CalendarSchema(RuleSchema):
    kind = fields.String(required=True, validate=validate.OneOf(CALENDAR_KINDS))
    day = YearDay()
    days = whole(1)
    season = fields.String()
    name = fields.Nested(TextsSchema)

    @validates_schema
    def says_enough(self, row: dict[str, Any], **_: Any) -> None:
        if ("day" in row) == ("days" in row):
            raise ValidationError('give either day = "03-31" or days = 14', "day")


class AllocationSchema(CitedSchema):
    tie_policy = one_of(TiePolicy, load_default=TiePolicy.ORDER)
    accept = one_of(Acceptance)
    confirm_days = whole(1)
    grant_years = whole(1)
    left_overs = fields.String(validate=validate.OneOf(("continuous", "second_round", "singles_only")))
    swap_reports = whole(1)
    private_never_displaces = YesNo()
    club_divides = YesNo()
    match_overrides = YesNo()
    negotiation = YesNo()
    alternatives = YesNo()
    appeal_days = whole(1)
    indicative = YesNo(load_default=False)


class DaySpanSchema(Schema):
    first = YearDay(required=True)
    last = YearDay()
    name = fields.Nested(TextsSchema)

    @validates_schema
    def alike(self, span: dict[str, Any], **_: Any) -> None:
        last = span.setdefault("last", span["first"])
        if type(last) is not type(span["first"]):
            raise ValidationError('is written like "first": both dated, or both "MM-DD"', "last")
        if not isinstance(last, tuple) and last < span["first"]:
            raise ValidationError(f"is before first {span['first']}", "last")


AFTER_TABLES: Mapping[str, type[Schema]] = {
    "treat_as": TreatAsSchema,
    "limits": LimitSchema,
    "consequences": ConsequenceSchema,
    "access": AccessSchema,
    "publicity": PublicitySchema,
    "tie_breaks": TieBreakSchema,
    "allocation_quotas": AllocationQuotaSchema,
    "calendar": CalendarSchema,
}
AFTER_SECTIONS: Mapping[str, type[Schema]] = {"allocation": AllocationSchema}
