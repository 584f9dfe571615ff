"""What follows from an event by the rules: the first row of each topic that holds, and what their effects add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeAlias

from booking.core.money import cents
from booking.core.rules.book import Rulebook
from booking.core.rules.consequences import Consequence, EventVerdict, Fee, Sanction, Slot
from booking.core.rules.fact_types import Facts
from booking.core.rules.limiting import a_day, months_later, number
from booking.core.rules.rows import OutcomeKind, Policy
from booking.core.rules.standing import standing

# the price of this use in a price class, in cents; for None: its own price. None: unknown
PriceOf: TypeAlias = Callable[[str | None], int | None]
WORST_SLOT = (Slot.KEPT, Slot.MAY_BE_CANCELLED, Slot.LOST, Slot.ALL_LOST)


@dataclass(frozen=True, slots=True)
class Topics:
    """The rows that have their effect, and what would have to be told to be sure of them; `fee_open`: of the fee."""

    rows: tuple[Consequence, ...]
    missing: frozenset[str]
    fee_open: bool


def consequences_of(book: Rulebook, facts: Facts, on: date, price_of: PriceOf) -> EventVerdict | None:
    """What follows from the event that the facts tell; None when they tell none."""
    kind = facts.get("event.kind")
    if not isinstance(kind, str):
        return None
    now = standing(book, on)
    topics = chosen(now.consequences, now.consequence_policy, facts)
    return verdict(kind, topics, facts, price_of)


def chosen(rows: Sequence[Consequence], policy: Policy, facts: Facts) -> Topics:
    """By topic the first row that holds, or every one. An unclear row before the first leaves its topic open."""
    taken: list[Consequence] = []
    settled: set[str] = set()
    unsure: set[str] = set()
    missing = frozenset[str]()
    for row in rows:
        if row.topic in settled:
            continue
        answer = row.row.condition.holds(facts)
        if answer is None:
            missing |= row.row.condition.missing(facts)
            unsure.add(row.topic)
        if answer:
            taken.append(row)
        if answer is not False and policy is not Policy.ALL:
            settled.add(row.topic)
    return Topics(tuple(taken), missing, any(row.topic in unsure for row in rows if row.fee is not None))


def verdict(kind: str, topics: Topics, facts: Facts, price_of: PriceOf) -> EventVerdict:
    rows = topics.rows
    charged = [row for row in rows if row.fee is not None]
    fees = [fee_cents(row, facts, price_of) for row in charged]
    known = bool(fees) and None not in fees and not topics.fee_open
    sanctions, untold = sanctions_of(rows, facts)
    deciding = next((row.row.effect for row in rows if row.row.effect.kind is not OutcomeKind.GRANTED), None)
    return EventVerdict(
        kind=kind,
        fee_cents=sum(fee for fee in fees if fee is not None) if known else None,
        fee_known=known,
        credit_cents=price_of(None) if any(row.waived for row in rows) else 0,
        compensation_cents=compensation(rows, price_of),
        valid=validity(rows),
        slot=max((row.slot for row in rows if row.slot), key=WORST_SLOT.index, default=None),
        sanctions=sanctions,
        fee_class=next((row.class_id for row in charged if row.class_id), None),
        price_class=next((row.price_class for row in rows if row.price_class), None),
        substitute=any(row.substitute for row in rows),
        deadline=deadline(rows, facts),
        result=deciding.kind if deciding else OutcomeKind.GRANTED,
        ask=deciding.decider if deciding else None,
        question=deciding.question if deciding else {},
        reasons=tuple(row.row.citation for row in rows),
        missing=tuple(sorted(topics.missing | untold)),
    )


def validity(rows: Iterable[Consequence]) -> bool | None:
    """False as soon as one row says that the act is void; None when no row speaks of it."""
    said = [row.valid for row in rows if row.valid is not None]
    return all(said) if said else None


def compensation(rows: Iterable[Consequence], price_of: PriceOf) -> int | None:
    sums = [price_of(None) if row.compensation_price else row.compensation_cents or 0 for row in rows]
    return None if None in sums else sum(each for each in sums if each is not None)


def deadline(rows: Iterable[Consequence], facts: Facts) -> date | None:
    """The earliest day until which something must be done, from the day it happened."""
    on = a_day(facts, "event.on")
    if on is None:
        return None
    days = [day for row in rows if (day := deadline_of(row, on)) is not None]
    return min(days, default=None)


def deadline_of(row: Consequence, on: date) -> date | None:
    try:
        if row.deadline_months is not None:
            on = months_later(on, row.deadline_months)
        if row.deadline_days is not None:
            on += timedelta(days=row.deadline_days)
    except (OverflowError, ValueError):
        return None
    return None if row.deadline_months is None and row.deadline_days is None else on


def sanctions_of(rows: Iterable[Consequence], facts: Facts) -> tuple[tuple[Sanction, ...], frozenset[str]]:
    """The sanctions whose repeat has been reached, and what must be told to know of the others."""
    repeat = number(facts, "event.repeat")
    every = [row.sanction for row in rows if row.sanction]
    reached = tuple(each for each in every if each.after == 1 or (repeat is not None and repeat >= each.after))
    untold = repeat is None and any(each.after > 1 for each in every)
    return reached, frozenset({"event.repeat"} if untold else ())


# --- fees ---


def fee_cents(row: Consequence, facts: Facts, price_of: PriceOf) -> int | None:
    """The fee in cents, rounded once; None when something it is reckoned from is unknown."""
    assert row.fee is not None
    base = FEES[row.fee](row, facts, price_of)
    if base is None:
        return None
    exact = base * Decimal(row.times.numerator) / Decimal(row.times.denominator)
    fee = cents(exact / 100)
    if not row.less_relet or facts.get("event.relet") is False:
        return fee
    relet = number(facts, "event.relet_cents")
    return None if relet is None else max(0, fee - relet)


def percent_of_price(row: Consequence, price_of: PriceOf) -> Decimal | None:
    price = price_of(row.class_id)
    return None if price is None or row.percent is None else Decimal(price) * row.percent / 100


def decimal(number: int | None) -> Decimal | None:
    return None if number is None else Decimal(number)


FEES: Mapping[Fee, Callable[[Consequence, Facts, PriceOf], Decimal | None]] = {
    Fee.NONE: lambda *_: Decimal(0),
    Fee.PRICE: lambda _row, _facts, price_of: decimal(price_of(None)),
    Fee.PERCENT: lambda row, _facts, price_of: percent_of_price(row, price_of),
    Fee.CLASS: lambda row, _facts, price_of: decimal(price_of(row.class_id)),
    Fee.AMOUNT: lambda row, *_: None if row.amount is None else row.amount * 100,
    Fee.ACTUAL_COST: lambda _row, facts, _price_of: decimal(number(facts, "event.cost_cents")),
}
