"""Cards: one's own, and those of the people a secretary or a manager has to do with; enrolled, lost, blocked."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import credentials
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
    me = auth.signed_in()
    with reading() as db:
        own = credentials.cards_of(db, me.id)
        others = [person for person in kept_people(db) if person.id != me.id]
        return render_template("cards/mine.html", form=forms.blank(), cards=own, person=me, others=others)


@bp.get("/cards/of/<person_ref>")
@requires(SIGNED_IN)
def of_person(person_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        person = cardholder(db, person_ref)
        if person.id != g.person.id:
            people.note_viewed(db, person, by=g.person.id, now=now(), why="cards")
        return _page(db, person, forms.blank())


@bp.post("/cards/of/<person_ref>")
@requires(SIGNED_IN)
def enrol(person_ref: str) -> ResponseReturnValue:
    form = forms.filled(CardForm())
    with form.catching(), transaction() as db:
        person = cardholder(db, person_ref)
        if form.ok:
            typed = {"label": form.wish["label"], "batch": form.wish["batch"]}
            card = form.wish["card"]
            made = credentials.enrol(db, vault(), person.id, card, by=g.person.id, now=now(), **typed)
            flash(_("The card has been enrolled. The doors of coming bookings learn it by themselves."), "success")
            _flash_unknown(made)
            return redirect(url_for("cards.of_person", person_ref=person_ref))
    with reading() as db:
        return _page(db, cardholder(db, person_ref), form), 422


@bp.get("/cards/of/<person_ref>/<card_ref>/block")
@requires(SIGNED_IN)
def blocking(person_ref: str, card_ref: str) -> ResponseReturnValue:
    return _blocking_page(person_ref, card_ref, forms.blank(why="lost"))


@bp.post("/cards/of/<person_ref>/<card_ref>/block")
@requires(SIGNED_IN)
def block(person_ref: str, card_ref: str) -> ResponseReturnValue:
    form = forms.filled(BlockForm())
    with form.catching(), transaction() as db:
        card = card_of(db, cardholder(db, person_ref), card_ref)
        if form.ok:
            credentials.revoke(db, card.ref, by=g.person.id, now=now(), why=form.wish["why"])
            flash(
                _("The card is blocked at every door. Bookings stay; their page shows when each door knows it."),
                "success",
            )
            return redirect(url_for("cards.of_person", person_ref=person_ref))
    return _blocking_page(person_ref, card_ref, form), 422


def kept_people(db: Session) -> list[Person]:
    """The people whose cards this person may keep, themselves not counted in unless they are among them."""
    secretary = [one.id for one in auth.organisations(Role.SECRETARY)]
    known = known_people.of_organisations(db, secretary, today())
    known += known_people.at_premises(db, ids(workplaces(db, *KEEPERS)), now(), today())
    return sorted({person.id: person for person in known}.values(), key=lambda person: (person.name, person.id))


def cardholder(db: Session, ref: str) -> Person:
    """The person, when it is oneself or one whose cards one may keep. Raises NotFound, NotAllowed."""
    person = people.by_ref(db, ref)
    if person is None:
        raise NotFound(what="person")
    administrator = Role.ADMINISTRATOR in auth.held()
    if person.id != auth.signed_in().id and not administrator and person.id not in {one.id for one in kept_people(db)}:
        raise NotAllowed
    return person


def card_of(db: Session, person: Person, ref: str) -> Credential:
    """A live card of this person. Raises NotFound."""
    found = next((card for card in credentials.cards_of(db, person.id) if card.ref == ref), None)
    if found is None:
        raise NotFound(what="card")
    return found


def _flash_unknown(made: credentials.Enrolled) -> None:
    if made.unknown_at:
        doors = ", ".join(door.name(i18n.language()) for door in made.unknown_at)
        flash(
            _("These doors see more of the card than was typed and do not know it: %(doors)s", doors=doors), "warning"
        )


def _page(db: Session, person: Person, form: forms.Form[Any]) -> str:
    return render_template("cards/person.html", form=form, person=person, cards=credentials.cards_of(db, person.id))


def _blocking_page(person_ref: str, card_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        person = cardholder(db, person_ref)
        return render_template("cards/block.html", form=form, person=person, card=card_of(db, person, card_ref))
