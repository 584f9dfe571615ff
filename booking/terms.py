"""Terms on disk: dated documents telling when a kind of premises can be booked, and its named closed days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields, post_load, validate, validates_schema
from marshmallow.exceptions import ValidationError

from booking.core.rules.rows import Texts
from booking.rulebook_fields import Day
from booking.rulebook_row_schemas import TextsSchema
from booking.rulebooks import shaped

MODES = ("all", "supervised", "self_supervised")


@dataclass(frozen=True, slots=True)
class NamedDays:
    """Local days, both inclusive, for supervised spaces, self-supervised ones, or all."""

    name: Texts
    mode: str
    first_on: date
    last_on: date

    def hold(self, day: date, *, supervised: bool) -> bool:
        speaks = self.mode in ("all", "supervised" if supervised else "self_supervised")
        return speaks and self.first_on <= day <= self.last_on


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms and closed days of one document. `left_out`: what its source names without days."""

    municipality: str
    premises_kind: str
    decision: str
    source: str
    terms: tuple[NamedDays, ...]
    closed: tuple[NamedDays, ...]
    left_out: tuple[str, ...]

    def open_on(self, day: date, *, supervised: bool) -> bool:
        """Whether a local day lies in a term and is not a named closed day."""
        return held(self.terms, day, supervised=supervised) and not held(self.closed, day, supervised=supervised)


def held(days: Iterable[NamedDays], day: date, *, supervised: bool) -> bool:
    return any(each.hold(day, supervised=supervised) for each in days)


class NamedDaysSchema(Schema):
    name = fields.Nested(TextsSchema, required=True)
    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    first_on = Day(required=True)
    last_on = Day(required=True)

    @validates_schema
    def in_order(self, days: dict[str, Any], **_: Any) -> None:
        if days["last_on"] < days["first_on"]:
            raise ValidationError(f"is before first_on {days['first_on']}", "last_on")

    @post_load
    def made(self, days: dict[str, Any], **_: Any) -> NamedDays:
        return NamedDays(**days)


class TermsSchema(Schema):
    municipality = fields.String(required=True)
    premises_kind = fields.String(required=True)
    decision = fields.String(required=True)
    source = fields.String(required=True)
    left_out = fields.List(fields.String(), load_default=list)
    terms = fields.List(fields.Nested(NamedDaysSchema), required=True, validate=validate.Length(min=1))
    closed = fields.List(fields.Nested(NamedDaysSchema), load_default=list)


def terms(path: Path) -> Terms:
    """The terms in a file. Raises RulebookError naming file, row and field."""
    read = shaped(path, TermsSchema())
    parts: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in read.items()}
    return Terms(**parts)
