"""Setting up a round: begun or copied, and its settings."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.core.rulebook import Rulebook
from booking.rounds import listing, policy, prefill, setting_up
from booking.rounds.models import Round
from booking.versions.known import families
from web import forms, round_form
from web.auth import requires, signed_in
from web.clock import now, today
from web.db import reading, transaction
from web.round_access import WRITES, run_round
from web.words_of_rounds import FAIRNESS, HISTORY

bp = Blueprint("round_setup", __name__, url_prefix="/rounds")


@bp.get("/new")
@requires(*WRITES)
def new() -> ResponseReturnValue:
    return new_page(forms.blank(copy_of=request.args.get("copy_of")))


def new_page(form: forms.Form[Any]) -> str:
    with reading() as db:
        earlier = listing.rounds(db, g.grants)
        return render_template("round_setup/new.html", form=form, families=families(db), earlier=earlier)


@bp.post("/new")
@requires(*WRITES)
def begin() -> ResponseReturnValue:
    """A draft, which only those who run its premises see."""
    form = forms.filled(round_form.NewForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row = begun(db, form.wish)
            flash(_("The round has been begun. Nobody else sees it before it is published."), "success")
            return redirect(url_for("round_setup.settings", round_ref=row.ref))
    return new_page(form), 422


def begun(db: Session, wish: dict[str, Any]) -> Round:
    names, days = (wish["name_fi"], wish["name_sv"], wish["name_en"]), (wish["first_on"], wish["last_on"])
    told: dict[str, Any] = {"names": names, "days": days, "by": signed_in().id, "now": now(), "today": today()}
    if wish["copy_of"]:
        return setting_up.copy(db, run_round(db, wish["copy_of"]), **told)
    return setting_up.begin(db, family=wish["family"], **told)


@bp.get("/<round_ref>/settings")
@requires(*WRITES)
def settings(round_ref: str) -> ResponseReturnValue:
    with reading() as db:
        row = run_round(db, round_ref)
        book = policy.rulebook_of(db, row)
        return settings_page(db, row, book, round_form.as_form(row, book))


def settings_page(db: Session, row: Round, book: Rulebook, form: forms.Form[Any]) -> str:
    return render_template(
        "round_setup/settings.html",
        row=row,
        book=book,
        form=form,
        families=families(db),
        tie_breaks=[one.row.citation for one in book.tie_breaks if one.row.valid(row.first_on)],
        cited=prefill.citations_of(row, book),
        tiers=round_form.TIERS,
        period_numbers=list(round_form.PERIOD_NUMBERS)[: max(2, len(row.periods) + 1)],
        grids=setting_up.GRIDS,
        fairness=list(FAIRNESS.items()),
        history=list(HISTORY.items()),
    )


@bp.post("/<round_ref>/settings")
@requires(*WRITES)
def save(round_ref: str) -> ResponseReturnValue:
    form = forms.filled(round_form.RoundForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row = run_round(db, round_ref)
            saved(db, row, form.wish)
            flash(_("The settings have been saved."), "success")
            return redirect(url_for("rounds.show", round_ref=row.ref))
    with reading() as db:
        row = run_round(db, round_ref)
        return settings_page(db, row, policy.rulebook_of(db, row), form), 422


def saved(db: Session, row: Round, wish: dict[str, Any]) -> None:
    by, at = signed_in().id, now()
    setting_up.change(db, row, round_form.basics(wish, row.zone), by=by, now=at, revision=wish["revision"])
    setting_up.set_goals(db, row, round_form.goals(wish), by=by, now=at)
    setting_up.set_criteria(db, row, round_form.criteria(wish), by=by, now=at)
