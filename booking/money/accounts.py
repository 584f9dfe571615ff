"""Where money is paid to and where invoices go: the details of invoicers and payers, checked as they are entered."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from stdnum import iban as iban_numbers
from stdnum.exceptions import ValidationError

from booking.acts import Act, ActKind, tell
from booking.ids import PersonId
from booking.models import Organisation
from booking.money.models import Invoicer, Payer
from booking.refusals import BadInput


@dataclass(frozen=True, slots=True)
class Address:
    """Where post and e-invoices go."""

    street: str = ""
    postcode: str = ""
    town: str = ""
    email: str = ""
    einvoice_address: str = ""
    einvoice_operator: str = ""


def invoicer_for(session: Session, whose: Organisation) -> Invoicer | None:
    return session.scalar(select(Invoicer).where(Invoicer.organisation_id == whose.id))


def payer_for(session: Session, whose: Organisation) -> Payer | None:
    return session.scalar(select(Payer).where(Payer.organisation_id == whose.id))


def set_invoicer(
    session: Session,
    whose: Organisation,
    *,
    iban: str,
    bic: str,
    phone: str,
    address: Address,
    by: PersonId,
    now: datetime,
) -> Invoicer:
    """Enter or change the account and address of an invoicer. Raises BadInput for an account that cannot be."""
    row = invoicer_for(session, whose) or Invoicer(organisation_id=whose.id)
    row.iban, row.bic, row.phone = checked_iban(iban), checked_bic(bic), phone
    for name, value in asdict(address).items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    tell(session, Act(ActKind.INVOICER_CHANGED, now, by, whose.ref, {"iban": row.iban, "bic": row.bic}))
    return row


def set_payer(
    session: Session,
    whose: Organisation,
    *,
    name: str,
    buyer_reference: str,
    address: Address,
    by: PersonId,
    now: datetime,
) -> Payer:
    """Enter or change where the invoices of an organisation go. Invoices already sent keep the address they had."""
    row = payer_for(session, whose) or Payer(organisation_id=whose.id)
    row.name, row.buyer_reference = name, buyer_reference
    for field, value in asdict(address).items():
        setattr(row, field, value)
    session.add(row)
    session.flush()
    tell(session, Act(ActKind.ORGANISATION_CHANGED, now, by, whose.ref, {"invoices_to": asdict(address)}))
    return row


def checked_iban(text: str) -> str:
    try:
        return str(iban_numbers.validate(text))
    except ValidationError as error:
        raise BadInput(field="iban", problem="iban") from error


def checked_bic(text: str) -> str:
    bic = "".join(text.split()).upper()
    if bic and not (len(bic) in (8, 11) and bic.isalnum() and bic.isascii()):
        raise BadInput(field="bic", problem="bic")
    return bic
