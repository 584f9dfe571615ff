"""Prices with a break-point in length: another price over four hours, or so much flat above eight."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias

from booking.core.rules.counter import Counter, Working
from booking.core.rules.counting import DAY, minute_count, minutes_of, start_of
from booking.core.rules.facts import Facts
from booking.core.rules.figures import NOBODY
from booking.core.rules.formulas import Formula, TiersBy

Steps: TypeAlias = tuple[tuple[int | None, Counter], ...]
Used: TypeAlias = list[tuple[Counter, Facts]]


def tiers(formula: Formula, steps: Steps) -> Counter:
    """The whole length picks one tier, or each tier prices the stretch that lies in it.

    Exactly at a limit is within it. A length beyond the last limit has no price: unknown."""
    count = minute_count(formula)
    cut = stretched if formula.tiers_by is TiersBy.MARGINAL else picked

    def used(facts: Facts) -> Used | None:
        minutes = minutes_of(facts)
        return None if minutes is None else cut(steps, facts, count(minutes))

    def exact(facts: Facts) -> Fraction | None:
        total = Fraction(0)
        for counter, stretch in used(facts) or [(BEYOND, facts)]:
            cents = counter.exact(stretch)
            if cents is None:
                return None
            total += cents
        return total

    def shown(facts: Facts) -> Working:
        found = [counter.shown(stretch) for counter, stretch in used(facts) or ()]
        return found[0] if len(found) == 1 else Working(" + ".join(each.text for each in found), loose=True)

    def missing(facts: Facts) -> frozenset[str]:
        found = used(facts)
        if found is None:
            return frozenset({"time.minutes"})
        return NOBODY.union(*(counter.missing(stretch) for counter, stretch in found))

    names = frozenset({"time.minutes"}).union(*(counter.names for _, counter in steps))
    return Counter(exact, shown, missing, names, by_part=True)


BEYOND = Counter(lambda _: None, lambda _: Working(""), lambda _: NOBODY, NOBODY)


def picked(steps: Steps, facts: Facts, minutes: int) -> Used:
    """The first tier that reaches so far, for the whole length."""
    found = next((counter for limit, counter in steps if limit is None or minutes <= limit), None)
    return [(found, stretch(facts, 0, minutes))] if found else []


def stretched(steps: Steps, facts: Facts, minutes: int) -> Used:
    """Every tier with its stretch. Nothing when the last one does not reach far enough."""
    found = [(counter, stretch(facts, first, last - first)) for counter, first, last in cuts(steps, minutes)]
    last = steps[-1][0]
    return found if last is None or minutes <= last else []


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
