"""VAT of a use and of what comes beside it: which rate, and how a sum splits into net and tax."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from booking.core.money import vat_on_top, vat_within
from booking.core.rules.facts import Facts
from booking.core.rules.tariff import Prices, VatRow

Split: TypeAlias = tuple[int | None, int | None, int | None]  # net, VAT, gross in cents


class Vat(NamedTuple):
    """The VAT that a price bears."""

    percent: Fraction
    prices: Prices = Prices.INCLUDING
    row: VatRow | None = None


def vat_of(rows: tuple[VatRow, ...], facts: Facts, add_on: str | None, told: Decimal | None) -> Vat | None:
    """The VAT of the use, or of an add-on: the first row that holds, else what the rate itself told. None: not told."""
    for one in rows:
        if one.add_ons and add_on not in one.add_ons:
            continue
        answer = one.row.condition.holds(facts)
        if answer is None:
            return None
        if answer:
            return Vat(one.percent, one.prices, one)
    return None if told is None else Vat(Fraction(told))


def taxed(sums: Iterable[tuple[int | None, Vat | None]]) -> Split:
    """Net, VAT and gross together, each sum rounded once. Unknown when one of them is. Net + VAT = gross."""
    net = tax = 0
    for cents, vat in sums:
        if cents is None or vat is None:
            return None, None, None
        piece = part_of(cents, vat)
        tax += piece
        net += cents if vat.prices is Prices.EXCLUDING else cents - piece
    return net, tax, net + tax


def part_of(cents: int, vat: Vat) -> int:
    """The VAT on top of a sum written without it, or within one that includes it."""
    return (vat_on_top if vat.prices is Prices.EXCLUDING else vat_within)(cents, vat.percent)
