"""Cards: one's own, and those of the people who come to the premises one runs; enrolled, lost, blocked.

A secretary keeps nobody's cards: anybody can found an organisation and give anybody a role in it, and a card enrolled
for somebody opens whatever they have booked, with any organisation.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import card_numbers, credentials
from access.models import Credential
from booking import known_people, people
from booking.models import Person
from booking.refusals import NotAllowed, NotFound
from booking.roles import Role
from web import auth, forms, i18n
from web.auth import SIGNED_IN, requires
from web.clock import now, today
from web.db import reading, transaction, vault
from web.workplaces import KEEPERS, ids, workplaces

bp = Blueprint("cards", __name__)
WHY = ("lost", "returned", "replaced")


class CardForm(forms.FormSchema):
    card = forms.Text(required=True, longest=40)
    batch = forms.Text(load_default="", longest=4)
    label = forms.Text(load_default="", longest=60)


class BlockForm(forms.FormSchema):
    why = forms.Choice(WHY, required=True)


@bp.get("/cards")
@requires(SIGNED_IN)
def mine() -> ResponseReturnValue:
    return _own_page(forms.blank())


@bp.post("/cards")
@requires(SIGNED_IN)
def enrol_mine() -> ResponseReturnValue:
    form = forms.filled(CardForm())
    if only_checked(form):
        return _own_page(form)
    with form.catching(), transaction() as db:
        if form.ok:
            _enrol(db, auth.signed_in(), form.wish)
            return redirect(url_for("cards.mine"))
    return _own_page(form), 422


@bp.get("/cards/<card_ref>/block")
@requires(SIGNED_IN)
def blocking_mine(card_ref: str) -> ResponseReturnValue:
    with reading() as db:
        return _blocking_page(db, auth.signed_in(), card_ref, forms.blank(why="lost"))


@bp.post("/cards/<card_ref>/block")
@requires(SIGNED_IN)
def block_mine(card_ref: str) -> ResponseReturnValue:
    form = forms.filled(BlockForm())
    with transaction() as db:
        if not form.ok:
            return _blocking_page(db, auth.signed_in(), card_ref, form), 422
        _block(db, auth.signed_in(), card_ref, form.wish["why"])
    return redirect(url_for("cards_blocked.mine", card_ref=card_ref))


@bp.post("/cards/<card_ref>/longer")
@requires(SIGNED_IN)
def longer_mine(card_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        _mark(db, card_of(db, auth.signed_in(), card_ref))
    return redirect(url_for("cards.mine"))


@bp.post("/cards/of/<person_ref>/<card_ref>/longer")
@requires(*KEEPERS)
def longer(person_ref: str, card_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        _mark(db, card_of(db, cardholder(db, person_ref), card_ref))
    return redirect(url_for("cards.of_person", person_ref=person_ref))


@bp.get("/cards/of/<person_ref>")
@requires(*KEEPERS)
def of_person(person_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        person = cardholder(db, person_ref)
        people.note_viewed(db, person, by=g.person.id, now=now(), why="cards")
        return _page(db, person, forms.blank())


@bp.post("/cards/of/<person_ref>")
@requires(*KEEPERS)
def enrol(person_ref: str) -> ResponseReturnValue:
    form = forms.filled(CardForm())
    looked = only_checked(form)
    with form.catching(), transaction() as db:
        person = cardholder(db, person_ref)
        if looked:
            return _page(db, person, form)
        if form.ok:
            _enrol(db, person, form.wish)
            return redirect(url_for("cards.of_person", person_ref=person_ref))
    with reading() as db:
        return _page(db, cardholder(db, person_ref), form), 422


@bp.get("/cards/of/<person_ref>/<card_ref>/block")
@requires(*KEEPERS)
def blocking(person_ref: str, card_ref: str) -> ResponseReturnValue:
    with reading() as db:
        return _blocking_page(db, cardholder(db, person_ref), card_ref, forms.blank(why="lost"))


@bp.post("/cards/of/<person_ref>/<card_ref>/block")
@requires(*KEEPERS)
def block(person_ref: str, card_ref: str) -> ResponseReturnValue:
    form = forms.filled(BlockForm())
    with transaction() as db:
        person = cardholder(db, person_ref)
        if not form.ok:
            return _blocking_page(db, person, card_ref, form), 422
        _block(db, person, card_ref, form.wish["why"])
    return redirect(url_for("cards_blocked.of_person", person_ref=person_ref, card_ref=card_ref))


def only_checked(form: forms.Form[Any]) -> bool:
    """Whether the number was only to be checked: then `form` shows how we read it, and nothing is kept."""
    if "check" not in request.form or not form.ok:
        return False
    with form.catching():
        form.typed["read"] = card_numbers.canonical(
            card_numbers.card_number(form.wish["card"], batch=form.wish["batch"])
        )
    return True


def kept_people(db: Session) -> list[Person]:
    """The people whose cards this person may keep, themselves not counted in unless they are among them."""
    return known_people.at_premises(db, ids(workplaces(db, *KEEPERS)), now(), today())


def cardholder(db: Session, ref: str) -> Person:
    """A person whose cards one may keep. Raises NotFound, NotAllowed."""
    person = people.found(people.by_ref(db, ref))
    if Role.ADMINISTRATOR not in auth.held() and person.id not in {one.id for one in kept_people(db)}:
        raise NotAllowed
    return person


def card_of(db: Session, person: Person, ref: str) -> Credential:
    """A live card of this person. Raises NotFound."""
    found = next((card for card in credentials.cards_of(db, person.id) if card.ref == ref), None)
    if found is None:
        raise NotFound(what="card")
    return found


def _enrol(db: Session, person: Person, wish: dict[str, Any]) -> None:
    typed = {"label": wish["label"], "batch": wish["batch"]}
    made = credentials.enrol(db, vault(), person.id, wish["card"], by=g.person.id, now=now(), **typed)
    flash(_("The card has been enrolled. The doors of coming bookings learn it by themselves."), "success")
    if made.unknown_at:
        doors = ", ".join(door.name(i18n.language()) for door in made.unknown_at)
        flash(
            _("These doors see more of the card than was typed and do not know it: %(doors)s", doors=doors), "warning"
        )


def _block(db: Session, person: Person, card_ref: str, why: str) -> None:
    credentials.revoke(db, card_of(db, person, card_ref).ref, by=g.person.id, now=now(), why=why)
    flash(_("The card is blocked. Bookings stay."), "success")


def _mark(db: Session, card: Credential) -> None:
    longer = "longer" in request.form
    credentials.need_longer(db, card, by=g.person.id, now=now(), longer=longer)
    if longer:
        flash(_("Doors now wait longer before they say that they were left open."), "success")
    else:
        flash(_("Doors wait for this card as for everybody."), "success")


def _own_page(form: forms.Form[Any]) -> str:
    me = auth.signed_in()
    with reading() as db:
        own = credentials.cards_of(db, me.id)
        others = [person for person in kept_people(db) if person.id != me.id]
        return render_template("cards/mine.html", form=form, cards=own, person=me, others=others)


def _page(db: Session, person: Person, form: forms.Form[Any]) -> str:
    return render_template("cards/person.html", form=form, person=person, cards=credentials.cards_of(db, person.id))


def _blocking_page(db: Session, person: Person, card_ref: str, form: forms.Form[Any]) -> str:
    card = card_of(db, person, card_ref)
    return render_template("cards/block.html", form=form, person=person, card=card, own=person.id == g.person.id)
