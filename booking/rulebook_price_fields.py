"""Single values of prices as they are written: hours, times of day, signed amounts, and the cells of a matrix."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError, fields

from booking.core.rules.conditions import nearest

DIGITS = 30
LONGEST = 366 * 24 * 60  # minutes: no booking is longer than a year
CLOCK = re.compile(r"^([01]?\d|2[0-4]):([0-5]\d)$")
SIGNED = re.compile(r"^[+\-−]?\d+(\.\d+)?$")


class Hours(fields.Field[int]):
    """Hours as a whole number or a text such as "1.5", read as minutes."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        try:
            told = type(value) in (int, str) and len(str(value)) <= DIGITS
            minutes = Fraction(str(value)) * 60 if told else Fraction(-1)
        except (ValueError, ZeroDivisionError):
            minutes = Fraction(-1)
        if minutes.denominator != 1 or not 0 <= minutes <= LONGEST:
            raise ValidationError(f'hours are a number such as 3 or a text such as "1.5", not {value!r}')
        return int(minutes)


class Clock(fields.Field[int]):
    """A time of day such as "16:00", to "24:00", read as a minute of the day."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        match = CLOCK.match(value) if isinstance(value, str) else None
        minute = int(match[1]) * 60 + int(match[2]) if match else -1
        if not 0 <= minute <= 24 * 60:
            raise ValidationError(f'a time of day is written as "16:00", not {value!r}')
        return minute


class Signed(fields.Field[Decimal]):
    """Euros or per cent that may go down as well as up: "10.00", "-50"."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Decimal:
        try:
            fits = isinstance(value, str) and len(value) <= DIGITS and SIGNED.match(value)
            return Decimal(str(value).replace("−", "-") if fits else "x")
        except InvalidOperation:
            raise ValidationError(f'a text such as "10.00" or "-50", not {value!r}') from None


class CellField(fields.Field[tuple[str, ...]]):
    """What a row of a matrix wants of one fact: a word, a number, a range, true or false, "*", or a list of such."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        several = value if isinstance(value, list) else [value]
        if not several or not all(isinstance(each, (str, int)) and str(each).strip() for each in several):
            raise ValidationError(f'a word, a number, a range such as "300-599", true, false or "*", not {value!r}')
        return tuple(("yes" if each else "no") if isinstance(each, bool) else str(each).strip() for each in several)


class MatrixRow(fields.Field[list[Any]]):
    """One row of a matrix as it is written: a cell for each fact, then the amount. Read by the matrix it is in."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) < 2:
            raise ValidationError('a row is a list: what it wants of each fact, then the amount, as ["gym", "9.50"]')
        return value


class ClassOrYes(fields.Field[Any]):
    """true, or the class whose price is meant."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool | str:
        if not isinstance(value, (bool, str)):
            raise ValidationError(f"true, or the id of a price class, not {value!r}")
        return value


class Choice(fields.Field[StrEnum]):
    """One word of a few, with the nearest offered for any other."""

    def __init__(self, kind: type[StrEnum], **named: Any) -> None:
        super().__init__(**named)
        self.kind = kind

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> StrEnum:
        known = [str(one) for one in self.kind]
        if value not in known:
            raise ValidationError(f'unknown "{value}"{nearest(str(value), known)}')
        return self.kind(value)
