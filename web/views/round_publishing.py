"""Publishing a round; days moved later, the public draw, and closing with nothing granted."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.people import named
from booking.refusals import RoundNotReady
from booking.rounds import publishing
from booking.rounds.models import Round
from booking.rounds.publishing import Later
from web import forms, round_form, round_letters
from web.auth import requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.round_access import WRITES, run_round
from web.words_of_rounds import finding_said

bp = Blueprint("round_publishing", __name__, url_prefix="/rounds")


@bp.get("/<round_ref>/publish")
@requires(*WRITES)
def check(round_ref: str) -> ResponseReturnValue:
    """What is missing, and what is worth knowing before everybody sees the round."""
    with reading() as db:
        row = run_round(db, round_ref)
        return check_page(db, row, forms.blank())


def check_page(db: Session, row: Round, form: forms.Form[Any]) -> str:
    found = publishing.findings(db, row, now())
    faults, notes = ([finding_said(one) for one in found if one.stops is stops] for stops in (True, False))
    return render_template("round_publishing/check.html", row=row, form=form, faults=faults, notes=notes)


@bp.post("/<round_ref>/publish")
@requires(*WRITES)
def publish(round_ref: str) -> ResponseReturnValue:
    try:
        with transaction() as db:
            publishing.publish(db, run_round(db, round_ref), by=signed_in().id, now=now())
    except RoundNotReady as no:
        form = forms.blank()
        form.refuse(no)
        with reading() as db:
            return check_page(db, run_round(db, round_ref), form), 409
    flash(_("The round is published. Everybody can read of it, and apply when its window is open."), "success")
    return redirect(url_for("rounds.show", round_ref=round_ref))


@bp.get("/<round_ref>/days")
@requires(*WRITES)
def days(round_ref: str) -> ResponseReturnValue:
    with reading() as db:
        row = run_round(db, round_ref)
        start = round_form.moments_of(row) | {"decide_by_on": row.decide_by_on}
        return days_page(db, row, forms.blank(**start))


def days_page(db: Session, row: Round, form: forms.Form[Any]) -> str:
    notices = publishing.notices(db, row)
    names = named(db, {one.by for one in notices})
    over = row.apply_to_at <= now()
    return render_template("round_publishing/days.html", row=row, form=form, notices=notices, names=names, over=over)


@bp.post("/<round_ref>/days")
@requires(*WRITES)
def postpone(round_ref: str) -> ResponseReturnValue:
    """Moves days later and tells those who applied or have begun to."""
    form = forms.filled(round_form.LaterForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row = run_round(db, round_ref)
            publishing.postpone(db, row, later(row, form.wish), note=form.wish["note"], by=signed_in().id, now=now())
            told = round_letters.postponed(db, row, form.wish["note"], now())
            flash(_("The days have been moved. Letters were written to %(count)s applicants.", count=told), "success")
            return redirect(url_for("rounds.show", round_ref=row.ref))
    return days_again(round_ref, form)


def days_again(round_ref: str, form: forms.Form[Any]) -> ResponseReturnValue:
    with reading() as db:
        return days_page(db, run_round(db, round_ref), form), 422


def later(row: Round, wish: dict[str, Any]) -> Later:
    return Later(
        apply_to_at=round_form.moment(wish, "apply_to", row.zone),
        late_until_at=round_form.moment(wish, "late_until", row.zone),
        decide_by_on=wish["decide_by_on"],
        answer_by_at=round_form.moment(wish, "answer_by", row.zone),
    )


@bp.post("/<round_ref>/draw")
@requires(*WRITES)
def draw(round_ref: str) -> ResponseReturnValue:
    form = forms.filled(round_form.DrawForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row, wish = run_round(db, round_ref), form.wish
            publishing.draw(db, row, wish["number"], note=wish["draw_note"], by=signed_in().id, now=now())
            flash(_("The number has been noted. Everybody can read it on the page of criteria."), "success")
            return redirect(url_for("rounds.show", round_ref=row.ref))
    return days_again(round_ref, form)


@bp.get("/<round_ref>/close")
@requires(*WRITES)
def closing(round_ref: str) -> ResponseReturnValue:
    return closing_page(round_ref, forms.blank())


def closing_page(round_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        row = run_round(db, round_ref)
        count = len(publishing.applicants(db, row))
        return render_template("round_publishing/close.html", row=row, form=form, count=count)


@bp.post("/<round_ref>/close")
@requires(*WRITES)
def close(round_ref: str) -> ResponseReturnValue:
    """Ends the round with nothing granted, and tells the applicants why."""
    form = forms.filled(round_form.ReasonForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row, reason = run_round(db, round_ref), form.wish["reason"]
            publishing.close(db, row, reason=reason, by=signed_in().id, now=now())
            told = round_letters.closed(db, row, reason, now())
            flash(_("The round is closed. Letters were written to %(count)s applicants.", count=told), "success")
            return redirect(url_for("rounds.show", round_ref=row.ref))
    return closing_page(round_ref, form), 422
