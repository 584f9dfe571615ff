"""Whether a booked time has been paid for."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.models import Occurrence
from booking.money.balances import balances
from booking.money.models import Charge, ChargeKind, ChargeState


def settled(session: Session, row: Occurrence) -> bool | None:
    """Yes when it costs nothing, was waived, or its invoice is paid in full; None while its price is not known."""
    if row.price_cents == 0:
        return True
    query = select(Charge).where(Charge.occurrence_id == row.id, Charge.kind == ChargeKind.USE.value)
    charges = list(session.scalars(query.options(joinedload(Charge.invoice))))
    if not charges:
        return None if row.price_cents is None else False
    invoices = [charge.invoice for charge in charges if charge.invoice is not None]
    open_cents = balances(session, invoices)
    paid = all(open_cents[invoice.id] <= 0 for invoice in invoices)
    return paid and all(charge.state != ChargeState.OPEN.value for charge in charges)
