"""Prices with a break-point: another price over four hours, so much flat above eight, the second show for half."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TypeAlias

from booking.core.rules.counter import Counter, Working
from booking.core.rules.counting import DAY, minute_count, minutes_of, start_of
from booking.core.rules.facts import Facts
from booking.core.rules.figures import NOBODY
from booking.core.rules.formulas import Formula, TiersBy

Steps: TypeAlias = tuple[tuple[int | None, Counter], ...]
Used: TypeAlias = list[tuple[Counter, Facts]]
PartOf: TypeAlias = Callable[[Facts, int, int], Facts]
MINUTES = frozenset({"time.minutes"})


class Tiers:
    """The whole length picks one tier, or each tier prices the stretch that lies in it. Length is minutes, or a number
    that is told (`of`). Exactly at a limit is within it. Beyond the last limit there is no price: unknown."""

    def __init__(self, formula: Formula, steps: Steps) -> None:
        self.steps, self.of = steps, formula.of
        self.count = minute_count(formula)
        self.cut = stretched if formula.tiers_by is TiersBy.MARGINAL else picked
        self.asked = MINUTES if formula.of is None else frozenset({formula.of})
        self.names = self.asked.union(*(counter.names for _, counter in steps))

    def length(self, facts: Facts) -> int | None:
        if self.of is None:
            minutes = minutes_of(facts)
            return None if minutes is None else self.count(facts, minutes)
        told = facts.get(self.of)
        return told if type(told) is int else None

    def used(self, facts: Facts) -> Used | None:
        length = self.length(facts)
        return None if length is None else self.cut(self.steps, self.part, facts, length)

    def part(self, facts: Facts, after: int, length: int) -> Facts:
        """The facts of one tier: a stretch of time that begins later, or so many of what is counted."""
        return stretch(facts, after, length) if self.of is None else {**facts, self.of: length}

    def exact(self, facts: Facts) -> Fraction | None:
        found, total = self.used(facts), Fraction(0)
        if found is None:
            return None
        for counter, stretch in found:
            cents = counter.exact(stretch)
            if cents is None:
                return None
            total += cents
        return total

    def shown(self, facts: Facts) -> Working:
        found = [counter.shown(stretch) for counter, stretch in self.used(facts) or ()] or [Working("0.00")]
        return found[0] if len(found) == 1 else Working(" + ".join(each.text for each in found), loose=True)

    def missing(self, facts: Facts) -> frozenset[str]:
        if self.length(facts) is None:
            return self.asked
        return NOBODY.union(*(counter.missing(stretch) for counter, stretch in self.used(facts) or ()))


def tiers(formula: Formula, steps: Steps) -> Counter:
    made = Tiers(formula, steps)
    return Counter(made.exact, made.shown, made.missing, made.names, by_part=formula.of is None)


def picked(steps: Steps, part: PartOf, facts: Facts, minutes: int) -> Used | None:
    """The first tier that reaches so far, for the whole length."""
    found = next((counter for limit, counter in steps if limit is None or minutes <= limit), None)
    return [(found, part(facts, 0, minutes))] if found else None


def stretched(steps: Steps, part: PartOf, facts: Facts, minutes: int) -> Used | None:
    """Every tier with its stretch; None when the last one does not reach far enough."""
    found = [(counter, part(facts, first, last - first)) for counter, first, last in cuts(steps, minutes)]
    last = steps[-1][0]
    return found if last is None or minutes <= last else None


def cuts(steps: Steps, minutes: int) -> Iterator[tuple[Counter, int, int]]:
    first = 0
    for limit, counter in steps:
        last = minutes if limit is None else min(limit, minutes)
        if last > first:
            yield counter, first, last
            first = last


def stretch(facts: Facts, after: int, minutes: int) -> Facts:
    """The facts of a stretch that begins so many minutes after the start."""
    start = start_of(facts)
    begins = {} if start is None else {"time.start_minute": (start + after) % DAY}
    return {**facts, "time.minutes": minutes, **begins}
