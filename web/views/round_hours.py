"""Which spaces are in a round, and their weekly hours that can be applied for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from booking import premises
from booking.models import Space
from booking.refusals import NotFound
from booking.rounds import hours, listing
from booking.rounds.models import Round
from booking.rounds.setting_up import period_days
from web import forms
from web import hours as typed_hours
from web.auth import requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.round_access import WRITES, run_round
from web.views.rounds import weeks_of
from web.workplaces import ids, workplaces

bp = Blueprint("round_hours", __name__, url_prefix="/rounds")


class AddForm(forms.FormSchema):
    """Spaces put into the round, or the hours of an earlier one taken over."""

    spaces = forms.Texts(load_default=())
    earlier = forms.Text(load_default="")


class SpaceForm(typed_hours.WeekForm):
    """The week of a space, and what to do with it."""

    period = forms.Text(load_default="")
    step = forms.Choice(("save", "copy", "remove"), load_default="save")
    others = forms.Texts(load_default=())


def my_spaces(db: Session) -> list[Space]:
    """The bookable spaces of the premises this person runs, wholes before their parts."""
    return [space for space in premises.all_spaces(db, ids(workplaces(db, *WRITES))) if space.bookable]


@bp.get("/<round_ref>/hours")
@requires(*WRITES)
def listed(round_ref: str) -> ResponseReturnValue:
    with reading() as db:
        row = run_round(db, round_ref)
        return list_page(db, row, forms.blank())


def list_page(db: Session, row: Round, form: forms.Form[Any]) -> str:
    weeks = weeks_of(row)
    chosen = {space.id for space, _parts in weeks}
    others = [space for space in my_spaces(db) if space.id not in chosen]
    earlier = [one for one in listing.rounds(db, g.grants) if one.id != row.id]
    return render_template("round_hours/list.html", row=row, form=form, weeks=weeks, others=others, earlier=earlier)


@bp.post("/<round_ref>/hours")
@requires(*WRITES)
def add(round_ref: str) -> ResponseReturnValue:
    """Spaces with their opening hours; or everything an earlier round had and this one lacks."""
    form = forms.filled(AddForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row = run_round(db, round_ref)
            count = added(db, row, form.wish)
            flash(ngettext("%(num)s space was added.", "%(num)s spaces were added.", count), "success")
            return redirect(url_for("round_hours.listed", round_ref=row.ref))
    with reading() as db:
        return list_page(db, run_round(db, round_ref), form), 422


def added(db: Session, row: Round, wish: dict[str, Any]) -> int:
    by, at = signed_in().id, now()
    if wish["earlier"]:
        earlier = listing.seen_round(db, wish["earlier"], g.grants)
        mine = {space.id for space in my_spaces(db)}
        if {one.space_id for one in earlier.hours} - mine:
            raise NotFound(what="round")
        return hours.copy_from(db, row, earlier, by=by, now=at)
    return hours.add(db, row, named(my_spaces(db), wish["spaces"]), by=by, now=at)


def named(spaces: Sequence[Space], refs: Sequence[str]) -> list[Space]:
    return [space for space in spaces if space.ref in refs]


@bp.get("/<round_ref>/hours/<space_ref>")
@requires(*WRITES)
def space(round_ref: str, space_ref: str) -> ResponseReturnValue:
    """The week of one space: of the whole season, or with ?period= of one period."""
    with reading() as db:
        row = run_round(db, round_ref)
        place = inside(row, space_ref)
        period = request.args.get("period", "")
        days = period_days(row, period) if period else hours.WHOLE
        if days is None:
            raise NotFound(what="period")
        week = hours.by_weekday(hours.week_of(row, place.id, days))
        form = typed_hours.week_form(week)
        form.typed["period"] = period
        return space_page(row, place, form)


def inside(row: Round, space_ref: str) -> Space:
    """A space of the round. Raises NotFound."""
    found = next((one for one in listing.spaces_of(row) if one.ref == space_ref), None)
    if found is None:
        raise NotFound(what="space")
    return found


def space_page(row: Round, place: Space, form: forms.Form[Any]) -> str:
    others = [one for one in listing.spaces_of(row) if one.id != place.id]
    parts = hours.parts_of(row, place.id)
    return render_template("round_hours/space.html", row=row, space=place, form=form, others=others, parts=parts)


@bp.post("/<round_ref>/hours/<space_ref>")
@requires(*WRITES)
def save(round_ref: str, space_ref: str) -> ResponseReturnValue:
    form = forms.filled(SpaceForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row = run_round(db, round_ref)
            done(db, row, inside(row, space_ref), form.wish)
            flash(_("The bookable hours have been saved."), "success")
            return redirect(url_for("round_hours.listed", round_ref=row.ref))
    with reading() as db:
        row = run_round(db, round_ref)
        return space_page(row, inside(row, space_ref), form), 422


def done(db: Session, row: Round, place: Space, wish: dict[str, Any]) -> None:
    by, at = signed_in().id, now()
    match wish["step"]:
        case "remove":
            hours.remove(db, row, place, by=by, now=at)
        case "copy":
            others = [one for one in listing.spaces_of(row) if one.id != place.id]
            hours.copy_to(db, row, place, named(others, wish["others"]), by=by, now=at)
        case _:
            hours.set_week(db, row, [place], typed_hours.rows(wish), period=wish["period"], by=by, now=at)
