"""Looking at invoices and charges: one, those of an organisation, those of some premises."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.ids import OrganisationId, PremisesId
from booking.models import Person, RoleGrant
from booking.money.balances import balances
from booking.money.models import Charge, ChargeState, Invoice, InvoiceKind, Invoicer, InvoiceRun, InvoiceState
from booking.refusals import NotFound
from booking.roles import Role, in_force

PAYING = (Role.SECRETARY, Role.PAYER)  # who see an organisation's invoices and are written to


class Standing(StrEnum):
    """How an invoice stands on a day, for people."""

    DRAFT = "draft"
    OPEN = "open"
    OVERDUE = "overdue"
    PAID = "paid"
    OVERPAID = "overpaid"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True)
class Sheet:
    """An invoice with its sum, what is open of it, and how it stands."""

    invoice: Invoice
    total_cents: int
    open_cents: int
    standing: Standing


def invoice_of(session: Session, ref: str) -> Invoice:
    """An invoice with its lines, payments, credit notes, payer and invoicer. Raises NotFound."""
    row = session.scalar(_whole(select(Invoice).where(Invoice.ref == ref)))
    if row is None:
        raise NotFound(what="invoice")
    return row


def _whole(query: Select[Invoice]) -> Select[Invoice]:
    return query.options(
        selectinload(Invoice.charges).joinedload(Charge.premises),
        selectinload(Invoice.charges).joinedload(Charge.occurrence),
        selectinload(Invoice.payments),
        selectinload(Invoice.credit_notes).selectinload(Invoice.charges),
        joinedload(Invoice.credited),
        joinedload(Invoice.organisation),
        joinedload(Invoice.invoicer).joinedload(Invoicer.organisation),
    )


def of_organisation(session: Session, organisation: OrganisationId, on: date) -> list[Sheet]:
    """The invoices sent to an organisation, newest first. Drafts are nobody's business but the invoicer's."""
    query = select(Invoice).where(Invoice.organisation_id == organisation, Invoice.state == InvoiceState.ISSUED.value)
    return sheets(session, list(session.scalars(_whole(query).order_by(Invoice.id.desc()))), on)


def at_premises(session: Session, premises: Collection[PremisesId], on: date, *, most: int = 300) -> list[Sheet]:
    """The invoices with a line from these premises, newest first."""
    lines = select(Charge.invoice_id).where(Charge.premises_id.in_(premises), Charge.invoice_id.is_not(None))
    query = _whole(select(Invoice).where(Invoice.id.in_(lines)))
    return sheets(session, list(session.scalars(query.order_by(Invoice.id.desc()).limit(most))), on)


def of_run(session: Session, run: InvoiceRun, on: date) -> list[Sheet]:
    query = _whole(select(Invoice).where(Invoice.run_id == run.id))
    return sheets(session, list(session.scalars(query.order_by(Invoice.id))), on)


def sheets(session: Session, rows: Sequence[Invoice], on: date) -> list[Sheet]:
    left = balances(session, rows)
    return [_sheet(row, left[row.id], on) for row in rows]


def _sheet(row: Invoice, left: int, on: date) -> Sheet:
    total = sum(line.gross_cents or 0 for line in row.charges)
    if row.state == InvoiceState.DRAFT:
        return Sheet(row, total, total, Standing.DRAFT)
    if row.kind == InvoiceKind.CREDIT_NOTE:
        return Sheet(row, total, 0, Standing.CREDIT_NOTE)
    return Sheet(row, total, left, _standing(row, left, on))


def _standing(row: Invoice, left: int, on: date) -> Standing:
    if left <= 0:
        return Standing.OVERPAID if left < 0 else Standing.PAID
    return Standing.OVERDUE if row.due_on and row.due_on < on else Standing.OPEN


def open_charges(session: Session, premises: Collection[PremisesId]) -> list[Charge]:
    """The charges of these premises that are on no invoice yet: those of unknown amount first."""
    rows = charges(session, Charge.premises_id.in_(premises), Charge.state == ChargeState.OPEN.value)
    return sorted(rows, key=lambda row: (row.gross_cents is not None, row.happened_on, row.id))


def not_invoiced(session: Session, organisation: OrganisationId) -> list[Charge]:
    """What an organisation owes that is on no invoice yet."""
    return charges(session, Charge.organisation_id == organisation, Charge.state == ChargeState.OPEN.value)


def charges(session: Session, *where: ColumnElement[bool]) -> list[Charge]:
    query = select(Charge).where(*where).options(joinedload(Charge.organisation), joinedload(Charge.premises))
    return list(session.scalars(query.order_by(Charge.happened_on, Charge.id)))


def paying_people(session: Session, organisation: OrganisationId, on: date, at: datetime) -> list[Person]:
    """Those who are written to about the invoices of an organisation."""
    roles = [role.value for role in PAYING]
    granted = select(RoleGrant.person_id).where(
        RoleGrant.organisation_id == organisation, RoleGrant.role.in_(roles), in_force(on, at)
    )
    return list(session.scalars(select(Person).where(Person.id.in_(granted)).order_by(Person.id)))
