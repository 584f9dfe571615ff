"""How the sums of a use came out: lines with workings in signs every language reads. Only for who asks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from booking.core.money import whole
from booking.core.rules.changes import before_and_after, finished
from booking.core.rules.counter import Working
from booking.core.rules.lines import Line, LineKind
from booking.core.rules.prices import Added, Chain, Sums, total
from booking.core.rules.rows import Citation
from booking.core.rules.vat import Vat, taxed


def lines(sums: Sums) -> tuple[Line, ...]:
    """The price line by line, then the add-ons. Where all are known they add up to the total."""
    added = (add_on_line(one, vat) for one, (_, vat) in zip(sums.added, sums.bearing[1:], strict=True))
    return (*(line for chain in sums.charged for line in chain_lines(chain)), *added)


def chain_lines(chain: Chain) -> Iterator[Line]:
    """The use at its rate, then what each adjustment made more or less."""
    if chain.rate is None:
        return
    cited = chain.rate.row.citation
    if chain.base is None:
        yield Line(LineKind.USE, cited.row, cited.text, None, "")
        return
    shown = finished(chain.rate.counter.shown(chain.facts), whole(chain.base))
    yield Line(LineKind.USE, cited.row, cited.text, whole(chain.base), shown)
    for step in chain.steps:
        row = step.adjustment.row.citation
        working = before_and_after(step.adjustment.changer, step.facts, step.before, step.after)
        yield Line(LineKind.ADJUSTMENT, row.row, row.text, whole(step.after) - whole(step.before), working)


def add_on_line(one: Added, vat: Vat | None) -> Line:
    cited, facts = one.add_on.row.citation, one.facts
    shown = "" if one.cents is None else finished(one.add_on.counter.shown(facts), one.cents)
    net, tax, _ = taxed([(one.cents, vat)])
    percent = None if vat is None else Decimal(vat.percent.numerator) / Decimal(vat.percent.denominator)
    return Line(LineKind.ADD_ON, cited.row, cited.text, one.cents, shown, net, tax, percent)


def formula(chains: tuple[Chain, ...], cents: int | None) -> str:
    """A whole price in one expression, such as `3 h × 15.55 + 1 h × 12.45 + 2 × 1 h × 15.55 = 90.20`."""
    if cents is None or any(chain.cents is None for chain in chains):
        return ""
    found = [expression(chain) for chain in chains]
    joined = found[0] if len(found) == 1 else Working(" + ".join(each.text for each in found), loose=True)
    return finished(joined, cents)


def normal_formula(sums: Sums) -> str:
    """How the normal price came out: by its own rates, or as the price where that is more."""
    own = total(chain.cents for chain in sums.normal)
    return formula(sums.normal if own == sums.normal_cents else sums.charged, sums.normal_cents)


def expression(chain: Chain) -> Working:
    """A part of a known price: its rate with every adjustment around it."""
    assert chain.rate is not None
    working = chain.rate.counter.shown(chain.facts)
    for step in chain.steps:
        working = step.adjustment.changer.shown(step.facts, working, step.before)
    return working


def cited(sums: Sums) -> tuple[Citation, ...]:
    """Every row that took part in the price, in the order of the lines, then the row of the VAT."""
    rows = [chain.rate.row.citation for chain in sums.charged if chain.rate]
    rows += [step.adjustment.row.citation for chain in sums.charged for step in chain.steps]
    rows += [one.add_on.row.citation for one in sums.added]
    rows += [sums.vat.row.row.citation] if sums.vat and sums.vat.row else []
    return tuple(row for place, row in enumerate(rows) if row not in rows[:place])


def missing(sums: Sums) -> frozenset[str]:
    """The facts without which the price or an add-on cannot be told."""
    opened = [chain.open for chain in sums.charged] + [one.open for one in sums.added]
    return frozenset[str]().union(*opened)


def names(sums: Sums) -> frozenset[str]:
    """The facts by which the price was picked and counted."""
    found = frozenset[str]()
    for chain in sums.charged:
        if chain.rate is not None:
            found |= chain.rate.row.condition.names | chain.rate.counter.names
        for step in chain.steps:
            found |= step.adjustment.row.condition.names | step.adjustment.changer.names
    return found.union(*(one.add_on.row.condition.names | one.add_on.counter.names for one in sums.added))
