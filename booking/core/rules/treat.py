"""Rows that say "treat this as that": facts set where a condition holds, before any table is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from booking.core.rules.fact_types import FactValue
from booking.core.rules.rows import Citation, Row


@dataclass(frozen=True, slots=True)
class TreatAs:
    """Where the row holds, the fact counts as this value; several words are added to those told."""

    row: Row
    fact: str
    value: FactValue


@dataclass(frozen=True, slots=True)
class Treated:
    """The rows that were applied, and for each fact that may have been changed what must be told to know it."""

    rows: tuple[Citation, ...]
    unclear: Mapping[str, frozenset[str]]


UNTREATED = Treated((), {})


def treat(rules: tuple[TreatAs, ...], facts: dict[str, FactValue]) -> Treated:
    """Apply the rows to the facts in order. A row that may hold leaves its fact untold: nothing is guessed."""
    applied: list[Citation] = []
    unclear: dict[str, frozenset[str]] = {}
    for rule in rules:
        answer = rule.row.condition.holds(facts)
        value = joined(facts.get(rule.fact), rule.value)
        if answer is False or value == facts.get(rule.fact):
            continue
        if answer:
            facts[rule.fact] = value
            unclear.pop(rule.fact, None)
            applied.append(rule.row.citation)
        else:
            missing = rule.row.condition.missing(facts)
            unclear[rule.fact] = frozenset[str]().union(*(unclear.get(name, {name}) for name in missing))
            facts[rule.fact] = None
    return Treated(tuple(applied), unclear)


def joined(told: FactValue, value: FactValue) -> FactValue:
    """Several words come on top of those told; anything else takes the place of what was told."""
    if not isinstance(value, tuple) or not isinstance(told, tuple):
        return value
    return (*told, *(word for word in value if word not in told))
