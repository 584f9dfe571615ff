"""Taking charges back and correcting them: a draft changes, what was sent is credited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.acts import Act, ActKind, tell
from booking.ids import PersonId, PremisesId
from booking.models import Premises
from booking.money.charges import Owed, charge_of, owe, set_amount, tell_of
from booking.money.ids import ChargeId
from booking.money.models import Charge, ChargeKind, ChargeState, Invoice, InvoiceKind, InvoiceState
from booking.refusals import BadInput, NotNow


def take_back(session: Session, row: Charge, *, reason: str, by: PersonId | None, now: datetime) -> None:
    """Make a charge owed no longer: an open one is void, one on a draft is taken off it, one that was sent is put on a
    credit note. A waived or void one is left. Raises BadInput without a reason."""
    if not reason.strip():
        raise BadInput(field="reason", problem="empty")
    sheet = session.get_one(Invoice, row.invoice_id) if row.invoice_id else None
    if sheet is not None and sheet.state == InvoiceState.ISSUED:
        _credit(session, sheet, row, reason, by, now)
    elif row.state in (ChargeState.OPEN, ChargeState.INVOICED):
        row.invoice_id, row.state, row.reason = None, ChargeState.VOID.value, reason
        session.flush()
        drop_if_empty(session, sheet)
        tell_of(session, ActKind.CHARGE_CHANGED, row, by, now)


def correct(session: Session, row: Charge, *, gross_cents: int, reason: str, by: PersonId, now: datetime) -> Charge:
    """Put the right sum on a charge. One not sent yet changes; one that was sent is credited whole, and what it should
    have been waits for the next run. Raises BadInput, NotNow for one waived, void or credited already."""
    if not reason.strip() or gross_cents < 0:
        raise BadInput(
            field="reason" if gross_cents >= 0 else "amount", problem="empty" if gross_cents >= 0 else "negative"
        )
    if row.state not in (ChargeState.OPEN, ChargeState.INVOICED) or row.kind == ChargeKind.CREDIT:
        raise NotNow(state=row.state)
    sheet = session.get_one(Invoice, row.invoice_id) if row.invoice_id else None
    if sheet is None or sheet.state == InvoiceState.DRAFT:
        row.trace = row.trace | {"before_cents": row.gross_cents}
        row.reason = reason.strip()
        set_amount(row, gross_cents)
        session.flush()
        tell_of(session, ActKind.CHARGE_CHANGED, row, by, now)
        return row
    _credit(session, sheet, row, reason, by, now)
    return owe(session, _instead(row, gross_cents, reason), by=by, now=now)


def credit_whole(session: Session, sheet: Invoice, *, reason: str, by: PersonId, now: datetime) -> Invoice:
    """Credit every line of a sent invoice that is not credited yet; the two come to nothing together.

    Raises BadInput without a reason, NotNow for a draft, a credit note or one credited already."""
    lines = list(session.scalars(select(Charge).where(Charge.invoice_id == sheet.id).order_by(Charge.id)))
    done = set(session.scalars(select(Charge.corrects_id).where(Charge.kind == ChargeKind.CREDIT.value)))
    left = [line for line in lines if line.id not in done]
    if sheet.state != InvoiceState.ISSUED or sheet.kind != InvoiceKind.INVOICE or not left:
        raise NotNow(state=sheet.state)
    if not reason.strip():
        raise BadInput(field="reason", problem="empty")
    for line in left:
        _credit(session, sheet, line, reason, by, now)
    return note_of(session, sheet, now)


def credited(session: Session, premises: Sequence[PremisesId]) -> frozenset[ChargeId]:
    """The charges of these premises that a credit takes back."""
    query = select(Charge.corrects_id).where(
        Charge.kind == ChargeKind.CREDIT.value, Charge.premises_id.in_(premises), Charge.state != ChargeState.VOID.value
    )
    return frozenset(found for found in session.scalars(query) if found is not None)


def drop_if_empty(session: Session, sheet: Invoice | None) -> None:
    """A draft without lines is no invoice: it had no number, so it leaves no gap."""
    if sheet is None or sheet.state != InvoiceState.DRAFT:
        return
    if session.scalar(select(func.count()).where(Charge.invoice_id == sheet.id)) == 0:
        session.delete(sheet)
        session.flush()


def note_of(session: Session, sheet: Invoice, now: datetime) -> Invoice:
    """The draft of a credit note for a sent invoice: the one that waits, or a new one."""
    notes = list(session.scalars(select(Invoice).where(Invoice.credits_id == sheet.id)))
    waiting = next((note for note in notes if note.state == InvoiceState.DRAFT), None)
    if waiting is not None:
        return waiting
    note = Invoice(
        key=f"credit:{sheet.ref}:{len(notes) + 1}",
        kind=InvoiceKind.CREDIT_NOTE.value,
        invoicer_id=sheet.invoicer_id,
        organisation_id=sheet.organisation_id,
        credits_id=sheet.id,
        made_at=now,
        ready_on=now.date(),
        terms=dict(sheet.terms),
    )
    session.add(note)
    session.flush()
    return note


def _credit(session: Session, sheet: Invoice, row: Charge, reason: str, by: PersonId | None, now: datetime) -> None:
    assert row.gross_cents is not None
    if row.kind == ChargeKind.CREDIT or session.scalar(select(Charge.id).where(Charge.key == f"credit:{row.ref}")):
        raise NotNow(state="credited")
    note = note_of(session, sheet, now)
    line = charge_of(_against(session, row, reason, now), by=by, now=now)
    line.net_cents = None if row.net_cents is None else -row.net_cents
    line.vat_cents = None if row.vat_cents is None else -row.vat_cents
    line.invoice_id, line.state = note.id, ChargeState.INVOICED.value
    session.add(line)
    session.flush()
    body = {"line": row.ref, "gross_cents": line.gross_cents, "reason": reason, "note": note.ref}
    tell(session, Act(ActKind.INVOICE_CREDITED, now, by, sheet.ref, body, row.premises_id))


def _against(session: Session, row: Charge, reason: str, now: datetime) -> Owed:
    zone = ZoneInfo(session.get_one(Premises, row.premises_id).zone)
    return Owed(
        key=f"credit:{row.ref}",
        kind=ChargeKind.CREDIT,
        organisation=row.organisation_id,
        premises=row.premises_id,
        occurrence=row.occurrence_id,
        happened_on=now.astimezone(zone).date(),
        gross_cents=-(row.gross_cents or 0),
        vat_percent=row.vat_percent,
        text=row.text,
        citation=row.citation,
        price_class=row.price_class,
        corrects=row,
        reason=reason.strip(),
    )


def _instead(row: Charge, gross_cents: int, reason: str) -> Owed:
    return Owed(
        key=f"correction:{row.ref}",
        kind=ChargeKind.CORRECTION,
        organisation=row.organisation_id,
        premises=row.premises_id,
        occurrence=row.occurrence_id,
        happened_on=row.happened_on,
        gross_cents=gross_cents,
        vat_percent=row.vat_percent,
        text=row.text,
        citation=row.citation,
        price_class=row.price_class,
        instead_of_use=row.instead_of_use,
        corrects=row,
        trace={name: value for name, value in row.trace.items() if name == "line"},
        reason=reason.strip(),
    )
