"""The fast way to an answer: the same kind, classes and sums as `evaluate`, without the trace.

A rulebook as it stands on a day is cut once for each combination of scope values asked (kind of premises, kind of
space, type of booking …); rows that speak of something else are gone, and the rest is one compiled function.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from booking.core.rules.book import Rulebook
from booking.core.rules.comparisons import folded
from booking.core.rules.fact_types import Facts
from booking.core.rules.limiting import check
from booking.core.rules.limits import Limit, NeededFor
from booking.core.rules.prepare import day_of_use, facts_for
from booking.core.rules.prices import Sums, money
from booking.core.rules.request import Request
from booking.core.rules.rows import Effect, OutcomeKind, Row, Table
from booking.core.rules.standing import every_row, mapped, standing
from booking.core.rules.tables import STRICTNESS, places
from booking.core.rules.tariff import DayTariff
from booking.core.rules.treat import treat
from booking.core.rules.workings import missing
from booking.core.rules.writing import Pass, Placed, one_pass

MOST_SLICES = 2000
SHUT = (OutcomeKind.REFUSED, OutcomeKind.REDIRECTED)


class Decided(NamedTuple):
    """What a rulebook answers, without reasons. Cents are None when unknown."""

    kind: OutcomeKind
    priority_class: str | None = None
    priority_rank: int | None = None
    price_class: str | None = None
    price_cents: int | None = None
    normal_cents: int | None = None
    subsidy_cents: int | None = None
    add_on_cents: int | None = None
    total_cents: int | None = None
    gross_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows that can speak of one combination of scope values, in the order in which they win."""

    effects: tuple[tuple[Effect, ...], ...]
    answer: Pass
    limits: tuple[Limit, ...]
    ranks: Mapping[str, int]
    tariff: DayTariff
    silent: tuple[bool, bool]


def decided(book: Rulebook, facts: Facts, on: date) -> Decided:
    """The answer to prepared facts (facts_for) by the rows of a day. The same as that of `evaluate`, and fast."""
    now = standing(book, on)
    if now.treat_as:
        own = dict(facts)
        treat(now.treat_as, own)
        facts = own
    part = slice_of(now, facts, on)
    (shutting, priority, price), concerned = part.answer(facts)
    barred = kind_of(part.effects[0], shutting)
    if barred in SHUT:
        return limited(part, facts, concerned, Decided(barred))
    ranked, priced = kind_of(part.effects[1], priority), kind_of(part.effects[2], price)
    kinds: tuple[OutcomeKind, ...] = () if shutting == NOTHING else (barred,)
    kinds += () if part.silent[0] else (ranked,)
    kinds += () if part.silent[1] else (priced,)
    class_id = class_of(part.effects[1], priority, ranked)
    price_class = class_of(part.effects[2], price, priced)
    found = Decided(overall(kinds), class_id, part.ranks.get(class_id or ""), price_class)
    if price_class is not None or part.silent[1]:
        found = with_sums(found, money(part.tariff, facts, price_class))
    return limited(part, facts, concerned, found)


NOTHING: Placed = (-1, ())


def decide_fast(book: Rulebook, request: Request, *, on: date | None = None) -> Decided:
    """The answer to a request, by the day of use unless another is given."""
    facts = facts_for(book, request)
    return decided(book, facts, on or day_of_use(book, facts))


def kind_of(effects: tuple[Effect, ...], placed: Placed) -> OutcomeKind:
    """What a table says: the effect of its winner, unless an unclear row before it has another one."""
    winner, unclear = placed
    if winner < 0:
        return OutcomeKind.UNDETERMINED
    effect = effects[winner]
    if unclear and any(effects[place] != effect for place in unclear):
        return OutcomeKind.UNDETERMINED
    return effect.kind


def class_of(effects: tuple[Effect, ...], placed: Placed, kind: OutcomeKind) -> str | None:
    return None if kind is OutcomeKind.UNDETERMINED else effects[placed[0]].class_id


def overall(kinds: tuple[OutcomeKind, ...]) -> OutcomeKind:
    if OutcomeKind.UNDETERMINED in kinds:
        return OutcomeKind.UNDETERMINED
    return OutcomeKind.NEEDS_APPROVAL if OutcomeKind.NEEDS_APPROVAL in kinds else OutcomeKind.GRANTED


def with_sums(found: Decided, sums: Sums) -> Decided:
    """The answer with its money; left open where a fact is missing without which it cannot be counted."""
    unknown = sums.total_cents is None or sums.normal_cents is None
    return Decided(
        OutcomeKind.UNDETERMINED if unknown and missing(sums) else found.kind,
        found.priority_class,
        found.priority_rank,
        found.price_class,
        sums.price_cents,
        sums.normal_cents,
        sums.subsidy_cents,
        sums.add_on_cents,
        sums.total_cents,
        sums.gross_cents,
    )


def limited(part: Slice, facts: Facts, concerned: tuple[int, ...], found: Decided) -> Decided:
    """The answer made stricter by the broken limits that a booking needs."""
    kind = found.kind
    for place in concerned:
        limit = part.limits[place]
        stricter = STRICTNESS[limit.row.effect.kind] < STRICTNESS[kind]
        if stricter and check(limit, facts).kept is False and limit.row.condition.holds(facts):
            kind = limit.row.effect.kind
    return found if kind is found.kind else found._replace(kind=kind)


# --- cutting ---


def slice_of(now: Rulebook, facts: Facts, on: date) -> Slice:
    """The slice of a standing rulebook for the scope values of these facts; made when first asked for."""
    if "scopes" not in now.standing:
        now.standing["scopes"] = tuple(sorted({scope.fact for row in every_row(now) for scope in row.scopes}))
    names: tuple[str, ...] = now.standing["scopes"]
    key = tuple([facts.get(name) for name in names])
    found: Slice | None = now.slices.get(key)
    if found is None:
        scopes = dict(zip(names, key, strict=True))
        found = cut(mapped(now, lambda rows: narrowed(rows, scopes)), on)
        if len(now.slices) >= MOST_SLICES:
            now.slices.clear()
        now.slices[key] = found
    return found


def narrowed(rows: Iterable[Row], scopes: Mapping[str, Any]) -> list[Row]:
    """The rows whose scope is not surely another one. A scope that is surely met need not be asked again."""
    kept: list[Row] = []
    for row in rows:
        told = [(scope, scopes[scope.fact]) for scope in row.scopes]
        if any(value is not None and folded(value) not in scope.values for scope, value in told):
            continue
        met = all(value is not None for _, value in told)
        kept.append(replace(row, condition=row.when) if met else row)
    return kept


def cut(book: Rulebook, on: date) -> Slice:
    tables = [in_order(table) for table in (book.exclusions, book.priority, book.price)]
    limits = tuple(limit for limit in book.limits if limit.needed_for is NeededFor.BOOKING)
    return Slice(
        effects=tuple(tuple(row.effect for row in rows) for rows in tables),
        answer=one_pass(
            [[row.condition for row in rows] for rows in tables], [limit.row.condition for limit in limits]
        ),
        limits=limits,
        ranks={name: each.rank for name, each in book.priority.classes.items()},
        tariff=book.tariff.on(on),
        silent=(book.priority.silent, book.price.silent),
    )


def in_order(table: Table) -> list[Row]:
    """The rows in the order in which they win."""
    return sorted(table.rows, key=places(table, table.rows))
