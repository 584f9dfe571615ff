"""Rows of one table that can hold at the same time and say different things, each pair with an example of such facts.

The example is searched for: facts that the two rows name are given the values that could matter to them, one by one,
until both hold or none is left. Exact for words, yes and no, numbers and days; people and shares are tried at their
limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any, TypeAlias

from booking.core.rules.book import Rulebook
from booking.core.rules.fact_types import FactType, FactValue
from booking.core.rules.facts import FACTS
from booking.core.rules.logic import Check, Condition, Count, Not, Truth
from booking.core.rules.rows import Citation, Effect, Row, Table
from booking.core.rules.standing import changes, standing
from booking.core.rules.tables import places

MOST_TRIES = 300
MOST_VALUES = 24
Facts: TypeAlias = dict[str, FactValue]
Candidates: TypeAlias = Mapping[str, Sequence[FactValue]]
PARTS = ("under_18", "under_20", "over_65", "residents", "under_18_residents", "leaders")


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rows that can both hold. `winner`: whose effect counts by the table's policy; `facts`: an example.

    `certain`: an example was found; else the search was given up."""

    table: str
    first: Citation
    first_effect: Effect
    second: Citation
    second_effect: Effect
    winner: str
    facts: Mapping[str, FactValue]
    certain: bool = True


class Tired(Exception):
    """More tries than a pair of rows is worth."""


def overlaps(book: Rulebook, *, general: bool = False) -> list[Overlap]:
    """Every pair of rows that can both hold with different effects, on any day. `general`: also rows that always hold,
    which are written to be passed over by more special ones."""
    found: dict[tuple[str, str, str], Overlap] = {}
    for on in days_of(book):
        now = standing(book, on)
        for name, table in (("exclusions", now.exclusions), ("priority", now.priority), ("price", now.price)):
            for one in in_table(book, name, table, general=general):
                found.setdefault((name, one.first.row, one.second.row), one)
    return list(found.values())


def days_of(book: Rulebook) -> list[date]:
    """A day of each period in which the same rows are valid."""
    last = book.valid_to or date.max
    return [book.valid_from, *(day for day in changes(book) if book.valid_from < day <= last)]


def in_table(book: Rulebook, name: str, table: Table, *, general: bool) -> Iterator[Overlap]:
    rows = [row for row in table.rows if general or row.condition.names]
    place = places(table, table.rows)
    for first, second in combinations(rows, 2):
        if said(first.effect) == said(second.effect):
            continue
        facts, certain = together(book, first, second)
        if facts is not None:
            winner = min(first, second, key=place).citation.row
            yield Overlap(name, first.citation, first.effect, second.citation, second.effect, winner, facts, certain)


def said(effect: Effect) -> tuple[Any, ...]:
    """What an effect comes to, without the words of its question."""
    return effect.kind, effect.class_id, effect.decider, effect.redirect_to, effect.booking_type


def together(book: Rulebook, first: Row, second: Row) -> tuple[Facts | None, bool]:
    """Facts by which both rows hold; none when there are none. The flag: whether that is certain."""
    if apart(first, second):
        return None, True
    goals = (first.condition, second.condition)
    try:
        return Search(goals, candidates(book, goals)).found({}), True
    except Tired:
        return {}, False


def apart(first: Row, second: Row) -> bool:
    """Whether the scopes of two rows have no value in common."""
    values = {scope.fact: scope.values for scope in first.scopes}
    return any(scope.fact in values and values[scope.fact].isdisjoint(scope.values) for scope in second.scopes)


# --- the search ---


@dataclass(slots=True)
class Search:
    """A search for facts by which all goals hold."""

    goals: tuple[Condition, ...]
    candidates: Candidates
    tries: int = 0

    def found(self, facts: Facts) -> Facts | None:
        """The facts given so far with those added that make every goal hold; None when nothing does."""
        self.tries += 1
        if self.tries > MOST_TRIES:
            raise Tired
        undecided = [goal for goal in self.goals if answer(goal, facts) is not True]
        if not undecided:
            return dict(facts)
        name, values = self.narrowest(undecided, facts)
        for value in values:
            made = self.found({**facts, name: value})
            if made is not None:
                return made
        return None

    def narrowest(self, undecided: list[Condition], facts: Facts) -> tuple[str, list[FactValue]]:
        """The fact that leaves the fewest values by which no goal fails, and those values: dead ends show at once."""
        hanging = [open_facts(goal, facts) for goal in undecided]
        shared = sorted(frozenset.intersection(*hanging) or hanging[0])
        left = [
            (name, [value for value in self.candidates[name] if self.open_to(facts, name, value)]) for name in shared
        ]
        return min(left, key=lambda pair: len(pair[1]), default=("", []))

    def open_to(self, facts: Facts, name: str, value: FactValue) -> bool:
        tried = {**facts, name: value}
        return possible(tried) and all(can_hold(goal, tried) for goal in self.goals)


