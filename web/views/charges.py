"""Charges that are on no invoice yet: telling an amount, letting one go."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.money import charges, listing
from booking.money.models import Charge
from web import billing, forms
from web.auth import requires, signed_in
from web.billing import BILLS
from web.clock import now
from web.db import reading, transaction

bp = Blueprint("charges", __name__, url_prefix="/invoicing/charges")


class FillForm(forms.FormSchema):
    amount = forms.Euros(required=True)
    reason = forms.Text(required=True, longest=300)


class WaiveForm(forms.FormSchema):
    reason = forms.Text(required=True, longest=300)


@bp.get("")
@requires(*BILLS)
def waiting() -> ResponseReturnValue:
    with reading() as db:
        return render_template("charges/waiting.html", rows=listing.open_charges(db, billing.my_premises(db)))


def mine(db: Session, ref: str) -> Charge:
    """Raises NotFound, NotAllowed."""
    row = charges.by_ref(db, ref)
    billing.require_charge(row)
    return row


@bp.get("/<charge_ref>")
@requires(*BILLS)
def show(charge_ref: str) -> ResponseReturnValue:
    return page(charge_ref, forms.blank())


def page(ref: str, form: forms.Form[Any]) -> ResponseReturnValue:
    with reading() as db:
        row = mine(db, ref)
        (shown,) = listing.charges(db, Charge.id == row.id)
        answer = render_template("charges/show.html", row=shown, form=form)
    return answer, 422 if form.errors else 200


@bp.post("/<charge_ref>/fill")
@requires(*BILLS)
def fill(charge_ref: str) -> ResponseReturnValue:
    form = forms.filled(FillForm())
    if form.ok:
        with form.catching(), transaction() as db:
            wish = {"gross_cents": form.wish["amount"], "reason": form.wish["reason"]}
            charges.fill(db, mine(db, charge_ref), **wish, by=signed_in().id, now=now())
            flash(_("The amount is told. It is on the next invoice."), "success")
            return redirect(url_for("charges.waiting"))
    return page(charge_ref, form)


@bp.post("/<charge_ref>/waive")
@requires(*BILLS)
def waive(charge_ref: str) -> ResponseReturnValue:
    form = forms.filled(WaiveForm())
    if form.ok:
        with form.catching(), transaction() as db:
            charges.waive(db, mine(db, charge_ref), reason=form.wish["reason"], by=signed_in().id, now=now())
            flash(_("The charge is let go. It stays in the books and is never invoiced."), "success")
            return redirect(url_for("charges.waiting"))
    return page(charge_ref, form)
