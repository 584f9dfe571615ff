"""Prices that go by so many of something: days, people, weekly hours, packages, per cent of a sum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

from booking.core.money import euros
from booking.core.rules.counter import NORMAL, Counter, Working
from booking.core.rules.counting import days_of, nights_of, number
from booking.core.rules.facts import Facts
from booking.core.rules.figures import NOBODY, exact_cents, figure
from booking.core.rules.formulas import Formula

Quantity: TypeAlias = Callable[[Facts], Fraction | None]


@dataclass(frozen=True, slots=True)
class Counted:
    """So many of something: how many, by which facts, and how it is shown (one alone: only the amount)."""

    many: Quantity
    names: tuple[str, ...]
    shown: Callable[[Facts], str]


def told(name: str) -> Quantity:
    def many(facts: Facts) -> Fraction | None:
        return number_of(facts.get(name))

    return many


def number_of(value: Any) -> Fraction | None:
    """A number among facts as an exact one; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, Fraction)):
        return None
    return Fraction(value)


def each(name: str) -> Counted:
    many = told(name)
    return Counted(many, (name,), lambda facts: number(many(facts) or Fraction(0)))


def once() -> Counted:
    return Counted(lambda _: Fraction(1), (), lambda _: "")


def weekly() -> Counted:
    def many(facts: Facts) -> Fraction | None:
        minutes = number_of(facts.get("time.weekly_minutes"))
        return None if minutes is None else minutes / 60

    return Counted(many, ("time.weekly_minutes",), lambda facts: f"{number(many(facts) or Fraction(0))} h")


def in_days(formula: Formula) -> Counted:
    def many(facts: Facts) -> Fraction | None:
        days = days_of(facts, formula.day_counts)
        return None if days is None else Fraction(days)

    return Counted(many, ("time.minutes",), lambda facts: f"{number(many(facts) or Fraction(0))} d")


def sleepers_and_nights() -> Counted:
    sleepers = told("audience.sleepers")

    def many(facts: Facts) -> Fraction | None:
        heads, nights = sleepers(facts), nights_of(facts)
        return None if heads is None or nights is None else heads * nights

    def shown(facts: Facts) -> str:
        return f"{number(sleepers(facts) or Fraction(0))} × {nights_of(facts)}"

    return Counted(many, ("audience.sleepers", "time.nights"), shown)


def by_count(formula: Formula, counted: Counted) -> Counter:
    """So many times an amount."""
    priced = figure(formula.amounts)

    def exact(facts: Facts) -> Fraction | None:
        cents, many = priced.cents(facts), counted.many(facts)
        return None if cents is None or many is None else cents * many

    def shown(facts: Facts) -> Working:
        amount, many = euros(priced.cents(facts) or 0), counted.shown(facts)
        return Working(f"{many} × {amount}" if many else amount)

    def missing(facts: Facts) -> frozenset[str]:
        absent = NOBODY if counted.many(facts) is not None else frozenset(counted.names)
        return priced.missing(facts) | frozenset(name for name in absent if facts.get(name) is None)

    return Counter(exact, shown, missing, priced.names | frozenset(counted.names))


def packaged(formula: Formula) -> Counter:
    """A flat price for a package, and so much for each extra hour where the package allows any."""
    base, extra = by_count(formula, once()), exact_cents(formula.extra_hour)
    hours = told("time.extra_hours")

    def exact(facts: Facts) -> Fraction | None:
        flat, more = base.exact(facts), hours(facts)
        if flat is None or not more:
            return flat
        return None if extra is None else flat + more * extra

    def shown(facts: Facts) -> Working:
        flat, more = base.shown(facts), hours(facts)
        if not more:
            return flat
        return Working(f"{flat.text} + {number(more)} h × {euros(extra or 0)}", loose=True)

    return Counter(exact, shown, base.missing, base.names | {"time.package", "time.extra_hours"})


def of_money(formula: Formula) -> Counter:
    """Per cent of a sum that is told: in cents where the fact's name ends so, else in euros."""
    name, percent = str(formula.of), Fraction(formula.percent or 0)
    unit = 1 if name.endswith("_cents") else 100
    return per_cent(percent, name, lambda facts: scaled(number_of(facts.get(name)), unit))


def scaled(value: Fraction | None, unit: int) -> Fraction | None:
    return None if value is None else value * unit


def of_normal(formula: Formula) -> Counter:
    """Per cent of the normal price of the same use."""
    return per_cent(Fraction(formula.percent or 0), None, lambda facts: number_of(facts.get(NORMAL)))


def per_cent(percent: Fraction, name: str | None, base: Quantity) -> Counter:
    def exact(facts: Facts) -> Fraction | None:
        whole = base(facts)
        return None if whole is None else whole * percent / 100

    def shown(facts: Facts) -> Working:
        return Working(f"{number(percent)} % × {euros(base(facts) or 0)}")

    names = frozenset({name}) if name else NOBODY
    return Counter(exact, shown, lambda facts: NOBODY if name is None or base(facts) is not None else names, names)
