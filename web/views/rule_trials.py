"""What if: a draft run against what was really booked; asked for, watched while it runs, and read page by page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.refusals import NotNow
from booking.rulemaking import drafts, trials
from booking.rulemaking.models import UNDER_WAY, RulebookTrial
from booking.versions.known import books
from booking.versions.models import RulebookVersion
from web import forms
from web.auth import requires, signed_in
from web.clock import now, today
from web.db import reading, transaction
from web.rule_scope import READS, WRITES, may_write
from web.rule_trials import csv_of, places, result_of, used_by

bp = Blueprint("rule_trials", __name__, url_prefix="/rulemaking")
PAGE = 25


class TrialForm(forms.FormSchema):
    first_on = forms.Day(required=True)
    last_on = forms.Day(required=True)
    premises = forms.Texts(load_default=())
    against = forms.Text(load_default="")


@bp.get("/<version_ref>/whatif")
@requires(*READS)
def about(version_ref: str) -> ResponseReturnValue:
    last = today() - timedelta(days=1)
    return page(version_ref, forms.blank(first_on=last - timedelta(days=364), last_on=last))


def page(version_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        row = drafts.version_of(db, version_ref)
        return render_template(
            "rulemaking/whatif.html",
            row=row,
            form=form,
            faulty=drafts.checked(row).book is None,
            trials=trials.trials_of(db, row.id),
            premises=used_by(db, row.family),
            versions=[(book.id, book.id) for book in books(db) if book.family == row.family],
            writes=may_write(),
        )


@bp.post("/<version_ref>/whatif")
@requires(*WRITES)
def ask(version_ref: str) -> ResponseReturnValue:
    form = forms.filled(TrialForm())
    if form.ok:
        with form.catching(), transaction() as db:
            trial = asked(db, drafts.version_of(db, version_ref), form.wish)
            return redirect(url_for("rule_trials.show", trial_ref=trial.ref))
    return page(version_ref, form), 422


def asked(db: Session, row: RulebookVersion, wish: dict[str, Any]) -> RulebookTrial:
    days: dict[str, date] = {"first_on": wish["first_on"], "last_on": wish["last_on"]}
    against = wish["against"]
    return trials.ask(db, row, **days, premises=wish["premises"], against=against, by=signed_in().id, now=now())


@bp.get("/trials/<trial_ref>")
@requires(*READS)
def show(trial_ref: str) -> ResponseReturnValue:
    """How far a trial is, or what came of it; `?page=` turns the pages of the organisations."""
    number = request.args.get("page", "1")
    with reading() as db:
        trial = trials.trial_of(db, trial_ref)
        row = db.get_one(RulebookVersion, trial.version_id)
        result = result_of(trial, row, places(db))
        return render_template(
            "rulemaking/trial.html",
            trial=trial,
            row=row,
            result=result,
            running=trial.state in UNDER_WAY,
            percent=100 * trial.done // trial.total if trial.total else 0,
            stale=trial.digest != row.digest,
            **paged(result.organisations, int(number) if number.isdigit() else 1),
            writes=may_write(),
        )


def paged(rows: tuple[Any, ...], number: int) -> dict[str, Any]:
    """One page of rows, and how many pages there are."""
    pages = max(1, -(-len(rows) // PAGE))
    number = min(max(1, number), pages)
    return {"organisations": rows[(number - 1) * PAGE : number * PAGE], "number": number, "pages": pages}


@bp.post("/trials/<trial_ref>/cancel")
@requires(*WRITES)
def cancel(trial_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        try:
            trials.cancel(trials.trial_of(db, trial_ref), now=now())
        except NotNow:
            flash(_("The trial had ended already."), "info")
    return redirect(url_for("rule_trials.show", trial_ref=trial_ref))


@bp.get("/trials/<trial_ref>/csv")
@requires(*READS)
def csv(trial_ref: str) -> ResponseReturnValue:
    """Every move with its counts, for a spreadsheet: UTF-8 with its mark, semicolons, decimal commas."""
    with reading() as db:
        trial = trials.trial_of(db, trial_ref)
        text = csv_of(trial, db.get_one(RulebookVersion, trial.version_id), places(db))
    headers = {"Content-Disposition": f'attachment; filename="whatif-{trial_ref}.csv"'}
    return Response("\ufeff" + text, mimetype="text/csv", headers=headers)
