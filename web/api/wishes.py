"""The wish of a booking as JSON, read into the very fields the pages' form makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate
from sqlalchemy.orm import Session

from booking.core.rulebook import Rulebook
from booking.models import Space
from booking.moving import Scope
from booking.premises import space_by_ref
from booking.refusals import BadInput
from booking.rulebooks import NoRulebook, words
from booking.versions.known import book_on
from booking.wish import Wish
from web import fact_fields
from web.api.shapes import Day, Line, Ref, WallTime, whole
from web.booking_access import require_exceeding
from web.booking_form import BookingFields, tellable
from web.on_behalf import applicants_for, group_for


class AudienceIn(Schema):
    """What is known of those who come; what is left out is not told (docs/rulebook.md)."""

    under_18 = whole()
    under_20 = whole()
    residents = whole()
    under_18_residents = whole()
    group = fields.String(validate=validate.OneOf(sorted(words()["audience_group"])))
    targets_residents = fields.Boolean()
    entry_fee = fields.Boolean()


class SeriesIn(Schema):
    """Every n-th week until a last day, inclusive; weekdays from Monday 0, that of the first day unless told."""

    last_on = Day(required=True)
    weekdays = fields.List(whole(0, 6), load_default=[], validate=validate.Length(max=7))
    every_weeks = whole(1, 52, load_default=1)


def fields_of(
    *, series: Mapping[str, Any] | None, ends_next_day: bool, facts: Mapping[str, Any], **told: Any
) -> BookingFields:
    """The form's fields."""
    repeated = {} if series is None else {"repeat": "weekly", **series}
    if "weekdays" in repeated:
        repeated["weekdays"] = tuple(map(str, repeated["weekdays"]))
    return BookingFields(**told, **repeated, told=facts, overnight=ends_next_day)


class WishIn(Schema):
    """What somebody wishes to book. Times are local wall times of the space; an end at 00:00 is midnight."""

    space = Ref(required=True)
    organisation = Ref(load_default="", metadata={"description": "for whom; left out: the one you act for"})
    holder = Ref(load_default="", metadata={"description": "who answers for it, when staff books on its behalf"})
    subgroup = Ref(load_default="", metadata={"description": "the group of the organisation that books"})
    title = Line(longest=80, shortest=1, required=True)
    purpose = fields.String(required=True, validate=validate.OneOf(sorted(words()["activity_purpose"])))
    people = whole(1, required=True)
    audience = fields.Nested(AudienceIn, load_default=dict)
    facts = fields.Dict(
        keys=fields.String(),
        load_default=dict,
        metadata={"description": "other facts the rules ask, by dotted name, a rulebook's own too (docs/rulebook.md)"},
    )
    day = Day(required=True, metadata={"description": "the day, or the first day of the series"})
    start = WallTime(required=True)
    end = WallTime(required=True)
    ends_next_day = fields.Boolean(load_default=False)
    series = fields.Nested(SeriesIn, load_default=None, allow_none=True)

    @post_load
    def understood(self, told: dict[str, Any], **_: Any) -> Any:
        return fields_of(**told)


@dataclass(frozen=True, slots=True)
class Ordered:
    """A wish with what to do when some of its dates are impossible."""

    fields: BookingFields
    all_or_nothing: bool = False


class OrderIn(WishIn):
    """A wish to be booked now."""

    exceeding = Line(
        longest=300,
        load_default="",
        metadata={"description": "why limits of the rules are exceeded; only for who runs the premises"},
    )
    all_or_nothing = fields.Boolean(
        load_default=False,
        metadata={"description": "false: the possible dates are booked and the others come back as refused"},
    )

    @post_load
    def understood(self, told: dict[str, Any], **_: Any) -> Any:
        whole_only = told.pop("all_or_nothing")
        return Ordered(fields_of(**told), all_or_nothing=whole_only)


class ChosenIn(Schema):
    """One time of a booking, by its key."""

    key = Line(longest=40, shortest=1, required=True)


class ReachIn(ChosenIn):
    """One time, and how far the change reaches: it alone, this and the following, or all to come."""

    scope = fields.Enum(Scope, by_value=True, load_default=Scope.ONE)


class ReaddIn(ChosenIn):
    """One time to be booked again."""

    exceeding = Line(longest=300, load_default="", metadata={"description": "why limits of the rules are exceeded"})


class CancelIn(ReachIn):
    """Which times to cancel, and why."""

    reason = Line(longest=200, load_default="")


class MoveIn(ReachIn):
    """Where the times go: the new day of the named one (the others move by as many days), local times, perhaps another
    space."""

    day = Day(required=True)
    start = WallTime(required=True)
    end = WallTime(required=True)
    ends_next_day = fields.Boolean(load_default=False)
    space = Ref(load_default=None)
    exceeding = Line(longest=300, load_default="", metadata={"description": "why limits of the rules are exceeded"})


def wish_of(session: Session, asked: BookingFields) -> Wish:
    """The wish. Raises NotFound, NotAllowed for an organisation one may not book for, and for a limit one may not
    exceed, BadInput."""
    space = space_by_ref(session, asked.space)
    require_exceeding(space, asked.exceeding)
    who = applicants_for(session, asked.organisation, space)
    told = told_facts(session, space, asked)
    group = group_for(session, asked.subgroup, who)
    return replace(asked, told=told).wish(space.id, who.organisation.id, who.holder(asked.holder), group)


def told_facts(session: Session, space: Space, asked: BookingFields) -> dict[str, Any]:
    """The facts told, as they are kept. Raises BadInput for one that is not an applicant's to tell, or told wrongly."""
    if not asked.told:
        return {}
    try:
        book = book_on(session, space.premises.rulebook, asked.day)
    except NoRulebook as error:
        raise BadInput(field="day", problem="no_rulebook") from error
    return {name: told_fact(book, name, value) for name, value in asked.told.items()}


def told_fact(book: Rulebook, name: str, value: Any) -> Any:
    """Raises BadInput(field = facts.<name>)."""
    field = fact_fields.field_of(book, name) if tellable(book, name) else None
    if field is None:
        raise BadInput(field=f"facts.{name}", problem="not_one_of")
    try:
        return fact_fields.read(field, value)
    except ValidationError as error:
        raise BadInput(field=f"facts.{name}", problem="not_one_of") from error
