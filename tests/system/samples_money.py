"""Samples of the pages of money, found in the seeded town."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from booking.db import reading
from booking.money import plans, runs
from booking.money.models import Charge, Invoice, InvoiceRun
from tests.system.town import Town


def samples(town: Town, now: datetime) -> dict[str, str]:
    """What the dancers have not paid, a credit note, a run made and one that can be made, and what waits."""
    with reading(town.sessions) as session:
        sheets = select(Invoice).options(joinedload(Invoice.organisation), joinedload(Invoice.invoicer))
        unpaid = next(row for row in session.scalars(sheets) if row.organisation.name.startswith("Tanssi"))
        note = session.scalars(sheets.where(Invoice.kind == "credit_note")).first()
        waits = session.scalars(select(Charge).where(Charge.gross_cents.is_(None)).limit(1)).one()
        account = plans.account_of(session, unpaid.invoicer.ref, "espoo", now.date())
        return {
            "invoice_ref": unpaid.ref,
            "line_ref": session.scalars(select(Charge.ref).where(Charge.invoice_id == unpaid.id)).first() or "",
            "note_ref": note.ref if note else "",
            "invoicer_ref": unpaid.invoicer.ref,
            "payer_ref": unpaid.organisation.ref,
            "run_ref": session.scalars(select(InvoiceRun.ref)).first() or "",
            "period": next((period.name for period in runs.due(session, account, now)), ""),
            "charge_ref": waits.ref,
        }
