"""The register of metal keys of the premises one works at: handed out, back, overdue, lost."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import metal_keys, stand_ins
from access.metal_key_models import KeyLoan, MetalKey
from access.metal_keys import HandOut
from booking import bookings, people
from booking.models import Booking, Person
from booking.refusals import BadInput, NotFound
from web import auth, forms
from web.auth import requires
from web.clock import now, today
from web.db import reading, transaction
from web.views.cards import kept_people
from web.workplaces import ON_SITE, ids, place_of, workplaces

bp = Blueprint("metal_keys", __name__)


class KeyForm(forms.FormSchema):
    place = forms.Text(required=True)
    number = forms.Text(required=True, longest=40)
    opens = forms.Text(required=True, longest=200)
    kept_at = forms.Text(load_default="", longest=200)


class HandOutForm(forms.FormSchema):
    whom = forms.Text(load_default="")
    who = forms.Text(load_default="", longest=254)
    booking = forms.Text(load_default="")
    due_on = forms.Day(required=True)
    deposit = forms.Euros(load_default=0)


@bp.get("/keys")
@requires(*ON_SITE)
def listing() -> ResponseReturnValue:
    return _list_page(forms.blank())


@bp.post("/keys")
@requires(*ON_SITE)
def add() -> ResponseReturnValue:
    form = forms.filled(KeyForm())
    with form.catching(), transaction() as db:
        if form.ok:
            wish = dict(form.wish)
            place = place_of(db, wish.pop("place"), *ON_SITE)
            row = metal_keys.add(db, place, by=g.person.id, now=now(), **wish)
            return redirect(url_for("metal_keys.show", key_ref=row.ref))
    return _list_page(form), 422


@bp.get("/keys/<key_ref>")
@requires(*ON_SITE)
def show(key_ref: str) -> ResponseReturnValue:
    """Names of who had it are on it, so looking is noted."""
    with transaction() as db:
        key = _key(db, key_ref)
        people.note_listed(db, [loan.person_id for loan in key.loans], by=g.person.id, now=now(), where="keys")
        return _page(db, key, forms.blank())


@bp.post("/keys/<key_ref>/hand-out")
@requires(*ON_SITE)
def hand_out(key_ref: str) -> ResponseReturnValue:
    form = forms.filled(HandOutForm())
    with form.catching(), transaction() as db:
        key = _key(db, key_ref)
        if form.ok:
            person = _person(db, form.wish)
            booking = bookings.booking_of(db, ref) if (ref := form.wish["booking"]) else None
            wish = HandOut(person, form.wish["due_on"], _here(booking, key), form.wish["deposit"])
            metal_keys.hand_out(db, key, wish, by=g.person.id, now=now(), today=today())
            flash(_("Key %(number)s is with %(name)s now.", number=key.number, name=person.name), "success")
            return redirect(url_for("metal_keys.show", key_ref=key_ref))
    with reading() as db:
        return _page(db, _key(db, key_ref), form), 422


@bp.post("/keys/<key_ref>/back")
@requires(*ON_SITE)
def back(key_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        metal_keys.take_back(db, _loan(db, key_ref), by=g.person.id, now=now())
    flash(_("The key is back."), "success")
    return redirect(url_for("metal_keys.show", key_ref=key_ref))


@bp.post("/keys/<key_ref>/lost")
@requires(*ON_SITE)
def lost(key_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        metal_keys.note_lost(db, _loan(db, key_ref), by=g.person.id, now=now())
    flash(_("Noted as lost. Think of the lock: a card can be blocked, a key cannot."), "warning")
    return redirect(url_for("metal_keys.show", key_ref=key_ref))


@bp.post("/keys/<key_ref>/found")
@requires(*ON_SITE)
def found(key_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        metal_keys.note_found(db, _key(db, key_ref), by=g.person.id, now=now())
    return redirect(url_for("metal_keys.show", key_ref=key_ref))


def _key(db: Session, ref: str) -> MetalKey:
    """A key of a premises one works at. Raises NotFound, NotAllowed."""
    key = metal_keys.by_ref(db, ref)
    auth.require_at(key.premises_id, *ON_SITE)
    return key


def _loan(db: Session, ref: str) -> KeyLoan:
    loan = metal_keys.out(_key(db, ref))
    if loan is None:
        raise NotFound(what="loan")
    return loan


def _person(db: Session, wish: dict[str, Any]) -> Person:
    if not wish["whom"]:
        return stand_ins.known_person(db, wish["who"])
    chosen = next((one for one in kept_people(db) if one.ref == wish["whom"]), None)
    if chosen is None:
        raise BadInput(field="whom", problem="not_one_of")
    return chosen


def _here(booking: Booking | None, key: MetalKey) -> Booking | None:
    """Raises BadInput for a booking of another premises."""
    if booking and all(row.space.premises_id != key.premises_id for row in booking.occurrences):
        raise BadInput(field="booking", problem="other premises")
    return booking


def _list_page(form: forms.Form[Any]) -> str:
    with reading() as db:
        places = workplaces(db, *ON_SITE)
        return render_template(
            "metal_keys/list.html",
            form=form,
            places=[(place.ref, place) for place in places],
            keys=[(key, metal_keys.out(key)) for key in metal_keys.at_premises(db, ids(places))],
            late=metal_keys.overdue(db, ids(places), today()),
            today=today(),
        )


def _page(db: Session, key: MetalKey, form: forms.Form[Any]) -> str:
    return render_template(
        "metal_keys/show.html",
        key=key,
        loan=metal_keys.out(key),
        form=form,
        people=[(one.ref, one.name) for one in kept_people(db)],
        today=today(),
    )
