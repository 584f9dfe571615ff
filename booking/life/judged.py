"""What the rulebook in force on the day of use says of something that happened: from rows of tables to a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.core.span import Span
from booking.life.verdicts import Verdict
from booking.models import Occurrence, Organisation, Premises, Space
from booking.money.balances import Debt


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as rules ask of it; what is None was not told. `at`: when, for counting the notice."""

    kind: str
    at: datetime
    by: str = "user"
    reason: str | None = None
    minutes_late: int | None = None
    reports: int | None = None
    heads: int | None = None
    cost_cents: int | None = None


def judged(session: Session, row: Occurrence, event: Event, now: datetime) -> Verdict:
    """What follows for a booked time. Where no rulebook is in force, nothing does."""
    del session, row, now
    return Verdict(event.kind)


def judged_use(session: Session, whose: Organisation, space: Space, span: Span, event: Event) -> Verdict:
    """What follows from a use that nobody booked."""
    del session, whose, space, span
    return Verdict(event.kind)


def debt_judged(whose: Organisation, place: Premises, owed: Debt, *, grace_over: bool, on: date) -> Verdict:
    """What follows from a debt at premises, on a day."""
    del whose, place, owed, grace_over, on
    return Verdict("debt")
