"""Payments: noted by hand, or read from a file of reference payments. Each counts once, by the bank's own id."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.acts import Act, ActKind, tell
from booking.core.invoicing import is_viitenumero
from booking.core.money import cents as in_cents
from booking.core.money import whole
from booking.ids import PersonId
from booking.money.balances import balances
from booking.money.charges import Owed, owe
from booking.money.models import Charge, ChargeKind, Invoice, Invoicer, InvoiceState, Payment
from booking.refusals import BadInput, NotNow

COLUMNS = ("maksupäivä", "summa", "viite", "maksaja", "arkistointitunnus")
INTEREST = {"fi": "Viivästyskorko", "sv": "Dröjsmålsränta", "en": "Interest on late payment"}


@dataclass(frozen=True, slots=True)
class Paid:
    """One payment as a bank tells it. `cents` below zero takes an earlier one back."""

    paid_on: date
    cents: int
    reference: str
    payer: str
    bank_id: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file: payments noted, those known before, and those whose reference is no invoice's."""

    noted: int
    known: int
    unplaced: int


def note(
    session: Session, sheet: Invoice, *, cents: int, paid_on: date, said: str, key: str, by: PersonId, now: datetime
) -> Payment:
    """Note a payment of an invoice by hand. The same form sent twice (`key`) counts once.

    Raises NotNow for what is not an issued invoice, BadInput for nothing or for a day before the invoice."""
    if sheet.state != InvoiceState.ISSUED or sheet.credits_id is not None:
        raise NotNow(state=sheet.state)
    if cents <= 0:
        raise BadInput(field="amount", problem="too_small")
    if sheet.issued_on is None or paid_on < sheet.issued_on:
        raise BadInput(field="paid_on", problem="order")
    paid = Paid(paid_on, cents, sheet.reference or "", "", f"hand:{key}")
    return _noted(session, sheet.invoicer_id, paid, sheet, said, by, now) or _known(session, sheet.invoicer_id, paid)


def take_in(session: Session, invoicer: Invoicer, rows: Sequence[Paid], *, by: PersonId, now: datetime) -> Imported:
    """Note the payments of a file: placed by their reference; those that fit no invoice wait without one."""
    noted = known = unplaced = 0
    for row in rows:
        sheet = session.scalar(
            select(Invoice).where(Invoice.invoicer_id == invoicer.id, Invoice.reference == row.reference)
        )
        if _noted(session, invoicer.id, row, sheet, "", by, now) is None:
            known += 1
            continue
        noted, unplaced = noted + 1, unplaced + (sheet is None)
    return Imported(noted, known, unplaced)


def _noted(
    session: Session, invoicer: Any, row: Paid, sheet: Invoice | None, said: str, by: PersonId, now: datetime
) -> Payment | None:
    """The payment, or None when it is noted already."""
    key = f"{invoicer}:{row.bank_id}"
    if session.scalar(select(Payment.id).where(Payment.key == key)) is not None:
        return None
    open_before = balances(session, [sheet])[sheet.id] if sheet else 0
    made = Payment(
        key=key,
        invoicer_id=invoicer,
        invoice_id=sheet.id if sheet else None,
        paid_on=row.paid_on,
        cents=row.cents,
        reference=row.reference,
        payer_name=row.payer,
        note=said,
        made_at=now,
        made_by=by,
    )
    session.add(made)
    session.flush()
    if sheet is not None:
        _interest(session, sheet, made, min(row.cents, open_before), by, now)
    body = {"cents": row.cents, "paid_on": row.paid_on.isoformat(), "invoice": sheet.ref if sheet else None}
    tell(session, Act(ActKind.PAYMENT_NOTED, now, by, made.ref, body))
    return made


def _known(session: Session, invoicer: Any, row: Paid) -> Payment:
    return session.scalars(select(Payment).where(Payment.key == f"{invoicer}:{row.bank_id}")).one()


def interest_cents(cents: int, percent: Decimal, days: int) -> int:
    """Simple interest on a sum for so many days of a year of 365, rounded once."""
    return whole(Fraction(cents) * Fraction(percent) * days / 36500)


