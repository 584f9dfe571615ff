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
from booking.core.rules.counting import DAY, minutes_of, start_of
from booking.core.rules.facts import Facts, FactValue, Part
from booking.core.rules.formulas import Unit
from booking.core.rules.tariff import CLASS, AddOn, Adjustment, DayTariff, Rate, Who
from booking.core.rules.vat import Vat, taxed, vat_of

Open: TypeAlias = frozenset[str]  # the facts without which something stays unknown
SETTLED: Open = frozenset()


class Step(NamedTuple):
    """One adjustment of a chain: exact cents before and after it."""

    adjustment: Adjustment
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


def money(tariff: DayTariff, facts: Facts, class_id: str | None) -> Sums:
    """The sums of a use by the rows valid on its day."""
    uses = tuple(parts(facts))
    normals = list(normal_chains(tariff, uses, class_id))
    charged = tuple(charged_chains(tariff, uses, normals, class_id))
    price_cents = total(chain.cents for chain in charged) if charged else None
    normal = tuple(chain for chain in normals if chain is not None)
    normal_cents = at_least(price_cents, total(chain.cents for chain in normal) if normal else None)
    added = tuple(add_ons(tariff, with_class(tariff, facts, class_id), class_id, price_cents))
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


# --- parts of a use ---


def parts(facts: Facts) -> Iterator[Facts]:
    """The use in its parts, each with its phase and minutes; what they leave over has the phase of the whole."""
    told = facts.get("time.parts")
    if not isinstance(told, tuple) or not told:
        yield facts
        return
    after = 0
    for part in told:
        if isinstance(part, Part):
            yield placed(facts, after, part.minutes) | {"activity.phase": part.phase}
            after += part.minutes
    left = (minutes_of(facts) or 0) - after
    if left > 0:
        yield placed(facts, after, left)


def placed(facts: Facts, after: int, minutes: int) -> dict[str, FactValue]:
    """The facts of a stretch that begins so many minutes after the start."""
    start = start_of(facts)
    times: dict[str, FactValue] = {"time.minutes": minutes, "time.parts": None}
    if start is not None:
        begins = (start + after) % DAY
        times |= {"time.start_minute": begins, "time.end_minute": begins + minutes}
    return {**facts, **times}


def with_class(tariff: DayTariff, facts: Facts, class_id: str | None) -> Facts:
    """The facts with the class that is priced among them, where a matrix asks for it."""
    return {**facts, CLASS: class_id} if tariff.asks_class else facts


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


def normal_chains(tariff: DayTariff, uses: tuple[Facts, ...], class_id: str | None) -> Iterator[Chain | None]:
    """The normal price of each part; None for a part that a price once charged already covers."""
    done: set[str] = set()
    for use in uses:
        rate, open_ = choose(tariff.normals, use)
        if rate is None:
            yield Chain(use, None, open=open_)
        elif repeated(rate, done):
            yield None
        else:
            own = normal_class(rate, class_id)
            yield chained(rate, with_class(tariff, use, own), tariff.normal_changes(own), done)


def normal_class(rate: Rate, class_id: str | None) -> str | None:
    """The class a normal price is told for: the one it names, its only one, else that of the user."""
    return rate.normal_class or (rate.classes[0] if len(rate.classes) == 1 else class_id)


def charged_chains(
    tariff: DayTariff, uses: tuple[Facts, ...], normals: list[Chain | None], class_id: str | None
) -> Iterator[Chain]:
    done: set[str] = set()
    rates, changes = tariff.rates_of(class_id), tariff.charged_changes(class_id)
    for use, normal in zip(uses, normals, strict=True):
        rate, open_ = choose(rates, use)
        if rate is None:
            yield Chain(use, None, open=open_)
        elif rate.formula.unit is Unit.SHARE_OF_NORMAL:
            if normal is not None:
                yield share(rate, with_class(tariff, use, class_id), normal, changes, done)
        elif not repeated(rate, done):
            yield chained(rate, with_class(tariff, use, class_id), changes, done)


def repeated(rate: Rate, done: set[str]) -> bool:
    """Whether a price that goes by no time (an event, a package) has been charged for an earlier part."""
    if rate.counter.by_part:
        return False
    name = rate.row.citation.row
    if name in done:
        return True
    done.add(name)
    return False


def share(rate: Rate, use: Facts, normal: Chain, changes: tuple[Adjustment, ...], done: set[str]) -> Chain:
    """Per cent of the normal price as it is before adjustments, which then apply to both alike."""
    if normal.base is None:
        return Chain(use, rate, open=normal.open)
    return chained(rate, {**use, NORMAL: normal.base}, changes, done)


def chained(rate: Rate, use: Facts, changes: tuple[Adjustment, ...], done: set[str]) -> Chain:
    """A rate with the adjustments that hold, in written order. A free price stays free."""
    base = rate.counter.exact(use)
    if base is None:
        return Chain(use, rate, open=rate.counter.missing(use))
    if not changes or rate.formula.unit is Unit.ZERO:
        return Chain(use, rate, base, (), whole(base))
    steps: list[Step] = []
    taken: set[str] = set()
    now = base
    for one in changes:
        if one.group in taken or (not one.changer.by_part and one.row.citation.row in done):
            continue
        found, open_ = changed(one, changes, use, now)
        if open_ is not None:
            return Chain(use, rate, base, tuple(steps), None, open_)
        if found is not None:
            steps.append(found)
            now = found.after
            taken |= {one.group} if one.group else set()
            if not found.adjustment.changer.by_part:
                done.add(found.adjustment.row.citation.row)
    return Chain(use, rate, base, tuple(steps), whole(now))


def changed(
    one: Adjustment, changes: tuple[Adjustment, ...], use: Facts, now: Fraction
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


def applied(one: Adjustment, use: Facts, now: Fraction) -> tuple[Step | None, Open | None]:
    answer = one.row.condition.holds(use)
    if answer is None:
        return None, one.row.condition.missing(use)
    if not answer:
        return None, None
    after = one.changer.apply(use, now)
    return (None, one.changer.missing(use)) if after is None else (Step(one, now, after), None)


# --- add-ons ---


def add_ons(tariff: DayTariff, facts: Facts, class_id: str | None, price_cents: int | None) -> Iterator[Added]:
    """What is charged beside the price. An extra that nobody chose, or was asked to choose, is not added."""
    chosen = facts.get("activity.extras")
    for one in tariff.add_ons:
        if one.classes and class_id not in one.classes:
            continue
        if one.chosen and not (isinstance(chosen, tuple) and one.chosen in chosen):
            continue
        if one.who is Who.PAYING and price_cents == 0:
            continue
        answer = one.row.condition.holds(facts)
        if answer is None:
            yield Added(one, facts, None, one.row.condition.missing(facts))
        elif answer:
            yield added(one, facts)


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
