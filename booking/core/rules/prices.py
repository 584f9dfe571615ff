"""Price formulas: elapsed minutes in, whole cents and how they came out. Unknown stays unknown."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from booking.core.money import cents
from booking.core.rules.rows import Formula, Unit


@dataclass(frozen=True, slots=True)
class Price:
    """Whole cents, or None when unknown, with the working shown in signs every language reads."""

    cents: int | None
    working: str


UNKNOWN = Price(None, "")


def price(formula: Formula, *, minutes: int | None, space_kind: str | None) -> Price:
    """The price of so many elapsed minutes in a space of this kind. The longer of span and minimum counts."""
    if formula.unit is Unit.ZERO:
        return Price(0, "0.00")
    amount = formula.amounts.get(space_kind or "", formula.amount)
    if formula.unit is Unit.UNKNOWN or amount is None or minutes is None:
        return UNKNOWN
    hours = max(hours_counted(formula, minutes), Fraction(formula.minimum_hours))
    total = cents(Decimal(hours.numerator) * amount / Decimal(hours.denominator))
    return Price(total, working(formula, minutes=minutes, hours=hours, amount=amount, total=total))


def hours_counted(formula: Formula, minutes: int) -> Fraction:
    """Exact hours, or started hours, or the hours of started blocks."""
    if formula.unit is Unit.HOUR:
        return Fraction(minutes, 60)
    block = 60 * (formula.block_hours if formula.unit is Unit.STARTED_BLOCK else 1)
    return Fraction(-(-minutes // block) * block, 60)


def working(formula: Formula, *, minutes: int, hours: Fraction, amount: Decimal, total: int) -> str:
    """Such as `75 min → 2 h × 7.50 = 15.00` or `4 h (min. 3 h) × 15.00 = 60.00`."""
    counted = f"{hours} h" if hours.denominator == 1 else f"{minutes} min"
    told = "" if Fraction(minutes, 60) == hours else f"{minutes} min → "
    least = f" (min. {formula.minimum_hours} h)" if formula.minimum_hours else ""
    block = f" ({hours / formula.block_hours} × {formula.block_hours} h)" if formula.unit is Unit.STARTED_BLOCK else ""
    return f"{told}{counted}{block}{least} × {amount:.2f} = {Decimal(total) / 100:.2f}"
