"""Commitments of an organisation: reading and signing them, and the sheet to print."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.models import Organisation
from booking.premises import all_premises, premises_of
from booking.refusals import NotFound
from booking.register import commitments
from booking.register.decided import Season, commitment_texts, season_on
from booking.register.models import Commitment
from booking.roles import Role
from web import auth, forms
from web.auth import requires
from web.clock import now, today
from web.db import reading, transaction
from web.i18n import language
from web.views.organisations import SIGNS, seen

bp = Blueprint("commitments", __name__, url_prefix="/organisations/<organisation_ref>/commitments")


class SignForm(forms.FormSchema):
    kind = forms.Choice(commitment_texts, required=True)
    season = forms.Choice(lambda: [one.id for one in seasons()], required=True)
    premises = forms.Text(load_default="")
    agree = forms.Choice(("1",), required=True)


class EndForm(forms.FormSchema):
    why = forms.Lines(load_default="", longest=500)


def seasons() -> tuple[Season, ...]:
    """Those that can be signed for now: the one that runs and the next."""
    this = season_on(today())
    return this, season_on(this.last_on.replace(year=this.last_on.year + 1))


def own(db: Session, ref: str) -> Organisation:
    """The entry, for those who may sign for it. Raises NotFound, NotAllowed."""
    row = seen(db, ref)
    auth.require_for(row.id, *SIGNS)
    return row


@bp.get("")
@requires(*SIGNS)
def show(organisation_ref: str) -> ResponseReturnValue:
    return page(organisation_ref, forms.blank(season=season_on(today()).id))


def page(ref: str, form: forms.Form[Any]) -> ResponseReturnValue:
    with reading() as db:
        row = own(db, ref)
        signed = commitments.of_organisation(db, row)
        places = [(place.ref, place.name(language())) for place in all_premises(db)]
    values = {"texts": list(commitment_texts().values()), "premises": places, "today": today()}
    values["seasons"] = [(one.id, one.id) for one in seasons()]
    return render_template("commitments/show.html", row=row, signed=signed, form=form, **values), (
        422 if form.errors else 200
    )


@bp.post("")
@requires(*SIGNS)
def sign(organisation_ref: str) -> ResponseReturnValue:
    form = forms.filled(SignForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row = signed(db, own(db, organisation_ref), form.wish)
            flash(_("The commitment has been signed."), "success")
            return redirect(url_for("commitments.sheet", organisation_ref=organisation_ref, commitment_ref=row.ref))
    return page(organisation_ref, form)


def signed(db: Session, row: Organisation, told: dict[str, Any]) -> Commitment:
    season = next(one for one in seasons() if one.id == told["season"])
    place = premises_of(db, told["premises"]) if told["premises"] else None
    return commitments.sign(
        db, row, told["kind"], season, premises=place, language=language(), by=g.person.id, now=now()
    )


def commitment_of(db: Session, row: Organisation, ref: str) -> Commitment:
    """A commitment of this entry. Raises NotFound."""
    found = commitments.by_ref(db, ref)
    if found.organisation_id != row.id:
        raise NotFound(what="commitment")
    return found


@bp.get("/<commitment_ref>")
@requires(*SIGNS)
def sheet(organisation_ref: str, commitment_ref: str) -> ResponseReturnValue:
    """The words that were signed, by whom and when: to be printed."""
    with reading() as db:
        row = own(db, organisation_ref)
        return render_template("commitments/sheet.html", row=row, one=commitment_of(db, row, commitment_ref))


@bp.post("/<commitment_ref>/end")
@requires(Role.ADMINISTRATOR)
def end(organisation_ref: str, commitment_ref: str) -> ResponseReturnValue:
    form = forms.filled(EndForm())
    with transaction() as db:
        row = commitment_of(db, own(db, organisation_ref), commitment_ref)
        commitments.end(db, row, why=form.wish["why"] if form.ok else "", by=g.person.id, now=now())
    flash(_("The commitment holds no more."), "success")
    return redirect(url_for("commitments.sheet", organisation_ref=organisation_ref, commitment_ref=commitment_ref))
