"""What is still open of an issued invoice, and what an organisation is in debt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from booking.core.invoicing import months_between
from booking.ids import OrganisationId
from booking.money.ids import InvoiceId
from booking.money.models import Charge, Invoice, InvoiceKind, InvoiceState, Payment, Reminder


@dataclass(frozen=True, slots=True)
class Debt:
    """What is overdue on a day. Age is counted from the day after the oldest due day.

    `stage`: none, overdue (past its due day), reminded (asked for again), grace_over (the reminder's day passed too).
    """

    cents: int = 0
    oldest_due_on: date | None = None
    days: int = 0
    months: int = 0
    stage: str = "none"
    invoices: tuple[InvoiceId, ...] = ()


def debt(session: Session, organisation: OrganisationId, on: date) -> Debt:
    """The overdue invoices of an organisation, together."""
    late = [(row, cents) for row, cents in open_invoices(session, organisation) if row.due_on and row.due_on < on]
    if not late:
        return Debt()
    oldest = min(row.due_on for row, _ in late if row.due_on)
    ids = tuple(row.id for row, _ in late)
    return Debt(
        cents=sum(cents for _, cents in late),
        oldest_due_on=oldest,
        days=(on - oldest).days,
        months=months_between(oldest, on),
        stage=_stage(session, ids, on),
        invoices=ids,
    )


def _stage(session: Session, late: tuple[InvoiceId, ...], on: date) -> str:
    graces = list(session.scalars(select(Reminder.due_on).where(Reminder.invoice_id.in_(late))))
    if not graces:
        return "overdue"
    return "grace_over" if min(graces) < on else "reminded"


def open_invoices(session: Session, organisation: OrganisationId | None = None) -> list[tuple[Invoice, int]]:
    """The issued invoices with something still to pay, and how much, oldest due day first; None: of everybody."""
    query = select(Invoice).where(Invoice.state == InvoiceState.ISSUED.value, Invoice.kind == InvoiceKind.INVOICE.value)
    if organisation is not None:
        query = query.where(Invoice.organisation_id == organisation)
    rows = list(session.scalars(query.order_by(Invoice.due_on, Invoice.id)))
    left = balances(session, rows)
    return [(row, left[row.id]) for row in rows if left[row.id] > 0]


def balances(session: Session, invoices: Iterable[Invoice]) -> dict[InvoiceId, int]:
    """What is open of each: its sum, less what was credited (drafts of credit notes too), less what was paid."""
    rows = {row.id: row.gross_cents or 0 for row in invoices}
    note = aliased(Invoice)
    credited = (
        select(note.credits_id, func.sum(Charge.gross_cents))
        .join(Charge, Charge.invoice_id == note.id)
        .where(note.credits_id.in_(rows))
        .group_by(note.credits_id)
    )
    paid = select(Payment.invoice_id, func.sum(Payment.cents)).where(Payment.invoice_id.in_(rows))
    for invoice, cents in session.execute(credited):
        rows[InvoiceId(invoice or 0)] += cents or 0
    for invoice, cents in session.execute(paid.group_by(Payment.invoice_id)):
        rows[InvoiceId(invoice or 0)] -= cents
    return rows
