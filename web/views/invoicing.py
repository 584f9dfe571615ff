"""Invoicing for those who do it: runs, drafts, files for the ledger, payments."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.money import accounts, exporting, listing, payments, runs
from booking.money.listing import Standing
from booking.money.models import InvoiceExport, Invoicer, InvoiceRun
from booking.money.plans import Account
from booking.premises import premises_of
from booking.refusals import BadInput, NotAllowed
from booking.settings import Settings
from web import auth, billing, forms
from web.auth import requires, signed_in
from web.billing import BILLS
from web.clock import now, today
from web.db import reading, sessions, transaction
from web.workplaces import workplaces

bp = Blueprint("invoicing", __name__, url_prefix="/invoicing")
TYPES = {"csv": "text/csv", "finvoice": "application/zip"}
LATEST = 12


class RunForm(forms.FormSchema):
    invoicer = forms.Text(required=True, longest=20)
    family = forms.Text(required=True, longest=60)
    period = forms.Text(required=True, longest=20)


class InvoicerForm(forms.FormSchema):
    iban = forms.Text(required=True, longest=40)
    bic = forms.Text(load_default="", longest=11)
    phone = forms.Text(load_default="", longest=35)
    street = forms.Text(load_default="", longest=100)
    postcode = forms.Text(load_default="", longest=10)
    town = forms.Text(load_default="", longest=35)
    email = forms.Text(load_default="", longest=70)
    einvoice_address = forms.Text(load_default="", longest=35)
    einvoice_operator = forms.Text(load_default="", longest=35)


def address(wish: dict[str, Any]) -> accounts.Address:
    names = ("street", "postcode", "town", "email", "einvoice_address", "einvoice_operator")
    return accounts.Address(**{name: wish[name] for name in names})


@bp.get("")
@requires(*BILLS)
def overview() -> ResponseReturnValue:
    with reading() as db:
        mine = billing.my_accounts(db)
        due = [(account, period) for account in mine for period in runs.due(db, account, now())]
        sheets = listing.at_premises(db, billing.my_premises(db), today())
        waiting = listing.open_charges(db, billing.my_premises(db))
        values = {
            "accounts": mine,
            "due": due,
            "sheets": sheets,
            "made": latest(db, mine),
            "batches": batches(db, mine),
        }
        return render_template("invoicing/overview.html", charges=waiting, premises=workplaces(db, *BILLS), **values)


def latest(db: Session, mine: list[Account]) -> list[InvoiceRun]:
    """The latest runs of the accounts of this person."""
    ours = [each.invoicer.id for each in mine]
    query = (
        select(InvoiceRun)
        .where(InvoiceRun.invoicer_id.in_(ours))
        .options(joinedload(InvoiceRun.invoicer).joinedload(Invoicer.organisation))
    )
    return list(db.scalars(query.order_by(InvoiceRun.id.desc()).limit(LATEST)))


def batches(db: Session, mine: list[Account]) -> list[InvoiceExport]:
    ours = [each.invoicer.id for each in mine]
    query = select(InvoiceExport).where(InvoiceExport.invoicer_id.in_(ours))
    return list(db.scalars(query.order_by(InvoiceExport.id.desc()).limit(LATEST)))


@bp.get("/run")
@requires(*BILLS)
def run() -> ResponseReturnValue:
    form = forms.filled(RunForm(), request.args)
    if not form.ok:
        return redirect(url_for("invoicing.overview"))
    with reading() as db:
        account = billing.my_account(db, form.wish["invoicer"], form.wish["family"])
        period = runs.period_named(account, form.wish["period"], now())
        if made := runs.made_of(db, account, period):
            return redirect(url_for("invoicing.show_run", run_ref=made.ref))
        found = runs.preview(db, account, period, now())
        return render_template("invoicing/preview.html", found=found, form=form)


@bp.post("/run")
@requires(*BILLS)
def make_run() -> ResponseReturnValue:
    form = forms.filled(RunForm())
    if not form.ok:
        return redirect(url_for("invoicing.overview"))
    with transaction() as db:
        account = billing.my_account(db, form.wish["invoicer"], form.wish["family"])
        period = runs.period_named(account, form.wish["period"], now())
        made = runs.make(db, account, period, by=signed_in().id, now=now())
        flash(_("The run is made: its invoices are drafts until they are sent."), "success")
        return redirect(url_for("invoicing.show_run", run_ref=made.ref))


@bp.get("/runs/<run_ref>")
@requires(*BILLS)
def show_run(run_ref: str) -> ResponseReturnValue:
    with reading() as db:
        made = runs.run_of(db, run_ref)
        account = billing.my_account(db, made.invoicer.ref, made.family)
        names = {
            row.ref: row.name for row in runs.organisations_by_ref(db, [each["organisation"] for each in made.carried])
        }
        sheets = listing.of_run(db, made, today())
        return render_template("invoicing/run.html", run=made, account=account, sheets=sheets, names=names)


@bp.post("/exports/of/<invoicer_ref>")
@requires(*BILLS)
def export(invoicer_ref: str) -> ResponseReturnValue:
    with reading() as db:
        invoicer = my_invoicer(db, invoicer_ref)
    settings: Settings = current_app.config["SETTINGS"]
    folder = settings.data_dir / "exports"
    written = exporting.export(
        sessions(), invoicer, folder, by=signed_in().id, now=now(), tell_payers=billing.tell_payers
    )
    flash(_("The invoices are sent.") if written else _("Nothing is ready to be sent yet."), "success")
    return redirect(url_for("invoicing.overview"))


def my_invoicer(db: Session, ref: str) -> Invoicer:
    """Raises NotAllowed, also for one there is not."""
    for account in billing.my_accounts(db):
        if account.invoicer.ref == ref:
            return account.invoicer
    raise NotAllowed


@bp.get("/exports/<export_ref>.<kind>")
@requires(*BILLS)
def file(export_ref: str, kind: str) -> ResponseReturnValue:
    kind = kind if kind in TYPES else "csv"
    with reading() as db:
        batch = exporting.export_of(db, export_ref)
        my_invoicer(db, batch.invoicer.ref)
        ((name, content),) = exporting.files_of(db, batch, (kind,)).items()
    return Response(content, mimetype=TYPES[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'})


@bp.get("/invoices")
@requires(*BILLS)
def invoices() -> ResponseReturnValue:
    chosen = request.args.get("standing", "")
    with reading() as db:
        found = listing.at_premises(db, billing.my_premises(db), today())
        shown = [sheet for sheet in found if chosen in ("", sheet.standing.value)]
        return render_template("invoicing/invoices.html", sheets=shown, chosen=chosen, standings=list(Standing))


@bp.get("/payments/<invoicer_ref>")
@requires(*BILLS)
def ask_payments(invoicer_ref: str) -> ResponseReturnValue:
    return payments_page(invoicer_ref, forms.blank())


def payments_page(ref: str, form: forms.Form[Any]) -> ResponseReturnValue:
    with reading() as db:
        answer = render_template("invoicing/payments.html", invoicer=my_invoicer(db, ref), form=form)
    return answer, 422 if form.errors else 200


@bp.post("/payments/<invoicer_ref>")
@requires(*BILLS)
def take_payments(invoicer_ref: str) -> ResponseReturnValue:
    form = forms.blank()
    if sent := request.files.get("file"):
        with form.catching(), transaction() as db:
            ours = my_invoicer(db, invoicer_ref)
            done = payments.take_in(db, ours, payments.read_file(sent.read()), by=signed_in().id, now=now())
            flash(_told(done), "success")
            return redirect(url_for("invoicing.overview"))
    else:
        form.refuse(BadInput(field="file", problem="empty"))
    return payments_page(invoicer_ref, form)


def _told(done: payments.Imported) -> str:
    words = _("Payments noted: %(noted)s. Known before: %(known)s. Without an invoice: %(unplaced)s.", **asdict(done))
    return str(words)


@bp.get("/invoicer/<premises_ref>")
@requires(*BILLS)
def invoicer(premises_ref: str) -> ResponseReturnValue:
    with reading() as db:
        place = premises_of(db, premises_ref)
        row = accounts.invoicer_for(db, place.owner)
    names = InvoicerForm().fields
    return invoicer_page(premises_ref, forms.blank(**{name: getattr(row, name) for name in names} if row else {}))


def invoicer_page(ref: str, form: forms.Form[Any]) -> ResponseReturnValue:
    with reading() as db:
        place = premises_of(db, ref)
        auth.require_at(place.id, *BILLS)
        answer = render_template("invoicing/invoicer.html", place=place, owner=place.owner, form=form)
    return answer, 422 if form.errors else 200


@bp.post("/invoicer/<premises_ref>")
@requires(*BILLS)
def set_invoicer(premises_ref: str) -> ResponseReturnValue:
    form = forms.filled(InvoicerForm())
    if form.ok:
        with form.catching(), transaction() as db:
            place = premises_of(db, premises_ref)
            auth.require_at(place.id, *BILLS)
            told = {name: form.wish[name] for name in ("iban", "bic", "phone")}
            accounts.set_invoicer(db, place.owner, **told, address=address(form.wish), by=signed_in().id, now=now())
            flash(_("The account is in use from the next invoices on."), "success")
            return redirect(url_for("invoicing.overview"))
    return invoicer_page(premises_ref, form)