def answer(condition: Condition, facts: Facts) -> Truth:
    """What a condition comes to by the facts given so far; None while a fact it hangs on has no value yet."""
    form = condition.form
    if isinstance(form, Not):
        inner = answer(form.part, facts)
        return None if inner is None else not inner
    if isinstance(form, Count):
        answers = [answer(part, facts) for part in form.parts]
        if answers.count(True) >= form.least:
            return True
        return None if answers.count(True) + answers.count(None) >= form.least else False
    return condition.holds(facts) if all(name in facts for name in condition.names) else None


def can_hold(condition: Condition, facts: Facts, *, wanted: bool = True) -> bool:
    """Whether a condition can still come to yes (or to no): a fact that is not told settles nothing any more."""
    form = condition.form
    if isinstance(form, Not):
        return can_hold(form.part, facts, wanted=not wanted)
    if isinstance(form, Count):
        least = form.least if wanted else len(form.parts) - form.least + 1
        return sum(can_hold(part, facts, wanted=wanted) for part in form.parts) >= least
    if all(name in facts for name in condition.names):
        return condition.holds(facts) is wanted
    return True


def open_facts(condition: Condition, facts: Facts) -> frozenset[str]:
    """The facts without a value that a condition still hangs on."""
    if answer(condition, facts) is not None:
        return frozenset()
    form = condition.form
    parts = (form.part,) if isinstance(form, Not) else form.parts if isinstance(form, Count) else ()
    if parts:
        return frozenset[str]().union(*(open_facts(part, facts) for part in parts))
    return frozenset(name for name in condition.names if name not in facts)


def possible(facts: Facts) -> bool:
    """Whether facts can be told together: no part is more than the whole, no Sunday is a Wednesday."""
    total = facts.get("audience.total")
    counts = [facts.get(f"audience.{part}") for part in PARTS]
    if isinstance(total, int) and any(isinstance(number, int) and number > total for number in counts):
        return False
    joint = facts.get("audience.under_18_residents")
    wholes = [facts.get("audience.under_18"), facts.get("audience.residents")]
    if isinstance(joint, int) and any(isinstance(number, int) and joint > number for number in wholes):
        return False
    kind, weekday = facts.get("time.day_kind"), facts.get("time.weekday")
    if isinstance(weekday, int) and kind in ("weekday", "saturday", "sunday"):
        return kind == {5: "saturday", 6: "sunday"}.get(weekday, "weekday")
    return True


# --- values that could matter ---


def candidates(book: Rulebook, goals: Iterable[Condition]) -> Candidates:
    """For each fact the values that could make a difference, told ones first, "not told" last."""
    wanted: dict[str, list[FactValue]] = {}
    for leaf in leaves(goals):
        for name in leaf.names:
            wanted.setdefault(name, [])
        for name, values in leaf.tries.items():
            known = wanted.setdefault(name, [])
            known += [value for value in values if value not in known]
    return {name: [*values_of(book, name, values), None] for name, values in wanted.items()}


def leaves(goals: Iterable[Condition]) -> Iterator[Condition]:
    """The conditions on facts that others are made of, each once."""
    waiting, seen = list(goals), set[int]()
    while waiting:
        condition = waiting.pop()
        if id(condition) in seen:
            continue
        seen.add(id(condition))
        form = condition.form
        if isinstance(form, Not):
            waiting.append(form.part)
        elif isinstance(form, Count):
            waiting += form.parts
        elif form is None or isinstance(form, Check):
            yield condition


def values_of(book: Rulebook, name: str, wanted: list[FactValue]) -> list[FactValue]:
    fact = FACTS.get(name) or book.own_facts[name]
    if fact.type is FactType.YES_NO:
        return [True, False]
    if fact.type in (FactType.WORDS, FactType.TEXTS):
        return list(several([each for each in wanted if isinstance(each, str)]))
    if fact.type is FactType.WORD:
        other = next((word for word in book.words.get(fact.words or "", {}) if word not in wanted), None)
        return [*wanted, *([] if other is None else [other])]
    return wanted[:MOST_VALUES]


def several(words: list[str]) -> Iterator[tuple[str, ...]]:
    """Each word alone, two together, all of them, none."""
    yield from ((word,) for word in words)
    if len(words) > 1:
        yield from list(combinations(words, 2))[:MOST_VALUES]
    if len(words) > 2:
        yield tuple(words)
    yield ()
