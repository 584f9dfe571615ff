"""Who comes first when a round has more wishes than hours: class before everything, then the tie-breaks, then lot.

Whatever the tie-breaks say, nobody passes somebody of an earlier priority class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Any, TypeAlias

from booking.core.rules.book import Rulebook
from booking.core.rules.engine import decided
from booking.core.rules.fact_types import Facts
from booking.core.rules.prepare import day_of_use, facts_for, treated
from booking.core.rules.request import Request
from booking.core.rules.rounds import Direction, TieBreak, TiePolicy
from booking.core.rules.standing import standing

Key: TypeAlias = tuple[Any, ...]
LAST = 10**9  # no class of any rulebook has this rank: those without a class come after all others
SIGNS: Mapping[Direction, int] = {Direction.ASC: 1, Direction.DESC: -1, Direction.YES_FIRST: -1, Direction.NO_FIRST: 1}


@dataclass(frozen=True, slots=True)
class Place:
    """One application in the order. `steps`: what each tie-break found in it (None: not told), by row, in their order;
    `score`: its points where the policy counts them; `lot`: the draw that decides between those still equal."""

    id: str
    place: int
    priority_class: str | None
    rank: int | None
    steps: Mapping[str, Any]
    score: Fraction | None
    lot: str


def order(book: Rulebook, requests: Iterable[tuple[str, Request]], seed: str, on: date | None = None) -> list[Place]:
    """The applications in the order in which they are granted. The same seed draws the same lots, whatever the order
    they come in. `on`: the day whose rows count; else each one's day of use."""
    found = [placed(book, id_, request, seed, on) for id_, request in requests]
    found.sort(key=lambda pair: pair[0])
    return [
        Place(one.id, place, one.priority_class, one.rank, one.steps, one.score, one.lot)
        for place, (_, one) in enumerate(found, start=1)
    ]


def placed(book: Rulebook, id_: str, request: Request, seed: str, on: date | None) -> tuple[Key, Place]:
    """One application with the key it is sorted by."""
    facts = facts_for(book, request)
    day = on or day_of_use(book, facts)
    answer = decided(book, facts, day)
    now = standing(book, day)
    treated(now, facts)
    policy = now.allocation.tie_policy if now.allocation else TiePolicy.ORDER
    breaks = () if policy is TiePolicy.LOT else now.tie_breaks
    score = points(breaks, facts) if policy is TiePolicy.SCORE else None
    steps = tuple(step(one, facts) for one in breaks) if policy is TiePolicy.ORDER else ()
    lot = sha256(f"{seed}:{id_}".encode()).hexdigest()
    rank = LAST if answer.priority_rank is None else answer.priority_rank
    key = (rank, steps if score is None else (-score,), lot, id_)
    seen = {one.row.citation.row: seen_by(one, facts) for one in breaks}
    return key, Place(id_, 0, answer.priority_class, answer.priority_rank, seen, score, lot)


def step(one: TieBreak, facts: Facts) -> Key:
    """What one tie-break sorts by: what is not told, or is no matter of this row, comes last."""
    value = number_of(seen_by(one, facts))
    return (1, Fraction(0)) if value is None else (0, SIGNS[one.order] * value)


def seen_by(one: TieBreak, facts: Facts) -> Any:
    """The value of the fact, or whether the condition holds; None where the row does not speak of the application."""
    if one.row.condition.holds(facts) is not True:
        return None
    return facts.get(one.fact) if one.fact else one.condition.holds(facts) if one.condition else None


def points(breaks: Iterable[TieBreak], facts: Facts) -> Fraction:
    """The points of those rows that hold; a fact that is a number brings its points so many times."""
    total = Fraction(0)
    for one in breaks:
        value = number_of(seen_by(one, facts))
        if value is not None and one.points:
            yes = value if one.order is not Direction.NO_FIRST else 1 - value
            total += one.points * yes
    return total


NUMBERS: tuple[tuple[type, Callable[[Any], Fraction]], ...] = (
    (bool, lambda value: Fraction(int(value))),
    (int, Fraction),
    (Decimal, Fraction),
    (Fraction, Fraction),
    (datetime, lambda value: Fraction(int(value.timestamp()))),
    (date, lambda value: Fraction(value.toordinal())),
)


def number_of(value: Any) -> Fraction | None:
    """A value that can be sorted by, as a number; None where it is not told."""
    return next((made(value) for kind, made in NUMBERS if isinstance(value, kind)), None)
