"""Whether our doors are offered to Home Assistant: off, shown, or shown and opened from there."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import ha_offer
from access.offer_models import OfferMode
from booking import people
from booking.roles import Role
from web import forms
from web.auth import requires
from web.clock import now
from web.db import reading, transaction

bp = Blueprint("home_assistant", __name__)


class OfferForm(forms.FormSchema):
    mode = forms.Choice(list(OfferMode), required=True)


@bp.get("/doors/home-assistant")
@requires(Role.ADMINISTRATOR)
def show() -> ResponseReturnValue:
    with reading() as db:
        decided = ha_offer.current(db)
        return _page(db, forms.blank(mode=decided.mode if decided else OfferMode.OFF.value))


@bp.post("/doors/home-assistant")
@requires(Role.ADMINISTRATOR)
def decide() -> ResponseReturnValue:
    form: forms.Form[Any] = forms.filled(OfferForm())
    with form.catching(), transaction() as db:
        if form.ok:
            ha_offer.decide(db, OfferMode(form.wish["mode"]), by=g.person.id, now=now())
            flash(_("The doors process follows within a few seconds."), "success")
            return redirect(url_for("home_assistant.show"))
    with reading() as db:
        return _page(db, form), 422


def _page(db: Session, form: forms.Form[Any]) -> str:
    decided = ha_offer.current(db)
    names = people.named(db, {decided.set_by}) if decided else {}
    return render_template("home_assistant/show.html", form=form, decided=decided, names=names)
