"""One invoice, for who pays it and who sends it: its lines with their rules, how to pay, the PDF, and acting on it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import organisations
from booking.ids import new_ref
from booking.models import Organisation
from booking.money import accounts, charges, crediting, listing, payments, reminders
from booking.money.balances import debt
from booking.money.finvoice import barcode_of, vat_rates
from booking.money.issuing import number_of
from booking.money.models import Charge, Invoice
from booking.refusals import NotFound
from booking.roles import Role
from web import auth, billing, forms, paper
from web.auth import requires, signed_in
from web.billing import BILLS
from web.clock import now, today
from web.db import reading, transaction
from web.views.invoicing import address

bp = Blueprint("invoices", __name__, url_prefix="/invoices")
PAYS = (Role.SECRETARY, Role.PAYER)


class CorrectForm(forms.FormSchema):
    amount = forms.Euros(required=True)
    reason = forms.Text(required=True, longest=300)


class CreditForm(forms.FormSchema):
    reason = forms.Text(required=True, longest=300)


class PayForm(forms.FormSchema):
    amount = forms.Euros(required=True)
    paid_on = forms.Day(required=True)
    said = forms.Text(load_default="", longest=200)
    key = forms.Text(required=True, longest=20)


class PayerForm(forms.FormSchema):
    name = forms.Text(load_default="", longest=200)
    street = forms.Text(load_default="", longest=100)
    postcode = forms.Text(load_default="", longest=10)
    town = forms.Text(load_default="", longest=35)
    email = forms.Text(load_default="", longest=70)
    einvoice_address = forms.Text(load_default="", longest=35)
    einvoice_operator = forms.Text(load_default="", longest=35)
    buyer_reference = forms.Text(load_default="", longest=70)


@bp.get("/<invoice_ref>")
@requires(*BILLS, *PAYS)
def show(invoice_ref: str) -> ResponseReturnValue:
    return page(invoice_ref, forms.blank())


def page(ref: str, form: forms.Form[Any]) -> ResponseReturnValue:
    """The invoice, with the forms of those who may act on it."""
    with reading() as db:
        sheet = billing.seen(db, ref)
        (shown,) = listing.sheets(db, [sheet], today())
        values = {"asked": reminders.of(db, sheet), "may_remind": reminders.may_remind(db, sheet, today())}
        values |= {"barcode": barcode_of(sheet) if sheet.number else "", "bills": billing.bills(sheet)}
        values |= {"form": form, "today": today(), "form_key": new_ref()}
        answer = render_template("invoices/show.html", sheet=sheet, shown=shown, rates=vat_rates(sheet), **values)
    return answer, 422 if form.errors else 200


@bp.get("/<invoice_ref>.pdf")
@requires(*BILLS, *PAYS)
def pdf(invoice_ref: str) -> ResponseReturnValue:
    with reading() as db:
        sheet = billing.seen(db, invoice_ref)
        if not sheet.number:
            raise NotFound(what="invoice")
        content = paper.invoice_pdf(sheet)
    name = f"lasku-{number_of(sheet)}.pdf"
    return Response(content, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


def line_of(db: Session, sheet: Invoice, ref: str) -> Charge:
    """A line of this invoice. Raises NotFound."""
    row = charges.by_ref(db, ref)
    if row.invoice_id != sheet.id:
        raise NotFound(what="charge")
    return row


@bp.get("/<invoice_ref>/lines/<line_ref>")
@requires(*BILLS)
def line(invoice_ref: str, line_ref: str) -> ResponseReturnValue:
    return line_page(invoice_ref, line_ref, forms.blank())


def line_page(invoice_ref: str, line_ref: str, form: forms.Form[Any]) -> ResponseReturnValue:
    with reading() as db:
        sheet = billing.billed(db, invoice_ref)
        answer = render_template("invoices/line.html", sheet=sheet, row=line_of(db, sheet, line_ref), form=form)
    return answer, 422 if form.errors else 200


@bp.post("/<invoice_ref>/lines/<line_ref>")
@requires(*BILLS)
def correct(invoice_ref: str, line_ref: str) -> ResponseReturnValue:
    form = forms.filled(CorrectForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row = line_of(db, billing.billed(db, invoice_ref), line_ref)
            wish = {"gross_cents": form.wish["amount"], "reason": form.wish["reason"]}
            crediting.correct(db, row, **wish, by=signed_in().id, now=now())
            flash(_("The line is corrected."), "success")
            return redirect(url_for("invoices.show", invoice_ref=invoice_ref))
    return line_page(invoice_ref, line_ref, form)


@bp.post("/<invoice_ref>/credit")
@requires(*BILLS)
def credit(invoice_ref: str) -> ResponseReturnValue:
    form = forms.filled(CreditForm())
    if form.ok:
        with form.catching(), transaction() as db:
            sheet = billing.billed(db, invoice_ref)
            note = crediting.credit_whole(db, sheet, reason=form.wish["reason"], by=signed_in().id, now=now())
            flash(_("The credit note is a draft. It leaves with the next invoices."), "success")
            return redirect(url_for("invoices.show", invoice_ref=note.ref))
    return page(invoice_ref, form)


@bp.post("/<invoice_ref>/pay")
@requires(*BILLS)
def pay(invoice_ref: str) -> ResponseReturnValue:
    form = forms.filled(PayForm())
    if form.ok:
        with form.catching(), transaction() as db:
            sheet, wish = billing.billed(db, invoice_ref), form.wish
            told = {"paid_on": wish["paid_on"], "said": wish["said"], "key": wish["key"]}
            payments.note(db, sheet, cents=wish["amount"], **told, by=signed_in().id, now=now())
            flash(_("The payment is noted."), "success")
            return redirect(url_for("invoices.show", invoice_ref=invoice_ref))
    return page(invoice_ref, form)


@bp.post("/<invoice_ref>/remind")
@requires(*BILLS)
def remind(invoice_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        sheet = billing.billed(db, invoice_ref)
        made = reminders.remind(db, sheet, today=today(), by=signed_in().id, now=now())
        billing.tell_of_reminder(db, sheet, made)
        flash(_("The reminder is sent."), "success")
    return redirect(url_for("invoices.show", invoice_ref=invoice_ref))


@bp.get("")
@requires(*PAYS)
def mine() -> ResponseReturnValue:
    """The invoices of the organisation this person pays for; a choice where there are several."""
    ours = auth.organisations(*PAYS)
    if len(ours) == 1:
        return redirect(url_for("invoices.of_organisation", organisation_ref=ours[0].ref))
    with reading() as db:
        debts = {one.ref: debt(db, one.id, today()) for one in ours}
    return render_template("invoices/mine.html", ours=ours, debts=debts)


@bp.get("/of/<organisation_ref>")
@requires(*PAYS)
def of_organisation(organisation_ref: str) -> ResponseReturnValue:
    with reading() as db:
        whose = paid_for(db, organisation_ref)
        values = {"sheets": listing.of_organisation(db, whose.id, today()), "debt": debt(db, whose.id, today())}
        values |= {"waiting": listing.not_invoiced(db, whose.id), "payer": accounts.payer_for(db, whose)}
        return render_template("invoices/of_organisation.html", whose=whose, **values)


def paid_for(db: Session, ref: str) -> Organisation:
    """An organisation this person pays for. Raises NotFound, NotAllowed."""
    whose = organisations.by_ref(db, ref)
    auth.require_for(whose.id, *PAYS)
    return whose


@bp.get("/of/<organisation_ref>/address")
@requires(*PAYS)
def payer(organisation_ref: str) -> ResponseReturnValue:
    with reading() as db:
        row = accounts.payer_for(db, paid_for(db, organisation_ref))
    names = PayerForm().fields
    return payer_page(organisation_ref, forms.blank(**{name: getattr(row, name) for name in names} if row else {}))


def payer_page(ref: str, form: forms.Form[Any]) -> ResponseReturnValue:
    with reading() as db:
        answer = render_template("invoices/payer.html", whose=paid_for(db, ref), form=form)
    return answer, 422 if form.errors else 200


@bp.post("/of/<organisation_ref>/address")
@requires(*PAYS)
def set_payer(organisation_ref: str) -> ResponseReturnValue:
    form = forms.filled(PayerForm())
    if form.ok:
        with form.catching(), transaction() as db:
            told = {name: form.wish[name] for name in ("name", "buyer_reference")}
            whose = paid_for(db, organisation_ref)
            accounts.set_payer(db, whose, **told, address=address(form.wish), by=signed_in().id, now=now())
            flash(_("Invoices go there from now on."), "success")
            return redirect(url_for("invoices.of_organisation", organisation_ref=organisation_ref))
    return payer_page(organisation_ref, form)
