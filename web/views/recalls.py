"""Taking a time back for the house's own use, with notice and substitutes; and taking a substitute in one click."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.happenings.models import Substitute
from booking.life import recalls, substitutes, swaps
from booking.life.recalls import Cause
from booking.models import Occurrence
from booking.people import note_viewed
from booking.refusals import NotAllowed, NotNow, RuleRefuses
from web import booking_access, closing_letters, forms, letters
from web.auth import SIGNED_IN, require_at, requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.follows import follows
from web.views.booking import refused_page
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


# --- substitutes ---


def my_offer(db: Session, ref: str) -> Substitute:
    """An offer for a time this person may change. Raises NotFound, NotAllowed."""
    offered = substitutes.substitute_of(db, ref)
    if not booking_access.changes_own(offered.occurrence.booking):
        raise NotAllowed
    return offered


@bp.get("/substitutes/<substitute_ref>")
@requires(SIGNED_IN)
def offer(substitute_ref: str) -> ResponseReturnValue:
    with reading() as db:
        offered = my_offer(db, substitute_ref)
        others = substitutes.offers_for(db, [offered.occurrence_id], now())
        return render_template("recalls/offer.html", offered=offered, row=offered.occurrence, others=others)


@bp.post("/substitutes/<substitute_ref>")
@requires(SIGNED_IN)
def take(substitute_ref: str) -> ResponseReturnValue:
    """One click: the time is booked again in the other space, at the price agreed before."""
    try:
        with transaction() as db:
            offered = my_offer(db, substitute_ref)
            substitutes.take(db, offered, by=signed_in().id, now=now())
            row = offered.occurrence
            letters.moved(db, row.booking, [row], now())
            ref = row.booking.ref
    except RuleRefuses as no:
        return refused_page(no, forms.blank()), 409
    flash(_("The time is yours in the other space. The doors know it."), "success")
    return redirect(url_for("booking.show", booking_ref=ref))
