"""How a table decides: which row wins by the declared policy, and whether a fact not told could change that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from booking.core.rules.facts import Facts
from booking.core.rules.rows import OutcomeKind, Policy, Row, Table

STRICTNESS: Mapping[OutcomeKind, int] = {
    OutcomeKind.REFUSED: 0,
    OutcomeKind.REDIRECTED: 1,
    OutcomeKind.NEEDS_APPROVAL: 2,
    OutcomeKind.UNDETERMINED: 2,
    OutcomeKind.GRANTED: 3,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a table says: the winner, every row that holds, and the rows and facts that leave it open."""

    winner: Row | None
    matched: tuple[Row, ...]
    unclear: tuple[Row, ...]
    missing: frozenset[str]

    @property
    def kind(self) -> OutcomeKind:
        if self.missing or self.winner is None:
            return OutcomeKind.UNDETERMINED
        return self.winner.effect.kind


def decide(table: Table, facts: Facts, on: date) -> Verdict:
    """The verdict of a table. Open when an unclear row would win over the winner with another effect."""
    rows = tuple(row for row in table.rows if row.valid(on))
    answers = tuple((row, row.condition.holds(facts)) for row in rows)
    place = places(table, rows)
    matched = tuple(sorted((row for row, answer in answers if answer is True), key=place))
    winner = matched[0] if matched else None
    unclear = tuple(row for row, answer in answers if answer is None and would_change(row, winner, place))
    missing = frozenset[str]().union(*(row.condition.missing(facts) for row in unclear))
    return Verdict(winner, matched, unclear, missing)


def would_change(row: Row, winner: Row | None, place: Callable[[Row], tuple[int, ...]]) -> bool:
    return winner is None or (place(row) < place(winner) and row.effect != winner.effect)


def places(table: Table, rows: tuple[Row, ...]) -> Callable[[Row], tuple[int, ...]]:
    """The order in which rows win, as a sort key: smaller wins."""
    written = {row.citation.row: index for index, row in enumerate(rows)}

    def place(row: Row) -> tuple[int, ...]:
        index = written[row.citation.row]
        if table.policy is Policy.FIRST_MATCH:
            return (index,)
        if table.policy is Policy.STRICTEST:
            return (STRICTNESS[row.effect.kind], index)
        return (favour(table, row), row.effect.kind is not OutcomeKind.GRANTED, index)

    return place


def favour(table: Table, row: Row) -> int:
    """The rank of the class a row gives or could lead to; a row without a class comes last."""
    known = table.classes.get(row.effect.class_id or "")
    return known.rank if known else len(table.classes) + 1
