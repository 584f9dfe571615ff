"""Builders for what happened: a booked time that is over, a no-show, a sanction."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.happenings.models import Happening, Sanction
from booking.models import Occurrence, Organisation, Premises, Space
from booking.money.balances import open_invoices
from booking.money.models import Invoice, Payment
from tests import make
from tests.booking.money import make as money

DAY = "2026-11-24"


def over(session: Session, whose: Organisation, place: Space, day: str = DAY, **values: Any) -> Occurrence:
    """A time at 18–19.30 of that day, booked by the organisation."""
    return make.occurrence(session, place, make.span(day, "18:00", "19:30"), whose=whose, **values)


def happened(session: Session, row: Occurrence, kind: str = "no_show", **values: Any) -> Happening:
    """Something confirmed that happened to a time."""
    facts: dict[str, Any] = {"key": f"{kind}:{row.ref}", "kind": kind, "state": "confirmed"}
    facts |= {"organisation_id": row.booking.organisation_id, "premises_id": row.space.premises_id}
    facts |= {"occurrence_id": row.id, "happened_at": row.starts_at, "noted_at": row.ends_at, "decided_at": row.ends_at}
    found = Happening(**(facts | values))
    session.add(found)
    session.flush()
    return found


def sanction(session: Session, whose: Organisation, kind: str, at: datetime, **values: Any) -> Sanction:
    """A sanction given that day, for four weeks."""
    first: date = at.date()
    facts: dict[str, Any] = {"organisation_id": whose.id, "kind": kind, "state": "given", "proposed_at": at}
    facts |= {"first_on": first, "last_on": first + timedelta(days=27), "given_at": at, "reason": "Toistuva häiriö"}
    row = Sanction(**(facts | values))
    session.add(row)
    session.flush()
    return row


def unpaid(session: Session, whose: Organisation, place: Premises, *, due_on: date, cents: int) -> Invoice:
    """An invoice of the organisation that was due on a day."""
    line = money.charge(session, whose, place, cents)
    return money.sent_invoice(session, money.invoicer(session, place), [line], due_on=due_on)


def paid(session: Session, whose: Organisation, on: date) -> None:
    """Everything the organisation owes comes that day."""
    for sheet, cents in open_invoices(session, whose.id):
        at = datetime(on.year, on.month, on.day, 8, tzinfo=UTC)
        row = Payment(key=f"p{sheet.id}", invoicer_id=sheet.invoicer_id, invoice_id=sheet.id, paid_on=on, cents=cents)
        row.made_at = at
        session.add(row)
    session.flush()
