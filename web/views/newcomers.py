"""New controllers: what was heard on the broker and is no door yet; and claiming one by the code on its label."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import newcomers
from access.card_numbers import READER_FORMATS
from access.models import Door, DoorKind
from access.practice import practice
from access.register import DoorWish
from booking.models import Premises
from booking.refusals import BadInput
from web import forms
from web.auth import requires
from web.clock import now
from web.db import reading, transaction, vault
from web.limits import limiter
from web.views.door_fitting import space_choices, space_ids
from web.workplaces import KEEPERS, place_of, workplaces

bp = Blueprint("newcomers", __name__)
TRIES = "30 per hour"


class CodeForm(forms.FormSchema):
    code = forms.Text(required=True, longest=40)
    premises = forms.Text(required=True)


class ClaimForm(forms.FormSchema):
    code = forms.Text(required=True, longest=40)
    name_fi = forms.Text(required=True, longest=100)
    name_sv = forms.Text(load_default="", longest=100)
    name_en = forms.Text(load_default="", longest=100)
    kind = forms.Choice(list(DoorKind), required=True)
    reader_format = forms.Choice(READER_FORMATS, load_default=READER_FORMATS[0])
    unlock_s = forms.WholeUpTo(load_default=practice().unlock_s, least=1, most=600)
    spaces = forms.Texts(load_default=())


@bp.get("/doors/new-controllers")
@requires(*KEEPERS)
def listed() -> ResponseReturnValue:
    with reading() as db:
        places = workplaces(db, *KEEPERS)
        prepared = newcomers.waiting(db)
        return render_template(
            "newcomers/listed.html", rows=newcomers.listed(db), prepared=prepared, places=_choices(places)
        )


@bp.post("/doors/new-controllers/<newcomer_ref>/forget")
@requires(*KEEPERS)
def forget(newcomer_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        newcomers.forget(db, newcomer_ref, by=g.person.id, now=now())
    flash(_("It is off the list. When it speaks again, it comes back."), "success")
    return redirect(url_for("newcomers.listed"))


@bp.get("/doors/fit-here")
@requires(*KEEPERS)
def fit_here() -> ResponseReturnValue:
    """A candidate's topic carried to the form of a new door at the premises chosen."""
    with reading() as db:
        place = place_of(db, request.args.get("p", ""), *KEEPERS)
        driver, topic = request.args.get("driver"), request.args.get("topic")
        return redirect(url_for("door_fitting.new", premises_ref=place.ref, driver=driver, topic=topic))


@bp.get("/doors/claim")
@requires(*KEEPERS)
def claim() -> ResponseReturnValue:
    """Where the code is typed; the label's QR code brings it along."""
    with reading() as db:
        return _code_page(db, forms.blank(code=request.args.get("code")))


@bp.post("/doors/claim")
@requires(*KEEPERS)
@limiter.limit(TRIES)
def check_code() -> ResponseReturnValue:
    form: forms.Form[Any] = forms.filled(CodeForm())
    with form.catching(), reading() as db:
        if form.ok:
            newcomers.by_code(db, vault(), form.wish["code"])
            place = place_of(db, form.wish["premises"], *KEEPERS)
            return redirect(url_for("newcomers.name", premises_ref=place.ref, code=form.wish["code"]))
    with reading() as db:
        return _code_page(db, form), 422


@bp.get("/premises/<premises_ref>/doors/claim")
@requires(*KEEPERS)
def name(premises_ref: str) -> ResponseReturnValue:
    start = {"unlock_s": practice().unlock_s, "kind": DoorKind.INNER.value, "reader_format": READER_FORMATS[0]}
    with reading() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        return _door_page(db, forms.blank(**start, code=request.args.get("code")), place)


@bp.post("/premises/<premises_ref>/doors/claim")
@requires(*KEEPERS)
@limiter.limit(TRIES)
def make_door(premises_ref: str) -> ResponseReturnValue:
    form: forms.Form[Any] = forms.filled(ClaimForm())
    with form.catching(), transaction() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        if form.ok:
            door = _claimed(db, place, dict(form.wish))
            flash(_("The controller is a door now. Its list is on its way; test it while you stand there."), "success")
            return redirect(url_for("door_tests.show", door_ref=door.ref))
    with reading() as db:
        return _door_page(db, form, place_of(db, premises_ref, *KEEPERS)), 422


def _claimed(db: Session, place: Premises, wish: dict[str, Any]) -> Door:
    code, spaces = wish.pop("code"), space_ids(db, place, wish.pop("spaces"))
    if not spaces:
        raise BadInput(field="spaces", problem="missing")
    wish |= {"kind": DoorKind(wish["kind"]), "spaces": tuple(spaces)}
    door = DoorWish(premises=place.id, controller_id="", **wish)
    return newcomers.claim(db, vault(), code, door, by=g.person.id, now=now())


def _code_page(db: Session, form: forms.Form[Any]) -> str:
    places = workplaces(db, *KEEPERS)
    if len(places) == 1:
        form.typed.setdefault("premises", places[0].ref)
    return render_template("newcomers/claim.html", form=form, places=_choices(places))


def _door_page(db: Session, form: forms.Form[Any], place: Premises) -> str:
    formats = [(one, one) for one in READER_FORMATS]
    return render_template(
        "newcomers/name.html", form=form, place=place, spaces=space_choices(db, place), formats=formats
    )


def _choices(places: list[Premises]) -> list[tuple[str, Premises]]:
    return [(place.ref, place) for place in places]
