"""What an adjustment does to a price: times a coefficient, so many per cent, so much more, no less than, rounded to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from booking.core.money import Rounding, euros
from booking.core.rules.counter import Counter, Limits, Working
from booking.core.rules.counters import compiled
from booking.core.rules.counting import number
from booking.core.rules.facts import Facts
from booking.core.rules.figures import NOBODY
from booking.core.rules.formulas import Amounts, Formula, Per, Unit
from booking.core.rules.quantities import number_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An adjustment as written: one of times, times_fact, percent and plus, then bounds and rounding in euros."""

    times: Fraction | None = None
    times_fact: str | None = None
    percent: Fraction | None = None
    plus: Decimal | None = None
    per: Per = Per.EVENT
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    round_to: Decimal | None = None
    round: Rounding = Rounding.HALF_UP


@dataclass(frozen=True, slots=True)
class Changer:
    """A compiled change. `scales`: it leaves nothing as nothing; `by_part`: it counts for each part of a booking."""

    apply: Callable[[Facts, Fraction], Fraction | None]
    shown: Callable[[Facts, Working, Fraction], Working]
    missing: Callable[[Facts], frozenset[str]]
    names: frozenset[str]
    scales: bool
    by_part: bool


def changer(change: Change) -> Changer:
    """The compiled form of a change; no price falls below zero by it."""
    made = made_of(change)
    limits = Limits(change.at_least, change.at_most, change.round_to, change.round)

    def apply(facts: Facts, before: Fraction) -> Fraction | None:
        after = made.apply(facts, before)
        return None if after is None else limits.within(max(after, Fraction(0)))

    def shown(facts: Facts, working: Working, before: Fraction) -> Working:
        after = made.apply(facts, before) or Fraction(0)
        return limits.shown(made.shown(facts, working, before), max(after, Fraction(0)))

    return Changer(apply, shown, made.missing, made.names, made.scales and change.at_least is None, made.by_part)


def made_of(change: Change) -> Changer:
    if change.times_fact is not None:
        return by_fact(change.times_fact)
    if change.times is not None:
        return by_factor(change.times)
    if change.percent is not None:
        return by_percent(change.percent)
    return by_sum(change.plus, change.per) if change.plus is not None else UNCHANGED


UNCHANGED = Changer(lambda _, before: before, lambda _, working, __: working, lambda _: NOBODY, NOBODY, True, True)


def by_factor(factor: Fraction) -> Changer:
    return Changer(
        lambda _, before: before * factor,
        lambda _, working, __: working.times(number(factor)),
        lambda _: NOBODY,
        NOBODY,
        scales=True,
        by_part=True,
    )


def by_fact(name: str) -> Changer:
    """Times a number that is told, such as the fraction of a hall."""

    def apply(facts: Facts, before: Fraction) -> Fraction | None:
        factor = number_of(facts.get(name))
        return None if factor is None else before * factor

    def missing(facts: Facts) -> frozenset[str]:
        return frozenset({name}) if number_of(facts.get(name)) is None else NOBODY

    def shown(facts: Facts, working: Working, _: Fraction) -> Working:
        return working.times(number(number_of(facts.get(name)) or Fraction(0)))

    return Changer(apply, shown, missing, frozenset({name}), scales=True, by_part=True)


def by_percent(percent: Fraction) -> Changer:
    sign, factor = "−" if percent < 0 else "+", 1 + percent / 100

    def shown(_: Facts, working: Working, __: Fraction) -> Working:
        inner = f"({working.text})" if working.loose else working.text
        return Working(f"{inner} {sign} {number(abs(percent))} %", loose=True)

    return Changer(lambda _, before: before * factor, shown, lambda _: NOBODY, NOBODY, scales=True, by_part=True)


COUNTED: Mapping[Per, tuple[Unit, str | None]] = {
    Per.EVENT: (Unit.EVENT, None),
    Per.HOUR: (Unit.HOUR, None),
    Per.STARTED_HOUR: (Unit.STARTED_HOUR, None),
    Per.DAY: (Unit.DAY, None),
    Per.PERSON: (Unit.PERSON, None),
    Per.SLEEPER: (Unit.EACH, "audience.sleepers"),
    Per.SLEEPER_NIGHT: (Unit.SLEEPER_NIGHT, None),
}


def by_sum(plus: Decimal, per: Per) -> Changer:
    """So much more (or, below zero, less) for each of something. What goes by no time is added once to a booking."""
    unit, of = COUNTED[per]
    counted: Counter = compiled(Formula(unit=unit, of=of, amounts=Amounts(abs(plus))))
    sign = -1 if plus < 0 else 1

    def apply(facts: Facts, before: Fraction) -> Fraction | None:
        added = counted.exact(facts)
        return None if added is None else before + sign * added

    def shown(facts: Facts, working: Working, _: Fraction) -> Working:
        return Working(f"{working.text} {'−' if sign < 0 else '+'} {counted.shown(facts).text}", loose=True)

    return Changer(apply, shown, counted.missing, counted.names, scales=False, by_part=counted.by_part)


def before_and_after(changed: Changer, facts: Facts, before: Fraction, after: Fraction) -> str:
    """The working of one adjustment alone, such as `24.00 − 50 % = 12.00`."""
    return finished(changed.shown(facts, Working(euros(before)), before), after)


def finished(working: Working, exact: Fraction | int) -> str:
    """An expression with what it comes to, unless it already ends so."""
    total = euros(exact)
    return working.text if working.text == total or working.text.endswith(f"≈ {total}") else f"{working.text} = {total}"
