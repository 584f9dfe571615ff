"""Shapes of single values in JSON: refs, lines of text, days and wall times. They know shapes, not rules."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from booking.core.span import MINUTES_IN_DAY

REF = r"^[0-9A-Za-z_-]{1,40}$"
DAYS = (date(2000, 1, 1), date(2100, 12, 31))
WALL = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
MOST_PEOPLE = 100_000


class Ref(fields.String):
    """The random reference of a thing, as other answers gave it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=validate.Regexp(REF), **options)


class Line(fields.String):
    """One line of text, without control characters, blanks at its ends cut off."""

    def __init__(self, *, longest: int, shortest: int = 0, **options: Any) -> None:
        super().__init__(validate=validate.Length(shortest, longest), **options)

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> str:
        text = super()._deserialize(value, *rest, **more).strip()
        if UNPRINTABLE.search(text):
            raise ValidationError("Not one line of text.")
        return text


class Day(fields.Date):
    """A local day, 2000-01-01 to 2100-12-31."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> date:
        day: date = super()._deserialize(value, *rest, **more)
        if isinstance(day, datetime) or not DAYS[0] <= day <= DAYS[1]:
            raise ValidationError("Not a day of this century.")
        return day


class WallTime(fields.String):
    """A local wall time such as 17:30, read as minutes of day; 24:00 is the end of the day."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"pattern": f"^({WALL.pattern})$", "example": "17:30"}, **options)

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> Any:
        text = super()._deserialize(value, *rest, **more)
        if not WALL.fullmatch(text):
            raise ValidationError("Not a wall time such as 17:30.")
        hour, minute = text.split(":")
        return int(hour) * 60 + int(minute)


class Commas(fields.String):
    """Several words in one parameter, separated by commas, read as a frozen set."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> Any:
        text = super()._deserialize(value, *rest, **more)
        if UNPRINTABLE.search(text):
            raise ValidationError("Not words separated by commas.")
        return frozenset(word.strip() for word in text.split(",") if word.strip())


def whole(least: int = 0, most: int = MOST_PEOPLE, **options: Any) -> fields.Integer:
    """A whole number, never a fraction rounded."""
    return fields.Integer(strict=True, validate=validate.Range(least, most), **options)


def counted(least: int, most: int, **options: Any) -> fields.Integer:
    """A whole number in an address, where everything is text."""
    return fields.Integer(validate=validate.Range(least, most), **options)


class NamesOut(Schema):
    """A name in the three languages; those not told are in Finnish."""

    fi = fields.String(required=True)
    sv = fields.String(required=True)
    en = fields.String(required=True)


class SpanOut(Schema):
    """A half-open stretch of time, in UTC."""

    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)


class ObstacleOut(Schema):
    """One reason against a time: a stable word, and what is known of it."""

    problem = fields.String(required=True)
    starts_at = fields.AwareDateTime(allow_none=True)
    ends_at = fields.AwareDateTime(allow_none=True)
    names = fields.Dict(allow_none=True, metadata={"description": "the closed day's name by language"})
    limit_min = fields.Integer(allow_none=True, metadata={"description": "the length or grid that was broken"})


class WhoOut(Schema):
    """Somebody or something with a name."""

    ref = fields.String(required=True)
    name = fields.String(required=True)


MINUTES = {"least": 1, "most": MINUTES_IN_DAY}
