"""What a use costs: the rate of its class, the chain of adjustments, add-ons and VAT. Unknown stays unknown.

Sums are counted exactly and rounded where a rule says so, and once at the end of each part to whole cents. How they
came out is worked out only for who asks (workings.py), from the same steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from booking.core.money import whole
from booking.core.rules.counter import NORMAL
from booking.core.rules.facts import Facts
from booking.core.rules.formulas import Unit
from booking.core.rules.parts import Use, uses
from booking.core.rules.tariff import AddOn, Adjustment, ClassTariff, DayTariff, Rate, Who
from booking.core.rules.vat import Vat, taxed, vat_of

Open: TypeAlias = frozenset[str]  # the facts without which something stays unknown
SETTLED: Open = frozenset()


class Step(NamedTuple):
    """One adjustment of a chain: exact cents before and after it, and the facts it went by."""

    adjustment: Adjustment
    facts: Facts
    before: Fraction
    after: Fraction


class Chain(NamedTuple):
    """One part of a use priced: its rate, the exact base, the adjustments, whole cents. `open`: why not known."""

    facts: Facts
    rate: Rate | None
    base: Fraction | None = None
    steps: tuple[Step, ...] = ()
    cents: int | None = None
    open: Open = SETTLED


class Added(NamedTuple):
    """One add-on and its whole cents."""

    add_on: AddOn
    facts: Facts
    cents: int | None
    open: Open = SETTLED


class Sums(NamedTuple):
    """All the money of one use, in whole cents; None is unknown. Normal = charged + subsidy; net + VAT = gross."""

    charged: tuple[Chain, ...]
    normal: tuple[Chain, ...]
    added: tuple[Added, ...]
    vat: Vat | None
    price_cents: int | None
    normal_cents: int | None
    subsidy_cents: int | None
    add_on_cents: int | None
    total_cents: int | None
    net_cents: int | None
    vat_cents: int | None
    gross_cents: int | None
    bearing: tuple[tuple[int | None, Vat | None], ...] = ()  # the price and each add-on, with the VAT it bears
    tariff: ClassTariff | None = None


def money(tariff: DayTariff, facts: Facts, class_id: str | None) -> Sums:
    """The sums of a use by the rows valid on its day."""
    own, told_uses = tariff.of(class_id), uses(facts)
    normals = list(normal_chains(own, told_uses))
    charged = tuple(charged_chains(own, told_uses, normals))
    price_cents = total(chain.cents for chain in charged) if charged else None
    normal = tuple(chain for chain in normals if chain is not None)
    normal_cents = at_least(price_cents, total(chain.cents for chain in normal) if normal else None)
    added = tuple(add_ons(own, facts, price_cents)) if own.add_ons else ()
    add_on_cents = total(one.cents for one in added)
    told = charged[0].rate.vat_percent if charged and charged[0].rate else None
    vat = vat_of(tariff.vat, facts, None, told)
    bearing = ((price_cents, vat), *with_vat(tariff, facts, added, vat, told))
    return Sums(
        charged,
        normal,
        added,
        vat,
        price_cents,
        normal_cents,
        minus(normal_cents, price_cents),
        add_on_cents,
        plus(price_cents, add_on_cents),
        *taxed(bearing),
        bearing,
        own,
    )


def total(sums: Iterator[int | None]) -> int | None:
    """Together, or unknown when one of them is."""
    found = 0
    for cents in sums:
        if cents is None:
            return None
        found += cents
    return found


def plus(one: int | None, two: int | None) -> int | None:
    return None if one is None or two is None else one + two


def minus(one: int | None, two: int | None) -> int | None:
    return None if one is None or two is None else one - two


def at_least(price: int | None, normal: int | None) -> int | None:
    """Whoever pays more than the normal price gets no support: then what is paid is the normal price of that use."""
    return normal if price is None or normal is None else max(price, normal)


# --- rates and chains ---


def choose(rates: tuple[Rate, ...], facts: Facts) -> tuple[Rate | None, Open]:
    """The first rate that holds; an unclear one before it leaves the price open."""
    for rate in rates:
        answer = rate.row.condition.holds(facts)
        if answer is None:
            return None, rate.row.condition.missing(facts)
        if answer:
            return rate, SETTLED
    return None, SETTLED


def normal_chains(tariff: ClassTariff, told: tuple[Use, ...]) -> Iterator[Chain | None]:
    """The normal price of each part; None for a part that a price once charged already covers."""
    done: set[str] = set()
    for use in told:
        rate, open_ = choose(tariff.normals, use.part)
        if rate is None:
            yield Chain(use.part, None, open=open_)
        elif repeated(rate, done):
            yield None
        else:
            yield chained(rate, use, tariff.normal_changes[rate.row.citation.row], done)


def charged_chains(tariff: ClassTariff, told: tuple[Use, ...], normals: list[Chain | None]) -> Iterator[Chain]:
    done: set[str] = set()
    for use, normal in zip(told, normals, strict=True):
        rate, open_ = choose(tariff.rates, use.part)
        if rate is None:
            yield Chain(use.part, None, open=open_)
        elif rate.formula.unit is Unit.SHARE_OF_NORMAL:
            if normal is not None:
                yield share(rate, use, normal, tariff.changes, done)
        elif not repeated(rate, done):
            yield chained(rate, use, tariff.changes, done)


def repeated(rate: Rate, done: set[str]) -> bool:
    """Whether a price that goes by no time (an event, a package) has been charged for an earlier part."""
    if rate.counter.by_part:
        return False
    name = rate.row.citation.row
    if name in done:
        return True
    done.add(name)
    return False


def share(rate: Rate, use: Use, normal: Chain, changes: tuple[Adjustment, ...], done: set[str]) -> Chain:
    """Per cent of the normal price as it is before adjustments, which then apply to both alike."""
    if normal.base is None:
        return Chain(use.part, rate, open=normal.open)
    return chained(rate, Use(use.part, {**use.whole, NORMAL: normal.base}), changes, done)


def chained(rate: Rate, use: Use, changes: tuple[Adjustment, ...], done: set[str]) -> Chain:
    """A rate with the adjustments that hold, in written order. A free price stays free."""
    facts = use.part if rate.counter.by_part else use.whole
    base = rate.counter.exact(facts)
    if base is None:
        return Chain(facts, rate, open=rate.counter.missing(facts))
    if not changes or rate.formula.unit is Unit.ZERO:
        return Chain(facts, rate, base, (), whole(base))
    steps, open_ = stepped(base, use, changes, done)
    now = steps[-1].after if steps else base
    return Chain(facts, rate, base, tuple(steps), whole(now) if open_ is None else None, open_ or SETTLED)


def stepped(
    base: Fraction, use: Use, changes: tuple[Adjustment, ...], done: set[str]
) -> tuple[list[Step], Open | None]:
    """The steps of a chain, and the facts that leave it open after the last of them. `done`: once for a use."""
    steps: list[Step] = []
    taken: set[str | None] = set()
    now = base
    for one in changes:
        if one.group in taken or (not one.changer.by_part and one.row.citation.row in done):
            continue
        found, open_ = changed(one, changes, use, now)
        if open_ is not None:
            return steps, open_
        if found is not None:
            steps.append(found)
            now = found.after
            remember(found.adjustment, taken, done)
    return steps, None


def remember(one: Adjustment, taken: set[str | None], done: set[str]) -> None:
    if one.group:
        taken.add(one.group)
    if not one.changer.by_part:
        done.add(one.row.citation.row)


def changed(
    one: Adjustment, changes: tuple[Adjustment, ...], use: Use, now: Fraction
) -> tuple[Step | None, Open | None]:
    """What an adjustment makes of a sum, or the facts that leave it open. Best of group: the one that leaves least."""
    if now == 0 and one.changer.scales:
        return None, None
    if not (one.group and one.group_best):
        return applied(one, use, now)
    best: Step | None = None
    for member in changes:
        if member.group == one.group:
            found, open_ = applied(member, use, now)
            if open_ is not None:
                return None, open_
            if found is not None and (best is None or found.after < best.after):
                best = found
    return best, None


def applied(one: Adjustment, use: Use, now: Fraction) -> tuple[Step | None, Open | None]:
    answer = one.row.condition.holds(use.part)
    if answer is None:
        return None, one.row.condition.missing(use.part)
    if not answer:
        return None, None
    facts = use.part if one.changer.by_part else use.whole
    after = one.changer.apply(facts, now)
    return (None, one.changer.missing(facts)) if after is None else (Step(one, facts, now, after), None)


# --- add-ons ---


def add_ons(tariff: ClassTariff, facts: Facts, price_cents: int | None) -> Iterator[Added]:
    """What is charged beside the price. An extra that nobody chose, or was asked to choose, is not added."""
    chosen = facts.get("activity.extras")
    for one in tariff.add_ons:
        if one.chosen and not (isinstance(chosen, tuple) and one.chosen in chosen):
            continue
        if one.who is Who.PAYING and price_cents == 0:
            continue
        answer = one.row.condition.holds(facts)
        if answer is None:
            yield Added(one, facts, None, one.row.condition.missing(facts))
        elif answer:
            yield added(one, facts)


def offered(tariff: ClassTariff | None, facts: Facts) -> tuple[str, ...]:
    """The extras that may be chosen for this use and are not: those whose rows do not surely speak of another."""
    told = facts.get("activity.extras")
    chosen = told if isinstance(told, tuple) else ()
    rows = tariff.add_ons if tariff else ()
    may = (one.chosen for one in rows if one.chosen and one.row.condition.holds(facts) is not False)
    return tuple(dict.fromkeys(word for word in may if word not in chosen))


def added(one: AddOn, facts: Facts) -> Added:
    if one.actual_cost:
        return Added(one, facts, None)
    exact = one.counter.exact(facts)
    if exact is None:
        return Added(one, facts, None, one.counter.missing(facts))
    return Added(one, facts, whole(exact))


def with_vat(
    tariff: DayTariff, facts: Facts, added: tuple[Added, ...], vat: Vat | None, told: Decimal | None
) -> Iterator[tuple[int | None, Vat | None]]:
    """Each add-on with its VAT: that of the use, unless rows speak of single add-ons."""
    for one in added:
        row = one.add_on.row.citation.row
        yield one.cents, vat_of(tariff.vat, facts, row, told) if tariff.vat_differs else vat
