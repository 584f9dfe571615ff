"""For how long who passed where is kept, and legal holds that keep it longer: for the auditor and data protection."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import retention
from access.retention import HoldWish
from booking import people, premises
from booking.core.opening import day_span
from booking.refusals import BadInput
from booking.roles import Role
from web import forms
from web.auth import requires
from web.clock import HELSINKI, now
from web.db import reading, transaction
from web.views.audit import concerned

bp = Blueprint("holds", __name__, url_prefix="/audit/holds")


class HoldForm(forms.FormSchema):
    """What is to be kept, why, and until when."""

    ground = forms.Text(required=True, longest=300)
    since = forms.Day(required=True)
    until = forms.Day(required=True)
    ends_on = forms.Day(required=True)
    p = forms.Text(load_default="")
    email = forms.Email(load_default="")


@bp.get("")
@requires(Role.AUDITOR)
def listed() -> ResponseReturnValue:
    return _page(forms.blank())


@bp.post("")
@requires(Role.AUDITOR)
def keep() -> ResponseReturnValue:
    form = forms.filled(HoldForm())
    with form.catching(), transaction() as db:
        if form.ok:
            retention.hold(db, _wish(db, form.wish), by=g.person.id, now=now())
            flash(_("The hold is in force. Nothing it covers is deleted before it ends."), "success")
            return redirect(url_for("holds.listed"))
    return _page(form), 422


@bp.post("/<hold_ref>/lift")
@requires(Role.AUDITOR)
def lift(hold_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        retention.lift(db, hold_ref, by=g.person.id, now=now())
    flash(_("The hold is lifted."), "success")
    return redirect(url_for("holds.listed"))


def _wish(db: Session, asked: dict[str, Any]) -> HoldWish:
    if asked["until"] < asked["since"]:
        raise BadInput(field="until", problem="order")
    return HoldWish(
        asked["ground"],
        day_span(asked["since"], HELSINKI).starts_at,
        day_span(asked["until"], HELSINKI).ends_at,
        day_span(asked["ends_on"], HELSINKI).ends_at,
        premises.premises_of(db, asked["p"]).id if asked["p"] else None,
        concerned(db, asked["email"]),
    )


def _page(form: forms.Form[Any]) -> str:
    with reading() as db:
        found = retention.holds(db)
        names = people.named(db, {row.person_id for row in found if row.person_id} | {row.made_by for row in found})
        return render_template(
            "holds/list.html",
            form=form,
            holds=found,
            people=names,
            rule=retention.rule(),
            names={place.id: place for place in premises.all_premises(db)},
            at=now(),
        )
