"""The values of a rulebook: citations, rows with their outcomes, and tables of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from booking.core.rules.conditions import ALWAYS, Condition

Texts = Mapping[str, str]  # language code to words: fi, sv, en


class OutcomeKind(StrEnum):
    """What a rulebook answers. Undetermined: a human decides, or a fact must be told first."""

    GRANTED = "granted"
    REFUSED = "refused"
    REDIRECTED = "redirected"
    NEEDS_APPROVAL = "needs_approval"
    UNDETERMINED = "undetermined"


class Policy(StrEnum):
    """Which of several matching rows of a table wins. Strictest: refusing before asking, then in written order.

    All: every row that holds has its effect."""

    FIRST_MATCH = "first_match"
    MOST_FAVOURABLE = "most_favourable"
    STRICTEST = "strictest"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Citation:
    """One row as cited: which document wrote it, the decision behind it, its public source and its words."""

    rulebook: str
    version: str
    table: str
    row: str
    decision: str
    source: str
    valid_from: date
    text: Texts
    valid_to: date | None = None
    legal_basis: str = ""
    indicative: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """What a row does when it holds. A human's decision may name the class it could lead to."""

    kind: OutcomeKind
    class_id: str | None = None
    decider: str | None = None
    redirect_to: tuple[str, ...] = ()
    booking_type: str | None = None
    question: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a row speaks of: a fact and the values of it, folded for comparing."""

    fact: str
    values: frozenset[str | bool]


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: when it holds, what it does and whom it cites. Valid from and to inclusive local days of use.

    `condition` holds within the scope too; `scopes` and `when` are its two parts. `overrides`: rows of its table that
    are left out where it holds."""

    citation: Citation
    condition: Condition
    effect: Effect
    scopes: tuple[Scope, ...] = ()
    when: Condition = ALWAYS
    overrides: frozenset[str] = frozenset()

    def valid(self, on: date) -> bool:
        last = self.citation.valid_to
        return self.citation.valid_from <= on and (last is None or on <= last)


@dataclass(frozen=True, slots=True)
class ClassName:
    """A class as shown to people. Rank 1 comes first or costs least; kinds of space may share ranks."""

    id: str
    rank: int
    name: Texts


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that decide one thing by one policy. `names`: every fact its rows ask about.

    `silent`: the rulebook has no such rows at all, and so decides nothing of the kind."""

    rows: tuple[Row, ...]
    policy: Policy
    classes: Mapping[str, ClassName]
    names: frozenset[str]
    silent: bool = False


@dataclass(frozen=True, slots=True)
class ExtraCharge:
    """A cost charged beside the price, also to those whose price class is free."""

    citation: Citation
    kinds: tuple[str, ...]
