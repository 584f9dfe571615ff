"""The spaces of a premises: adding them, parts of them, and changing them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError, validates_schema
from sqlalchemy.orm import Session

from booking import premises
from booking.models import Premises, Space
from booking.refusals import BadInput
from booking.rulebooks import words
from web import forms
from web.auth import requires
from web.clock import now
from web.db import reading, transaction
from web.premises_sheet import tree
from web.words_of_booking import EQUIPMENT
from web.workplaces import KEEPERS, place_of, space_of

bp = Blueprint("premises_spaces", __name__)


class SpaceForm(forms.FormSchema):
    name_fi = forms.Text(required=True, longest=100)
    name_sv = forms.Text(load_default="", longest=100)
    name_en = forms.Text(load_default="", longest=100)
    parent = forms.Text(load_default="")
    kind = forms.Choice(lambda: words()["space_kind"], required=True)
    area_m2 = forms.Whole(load_default=None, least=1)
    capacity = forms.Whole(required=True)
    equipment = forms.Choices(EQUIPMENT, load_default=())
    other_equipment = forms.Lines(load_default="", longest=1000)
    supervised = forms.Tick()
    step_free = forms.Tick()
    bookable = forms.Tick()
    setup_min = forms.WholeUpTo(required=True, most=1440)
    turnaround_min = forms.WholeUpTo(required=True, most=1440)
    grid_min = forms.WholeUpTo(required=True, least=1, most=1440)
    shortest_min = forms.WholeUpTo(required=True, least=1, most=10080)
    longest_min = forms.WholeUpTo(required=True, least=1, most=10080)
    door_lead_min = forms.WholeUpTo(required=True, most=240)
    lead_in_min = forms.WholeUpTo(load_default=None, most=240)
    lead_out_min = forms.WholeUpTo(load_default=None, most=240)
    enter_early = forms.Tick()
    position = forms.Whole(load_default=0)

    @validates_schema(skip_on_field_errors=False)
    def lengths(self, given: dict[str, Any], **_kwargs: Any) -> None:
        if given.get("shortest_min", 0) > given.get("longest_min", 10080):
            raise ValidationError("lengths", "longest_min")


NEW = {"bookable": True, "setup_min": 0, "turnaround_min": 0, "grid_min": 30}
NEW |= {"shortest_min": 30, "longest_min": 720, "door_lead_min": 15, "position": 0, "enter_early": True}


@bp.get("/premises/<premises_ref>/spaces/new")
@requires(*KEEPERS)
def new(premises_ref: str) -> ResponseReturnValue:
    with reading() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        return _editor(db, forms.blank(**NEW, parent=request.args.get("below")), place, None)


@bp.post("/premises/<premises_ref>/spaces/new")
@requires(*KEEPERS)
def add(premises_ref: str) -> ResponseReturnValue:
    form = forms.filled(SpaceForm())
    with form.catching(), transaction() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        if form.ok:
            premises.add_space(db, columns(db, place, form.wish) | {"premises_id": place.id}, by=g.person.id, now=now())
            flash(_("The space has been added."), "success")
            return redirect(url_for("premises.show", premises_ref=premises_ref))
    with reading() as db:
        return _editor(db, form, premises.premises_of(db, premises_ref), None), 422


@bp.get("/premises/<premises_ref>/spaces/<space_ref>")
@requires(*KEEPERS)
def edit(premises_ref: str, space_ref: str) -> ResponseReturnValue:
    with reading() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        space = space_of(db, place, space_ref)
        return _editor(db, forms.blank(**_as_typed(db, place, space)), place, space)


@bp.post("/premises/<premises_ref>/spaces/<space_ref>")
@requires(*KEEPERS)
def save(premises_ref: str, space_ref: str) -> ResponseReturnValue:
    form = forms.filled(SpaceForm())
    with form.catching(), transaction() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        space = space_of(db, place, space_ref)
        if form.ok:
            premises.change_space(db, space, columns(db, place, form.wish), by=g.person.id, now=now())
            flash(_("The space has been saved."), "success")
            return redirect(url_for("premises.show", premises_ref=premises_ref))
    with reading() as db:
        place = premises.premises_of(db, premises_ref)
        return _editor(db, form, place, space_of(db, place, space_ref)), 422


def columns(db: Session, place: Premises, wish: dict[str, Any]) -> dict[str, Any]:
    """What was wished as columns. Raises BadInput for a whole that is not of this premises."""
    values = dict(wish)
    above, other = values.pop("parent"), values.pop("other_equipment")
    known = {space.ref: space.id for space in premises.all_spaces(db, [place.id])}
    if above and above not in known:
        raise BadInput(field="parent", problem="not_one_of")
    written = [line.strip() for line in other.splitlines() if line.strip()]
    return values | {"parent_id": known.get(above), "equipment": [*values["equipment"], *written]}


def _as_typed(db: Session, place: Premises, space: Space) -> dict[str, Any]:
    names = set(SpaceForm().fields) - {"parent", "equipment", "other_equipment"}
    above = {row.id: row.ref for row in premises.all_spaces(db, [place.id])}
    return {name: getattr(space, name) for name in names} | {
        "parent": above.get(space.parent_id) if space.parent_id else None,
        "equipment": [one for one in space.equipment if one in EQUIPMENT],
        "other_equipment": "\n".join(one for one in space.equipment if one not in EQUIPMENT),
    }


def _editor(db: Session, form: forms.Form[Any], place: Premises, space: Space | None) -> str:
    others = [each for each in tree(premises.all_spaces(db, [place.id])) if space is None or each[0].id != space.id]
    return render_template(
        "premises_spaces/edit.html", form=form, place=place, space=space, others=others, equipment=list(EQUIPMENT)
    )
