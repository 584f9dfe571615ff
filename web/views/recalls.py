"""Taking a time back for the house's own use: whom it displaces, whether in time, and what is offered instead."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.life import recalls, substitutes, swaps
from booking.life.recalls import Cause
from booking.models import Occurrence
from booking.people import note_viewed
from booking.refusals import NotNow
from web import closing_letters, forms
from web.auth import require_at, requires
from web.clock import now
from web.db import transaction
from web.follows import follows
from web.workplaces import KEEPERS

bp = Blueprint("recalls", __name__)


class RecallForm(forms.FormSchema):
    cause = forms.Choice(Cause, load_default=Cause.OWN_NEED.value)
    reason = forms.Text(required=True, longest=200)
    override = forms.Text(load_default="", longest=300)


def cause_asked() -> Cause:
    asked = request.values.get("cause", "")
    return Cause(asked) if asked in list(Cause) else Cause.OWN_NEED


def time_at_work(db: Session, ref: str) -> Occurrence:
    row = swaps.occurrence_of(db, ref)
    require_at(row.space.premises_id, *KEEPERS)
    return row


@bp.get("/recalls/<occurrence_ref>")
@requires(*KEEPERS)
def look(occurrence_ref: str) -> ResponseReturnValue:
    """Whom it displaces, whether the notice is timely, and what could be offered instead. Nothing is changed."""
    return page(occurrence_ref, forms.blank())


def page(occurrence_ref: str, form: forms.Form[Any]) -> str:
    with transaction() as db:
        row = time_at_work(db, occurrence_ref)
        if row.starts_at <= now():
            raise NotNow(state=row.state)
        note_viewed(db, row.booking.holder, by=g.person.id, now=now(), why=f"recall {row.ref}")
        lost = recalls.look(db, [row], cause_asked(), now())[0]
        return render_template(
            "recalls/look.html",
            row=row,
            lost=lost,
            told=follows(lost.verdict),
            cause=cause_asked(),
            free=substitutes.free_equivalents(db, row, now()),
            form=form,
        )


@bp.post("/recalls/<occurrence_ref>")
@requires(*KEEPERS)
def recall(occurrence_ref: str) -> ResponseReturnValue:
    form = forms.filled(RecallForm())
    with form.catching(), transaction() as db:
        row = time_at_work(db, occurrence_ref)
        if form.ok:
            wish = form.wish
            cause, why = Cause(wish["cause"]), {"reason": wish["reason"], "override": wish["override"]}
            done = recalls.recall(db, [row], cause=cause, **why, by=g.person.id, now=now())
            closing_letters.write(db, row.space.premises, wish["reason"], done.rows, now=now(), offers=done.offers)
            flash(_("The time has been taken back. Its holder gets a letter with what is free instead."), "success")
            return redirect(url_for("tonight.board"))
    return page(occurrence_ref, form), 422
