"""Builders of money: an invoicer, what somebody owes, a sent invoice. All invented."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.ids import new_ref
from booking.models import Organisation, Premises
from booking.money.charges import Owed, owe
from booking.money.models import (
    Charge,
    ChargeKind,
    ChargeState,
    Invoice,
    InvoiceExport,
    Invoicer,
    InvoiceState,
)

NOON = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
SELLER = {
    "name": "Keksilän kaupunki",
    "business_id": "",
    "iban": "FI2112345600000785",
    "bic": "NDEAFIHH",
    "street": "Keksitie 1",
    "postcode": "02770",
    "town": "Keksilä",
    "email": "laskutus@esimerkki.example",
    "phone": "",
    "einvoice_address": "",
    "einvoice_operator": "",
}
TEXT = {"fi": "Jokin maksu", "sv": "Någon avgift", "en": "Some charge"}


def owed(whose: Organisation, place: Premises, cents: int | None, **values: Any) -> Owed:
    """Something to pay on 2 November 2026, of a key of its own."""
    return Owed(
        **{
            "key": f"test:{new_ref()}",
            "kind": ChargeKind.EXTRA,
            "organisation": whose.id,
            "premises": place.id,
            "happened_on": date(2026, 11, 2),
            "gross_cents": cents,
            "text": TEXT,
        }
        | values
    )


def charge(session: Session, whose: Organisation, place: Premises, cents: int | None, **values: Any) -> Charge:
    return owe(session, owed(whose, place, cents, **values), by=None, now=NOON)


def invoicer(session: Session, place: Premises, **values: Any) -> Invoicer:
    """The owner of the premises as the one who invoices, with an account of an example."""
    row = Invoicer(
        **{
            "organisation_id": place.owner_id,
            "iban": "FI2112345600000785",
            "bic": "NDEAFIHH",
            "street": "Keksitie 1",
            "postcode": "02770",
            "town": "Keksilä",
            "email": "laskutus@esimerkki.example",
        }
        | values
    )
    session.add(row)
    session.flush()
    return row


_numbers = iter(range(1, 10_000))


def sent_invoice(session: Session, by: Invoicer, lines: list[Charge], *, due_on: date, **values: Any) -> Invoice:
    """An issued invoice of these charges, put straight into the tables."""
    row = Invoice(
        key=f"test:{new_ref()}",
        invoicer_id=by.id,
        organisation_id=lines[0].organisation_id,
        made_at=NOON,
        ready_on=due_on,
        state=InvoiceState.DRAFT.value,
        **values,
    )
    session.add(row)
    session.flush()
    for line in lines:
        line.invoice_id, line.state = row.id, ChargeState.INVOICED.value
    return issue(session, row, due_on=due_on)


def issue(session: Session, row: Invoice, *, due_on: date = date(2026, 11, 16)) -> Invoice:
    """A draft made an issued invoice, without asking the rules."""
    export = InvoiceExport(invoicer_id=row.invoicer_id, prepared_at=NOON)
    session.add(export)
    session.flush()
    row.gross_cents = session.scalar(select(func.sum(Charge.gross_cents)).where(Charge.invoice_id == row.id))
    row.state, row.year, row.number, row.issued_on = InvoiceState.ISSUED.value, 2026, next(_numbers), due_on
    row.due_on, row.export_id = due_on, export.id
    session.flush()
    return row
