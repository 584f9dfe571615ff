"""What the rules say of the public calendar: whether the name and the purpose of a use are shown there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from booking.core.rules.fact_types import Facts
from booking.core.rules.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicityRule:
    """One row of [[publicity]]: the first that holds counts."""

    row: Row
    name_shown: bool
    purpose_shown: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of a use, and the id of the row that says so."""

    row: str
    name_shown: bool
    purpose_shown: bool


def shown(rules: Iterable[PublicityRule], facts: Facts) -> Shown | None:
    """By the first rule that holds; None where none does. A row that hides does so too while it is unclear."""
    for rule in rules:
        answer = rule.row.condition.holds(facts)
        if answer or (answer is None and not (rule.name_shown and rule.purpose_shown)):
            return Shown(rule.row.citation.row, rule.name_shown, rule.purpose_shown)
    return None
