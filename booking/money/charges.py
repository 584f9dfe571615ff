"""Charges: making one, telling an amount that was not known, letting one go, and moving them to another payer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.acts import Act, ActKind, tell
from booking.core.money import vat_within
from booking.ids import OccurrenceId, OrganisationId, PersonId, PremisesId
from booking.models import Organisation
from booking.money.models import Charge, ChargeKind, ChargeState
from booking.refusals import BadInput, NotFound, NotNow


@dataclass(frozen=True, slots=True)
class Owed:
    """A sum somebody owes. `key` names what it is for: the same key is charged once.

    `gross_cents` includes VAT; None: not known yet. `vat_percent` None: VAT is not told;
    `net_cents` None: it is counted from the gross sum. `citation`: the row as
    `judging.citation_facts` gives it. `instead_of_use`: the price of the occurrence itself is not asked then."""

    key: str
    kind: ChargeKind
    organisation: OrganisationId
    premises: PremisesId
    happened_on: date
    gross_cents: int | None
    text: Mapping[str, str]
    citation: Mapping[str, Any] = field(default_factory=dict)
    occurrence: OccurrenceId | None = None
    vat_percent: Decimal | None = None
    net_cents: int | None = None
    price_class: str | None = None
    instead_of_use: bool = False
    corrects: Charge | None = None
    trace: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


def owe(session: Session, owed: Owed, *, by: PersonId | None, now: datetime) -> Charge:
    """The charge of this key: made and told if it is not there yet, else the one that is, unchanged."""
    found = by_key(session, owed.key)
    if found is not None:
        return found
    row = charge_of(owed, by=by, now=now)
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:  # somebody was faster with the same key
        return session.scalars(select(Charge).where(Charge.key == owed.key)).one()
    tell_of(session, ActKind.CHARGE_MADE, row, by, now)
    return row


def charge_of(owed: Owed, *, by: PersonId | None, now: datetime) -> Charge:
    """The row of a sum owed, not yet in the database."""
    row = Charge(
        key=owed.key,
        kind=owed.kind.value,
        state=ChargeState.OPEN.value,
        organisation_id=owed.organisation,
        premises_id=owed.premises,
        occurrence_id=owed.occurrence,
        corrects_id=owed.corrects.id if owed.corrects else None,
        happened_on=owed.happened_on,
        vat_percent=owed.vat_percent,
        price_class=owed.price_class,
        instead_of_use=owed.instead_of_use,
        text=dict(owed.text),
        citation=dict(owed.citation),
        trace=dict(owed.trace),
        reason=owed.reason,
        made_at=now,
        made_by=by,
    )
    set_amount(row, owed.gross_cents)
    if owed.net_cents is not None and owed.gross_cents is not None:
        row.net_cents, row.vat_cents = owed.net_cents, owed.gross_cents - owed.net_cents
    return row


def set_amount(row: Charge, gross_cents: int | None) -> None:
    """Put a sum on a charge, with the net and VAT inside it where VAT is told."""
    row.gross_cents, row.net_cents, row.vat_cents = gross_cents, None, None
    if gross_cents is not None and row.vat_percent is not None:
        row.vat_cents = vat_within(gross_cents, Fraction(row.vat_percent))
        row.net_cents = gross_cents - row.vat_cents


def by_key(session: Session, key: str) -> Charge | None:
    return session.scalar(select(Charge).where(Charge.key == key))


def by_ref(session: Session, ref: str) -> Charge:
    """Raises NotFound."""
    row = session.scalar(select(Charge).where(Charge.ref == ref))
    if row is None:
        raise NotFound(what="charge")
    return row


def fill(session: Session, row: Charge, *, gross_cents: int, reason: str, by: PersonId, now: datetime) -> None:
    """Tell an amount that was not known. Raises BadInput without a reason or below zero, NotNow when it is known."""
    if row.state != ChargeState.OPEN or row.gross_cents is not None:
        raise NotNow(state=row.state)
    if gross_cents < 0:
        raise BadInput(field="amount", problem="negative")
    _explained(row, reason)
    set_amount(row, gross_cents)
    session.flush()
    tell_of(session, ActKind.CHARGE_CHANGED, row, by, now)


def waive(session: Session, row: Charge, *, reason: str, by: PersonId | None, now: datetime) -> None:
    """Let an open charge go: it stays in the books and is never invoiced. Raises BadInput, NotNow."""
    _close(session, row, ChargeState.WAIVED, reason, by, now)


def withdraw(session: Session, row: Charge, *, reason: str, by: PersonId | None, now: datetime) -> None:
    """Take back a charge that should not be, before it is on an invoice. Raises BadInput, NotNow."""
    _close(session, row, ChargeState.VOID, reason, by, now)


def _close(session: Session, row: Charge, state: ChargeState, reason: str, by: PersonId | None, now: datetime) -> None:
    if row.state != ChargeState.OPEN:
        raise NotNow(state=row.state)
    _explained(row, reason)
    row.state = state.value
    session.flush()
    tell_of(session, ActKind.CHARGE_CHANGED, row, by, now)


def _explained(row: Charge, reason: str) -> None:
    if not reason.strip():
        raise BadInput(field="reason", problem="empty")
    row.reason = reason.strip()


def unknown(session: Session, *where: ColumnElement[bool]) -> list[Charge]:
    """The open charges whose amount somebody has to tell, oldest first."""
    query = select(Charge).where(Charge.state == ChargeState.OPEN.value, Charge.gross_cents.is_(None), *where)
    return list(session.scalars(query.order_by(Charge.happened_on, Charge.id)))


def tell_of(session: Session, kind: ActKind, row: Charge, by: PersonId | None, now: datetime) -> None:
    """Tell an act on a charge, with its sum."""
    organisation = session.get_one(Organisation, row.organisation_id)
    body: dict[str, Any] = {
        "charge": row.kind,
        "state": row.state,
        "gross_cents": row.gross_cents,
        "happened_on": row.happened_on.isoformat(),
        "organisation": organisation.ref,
        "reason": row.reason,
    }
    tell(session, Act(kind, now, by, row.ref, body, row.premises_id))
