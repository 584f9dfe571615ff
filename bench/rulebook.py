"""Answers a second of the largest rulebook, with and without reasons, beside the bare floor: facts, one look-up."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from bench.figures import progress, ratio, rounded
from booking.core.rulebook import Request, Rulebook, evaluate
from booking.core.rules.engine import Decided, decide_fast
from booking.core.rules.fact_types import Fact, FactType
from booking.core.rules.facts import FACTS, facts_of
from booking.core.rules.request import GROUPS
from booking.core.rules.standing import every_row
from booking.core.span import Span
from booking.rulebooks import shipped

HELSINKI = ZoneInfo("Europe/Helsinki")
TOLD_OF_TEN = 8  # so many of ten facts that the rules ask are told
SAMPLE = 500


@dataclass(frozen=True, slots=True)
class Pace:
    """Answers a second of one way; `of_floor`: its part of the floor's in the same run."""

    what: str
    rulebook: str
    rows: int
    answers_per_s: float
    us_each: float
    of_floor: float | None


class Unequal(Exception):
    """The fast answer was not the answer with reasons: figures would be worth nothing."""


def largest(books: Sequence[Rulebook]) -> Rulebook:
    return max(books, key=lambda book: sum(1 for _ in every_row(book)))


def measure(seconds: float) -> list[Pace]:
    """The figures of the largest shipped rulebook on one core. Raises Unequal."""
    book = largest(shipped())
    requests = sampled(book, SAMPLE, random.Random(2026))
    for request in requests:
        check(book, request)
    rows = sum(1 for _ in every_row(book))
    ways: list[tuple[str, Callable[[Request], object]]] = [
        ("floor: facts and one look-up", lambda request: TABLE.get(facts_of(request)["space.kind"])),
        ("answer", lambda request: decide_fast(book, request)),
        ("answer with every reason", lambda request: evaluate(book, request)),
    ]
    found: list[Pace] = []
    for what, answer in ways:
        progress(f"{what}: {book.id}, {rows} rows")
        pace = rate(requests, answer, seconds)
        floor = found[0].answers_per_s if found else pace
        found.append(Pace(what, book.id, rows, rounded(pace), rounded(1_000_000 / pace), ratio(pace, floor)))
    return found


TABLE: Mapping[Any, str] = {"classroom": "1", "gym": "2"}


def rate(requests: Sequence[Request], answer: Callable[[Request], object], seconds: float) -> float:
    """Answers a second of processor time, in the best of the rounds over the sample until the time is up: what else
    the machine does in the meantime is not counted."""
    best, until = math.inf, time.monotonic() + seconds
    while best == math.inf or time.monotonic() < until:
        begun = time.process_time()
        for request in requests:
            answer(request)
        best = min(best, time.process_time() - begun)
    return len(requests) / best


def check(book: Rulebook, request: Request) -> None:
    full, fast = evaluate(book, request), decide_fast(book, request)
    if any(getattr(full, name) != getattr(fast, name) for name in Decided._fields):
        raise Unequal(f"{book.id}: {request}")


# --- requests made up of the words the rulebook knows ---


def sampled(book: Rulebook, number: int, dice: random.Random) -> list[Request]:
    """Requests that tell most of what the rulebook asks."""
    asked = sorted({name for row in every_row(book) for name in row.condition.names if name in FACTS})
    return [made_up(book, asked, dice) for _ in range(number)]


def made_up(book: Rulebook, asked: Sequence[str], dice: random.Random) -> Request:
    told = {
        name: value
        for name in asked
        if not FACTS[name].derived and dice.randrange(10) < TOLD_OF_TEN
        if (value := value_of(FACTS[name], book, dice)) is not None
    }
    start = datetime(book.valid_from.year, book.valid_from.month, book.valid_from.day, 8, tzinfo=HELSINKI)
    start += timedelta(days=dice.randrange(300), minutes=15 * dice.randrange(52))
    span = Span(start, start + timedelta(minutes=15 * dice.randint(2, 24)))
    when = {"time.span": span, "time.zone": HELSINKI, "time.holiday": dice.randrange(30) == 0}
    groups: dict[str, dict[str, Any]] = {}
    for name, value in {**told, **when}.items():
        group, _, field = name.partition(".")
        groups.setdefault(group, {})[field] = value
    return Request(**{group: GROUPS[group](**facts) for group, facts in groups.items()})


def value_of(fact: Fact, book: Rulebook, dice: random.Random) -> Any:
    words = sorted(book.words.get(fact.words or "", ())) or [book.municipality, "Elsewhere"]
    values: Mapping[FactType, Callable[[], Any]] = {
        FactType.WORD: lambda: dice.choice(words),
        FactType.TEXT: lambda: dice.choice([book.municipality, "Elsewhere"]),
        FactType.WORDS: lambda: tuple(dice.sample(words, min(len(words), dice.randrange(3)))),
        FactType.TEXTS: lambda: (dice.choice([book.municipality, "Elsewhere"]),),
        FactType.NUMBER: lambda: dice.randint(fact.least or 0, 40),
        FactType.DECIMAL: lambda: Decimal(dice.randrange(40)) / 4,
        FactType.FRACTION: lambda: Fraction(1, dice.randint(1, 3)),
        FactType.YES_NO: lambda: dice.random() < 0.5,
        FactType.DAY: lambda: book.valid_from + timedelta(days=dice.randrange(300)),
    }
    return values[fact.type]() if fact.type in values else None
