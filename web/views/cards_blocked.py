"""A blocked card, door by door, and enrolling it again when it turns up."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import blocking
from booking.models import Person
from web import auth
from web.auth import SIGNED_IN, requires
from web.clock import now
from web.db import reading, transaction
from web.views.cards import cardholder
from web.workplaces import KEEPERS

bp = Blueprint("cards_blocked", __name__)


@bp.get("/cards/<card_ref>/blocked")
@requires(SIGNED_IN)
def mine(card_ref: str) -> ResponseReturnValue:
    with reading() as db:
        return _page(db, auth.signed_in(), card_ref)


@bp.post("/cards/<card_ref>/blocked")
@requires(SIGNED_IN)
def mine_again(card_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        _again(db, auth.signed_in(), card_ref)
    return redirect(url_for("cards.mine"))


@bp.get("/cards/of/<person_ref>/<card_ref>/blocked")
@requires(*KEEPERS)
def of_person(person_ref: str, card_ref: str) -> ResponseReturnValue:
    with reading() as db:
        return _page(db, cardholder(db, person_ref), card_ref)


@bp.post("/cards/of/<person_ref>/<card_ref>/blocked")
@requires(*KEEPERS)
def again(person_ref: str, card_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        _again(db, cardholder(db, person_ref), card_ref)
    return redirect(url_for("cards.of_person", person_ref=person_ref))


def _again(db: Session, person: Person, card_ref: str) -> None:
    blocking.enrol_again(db, blocking.blocked_card(db, person.id, card_ref), by=g.person.id, now=now())
    flash(_("The card has been enrolled again. The doors of coming bookings learn it by themselves."), "success")


def _page(db: Session, person: Person, card_ref: str) -> str:
    card = blocking.blocked_card(db, person.id, card_ref)
    return render_template(
        "cards/blocked.html",
        person=person,
        card=card,
        own=person.id == g.person.id,
        doors=blocking.by_door(db, card),
        undoable=card.revoked_why in blocking.UNDOABLE,
    )
