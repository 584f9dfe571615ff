"""Several formulas together: their sum, the highest or the lowest of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from booking.core.rules.counter import Counter, Working
from booking.core.rules.facts import Facts
from booking.core.rules.figures import NOBODY
from booking.core.rules.formulas import Unit

COMES_TO: Mapping[Unit, Callable[[Iterable[Fraction]], Fraction]] = {
    Unit.SUM: lambda terms: sum(terms, Fraction(0)),
    Unit.HIGHEST: max,
    Unit.LOWEST: min,
}


def together(unit: Unit, terms: tuple[Counter, ...]) -> Counter:
    """Unknown when one of them is. It goes by the parts of a use only where all of them do."""
    comes_to = COMES_TO[unit]

    def exact(facts: Facts) -> Fraction | None:
        found: list[Fraction] = []
        for term in terms:
            cents = term.exact(facts)
            if cents is None:
                return None
            found.append(cents)
        return comes_to(found)

    def shown(facts: Facts) -> Working:
        texts = [term.shown(facts).text for term in terms]
        if unit is Unit.SUM:
            return Working(" + ".join(texts), loose=len(texts) > 1)
        return Working(f"{'max' if unit is Unit.HIGHEST else 'min'}({'; '.join(texts)})")

    def missing(facts: Facts) -> frozenset[str]:
        return NOBODY.union(*(term.missing(facts) for term in terms))

    names = NOBODY.union(*(term.names for term in terms))
    return Counter(exact, shown, missing, names, by_part=all(term.by_part for term in terms))
