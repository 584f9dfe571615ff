"""How the limits of a rulebook stand against a date: which are broken, and what is said no with."""

from __future__ import annotations

from dataclasses import replace

from booking.core.rulebook import Outcome, OutcomeKind, Request, Rulebook, evaluate
from booking.core.rules.limits import LimitVerdict, NeededFor, Status
from booking.refusals import RuleLimits

SHUT = (OutcomeKind.REFUSED, OutcomeKind.REDIRECTED)


def broken(outcome: Outcome) -> tuple[LimitVerdict, ...]:
    """The limits that a booking breaks and that by themselves shut it out."""
    return tuple(
        one
        for one in outcome.limits
        if one.status is Status.BROKEN
        and one.needed_for is NeededFor.BOOKING
        and (one.effect is None or one.effect.kind in SHUT)
    )


def beside(book: Rulebook, request: Request, outcome: Outcome) -> Outcome:
    """What the rules say beside the limits that are broken; those stay told as broken."""
    passed = {one.row.row for one in broken(outcome)}
    kept = tuple(limit for limit in book.limits if limit.row.citation.row not in passed)
    return replace(evaluate(replace(book, limits=kept), request), limits=outcome.limits)


def refusal(outcome: Outcome) -> RuleLimits:
    """The refusal that names the first broken limit: its row, number, what was told, and the last day."""
    first = broken(outcome)[0]
    return RuleLimits(
        outcome=outcome,
        kind=first.kind.value,
        row=first.row.row,
        value=first.value,
        unit=first.unit.value if first.unit else None,
        told=first.told,
        deadline=first.deadline,
    )
