"""Money: whole cents in code and database, exact fractions on the way, and the one place that rounds."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class Rounding(StrEnum):
    """Which way a rule rounds where it says that it rounds."""

    HALF_UP = "half_up"
    UP = "up"
    DOWN = "down"


def whole(exact: Fraction, how: Rounding = Rounding.HALF_UP) -> int:
    """The whole number nearest to an exact one; a half goes away from zero, as do all under `up`."""
    if exact.denominator == 1:
        return exact.numerator
    if exact < 0:
        return -whole(-exact, how)
    above, below = exact.numerator, exact.denominator
    if how is Rounding.HALF_UP:
        return (2 * above + below) // (2 * below)
    return -(-above // below) if how is Rounding.UP else above // below


def cents(amount: Decimal) -> int:
    """An amount in euros as whole cents, half a cent rounded away from zero."""
    return whole(Fraction(amount) * 100)


def stepped(exact: Fraction, step: Fraction, how: Rounding = Rounding.HALF_UP) -> Fraction:
    """An exact sum as a multiple of a step, such as five cents; both in the same unit."""
    return whole(exact / step, how) * step


def vat_within(gross_cents: int, percent: Fraction) -> int:
    """The VAT that a price including it holds, in whole cents, rounded once for each invoice line."""
    return whole(gross_cents * percent / (100 + percent))


def vat_on_top(net_cents: int, percent: Fraction) -> int:
    """The VAT that comes on top of a price without it, in whole cents, rounded once for each invoice line."""
    return whole(net_cents * percent / 100)


def euros(exact_cents: Fraction | int) -> str:
    """Cents as an amount people read: two decimals, more only where an amount is written with more."""
    exact = Fraction(exact_cents) / 100
    fine = exact if exact.denominator in (1, 2, 4, 5, 10, 20, 25, 50, 100) else Fraction(whole(exact * 10_000), 10_000)
    shown = f"{Decimal(fine.numerator) / Decimal(fine.denominator):.4f}"
    return shown[:-2] if shown.endswith("00") else shown.rstrip("0")
