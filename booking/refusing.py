"""Which refusal says what stands against a date."""

from __future__ import annotations

from collections.abc import Iterable

from booking.availability import Obstacle, Problem
from booking.core.rulebook import OutcomeKind
from booking.limits.enforced import refusal
from booking.refusals import (
    BadLength,
    Banned,
    InThePast,
    NoSuchWallTime,
    Refusal,
    RuleRefuses,
    SpaceClosed,
    SpaceTaken,
)
from booking.wishes import Quote

EXCLUDED = (OutcomeKind.REFUSED, OutcomeKind.REDIRECTED)


def check_rules(offered: Iterable[Quote]) -> None:
    """Raises RuleRefuses with the first excluding outcome; a date that only limits stand against is just impossible."""
    for quote in offered:
        if quote.outcome is not None and quote.outcome.kind in EXCLUDED and not quote.limited:
            raise RuleRefuses(outcome=quote.outcome)


def refusal_for(obstacle: Obstacle, quote: Quote) -> Refusal:
    """The refusal that says this obstacle."""
    span = quote.nominal
    match obstacle.problem:
        case Problem.TAKEN:
            return SpaceTaken(starts_at=span.starts_at, ends_at=span.ends_at)
        case Problem.PAST:
            return InThePast(starts_at=span.starts_at)
        case Problem.TOO_SHORT | Problem.TOO_LONG | Problem.OFF_GRID:
            return BadLength(problem=obstacle.problem.value, minutes=obstacle.limit_min)
        case Problem.BANNED:
            return Banned(day=quote.day)
        case Problem.RULE_LIMIT:
            assert quote.outcome is not None
            return refusal(quote.outcome)
        case Problem.NO_SUCH_TIME:
            return NoSuchWallTime(field="start", problem="no_such_time", day=quote.day)
        case _:
            return SpaceClosed(reason=obstacle.problem.value, day=quote.day, names=dict(obstacle.names or {}))
