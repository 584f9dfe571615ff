"""Handing a granted slot back, and telling its exceptions: what follows is shown before it is done."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from booking.life.cancelling import CancelSum
from booking.models import Occurrence
from booking.rounds import handing_back, years
from booking.rounds.grants import organisation_of
from booking.rounds.plan_models import SlotGrant
from booking.rounds.years import ExceptionKind, ExceptionWish
from web import forms, grant_access
from web.auth import SIGNED_IN, requires, signed_in
from web.clock import now, today
from web.db import reading, transaction
from web.follows import follows

bp = Blueprint("grant_changes", __name__, url_prefix="/grants/<granted_ref>")


class HandBackForm(forms.FormSchema):
    """From a day on; with a last day only the dates between."""

    from_on = forms.Day(required=True)
    last_on = forms.Day(load_default=None)
    reason = forms.Text(load_default="", longest=200)


class ExceptionForm(forms.FormSchema):
    kind = forms.Choice((ExceptionKind.WITHOUT.value, ExceptionKind.HOURS.value), required=True)
    first_on = forms.Day(required=True)
    last_on = forms.Day(required=True)
    start = forms.MinuteOfDay(load_default=None)
    end = forms.MinuteOfDay(load_default=None)
    reason = forms.Text(load_default="", longest=200)


@bp.get("/hand-back")
@requires(SIGNED_IN)
def hand_back(granted_ref: str) -> ResponseReturnValue:
    """The form, and once it is filled in which dates would go and what it would cost: nothing is changed."""
    asked = "from_on" in request.args
    form = forms.filled(HandBackForm(), request.args) if asked else forms.blank(from_on=today())
    with reading() as db:
        return hand_back_page(db, grant_access.changed_grant(db, granted_ref), form, asked=asked)


def hand_back_page(db: Session, grant: SlotGrant, form: forms.Form[Any], *, asked: bool) -> ResponseReturnValue:
    rows: list[Occurrence] = []
    costs: CancelSum | None = None
    if form.ok and asked:
        days = {"from_on": form.wish["from_on"], "last_on": form.wish["last_on"]}
        rows, costs = handing_back.look(db, grant, **days, now=now())
    told = [(fee.row, follows(fee.verdict)) for fee in costs.fees] if costs is not None else []
    values = {"grant": grant, "whose": organisation_of(grant), "form": form, "rows": rows, "costs": costs, "told": told}
    return render_template("grant_changes/hand_back.html", **values, asked=asked), 422 if form.errors else 200


@bp.post("/hand-back")
@requires(SIGNED_IN)
def do_hand_back(granted_ref: str) -> ResponseReturnValue:
    form = forms.filled(HandBackForm())
    if form.ok:
        with form.catching(), transaction() as db:
            grant = grant_access.changed_grant(db, granted_ref)
            done = handing_back.hand_back(db, grant, **form.wish, by=signed_in().id, now=now())
            number = len(done.rows)
            text = ngettext("%(num)s date has been handed back.", "%(num)s dates have been handed back.", number)
            flash(text, "success")
            return redirect(url_for("granted.show", granted_ref=granted_ref))
    with reading() as db:
        return hand_back_page(db, grant_access.changed_grant(db, granted_ref), form, asked=False)


@bp.get("/exceptions")
@requires(SIGNED_IN)
def exceptions(granted_ref: str) -> ResponseReturnValue:
    with reading() as db:
        return exceptions_page(db, grant_access.changed_grant(db, granted_ref), forms.blank(kind="without"))


def exceptions_page(db: Session, grant: SlotGrant, form: forms.Form[Any]) -> ResponseReturnValue:
    rows = years.exceptions_of(db, grant)
    answer = render_template(
        "grant_changes/exceptions.html", grant=grant, whose=organisation_of(grant), rows=rows, form=form
    )
    return answer, 422 if form.errors else 200


@bp.post("/exceptions")
@requires(SIGNED_IN)
def add_exception(granted_ref: str) -> ResponseReturnValue:
    """Dates booked already change at once; later seasons follow it."""
    form = forms.filled(ExceptionForm())
    if form.ok:
        with form.catching(), transaction() as db:
            grant = grant_access.changed_grant(db, granted_ref)
            years.add_exception(db, grant, wish_of(form.wish), by=signed_in().id, now=now())
            flash(_("The exception is noted."), "success")
            return redirect(url_for("granted.show", granted_ref=granted_ref))
    with reading() as db:
        return exceptions_page(db, grant_access.changed_grant(db, granted_ref), form)


def wish_of(asked: dict[str, Any]) -> ExceptionWish:
    kind, start, end = ExceptionKind(asked["kind"]), asked["start"], asked["end"]
    minutes = (start, end or 1440) if kind is ExceptionKind.HOURS and start is not None and end is not None else None
    return ExceptionWish(kind, asked["first_on"], asked["last_on"], minutes, asked["reason"])
