"""Taking a substitute for a time that had to give way, in one click."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.happenings.models import Substitute
from booking.life import substitutes
from booking.refusals import NotAllowed, RuleRefuses
from web import booking_access, forms, letters
from web.auth import SIGNED_IN, requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.views.booking import refused_page

bp = Blueprint("substitutes", __name__, url_prefix="/substitutes")


def my_offer(db: Session, ref: str) -> Substitute:
    """An offer for a time this person may change. Raises NotFound, NotAllowed."""
    offered = substitutes.substitute_of(db, ref)
    if not booking_access.changes_own(offered.occurrence.booking):
        raise NotAllowed
    return offered


@bp.get("/<substitute_ref>")
@requires(SIGNED_IN)
def offer(substitute_ref: str) -> ResponseReturnValue:
    with reading() as db:
        offered = my_offer(db, substitute_ref)
        others = substitutes.offers_for(db, [offered.occurrence_id], now())
        return render_template("substitutes/offer.html", offered=offered, row=offered.occurrence, others=others)


@bp.post("/<substitute_ref>")
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
