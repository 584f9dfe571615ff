"""Prices that go by elapsed time: exact or started hours, steps, prices by the time of day or for a whole day."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

from booking.core.money import euros
from booking.core.rules.counter import Counter, Working
from booking.core.rules.counting import (
    BEFORE,
    banded,
    by_date,
    clock,
    days_of,
    hours,
    minute_count,
    minutes_of,
    pieces,
    start_of,
)
from booking.core.rules.facts import Facts
from booking.core.rules.figures import NOBODY, figure
from booking.core.rules.formulas import DayCount, DayPrice, Formula, Unit

Charged: TypeAlias = Callable[[Facts], int | None]
MINUTES = frozenset({"time.minutes"})
STARTED = MINUTES | {"time.start_minute"}


def by_time(formula: Formula) -> Counter:
    return in_bands(formula) if formula.bands else flat(formula)


def charged_minutes(formula: Formula) -> Charged:
    """The minutes charged for: as counted, or so many hours for each day where a price for the whole day holds."""
    count = minute_count(formula)

    def plain(facts: Facts) -> int | None:
        minutes = minutes_of(facts)
        return None if minutes is None else count(facts, minutes)

    day = formula.day_minutes
    if not day:
        return plain

    def by_day(facts: Facts) -> int | None:
        if facts.get("time.whole_day") is True:
            return 0 if facts.get(BEFORE) else day * (days_of(facts, DayCount.DATES) or 1)
        counted = plain(facts)
        if counted is None or formula.day is DayPrice.ASKED:
            return counted
        return capped(facts, day, counted)

    return by_day


def capped(facts: Facts, day: int, counted: int) -> int:
    """No more than a day's price for each date; what earlier parts of the use took of the first date counts."""
    before = facts.get(BEFORE)
    first = max(0, day - before) if isinstance(before, int) else day
    pieces_of_dates = by_date(start_of(facts) or 0, counted)
    return sum(min(each, day if place else first) for place, each in enumerate(pieces_of_dates))


def flat(formula: Formula) -> Counter:
    """One price for every hour, or for every block."""
    charged, priced = charged_minutes(formula), figure(formula.amounts)
    block = formula.block_minutes if formula.per_block else 60

    def exact(facts: Facts) -> Fraction | None:
        counted, cents = charged(facts), priced.cents(facts)
        if counted is None or cents is None:
            return None
        return Fraction(cents.numerator * counted, cents.denominator * block)

    def shown(facts: Facts) -> Working:
        counted = charged(facts) or 0
        return Working(f"{time_shown(formula, facts, counted)} × {euros(priced.cents(facts) or 0)}")

    def missing(facts: Facts) -> frozenset[str]:
        return priced.missing(facts) | (MINUTES if charged(facts) is None else NOBODY)

    return Counter(exact, shown, missing, priced.names | asked(formula), by_part=True)


def asked(formula: Formula) -> frozenset[str]:
    return MINUTES | {"time.whole_day"} if formula.day_minutes else MINUTES


def time_shown(formula: Formula, facts: Facts, counted: int) -> str:
    """Such as `75 min → 2 h`, `4 h (min. 3 h)`, `6 h (2 × 3 h)`, `8 h → 3 h (max. 3 h/d)`."""
    day = formula.day_minutes
    if day and facts.get("time.whole_day") is True:
        return f"{counted // day} d × {hours(day)}"
    many = counted // formula.block_minutes
    if formula.per_block:
        charged = f"{many} ({hours(formula.block_minutes)})"
    else:
        charged = hours(counted)
        if formula.unit is Unit.STARTED_BLOCK:
            charged += f" ({many} × {hours(formula.block_minutes)})"
    return told_first(formula, facts, counted) + charged + bounds_shown(formula, day)


def told_first(formula: Formula, facts: Facts, counted: int) -> str:
    """What was told, where something else is charged: `75 min → `, `3 h − 30 min → `."""
    minutes = minutes_of(facts) or 0
    free = f" − {hours(formula.free_minutes)}" if formula.free_minutes else ""
    extra = f" + {hours(formula.extra_minutes)}" if formula.extra_minutes else ""
    return "" if minutes == counted and not free + extra else f"{plain(minutes)}{extra}{free} → "


def plain(minutes: int) -> str:
    """Told minutes stay minutes, as they were before they were rounded."""
    return f"{minutes} min"


def bounds_shown(formula: Formula, day: int) -> str:
    least = f" (min. {hours(formula.minimum_minutes)})" if formula.minimum_minutes else ""
    most = f" (max. {hours(formula.maximum_minutes)})" if formula.maximum_minutes else ""
    each_day = f" (max. {hours(day)}/d)" if day and formula.day is DayPrice.CAP else ""
    return least + most + each_day


class Bands:
    """A price for each time of day, cut where the bands end. Charged minutes lie from the start of the time onwards."""

    def __init__(self, formula: Formula) -> None:
        self.formula, self.charged = formula, charged_minutes(formula)
        self.cut = pieces([(band.from_minute, band.to_minute) for band in formula.bands])
        self.priced = {number: figure(band.amounts) for number, band in enumerate(formula.bands)}
        self.priced[-1] = figure(formula.amounts)
        self.names = STARTED.union(*(each.names for each in self.priced.values()))

    def minutes(self, facts: Facts) -> dict[int, int] | None:
        counted, start = self.charged(facts), start_of(facts)
        return None if counted is None or start is None else banded(self.cut, start, counted)

    def exact(self, facts: Facts) -> Fraction | None:
        found = self.minutes(facts)
        if found is None:
            return None
        total = Fraction(0)
        for band, minutes in found.items():
            cents = self.priced[band].cents(facts)
            if cents is None:
                return None
            total += cents * minutes / 60
        return total

    def shown(self, facts: Facts) -> Working:
        found = self.minutes(facts) or {}
        terms = [
            f"{hours(minutes)}{band_shown(self.formula, band)} × {euros(self.priced[band].cents(facts) or 0)}"
            for band, minutes in found.items()
        ]
        first = told_first(self.formula, facts, sum(found.values()))
        return Working(first + (" + ".join(terms) or "0.00"), loose=len(terms) > 1)

    def missing(self, facts: Facts) -> frozenset[str]:
        found = self.minutes(facts)
        if found is None:
            return frozenset(name for name in STARTED if facts.get(name) is None)
        return NOBODY.union(*(self.priced[band].missing(facts) for band in found))


def in_bands(formula: Formula) -> Counter:
    bands = Bands(formula)
    return Counter(bands.exact, bands.shown, bands.missing, bands.names, by_part=True)


def band_shown(formula: Formula, band: int) -> str:
    if band < 0:
        return ""
    return f" ({clock(formula.bands[band].from_minute)}–{clock(formula.bands[band].to_minute)})"
