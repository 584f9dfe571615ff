"""The written forms of single values in rulebooks and requests: marshmallow fields with messages people can act on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import ValidationError, fields, validate

from booking.core.rules.fact_types import Fact, FactType

MOST = 1_000_000_000_000  # more than any count, sum in cents or minute there is; longer numbers are slips
DIGITS = 30
DAY_OF_YEAR = re.compile(r"^(\d\d)-(\d\d)$")


class Day(fields.Field[date]):
    """A day: in TOML written bare (2019-08-01), in JSON as text."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError(f"a day is written as 2019-08-01, not {value!r}") from None


class YearDay(Day):
    """A day, or the same day of every year as "MM-DD": then a tuple of month and day."""

    def _deserialize(self, value: Any, *rest: Any, **named: Any) -> Any:
        match = DAY_OF_YEAR.match(value) if isinstance(value, str) else None
        if match is None:
            return super()._deserialize(value, *rest, **named)
        month, day = int(match[1]), int(match[2])
        try:
            date(2024, month, day)  # a leap year: 02-29 is a day of the year
        except ValueError:
            raise ValidationError(f'a day of every year is written as "08-01", not {value!r}') from None
        return month, day


class Amount(fields.Field[Decimal]):
    """Euros or per cent as text, such as "7.50": never a binary fraction, never below zero."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Decimal:
        try:
            amount = Decimal(value) if isinstance(value, str) and len(value) <= DIGITS else Decimal("NaN")
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or not 0 <= amount <= MOST:
            raise ValidationError(f'an amount is a text such as "7.50", zero or more, not {value!r}')
        return amount


class AmountOrUnknown(Amount):
    """As an amount, or the word "unknown" where the sources do not tell it."""

    def _deserialize(self, value: Any, *rest: Any, **named: Any) -> Any:
        return None if value == "unknown" else super()._deserialize(value, *rest, **named)


class Exact(fields.Field[Decimal]):
    """A number with decimals, from a text ("2.5") or a JSON number as it was written."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Decimal:
        try:
            number = Decimal(str(value)) if type(value) in (str, int, float, Decimal) else Decimal("NaN")
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or not 0 <= number <= MOST:
            raise ValidationError(f'a number such as 2.5 or "2.5", zero or more, not {value!r}')
        return number


class Ratio(fields.Field[Fraction]):
    """A fraction such as "1/3", "0.5" or "1": zero or more."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Fraction:
        try:
            told = type(value) in (str, int, float) and len(str(value)) <= DIGITS
            ratio = Fraction(str(value)) if told and "e" not in str(value).casefold() else Fraction(-1)
        except (ValueError, ZeroDivisionError):
            ratio = Fraction(-1)
        if ratio < 0:
            raise ValidationError(f'a fraction is a text such as "1/3", not {value!r}')
        return ratio


class YesNo(fields.Field[bool]):
    """true or false and nothing that looks like them."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(f"true or false, not {value!r}")
        return value


class Wall(fields.Field[datetime]):
    """A local wall time such as 2026-11-28T12:00, or an instant with its offset."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        try:
            return datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError(f"a time is written as 2026-11-28T12:00, not {value!r}") from None


class Zone(fields.Field[ZoneInfo]):
    """A zone by its name, such as Europe/Helsinki."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> ZoneInfo:
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, TypeError, ValueError, OSError):
            raise ValidationError(f"no zone named {value!r}") from None


class Born(Day):
    """A day of birth, or the year alone as a number."""

    def _deserialize(self, value: Any, *rest: Any, **named: Any) -> Any:
        if type(value) is int and 1850 <= value <= 2200:
            return value
        return super()._deserialize(value, *rest, **named)


def value_field(fact: Fact) -> fields.Field[Any]:
    """How one value of a fact is written. Not for people, parts and counts, which are told in shapes of their own."""
    return VALUES[fact.type](fact)


def whole(least: int | None = 0, **named: Any) -> fields.Integer:
    """A whole number with its least value; None: also below zero."""
    low = -MOST if least is None else least
    return fields.Integer(strict=True, validate=[validate.Range(low), validate.Range(max=MOST)], **named)


def texts() -> fields.List[Any]:
    return fields.List(fields.String())


VALUES: Mapping[FactType, Callable[[Fact], fields.Field[Any]]] = {
    FactType.WORD: lambda _: fields.String(),
    FactType.TEXT: lambda _: fields.String(),
    FactType.WORDS: lambda _: texts(),
    FactType.TEXTS: lambda _: texts(),
    FactType.NUMBER: lambda fact: whole(fact.least),
    FactType.DECIMAL: lambda _: Exact(),
    FactType.FRACTION: lambda _: Ratio(),
    FactType.YES_NO: lambda _: YesNo(),
    FactType.DAY: lambda _: Day(),
    FactType.MOMENT: lambda _: Wall(),
}
