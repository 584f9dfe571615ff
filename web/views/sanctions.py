"""The sanction ladder: what the rules propose, what a manager gives, and lifting it again; with letters."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.happenings.models import Sanction, SanctionKind
from booking.ids import PremisesId
from booking.life import penalties
from booking.life.penalties import SCOPES, Measure
from booking.organisations import by_ref, listed
from booking.premises import premises_of
from web import forms, life_letters
from web.auth import require_at, requires
from web.clock import now, today
from web.db import reading, transaction
from web.follows import follows
from web.words_of_life import life_word
from web.workplaces import KEEPERS, ids, workplaces

bp = Blueprint("sanctions", __name__, url_prefix="/sanctions")


class MeasureForm(forms.FormSchema):
    """What is given. An empty last day: until it is lifted."""

    kind = forms.Choice(SanctionKind, required=True)
    scope = forms.Choice(SCOPES, load_default="all")
    detail = forms.Text(load_default="", longest=60)
    first_on = forms.Day(required=True)
    last_on = forms.Day(load_default=None)
    reason = forms.Lines(required=True, longest=500)

    @staticmethod
    def measure(wish: dict[str, Any]) -> Measure:
        return Measure(
            SanctionKind(wish["kind"]),
            wish["scope"],
            wish["first_on"],
            wish["last_on"],
            wish["reason"],
            wish["detail"],
        )


class NewForm(MeasureForm):
    organisation = forms.Text(required=True)
    premises = forms.Text(required=True)


class EndForm(forms.FormSchema):
    reason = forms.Text(required=True, longest=500)


def kinds() -> list[tuple[str, str]]:
    return [(kind.value, life_word(kind, "sanction")) for kind in SanctionKind]


def scopes() -> list[tuple[str, str]]:
    return [(scope, life_word(scope, "scope")) for scope in SCOPES if scope != "space_kind"]


@bp.get("")
@requires(*KEEPERS)
def listing() -> ResponseReturnValue:
    with reading() as db:
        places = workplaces(db, *KEEPERS)
        return render_template("sanctions/list.html", rows=penalties.listed(db, ids(places)), today=today())


def mine(db: Session, ref: str) -> Sanction:
    """A sanction at premises this person runs. Raises NotFound, NotAllowed."""
    row = penalties.sanction_of(db, ref)
    require_at(PremisesId(row.at_premises_id or 0), *KEEPERS)
    return row


@bp.get("/<sanction_ref>")
@requires(*KEEPERS)
def show(sanction_ref: str) -> ResponseReturnValue:
    return page(sanction_ref)


def page(sanction_ref: str, form: forms.Form[Any] | None = None, ending: forms.Form[Any] | None = None) -> str:
    with reading() as db:
        row = mine(db, sanction_ref)
        last_on = row.last_on.isoformat() if row.last_on else None
        start = forms.blank(kind=row.kind, scope=row.scope, first_on=row.first_on.isoformat(), last_on=last_on)
        return render_template(
            "sanctions/show.html",
            row=row,
            form=form or start,
            ending=ending or forms.blank(),
            kinds=kinds(),
            scopes=scopes(),
            why=follows({"reasons": [row.citation] if row.citation else []}).deciding,
        )


@bp.post("/<sanction_ref>/give")
@requires(*KEEPERS)
def give(sanction_ref: str) -> ResponseReturnValue:
    form = forms.filled(MeasureForm())
    with form.catching(), transaction() as db:
        row = mine(db, sanction_ref)
        if form.ok:
            penalties.give(db, row, MeasureForm.measure(form.wish), by=g.person.id, now=now())
            life_letters.sanctioned(db, row, now())
            flash(_("Given. A letter goes to the organisation."), "success")
            return redirect(url_for("sanctions.listing"))
    return page(sanction_ref, form), 422


@bp.post("/<sanction_ref>/end")
@requires(*KEEPERS)
def end(sanction_ref: str) -> ResponseReturnValue:
    """Lift it, or decide against what was proposed."""
    form = forms.filled(EndForm())
    with form.catching(), transaction() as db:
        row = mine(db, sanction_ref)
        if form.ok:
            penalties.end(db, row, reason=form.wish["reason"], by=g.person.id, now=now())
            if row.given_at is not None:
                life_letters.sanctioned(db, row, now())
            flash(_("Ended."), "success")
            return redirect(url_for("sanctions.listing"))
    return page(sanction_ref, None, form), 422


@bp.get("/new")
@requires(*KEEPERS)
def new() -> ResponseReturnValue:
    start = {"organisation": request.args.get("organisation"), "first_on": today().isoformat(), "kind": "notice"}
    return new_page(forms.blank(**start))


def new_page(form: forms.Form[Any]) -> str:
    with reading() as db:
        places = workplaces(db, *KEEPERS)
        return render_template(
            "sanctions/new.html", form=form, places=places, organisations=listed(db), kinds=kinds(), scopes=scopes()
        )


@bp.post("/new")
@requires(*KEEPERS)
def give_new() -> ResponseReturnValue:
    form = forms.filled(NewForm())
    with form.catching(), transaction() as db:
        if form.ok:
            place = premises_of(db, form.wish["premises"])
            require_at(place.id, *KEEPERS)
            whose = by_ref(db, form.wish["organisation"])
            measure = MeasureForm.measure(form.wish)
            row = penalties.give_new(db, whose, place.id, measure, by=g.person.id, now=now())
            life_letters.sanctioned(db, row, now())
            flash(_("Given. A letter goes to the organisation."), "success")
            return redirect(url_for("sanctions.listing"))
    return new_page(form), 422
