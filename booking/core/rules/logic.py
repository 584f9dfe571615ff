"""What a condition is: three answers after Kleene (yes, no, "cannot tell"), the facts it lacks, and its vocabulary.

A fact not told makes a row unclear only where it could change the answer.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from booking.core.rules.days import Spans
from booking.core.rules.facts import FACTS, Fact, Facts, FactValue

Truth: TypeAlias = bool | None
NOBODY: frozenset[str] = frozenset()
DEEPEST = 60


class ConditionError(ValueError):
    """A condition is written wrongly; the message says where in it and what."""


@dataclass(frozen=True, slots=True)
class Check:
    """The written test of one fact, for the fast engine: Python over `v`, the fact's value, and `k`, the wanted one."""

    fact: str
    test: str
    wanted: Any
    if_not_told: Truth


@dataclass(frozen=True, slots=True)
class Count:
    """At least so many of the parts hold."""

    least: int
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition


Form: TypeAlias = Check | Count | Not | None


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition: its answer, the facts whose absence makes it unclear, and every fact it names.

    `form`: what it is made of, for the engine that writes it as one expression; None: only `holds` can answer it.
    `called`: its name, where it has one: then it is answered once for a request. `tries`: values of its facts that
    could matter to it, for who looks for an example."""

    holds: Callable[[Facts], Truth]
    missing: Callable[[Facts], frozenset[str]]
    names: frozenset[str]
    form: Form = None
    called: str | None = None
    depth: int = 1
    tries: Mapping[str, tuple[FactValue, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a condition may refer to by name: word lists, value lists, named conditions, seasons and days."""

    words: Mapping[str, frozenset[str]]
    lists: Mapping[str, tuple[str, ...]]
    conditions: Mapping[str, Condition]
    facts: Mapping[str, Fact] = field(default_factory=lambda: FACTS)
    seasons: Mapping[str, Spans] = field(default_factory=dict)
    days: Mapping[str, Spans] = field(default_factory=dict)


ALWAYS = Condition(lambda _: True, lambda _: NOBODY, NOBODY, Count(0, ()))


def nearest(word: str, known: Iterable[str]) -> str:
    """The sentence end that offers the nearest known spelling, or lists the known ones when few."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; known: {', '.join(known)}" if 0 < len(known) <= 12 else ""


def refuse_unknown(spec: Mapping[str, Any], known: frozenset[str]) -> None:
    for key in spec:
        if key not in known:
            raise ConditionError(f'unknown field "{key}"{nearest(key, known)}')


def known_fact(name: object, vocabulary: Vocabulary) -> Fact:
    if not isinstance(name, str) or name not in vocabulary.facts:
        raise ConditionError(f'unknown fact "{name}"{nearest(str(name), vocabulary.facts)}')
    return vocabulary.facts[name]


def assumed(spec: Mapping[str, Any]) -> Truth:
    """What the condition answers for a fact not told: unclear unless it is written as `not_told = "yes"` or "no"."""
    written = spec.get("not_told")
    if written not in (None, "yes", "no"):
        raise ConditionError('"not_told" is "yes" or "no"')
    return None if written is None else written == "yes"


def all_of(inner: tuple[Condition, ...]) -> Condition:
    """Holds when every part holds; one "no" decides, whatever is not told."""
    return at_least(len(inner), inner) if len(inner) != 1 else inner[0]


def at_least(count: int, inner: tuple[Condition, ...]) -> Condition:
    """Holds when `count` of the parts do: 1 is any, all of them is all."""

    def holds(facts: Facts) -> Truth:
        yes, unclear = 0, 0
        for part in inner:
            answer = part.holds(facts)
            yes += answer is True
            unclear += answer is None
        if yes >= count:
            return True
        return None if yes + unclear >= count else False

    def missing(facts: Facts) -> frozenset[str]:
        if holds(facts) is not None:
            return NOBODY
        return NOBODY.union(*(part.missing(facts) for part in inner))

    return Condition(
        holds, missing, NOBODY.union(*(part.names for part in inner)), Count(count, inner), depth=deeper(*inner)
    )


def negated(inner: Condition) -> Condition:
    def holds(facts: Facts) -> Truth:
        answer = inner.holds(facts)
        return None if answer is None else not answer

    return Condition(holds, inner.missing, inner.names, Not(inner), depth=deeper(inner))


def deeper(*inner: Condition) -> int:
    """The depth of a condition made of these. Raises ConditionError beyond what anybody could read."""
    depth = 1 + max((part.depth for part in inner), default=0)
    if depth > DEEPEST:
        raise ConditionError(f"conditions stand more than {DEEPEST} deep in each other")
    return depth
