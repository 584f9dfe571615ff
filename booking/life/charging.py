"""Fees of what happened as charges of money: owed once for each thing, and kept when the time itself is cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from booking.happenings.models import Happening
from booking.ids import PersonId
from booking.life.verdicts import Verdict
from booking.money import charges, crediting
from booking.money.charges import Owed
from booking.money.models import ChargeKind
from booking.rulebooks import words

KINDS: Mapping[str, ChargeKind] = {
    "cancelled": ChargeKind.LATE_CANCEL,
    "no_show": ChargeKind.NO_SHOW,
    "used_without_booking": ChargeKind.NO_SHOW,
    "overrun": ChargeKind.OVERRUN,
    "left": ChargeKind.OVERRUN,
}
INSTEAD = frozenset({"no_show"})  # the fee stands in place of the price of the time


def key_of(row: Happening) -> str:
    return f"happening:{row.key}"


def charge(session: Session, row: Happening, verdict: Verdict, *, on: date, by: PersonId | None, now: datetime) -> None:
    """Owe the fee, known or not; nothing where no row of the rulebook asks one, or it is nothing."""
    if not verdict.costs:
        return
    owed = Owed(
        key=key_of(row),
        kind=KINDS.get(row.kind, ChargeKind.EXTRA),
        organisation=row.organisation_id,
        premises=row.premises_id,
        happened_on=on,
        gross_cents=verdict.fee_cents,
        text=dict(words()["event_kind"].get(row.kind, {"fi": row.kind})),
        citation=dict(next(iter(verdict.reasons), {})),
        occurrence=row.occurrence_id,
        vat_percent=_vat(row),
        price_class=verdict.price_class or None,
        instead_of_use=row.kind in INSTEAD,
        trace={"happening": row.ref, "answer": row.answer, "evidence": row.evidence},
    )
    charges.owe(session, owed, by=by, now=now)


def take_back(session: Session, row: Happening, *, reason: str, by: PersonId | None, now: datetime) -> None:
    """The fee is no longer owed: one on an invoice that was sent is credited."""
    found = charges.by_key(session, key_of(row))
    if found is not None:
        crediting.take_back(session, found, reason=reason, by=by, now=now)


def _vat(row: Happening) -> Decimal | None:
    """The VAT that was agreed for the time itself, where it was told."""
    return row.occurrence.vat_percent if row.occurrence is not None else None
