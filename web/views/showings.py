"""Enrolling a card at a reader: choose the door, show the card within two minutes, see where it works."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from access import card_showings, register, upcoming
from access.code_models import ShowingState
from access.models import Credential, Door
from booking import premises
from booking.models import Person, Premises
from booking.refusals import BadInput, NotFound, NotNow
from web import auth
from web.auth import SIGNED_IN, requires
from web.clock import now
from web.db import reading, transaction
from web.errors import sentence
from web.views.cards import card_of, cardholder
from web.workplaces import KEEPERS, ids, workplaces

bp = Blueprint("showings", __name__)


@bp.get("/cards/show")
@requires(SIGNED_IN)
def choose_mine() -> ResponseReturnValue:
    with reading() as db:
        return _choose_page(db, auth.signed_in())


@bp.post("/cards/show")
@requires(SIGNED_IN)
def begin_mine() -> ResponseReturnValue:
    return _begin(None)


@bp.get("/cards/of/<person_ref>/show")
@requires(*KEEPERS)
def choose(person_ref: str) -> ResponseReturnValue:
    with reading() as db:
        return _choose_page(db, cardholder(db, person_ref))


@bp.post("/cards/of/<person_ref>/show")
@requires(*KEEPERS)
def begin(person_ref: str) -> ResponseReturnValue:
    return _begin(person_ref)


@bp.get("/cards/showing/<showing_ref>")
@requires(SIGNED_IN)
def show(showing_ref: str) -> ResponseReturnValue:
    """Looks again every second while the card is waited for."""
    with reading() as db:
        row = card_showings.by_ref(db, showing_ref)
        if g.person.id not in (row.person_id, row.asked_by):
            raise NotFound(what="showing")
        card = db.get(Credential, row.credential_id) if row.credential_id else None
        state = card_showings.state_of(row, now())
        known = card_showings.reach(db, card, register.at_premises(db, row.door.premises_id)) if card else None
        left_s = max(0, int((row.until_at - now()).total_seconds()))
        values = {"row": row, "state": state, "reach": known, "left_s": left_s, "own": row.person_id == g.person.id}
        return render_template("cards/showing.html", **values, waiting=state is ShowingState.WAITING)


def _begin(person_ref: str | None) -> ResponseReturnValue:
    try:
        with transaction() as db:
            person = cardholder(db, person_ref) if person_ref else auth.signed_in()
            door = _door(db, person)
            known = _card(db, person)
            label = request.form.get("label", "").strip()[:60]
            row = card_showings.begin(db, door, person, by=g.person.id, now=now(), label=label, known=known)
            return redirect(url_for("showings.show", showing_ref=row.ref))
    except (NotNow, BadInput) as no:
        flash(sentence(no), "warning")
    return redirect(
        url_for("showings.choose", person_ref=person_ref) if person_ref else url_for("showings.choose_mine")
    )


def _card(db: Session, person: Person) -> Credential | None:
    """The card to be known at one door more, when one is named. Raises NotFound for somebody else's."""
    ref = request.values.get("card", "")
    return card_of(db, person, ref) if ref else None


def _door(db: Session, person: Person) -> Door:
    found = [door for _place, doors in _places(db, person) for door in doors if door.ref == request.form.get("door")]
    if not found:
        raise BadInput(field="door", problem="not_one_of")
    return found[0]


def _places(db: Session, person: Person) -> list[tuple[Premises, list[Door]]]:
    """The doors with readers where the person has a time ahead, and where one works."""
    seen = upcoming.premises_of_person(db, person.id, now()) | set(ids(workplaces(db, *KEEPERS)))
    places = [place for place in premises.all_premises(db) if place.id in seen]
    found = [(place, card_showings.readers(register.at_premises(db, place.id))) for place in places]
    return [(place, doors) for place, doors in found if doors]


def _choose_page(db: Session, person: Person) -> str:
    card = _card(db, person)
    places = _places(db, person)
    doors = [door for _place, some in places for door in some]
    return render_template(
        "cards/show.html",
        person=person,
        own=person.id == g.person.id,
        card=card,
        places=places,
        known={door.id for door in card_showings.reach(db, card, doors).known} if card else set(),
    )
