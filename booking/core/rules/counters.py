"""Price formulas compiled once, each by its unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from booking.core.rules.counter import FREE, UNTOLD, Counter, Limits, Working
from booking.core.rules.facts import Facts
from booking.core.rules.formulas import BY_TIME, TOGETHER, Formula, Unit
from booking.core.rules.quantities import (
    by_count,
    each,
    in_days,
    of_money,
    of_normal,
    once,
    packaged,
    sleepers_and_nights,
    weekly,
)
from booking.core.rules.stretches import by_time
from booking.core.rules.tiers import tiers
from booking.core.rules.together import together


def compiled(formula: Formula) -> Counter:
    """The counter of a formula with its bounds and its declared rounding."""
    return bounded(formula, MAKERS[formula.unit](formula))


def bounded(formula: Formula, counter: Counter) -> Counter:
    """No less and no more than the formula says, then rounded where it says so."""
    limits = Limits(formula.at_least, formula.at_most, formula.round_to, formula.round)
    if not limits.any:
        return counter

    def exact(facts: Facts) -> Fraction | None:
        found = counter.exact(facts)
        return None if found is None else limits.within(found)

    def shown(facts: Facts) -> Working:
        return limits.shown(counter.shown(facts), counter.exact(facts) or Fraction(0))

    return Counter(exact, shown, counter.missing, counter.names, counter.by_part)


def tiered(formula: Formula) -> Counter:
    return tiers(formula, tuple((tier.up_to_minutes, compiled(tier.formula)) for tier in formula.tiers))


def termed(formula: Formula) -> Counter:
    return together(formula.unit, tuple(compiled(term) for term in formula.terms))


MAKERS: Mapping[Unit, Callable[[Formula], Counter]] = {
    Unit.ZERO: lambda _: FREE,
    Unit.UNKNOWN: lambda _: UNTOLD,
    **dict.fromkeys(BY_TIME, by_time),
    Unit.DAY: lambda formula: by_count(formula, in_days(formula)),
    Unit.EVENT: lambda formula: by_count(formula, once()),
    Unit.SEASON: lambda formula: by_count(formula, once()),
    Unit.PERSON: lambda formula: by_count(formula, each(formula.of or "audience.total")),
    Unit.EACH: lambda formula: by_count(formula, each(str(formula.of))),
    Unit.SLEEPER_NIGHT: lambda formula: by_count(formula, sleepers_and_nights()),
    Unit.WEEK_HOUR: lambda formula: by_count(formula, weekly()),
    Unit.PACKAGE: packaged,
    Unit.TIERS: tiered,
    Unit.PERCENT: of_money,
    Unit.SHARE_OF_NORMAL: of_normal,
    **dict.fromkeys(TOGETHER, termed),
}
