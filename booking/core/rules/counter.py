"""A compiled price formula: exact cents fast, the working in signs every language reads only when asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from booking.core.money import Rounding, euros, stepped
from booking.core.rules.facts import Facts
from booking.core.rules.figures import NOBODY, exact_cents

NORMAL = "price.normal"  # put among the facts by whoever prices: the exact normal price of the same use


class Working(NamedTuple):
    """An expression such as `3 h × 15.55`. `loose`: it needs brackets before it is multiplied."""

    text: str
    loose: bool = False

    def times(self, factor: str) -> Working:
        return Working(f"{factor} × ({self.text})" if self.loose else f"{factor} × {self.text}")


@dataclass(frozen=True, slots=True)
class Counter:
    """A compiled formula. `exact`: cents, None: unknown. `by_part`: it goes by time, so each part of a use counts."""

    exact: Callable[[Facts], Fraction | None]
    shown: Callable[[Facts], Working]
    missing: Callable[[Facts], frozenset[str]]
    names: frozenset[str]
    by_part: bool = False


FREE = Counter(lambda _: Fraction(0), lambda _: Working("0.00"), lambda _: NOBODY, NOBODY)
UNTOLD = Counter(lambda _: None, lambda _: Working(""), lambda _: NOBODY, NOBODY)


class Limits:
    """Least, most and rounding of a sum, in that order, as a rule declares them in euros."""

    def __init__(self, least: Decimal | None, most: Decimal | None, to: Decimal | None, how: Rounding) -> None:
        self.least, self.most, self.to, self.how = exact_cents(least), exact_cents(most), exact_cents(to), how
        self.any = (least, most, to) != (None, None, None)

    def within(self, exact: Fraction) -> Fraction:
        if self.least is not None and exact < self.least:
            exact = self.least
        if self.most is not None and exact > self.most:
            exact = self.most
        return stepped(exact, self.to, self.how) if self.to else exact

    def shown(self, working: Working, exact: Fraction) -> Working:
        """The working with what bound it: `max(1 h × 15.00; 30.00)`, `7 × 1.93 ≈ 13.50`."""
        if self.least is not None and exact < self.least:
            working, exact = Working(f"max({working.text}; {euros(self.least)})"), self.least
        if self.most is not None and exact > self.most:
            working, exact = Working(f"min({working.text}; {euros(self.most)})"), self.most
        rounded = stepped(exact, self.to, self.how) if self.to else exact
        return working if rounded == exact else Working(f"{working.text} ≈ {euros(rounded)}", loose=True)
