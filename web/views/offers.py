"""A freed slot offered from the waiting list: what it is, until when, and yes or no."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.refusals import NotAllowed, RuleRefuses
from booking.rounds import offering
from booking.rounds.season_models import SlotOffer
from web import auth, forms, letters
from web.auth import SIGNED_IN, requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.grant_access import ACTS_FOR
from web.views.booking import refused_page

bp = Blueprint("offers", __name__, url_prefix="/offers/<offer_ref>")


def own_offer(db: Session, ref: str) -> SlotOffer:
    """Raises NotFound, NotAllowed."""
    offer = offering.offer_of(db, ref)
    if not auth.acts_for(offer.entry.organisation_id, *ACTS_FOR, group=offer.entry.group_id):
        raise NotAllowed
    return offer


@bp.get("")
@requires(SIGNED_IN)
def show(offer_ref: str) -> ResponseReturnValue:
    with reading() as db:
        offer = own_offer(db, offer_ref)
        days = [date.fromisoformat(day) for day in offer.days]
        left = max(0, int((offer.until_at - now()).total_seconds() // 60))
        is_open = offer.state == "open" and offer.until_at > now()
        return render_template("offers/show.html", offer=offer, days=days, left_min=left, is_open=is_open)


@bp.post("/accept")
@requires(SIGNED_IN)
def accept(offer_ref: str) -> ResponseReturnValue:
    try:
        with transaction() as db:
            own_offer(db, offer_ref)
            booking = offering.accept(db, offer_ref, by=signed_in().id, now=now())
            letters.booked(db, booking, now())
            ref = booking.ref
    except RuleRefuses as no:
        return refused_page(no, forms.blank()), 409
    flash(_("The times are yours. They are booked."), "success")
    return redirect(url_for("booking.show", booking_ref=ref))


@bp.post("/decline")
@requires(SIGNED_IN)
def decline(offer_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        own_offer(db, offer_ref)
        offering.decline(db, offer_ref, by=signed_in().id, now=now())
    flash(_("Thank you. The next one on the list is asked. You go on waiting for other times."), "success")
    return redirect(url_for("waiting.show"))
