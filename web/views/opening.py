"""When a premises is open: weekly hours, terms, and closed days with a look first at whom they displace."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from booking import opening_rows, people, premises
from booking.life import recalls
from booking.life.recalls import Cause, Lost, Recalled
from booking.models import ClosedDays, Occurrence, Premises, Supervision
from booking.refusals import BadInput
from web import closing_letters, forms
from web.auth import requires
from web.clock import now, today
from web.db import reading, transaction
from web.follows import follows
from web.hours import WeekForm, rows, week_form
from web.premises_sheet import sheet
from web.workplaces import KEEPERS, place_of, space_of

bp = Blueprint("opening", __name__)


class TermKeyForm(forms.FormSchema):
    makes: ClassVar[Any] = opening_rows.TermKey
    first_on = forms.Day(required=True)
    last_on = forms.Day(required=True)
    supervision = forms.Choice(list(Supervision), required=True)


class TermForm(TermKeyForm):
    makes = dict
    name_fi = forms.Text(required=True, longest=100)
    name_sv = forms.Text(load_default="", longest=100)
    name_en = forms.Text(load_default="", longest=100)
    source = forms.Text(load_default="", longest=300)


class ClosingForm(TermForm):
    space = forms.Text(load_default="")
    displaces = forms.Whole(load_default=None)
    cause = forms.Choice(Cause, load_default=Cause.OWN_NEED.value)
    keep = forms.Texts(load_default=())
    override = forms.Text(load_default="", longest=300)


@bp.get("/premises/<premises_ref>/hours")
@requires(*KEEPERS)
def hours(premises_ref: str) -> ResponseReturnValue:
    with reading() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        space = space_of(db, place, request.args["space"]) if request.args.get("space") else None
        form = week_form(opening_rows.weekly_hours(db, place, space))
        return render_template("opening/hours.html", form=form, place=place, space=space)


@bp.post("/premises/<premises_ref>/hours")
@requires(*KEEPERS)
def save_hours(premises_ref: str) -> ResponseReturnValue:
    form = forms.filled(WeekForm())
    with transaction() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        space = space_of(db, place, request.args["space"]) if request.args.get("space") else None
        if not form.ok:
            return render_template("opening/hours.html", form=form, place=place, space=space), 422
        premises.set_hours(db, place, rows(form.wish), by=g.person.id, now=now(), space=space)
    flash(_("The opening hours have been saved. Bookings made before stay as they are."), "success")
    return redirect(url_for("premises.show", premises_ref=premises_ref))


@bp.get("/premises/<premises_ref>/terms")
@requires(*KEEPERS)
def terms(premises_ref: str) -> ResponseReturnValue:
    return _terms_page(premises_ref, forms.blank(supervision="all"))


@bp.post("/premises/<premises_ref>/terms")
@requires(*KEEPERS)
def add_term(premises_ref: str) -> ResponseReturnValue:
    form = forms.filled(TermForm())
    with form.catching(), transaction() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        if form.ok:
            wish = dict(form.wish)
            names = (wish.pop("name_fi"), wish.pop("name_sv"), wish.pop("name_en"))
            wish["supervision"] = Supervision(wish["supervision"])
            premises.add_term(db, place, **wish, names=names, by=g.person.id, now=now())
            flash(_("The term has been added."), "success")
            return redirect(url_for("opening.terms", premises_ref=premises_ref))
    return _terms_page(premises_ref, form), 422


@bp.post("/premises/<premises_ref>/terms/remove")
@requires(*KEEPERS)
def remove_term(premises_ref: str) -> ResponseReturnValue:
    form = forms.filled(TermKeyForm())
    with transaction() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        if form.ok:
            opening_rows.remove_term(db, place, form.wish, by=g.person.id, now=now())
            flash(_("The term has been removed. Bookings made before stay as they are."), "success")
    return redirect(url_for("opening.terms", premises_ref=premises_ref))


@bp.get("/premises/<premises_ref>/closed-days")
@requires(*KEEPERS)
def closed_days(premises_ref: str) -> ResponseReturnValue:
    return _closing_page(premises_ref, forms.blank(supervision="all", first_on=request.args.get("first_on")))


@bp.get("/premises/<premises_ref>/closed-days/preview")
@requires(*KEEPERS)
def preview(premises_ref: str) -> ResponseReturnValue:
    """Whom the closed days would displace; nothing is changed yet, but names are seen, and that is noted."""
    form = forms.filled(ClosingForm(), request.args)
    with form.catching(), transaction() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        if form.ok:
            return _preview_page(db, place, form)
    return _closing_page(premises_ref, form), 422


@bp.post("/premises/<premises_ref>/closed-days")
@requires(*KEEPERS)
def close(premises_ref: str) -> ResponseReturnValue:
    """Closes the days, when what they displace is still what was shown."""
    form = forms.filled(ClosingForm())
    with form.catching(), transaction() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        if form.ok:
            row, done = _close(db, place, form.wish)
            told = closing_letters.write(db, place, row, done.rows, now=now(), offers=done.offers)
            _flash_closed(done.rows, told)
            return redirect(url_for("opening.closed_days", premises_ref=premises_ref))
    return _closing_page(premises_ref, form), 422


@bp.post("/premises/<premises_ref>/closed-days/<closed_ref>/open")
@requires(*KEEPERS)
def open_again(premises_ref: str, closed_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        premises.open_days(db, closed_ref, place, by=g.person.id, now=now())
    flash(_("The days are open again. Bookings that had to give way do not come back by themselves."), "success")
    return redirect(url_for("opening.closed_days", premises_ref=premises_ref))


ASKED_BESIDE = {"space", "displaces", "cause", "keep", "override"}  # of the form, and no column of closed days


def _close(db: Session, place: Premises, wish: dict[str, Any]) -> tuple[ClosedDays, Recalled]:
    """Raises BadInput when the bookings in the way are no longer those that were shown, Untimely."""
    space = space_of(db, place, wish["space"]) if wish["space"] else None
    columns = {name: value for name, value in wish.items() if name not in ASKED_BESIDE}
    row = ClosedDays(premises_id=place.id, space_id=space.id if space else None, **columns)
    met = _lost(db, place, wish)
    if wish["displaces"] != len(met):
        raise BadInput(field="first_on", problem="changed_since")
    cause, keep = Cause(wish["cause"]), frozenset(wish["keep"])
    why = {"cause": cause, "keep": keep, "override": wish["override"]}
    return row, recalls.close(db, row, place, space=space, **why, by=g.person.id, now=now())


def _lost(db: Session, place: Premises, wish: dict[str, Any]) -> list[Lost]:
    """Whom the days of the form would displace, and whether in time."""
    space = space_of(db, place, wish["space"]) if wish["space"] else None
    mode, days = Supervision(wish["supervision"]), (wish["first_on"], wish["last_on"])
    return recalls.closing(db, place, days, space=space, mode=mode, cause=Cause(wish["cause"]), now=now())


def _flash_closed(displaced: list[Occurrence], told: closing_letters.Told) -> None:
    flash(
        ngettext(
            "The days are closed. %(num)d booked time had to give way.",
            "The days are closed. %(num)d booked times had to give way.",
            len(displaced),
        ),
        "success",
    )
    if told.without_address:
        flash(_("No e-mail address, so call them: %(names)s", names="; ".join(told.without_address)), "warning")


def _preview_page(db: Session, place: Premises, form: forms.Form[Any]) -> str:
    wish = form.wish
    space = space_of(db, place, wish["space"]) if wish["space"] else None
    lost = _lost(db, place, wish)
    holders = [one.row.booking.holder_id for one in lost]
    people.note_listed(db, holders, by=g.person.id, now=now(), where="closed days")
    told = {one.row.ref: follows(one.verdict) for one in lost}
    return render_template("opening/preview.html", form=form, place=place, space=space, lost=lost, told=told)


def _terms_page(premises_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        place_of(db, premises_ref, *KEEPERS)
        return render_template("opening/terms.html", form=form, sheet=sheet(db, premises_ref, today()))


def _closing_page(premises_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        place_of(db, premises_ref, *KEEPERS)
        return render_template("opening/closed_days.html", form=form, sheet=sheet(db, premises_ref, today()))
