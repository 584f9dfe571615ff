"""Samples for the pages of money: an invoicer, a sent invoice of the troop, a run, a batch, and charges that wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.money.models import Charge, Invoice, InvoiceExport, Invoicer, InvoiceRun
from tests.booking.money import make as money
from tests.web.town import NOW, Town


def invoicer_of(session: Session, town: Town) -> Invoicer:
    found = session.scalar(select(Invoicer).where(Invoicer.organisation_id == town.premises.owner_id))
    return found or money.invoicer(session, town.premises)


def invoice_of(session: Session, town: Town) -> Invoice:
    """An invoice of the hall to the troop, due on 16.11. and not paid."""
    found = session.scalar(select(Invoice).where(Invoice.organisation_id == town.organisation.id))
    if found is not None:
        return found
    line = money.charge(session, town.organisation, town.premises, 4000)
    frozen = {
        "seller": money.SELLER,
        "buyer": money.SELLER | {"name": town.organisation.name, "iban": ""},
        "reference": "12026000017",
    }
    return money.sent_invoice(session, invoicer_of(session, town), [line], due_on=date(2026, 11, 16), **frozen)


def line(session: Session, town: Town) -> str:
    sheet = invoice_of(session, town)
    return session.scalars(select(Charge.ref).where(Charge.invoice_id == sheet.id)).one()


def run(session: Session, town: Town) -> str:
    found = session.scalar(select(InvoiceRun))
    if found is None:
        found = InvoiceRun(
            key="sample",
            invoicer_id=invoicer_of(session, town).id,
            family=town.premises.rulebook,
            period="2026-10",
            until_on=date(2026, 10, 31),
            made_at=NOW,
            carried=[{"organisation": town.organisation.ref, "cents": 750, "fate": "carried", "row": "small-sums"}],
        )
        session.add(found)
        session.flush()
    return found.ref


def export(session: Session, town: Town) -> str:
    sheet = invoice_of(session, town)
    assert sheet.export_id is not None
    return session.get_one(InvoiceExport, sheet.export_id).ref


SAMPLES: dict[str, Callable[[Session, Town], str]] = {
    "invoicer_ref": lambda session, town: invoicer_of(session, town).ref,
    "invoice_ref": lambda session, town: invoice_of(session, town).ref,
    "line_ref": line,
    "run_ref": run,
    "export_ref": export,
    "kind": lambda session, town: "csv",
    "charge_ref": lambda session, town: money.charge(session, town.organisation, town.premises, None).ref,
}
