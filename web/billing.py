"""Whose invoicing this person may do, and the letters about invoices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import current_app, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import mail
from booking.ids import PremisesId
from booking.money import listing, plans
from booking.money.issuing import number_of
from booking.money.models import Charge, Invoice, Reminder
from booking.money.plans import Account
from booking.refusals import NotAllowed
from booking.roles import Role
from booking.settings import Settings
from web import auth, i18n
from web.clock import now, today
from web.workplaces import ids, workplaces

BILLS = (Role.BILLING, Role.MANAGER)


def my_premises(db: Session) -> list[PremisesId]:
    """The premises whose charges this person sees."""
    return ids(workplaces(db, *BILLS))


def my_accounts(db: Session) -> list[Account]:
    """What this person may invoice: only where they work at every premises of it."""
    return [each for each in plans.accounts(db, today()) if all(bills_at(place) for place in each.premises_ids)]


def my_account(db: Session, invoicer: str, family: str) -> Account:
    """Raises NotFound, NotAllowed."""
    account = plans.account_of(db, invoicer, family, today())
    for place in account.premises_ids:
        auth.require_at(place, *BILLS)
    return account


def bills_at(place: PremisesId) -> bool:
    return auth.works_at(place, *BILLS)


def bills(sheet: Invoice) -> bool:
    """Whether this person may act on an invoice: at every premises that it has a line from."""
    return bool(sheet.charges) and all(bills_at(line.premises_id) for line in sheet.charges)


def seen(db: Session, ref: str) -> Invoice:
    """An invoice this person may see: who bills for its premises, and whoever pays for its organisation once it was
    sent. Raises NotFound, NotAllowed."""
    sheet = listing.invoice_of(db, ref)
    pays = bool(sheet.number) and auth.acts_for(sheet.organisation_id, *listing.PAYING)
    if not pays and not any(bills_at(line.premises_id) for line in sheet.charges):
        raise NotAllowed
    return sheet


def billed(db: Session, ref: str) -> Invoice:
    """An invoice this person may act on. Raises NotFound, NotAllowed."""
    sheet = listing.invoice_of(db, ref)
    if not bills(sheet):
        raise NotAllowed
    return sheet


def require_charge(row: Charge) -> None:
    """Raises NotAllowed."""
    auth.require_at(row.premises_id, *BILLS)


# --- letters ---


def tell_payers(db: Session, sheets: Sequence[Invoice]) -> None:
    """A letter to those who pay for each organisation: what it is for and where to see it."""
    for sheet in sheets:
        credit = sheet.credits_id is not None
        _write(db, sheet, "credit_note" if credit else "invoice", now())


def tell_of_reminder(db: Session, sheet: Invoice, reminder: Reminder) -> None:
    _write(db, sheet, "reminder", now(), reminder=reminder)


def _write(db: Session, sheet: Invoice, kind: str, at: datetime, *, reminder: Reminder | None = None) -> None:
    settings: Settings = current_app.config["SETTINGS"]
    for person in listing.paying_people(db, sheet.organisation_id, today(), at):
        with i18n.speaking(person.language):
            values = {"sheet": sheet, "kind": kind, "number": number_of(sheet), "reminder": reminder}
            values |= {"url": settings.base_url + url_for("invoices.show", invoice_ref=sheet.ref)}
            subject = {
                "invoice": _("Invoice"),
                "credit_note": _("Credit note"),
                "reminder": _("Reminder of an invoice"),
            }
            mail.write(
                db,
                person,
                subject=f"{subject[kind]} {number_of(sheet)}, {i18n.euros(sheet.gross_cents)}",
                body=render_template("invoices/letter.txt", **values),
                now=at,
            )
