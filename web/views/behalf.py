"""Booking for somebody who phoned: staff finds the organisation or person, or notes a new person without e-mail."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking import organisations, people
from booking.models import Organisation
from booking.people import Profile
from booking.refusals import NotFound
from booking.roles import Role
from web import forms, i18n
from web.auth import requires, signed_in
from web.clock import now, today
from web.db import reading, transaction

bp = Blueprint("behalf", __name__)
KEPT = ("space", "day", "start", "end")  # what the form was asked with, carried along


class CallerForm(forms.FormSchema):
    name = forms.Text(required=True, longest=100)
    phone = forms.Text(required=True, longest=40)
    language = forms.Choice(i18n.LANGUAGES, load_default="fi")


def kept() -> dict[str, Any]:
    return {name: request.values[name] for name in KEPT if request.values.get(name)}


@bp.get("/book/for")
@requires(Role.MANAGER, Role.OPERATOR, Role.CARETAKER)
def choose() -> ResponseReturnValue:
    return page(forms.blank(language=i18n.language()))


def page(form: forms.Form[Any]) -> str:
    seek = request.args.get("seek", "").strip()
    with reading() as db:
        return render_template("behalf/choose.html", form=form, seek=seek, found=found(db, seek), kept=kept())


def found(db: Session, seek: str) -> list[Organisation]:
    """Organisations by a part of the name or a number; private persons only by their whole e-mail address."""
    if not seek:
        return []
    person = people.by_email(db, seek) if "@" in seek else None
    own = people.own_entry(db, person.id) if person else None
    return [own] if own else organisations.listed(db, seek=seek)


@bp.post("/book/for")
@requires(Role.MANAGER, Role.OPERATOR, Role.CARETAKER)
def note_caller() -> ResponseReturnValue:
    """Note a new person who has no e-mail, and go on to the form for them."""
    form = forms.filled(CallerForm())
    if form.ok:
        with form.catching(), transaction() as db:
            profile = Profile(form.wish["name"], form.wish["phone"], form.wish["language"])
            person = people.register(db, profile, email=None, by=signed_in().id, now=now(), first_on=today())
            own = people.own_entry(db, person.id)
            if own is None:
                raise NotFound(what="organisation")
            return redirect(url_for("booking.new", organisation=own.ref, **kept()))
    return page(form), 422
