"""Issuing: drafts get their numbers, references, days and addresses, and become a batch for the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.core.invoicing import viitenumero
from booking.ids import PersonId
from booking.models import Organisation
from booking.money.models import (
    Charge,
    ChargeState,
    Invoice,
    InvoiceExport,
    InvoiceKind,
    Invoicer,
    InvoiceSeries,
    InvoiceState,
    Payer,
)

ZONE = ZoneInfo("Europe/Helsinki")  # invoices are dated by the wall clock of Finland


def ready(session: Session, invoicer: Invoicer, today: date, *, early: bool = False) -> list[Invoice]:
    """The drafts that may go out: those whose correction window is over, or all if `early`; in the order of numbers."""
    query = (
        select(Invoice)
        .join(Organisation, Organisation.id == Invoice.organisation_id)
        .where(Invoice.invoicer_id == invoicer.id, Invoice.state == InvoiceState.DRAFT.value)
        .options(joinedload(Invoice.organisation))
        .order_by(Invoice.kind.desc(), Organisation.name, Invoice.id)
    )
    return list(session.scalars(query if early else query.where(Invoice.ready_on <= today)))


def prepare(
    session: Session, invoicer: Invoicer, *, by: PersonId | None, now: datetime, early: bool = False
) -> InvoiceExport | None:
    """Issue the drafts that may go out, as one batch; None when there are none.

    The series is locked first: of two who do this at once the second finds no drafts left."""
    today = now.astimezone(ZONE).date()
    series = _series(session, invoicer, today.year)
    drafts = [row for row in ready(session, invoicer, today, early=early) if _asks(session, row)]
    if not drafts:
        return None
    batch = InvoiceExport(invoicer_id=invoicer.id, prepared_at=now, made_by=by)
    session.add(batch)
    session.flush()
    for row in drafts:
        series.last_number += 1
        _freeze(session, row, invoicer, series, today, batch)
    session.flush()
    _tell(session, batch, drafts, by, now)
    return batch


def _series(session: Session, invoicer: Invoicer, year: int) -> InvoiceSeries:
    """The invoicer's numbers of a year, locked until the commit."""
    query = select(InvoiceSeries).where(InvoiceSeries.invoicer_id == invoicer.id, InvoiceSeries.year == year)
    locked = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(locked)
    if found is None:
        try:
            with session.begin_nested():
                session.add(InvoiceSeries(invoicer_id=invoicer.id, year=year, last_number=0))
                session.flush()
        except IntegrityError:
            pass  # somebody else began the year in this moment
        found = session.scalars(locked).one()
    return found


def _asks(session: Session, row: Invoice) -> bool:
    """Whether a draft asks for something. One corrected to nothing gives its lines back and is dropped."""
    total = total_of(session, row)
    if row.kind == InvoiceKind.CREDIT_NOTE or total > 0:
        return True
    for line in session.scalars(select(Charge).where(Charge.invoice_id == row.id)):
        line.invoice_id, line.state = None, ChargeState.OPEN.value
    session.flush()
    session.delete(row)
    session.flush()
    return False


def total_of(session: Session, row: Invoice) -> int:
    return session.scalar(select(func.sum(Charge.gross_cents)).where(Charge.invoice_id == row.id)) or 0


def _freeze(
    session: Session, row: Invoice, invoicer: Invoicer, series: InvoiceSeries, today: date, batch: InvoiceExport
) -> None:
    total, seller, buyer = total_of(session, row), seller_of(session, invoicer), buyer_of(session, row.organisation)
    row.gross_cents, row.seller, row.buyer = total, seller, buyer
    row.year, row.number, row.issued_on = series.year, series.last_number, today
    term = int(row.terms.get("term_days", 0)) if row.kind == InvoiceKind.INVOICE else 0
    row.due_on = today + timedelta(days=term)
    row.reference = viitenumero(f"{invoicer.id}{series.year}{series.last_number:05d}")
    row.state, row.export_id = InvoiceState.ISSUED.value, batch.id
    session.flush()


def seller_of(session: Session, invoicer: Invoicer) -> dict[str, Any]:
    """The invoicer as it is printed."""
    whose = session.get_one(Organisation, invoicer.organisation_id)
    fields = ("iban", "bic", "street", "postcode", "town", "email", "phone", "einvoice_address", "einvoice_operator")
    return {"name": whose.name, "business_id": whose.business_id or ""} | {
        name: getattr(invoicer, name) for name in fields
    }


def buyer_of(session: Session, whose: Organisation) -> dict[str, Any]:
    """The payer as it is printed, with its own address if it has told one."""
    told = session.scalar(select(Payer).where(Payer.organisation_id == whose.id)) or Payer()
    fields = ("street", "postcode", "town", "email", "einvoice_address", "einvoice_operator", "buyer_reference")
    return {"name": told.name or whose.name, "business_id": whose.business_id or ""} | {
        name: getattr(told, name) or "" for name in fields
    }


def number_of(row: Invoice) -> str:
    """The number as printed: the year and the running number, such as 2026-00042."""
    return f"{row.year}-{row.number:05d}" if row.number else ""


def _tell(session: Session, batch: InvoiceExport, rows: Sequence[Invoice], by: PersonId | None, now: datetime) -> None:
    body = {
        "invoices": [{"invoice": row.ref, "number": number_of(row), "gross_cents": row.gross_cents} for row in rows],
        "gross_cents": sum(row.gross_cents or 0 for row in rows),
    }
    tell(session, Act(ActKind.INVOICE_EXPORTED, now, by, batch.ref, body))