def _interest(session: Session, sheet: Invoice, paid: Payment, late_cents: int, by: PersonId, now: datetime) -> None:
    """What a payment after the due day costs, where the rulebook tells a rate: asked for in the next run."""
    percent, due = sheet.terms.get("interest_percent"), sheet.due_on
    if percent is None or due is None or late_cents <= 0 or paid.paid_on <= due:
        return
    owed = interest_cents(late_cents, Decimal(percent), (paid.paid_on - due).days)
    if owed > 0:
        working = f"{Decimal(late_cents) / 100:.2f} × {percent} % × {(paid.paid_on - due).days} / 365"
        owe(session, fee(session, sheet, f"interest:{paid.ref}", owed, INTEREST, paid.paid_on, working), by=by, now=now)


def fee(
    session: Session, sheet: Invoice, key: str, cents: int, text: dict[str, str], on: date, working: str = ""
) -> Owed:
    """A fee for an invoice not paid in time; no VAT is paid on interest and reminders (VAT not told)."""
    first = session.scalars(select(Charge).where(Charge.invoice_id == sheet.id).order_by(Charge.id)).first()
    assert first is not None
    number = f" {sheet.year}-{sheet.number:05d}" if sheet.number else ""
    return Owed(
        key=key,
        kind=ChargeKind.FEE,
        organisation=sheet.organisation_id,
        premises=first.premises_id,
        happened_on=on,
        gross_cents=cents,
        text={language: said + number for language, said in text.items()},
        citation=sheet.terms.get("citation") or {},
        trace={"working": working},
    )


# --- files ---


def read_file(content: bytes) -> list[Paid]:
    """The payments of a file: our own CSV, or the banks' KTL text of reference payments.

    Raises BadInput naming the row."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("iso-8859-15")
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise BadInput(field="file", problem="empty")
    return list(_ktl(lines) if lines[0].startswith("0") and ";" not in lines[0] else _csv(text))


def _csv(text: str) -> Iterator[Paid]:
    rows = csv.DictReader(io.StringIO(text), delimiter=";")
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise BadInput(field="file", problem="columns", missing=", ".join(missing))
    for number, row in enumerate(rows, start=2):
        try:
            yield Paid(
                paid_on=_day(row["maksupäivä"]),
                cents=in_cents(Decimal(row["summa"].replace(" ", "").replace(",", "."))),
                reference=plain_reference(row["viite"]),
                payer=(row["maksaja"] or "").strip()[:100],
                bank_id=_told(row["arkistointitunnus"]),
            )
        except (ValueError, InvalidOperation, AttributeError, TypeError, KeyError) as error:
            raise BadInput(field="file", problem="row", row=number) from error


def _ktl(lines: Sequence[str]) -> Iterator[Paid]:
    """Finance Finland, list of reference payments (KTL): records of 90 signs, those of payments begin with 3."""
    for number, line in enumerate(lines, start=1):
        if line[0] not in "35":
            continue
        try:
            sign = -1 if line[87] == "1" else 1
            yield Paid(
                paid_on=datetime.strptime(line[21:27] + "+0000", "%y%m%d%z").date(),
                cents=sign * int(line[77:87]),
                reference=plain_reference(line[43:63]),
                payer=line[63:75].strip(),
                bank_id=_told(line[27:43]) + ("-" if sign < 0 else ""),
            )
        except (ValueError, IndexError) as error:
            raise BadInput(field="file", problem="row", row=number) from error


def plain_reference(text: str) -> str:
    """A reference as it is kept: digits without blanks, leading zeros or the RF of the international form.

    Raises ValueError for one whose check digit is wrong."""
    digits = "".join(text.split()).upper()
    digits = (digits[4:] if digits.startswith("RF") else digits).lstrip("0")
    if not is_viitenumero(digits):
        raise ValueError(f"no reference number: {text!r}")
    return digits


def _day(text: str) -> date:
    """A day as 24.11.2026 or 2026-11-24."""
    parts = text.strip().split(".")
    return date(int(parts[2]), int(parts[1]), int(parts[0])) if len(parts) == 3 else date.fromisoformat(text.strip())


def _told(text: str) -> str:
    if not text.strip():
        raise ValueError("no id")
    return text.strip()[:60]
