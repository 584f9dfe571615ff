"""Premises: the public list and page, and the editor of their facts for those who run them."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from jinja2 import Environment
from sqlalchemy.orm import Session

from booking import organisations, premises
from booking.models import Premises
from booking.refusals import BadInput, NotFound
from booking.roles import Role
from booking.rulebooks import words
from booking.versions import known
from web import forms, hours
from web.auth import PUBLIC, requires
from web.clock import now, today
from web.db import reading, transaction
from web.premises_sheet import sheet
from web.workplaces import KEEPERS, place_of

bp = Blueprint("premises", __name__)
bp.record_once(lambda state: _name_for_templates(state.app.jinja_env))
RUNNERS = ("owner", "operator", "manager")


def rulebook_families() -> list[str]:
    with reading() as db:
        return known.families(db)


class PremisesForm(forms.FormSchema):
    name_fi = forms.Text(required=True, longest=100)
    name_sv = forms.Text(load_default="", longest=100)
    name_en = forms.Text(load_default="", longest=100)
    kind = forms.Choice(lambda: words()["premises_kind"], required=True)
    owner = forms.Text(required=True)
    operator = forms.Text(required=True)
    manager = forms.Text(required=True)
    contact_name = forms.Text(required=True, longest=100)
    contact_phone = forms.Text(load_default="", longest=40)
    contact_email = forms.Email(load_default="", longest=254)
    address = forms.Text(required=True)
    district = forms.Text(load_default="", longest=100)
    municipality = forms.Text(required=True, longest=100)
    rulebook = forms.Choice(rulebook_families, required=True)
    closed_on_holidays = forms.Tick()
    step_free = forms.Tick()
    accessible_toilet = forms.Tick()
    induction_loop = forms.Tick()
    accessibility_note = forms.Lines(load_default="", longest=1000)
    duress_codes = forms.Tick()


def _name_for_templates(jinja: Environment) -> None:
    jinja.globals |= {"opening": hours.said, "weekdays": hours.WEEKDAYS, "day_fields": hours.FIELDS}
    jinja.filters["zone"] = ZoneInfo


@bp.get("/premises")
@requires(PUBLIC)
def list_all() -> ResponseReturnValue:
    with reading() as db:
        return render_template("premises/list.html", places=premises.all_premises(db))


@bp.get("/premises/<premises_ref>")
@requires(PUBLIC)
def show(premises_ref: str) -> ResponseReturnValue:
    with reading() as db:
        return render_template("premises/show.html", sheet=sheet(db, premises_ref, today()), today=today())


@bp.get("/premises/new")
@requires(Role.ADMINISTRATOR)
def new() -> ResponseReturnValue:
    with reading() as db:
        return _editor(db, forms.blank(rulebook=known.families(db)[0], closed_on_holidays=True), None)


@bp.post("/premises/new")
@requires(Role.ADMINISTRATOR)
def add() -> ResponseReturnValue:
    form = forms.filled(PremisesForm())
    if form.ok:
        with form.catching(), transaction() as db:
            place = premises.add_premises(db, columns(db, form.wish), by=g.person.id, now=now())
            flash(_("The premises has been added. Next come its spaces and opening hours."), "success")
            return redirect(url_for("premises.show", premises_ref=place.ref))
    with reading() as db:
        return _editor(db, form, None), 422


@bp.get("/premises/<premises_ref>/edit")
@requires(*KEEPERS)
def edit(premises_ref: str) -> ResponseReturnValue:
    with reading() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        return _editor(db, forms.blank(**_as_typed(place)), place)


@bp.post("/premises/<premises_ref>/edit")
@requires(*KEEPERS)
def save(premises_ref: str) -> ResponseReturnValue:
    form = forms.filled(PremisesForm())
    with reading() as db:
        place_of(db, premises_ref, *KEEPERS)
    if form.ok:
        with form.catching(), transaction() as db:
            place = place_of(db, premises_ref, *KEEPERS)
            premises.change_premises(db, place, columns(db, form.wish), by=g.person.id, now=now())
            flash(_("The details have been saved."), "success")
            return redirect(url_for("premises.show", premises_ref=premises_ref))
    with reading() as db:
        return _editor(db, form, premises.premises_of(db, premises_ref)), 422


def columns(db: Session, wish: dict[str, Any]) -> dict[str, Any]:
    """What was wished as columns: organisations by their ids. Raises BadInput naming the one that is not there."""
    return {(f"{name}_id" if name in RUNNERS else name): _column(db, name, value) for name, value in wish.items()}


def _column(db: Session, name: str, value: Any) -> Any:
    if name not in RUNNERS:
        return value
    try:
        return organisations.by_ref(db, value).id
    except NotFound as error:
        raise BadInput(field=name, problem="not_one_of") from error


def _as_typed(place: Premises) -> dict[str, Any]:
    return {name: _typed(getattr(place, name), name) for name in PremisesForm().fields}


def _typed(value: Any, name: str) -> Any:
    return value.ref if name in RUNNERS else value


def _editor(db: Session, form: forms.Form[Any], place: Premises | None) -> str:
    runners = [(one.ref, one.name) for one in organisations.listed(db)]
    return render_template(
        "premises/edit.html",
        form=form,
        place=place,
        organisations=runners,
        families=[(one, one) for one in known.families(db)],
    )
