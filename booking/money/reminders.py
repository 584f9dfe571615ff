"""Reminders of unpaid invoices, with the fee of the rulebook; they begin the time of grace that debt rules speak of."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.acts import Act, ActKind, tell
from booking.ids import PersonId
from booking.money.balances import balances
from booking.money.charges import owe
from booking.money.models import Invoice, Reminder
from booking.money.payments import fee
from booking.practice import practice
from booking.refusals import NotNow

FEE = {"fi": "Muistutusmaksu, lasku", "sv": "Påminnelseavgift, faktura", "en": "Reminder fee, invoice"}


def may_remind(session: Session, sheet: Invoice, today: date) -> bool:
    """Whether something is overdue, and no earlier reminder still runs."""
    if sheet.due_on is None or sheet.due_on >= today or balances(session, [sheet])[sheet.id] <= 0:
        return False
    return all(row.due_on < today for row in of(session, sheet))


def of(session: Session, sheet: Invoice) -> list[Reminder]:
    return list(session.scalars(select(Reminder).where(Reminder.invoice_id == sheet.id).order_by(Reminder.number)))


def remind(session: Session, sheet: Invoice, *, today: date, by: PersonId, now: datetime) -> Reminder:
    """Ask again, with a new day to pay by. The fee of the rulebook is owed when the debt is old enough for it.

    Raises NotNow when nothing is overdue or an earlier reminder still runs."""
    if not may_remind(session, sheet, today) or sheet.due_on is None:
        raise NotNow(state="not_overdue")
    number = len(of(session, sheet)) + 1
    row = Reminder(
        invoice_id=sheet.id,
        number=number,
        sent_on=today,
        due_on=today + timedelta(days=practice("invoice_term_days")),
        open_cents=balances(session, [sheet])[sheet.id],
        made_by=by,
    )
    session.add(row)
    session.flush()
    cents = sheet.terms.get("reminder_cents")
    if cents and (today - sheet.due_on).days >= practice("reminder_after_days"):
        owe(session, fee(session, sheet, f"reminder:{sheet.ref}:{number}", cents, FEE, today), by=by, now=now)
    body = {"number": number, "open_cents": row.open_cents, "due_on": row.due_on.isoformat()}
    tell(session, Act(ActKind.INVOICE_REMINDED, now, by, sheet.ref, body))
    return row
