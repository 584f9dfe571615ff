"""What would change if other rules had been in force: two answers to each real use, counted. Pure.

Amounts are whole cents, summed where they are known; what is unknown is counted and never added. A use that is refused
or pointed elsewhere has no price: it is counted as shut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from booking.core.rules.engine import Decided
from booking.core.rules.rows import OutcomeKind

SHUT = frozenset({OutcomeKind.REFUSED.value, OutcomeKind.REDIRECTED.value})
AMOUNTS = ("price", "normal", "subsidy")


class Answer(NamedTuple):
    """What rules say of one use, as far as it is compared."""

    kind: str
    priority: str
    price_class: str
    price: int | None
    normal: int | None
    subsidy: int | None

    @property
    def shut(self) -> bool:
        return self.kind in SHUT


class Move(NamedTuple):
    """Who, where, and from what to what."""

    organisation: str
    premises: str
    kind_before: str
    kind_after: str
    priority_before: str
    priority_after: str
    price_before: str
    price_after: str

    @property
    def changes(self) -> bool:
        """Whether class or kind of answer is another one. A price may change within a class."""
        return (self.kind_before, self.priority_before, self.price_before) != (
            self.kind_after,
            self.priority_after,
            self.price_after,
        )


Tallies: TypeAlias = dict[Move, Counter[str]]


def answer_of(found: Decided) -> Answer:
    return Answer(
        found.kind.value,
        found.priority_class or "",
        found.price_class or "",
        found.price_cents,
        found.normal_cents,
        found.subsidy_cents,
    )


def count(tallies: Tallies, *, organisation: str, premises: str, minutes: int, answers: tuple[Answer, Answer]) -> None:
    """Count one use under both rules."""
    before, after = answers
    move = Move(
        organisation,
        premises,
        before.kind,
        after.kind,
        before.priority,
        after.priority,
        before.price_class,
        after.price_class,
    )
    tally = tallies.setdefault(move, Counter())
    tally["times"] += 1
    tally["minutes"] += minutes
    for name, answer in (("before", before), ("after", after)):
        sum_up(tally, name, answer)
    compare(tally, before, after)


def sum_up(tally: Counter[str], name: str, answer: Answer) -> None:
    if answer.shut:
        tally[f"shut_{name}"] += 1
        return
    for amount in AMOUNTS:
        cents: int | None = getattr(answer, amount)
        if cents is None:
            tally[f"{amount}_{name}_unknown"] += 1
        else:
            tally[f"{amount}_{name}"] += cents


def compare(tally: Counter[str], before: Answer, after: Answer) -> None:
    """The difference in price, of the uses whose price is known under both rules."""
    if before.shut or after.shut:
        return
    if before.price is None or after.price is None:
        tally["difference_unknown"] += 1
        return
    tally["difference"] += after.price - before.price
    tally["dearer"] += after.price > before.price
    tally["cheaper"] += after.price < before.price


def merged(tallies: Tallies, more: Tallies) -> Tallies:
    """Both together; counters may hold sums below zero, so they are added by key."""
    found = {move: Counter(tally) for move, tally in tallies.items()}
    for move, tally in more.items():
        found.setdefault(move, Counter()).update(tally)
    return found


def grouped(tallies: Tallies, by: Callable[[Move], str]) -> dict[str, Counter[str]]:
    """The tallies summed by something that a move says."""
    found: dict[str, Counter[str]] = {}
    for move, tally in tallies.items():
        found.setdefault(by(move), Counter()).update(tally)
    return found


def total(tallies: Tallies) -> Counter[str]:
    return grouped(tallies, lambda _: "").get("", Counter())


def as_rows(tallies: Tallies) -> list[dict[str, Any]]:
    """The tallies as JSON."""
    return [move._asdict() | {"counts": dict(tally)} for move, tally in sorted(tallies.items())]


def of_rows(rows: Iterable[Mapping[str, Any]]) -> Tallies:
    return {Move(**{name: row[name] for name in Move._fields}): Counter(row["counts"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Sides:
    """What a group of uses came to under both rules: a class's uses before and after are different ones."""

    before: Counter[str]
    after: Counter[str]


def by_class(tallies: Tallies, which: str) -> dict[str, Sides]:
    """For each class of a kind (priority, price, kind): the uses that were in it, and those that would be."""
    before = grouped(tallies, lambda move: str(getattr(move, f"{which}_before")))
    after = grouped(tallies, lambda move: str(getattr(move, f"{which}_after")))
    names = sorted({*before, *after})
    return {name: Sides(before.get(name, Counter()), after.get(name, Counter())) for name in names}
