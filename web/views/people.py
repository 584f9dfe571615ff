"""For the administrator: the staff and its roles, and what is kept about a person, to be erased when they ask."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.erasure import erase_person
from booking import people, premises, roles, staff
from booking.deciders import PLAIN
from booking.refusals import BadInput
from booking.roles import Role
from booking.staff import STAFF_ROLES
from web import forms, i18n, words
from web.auth import requires
from web.clock import now, today
from web.db import reading, transaction
from web.words_of_booking import decider_name, decider_words

bp = Blueprint("people", __name__, url_prefix="/people")


def deciding_roles() -> list[str]:
    """The roles of the rulebooks that no role of the staff is by itself."""
    return [word for word in decider_words() if word not in PLAIN]


class AppointForm(forms.FormSchema):
    email = forms.Email(required=True)
    role = forms.Choice(STAFF_ROLES, required=True)
    premises = forms.Text(load_default="")
    first_on = forms.Day(required=True)
    last_on = forms.Day(load_default=None)
    decides_as = forms.Choice(deciding_roles, load_default=None)
    stand_in = forms.Tick()


class EndForm(forms.FormSchema):
    last_on = forms.Day(required=True)


class FindForm(forms.FormSchema):
    email = forms.Email(required=True)


class EraseForm(forms.FormSchema):
    ground = forms.Choice(("asked", "expired"), required=True)
    sure = forms.Choice(("1",), required=True)


def page(form: forms.Form[Any]) -> ResponseReturnValue:
    """The staff as it is, and the form for a new role as it stands."""
    with reading() as db:
        grants = staff.staff(db, on=today(), at=now())
        places = premises.all_premises(db)
    named = {place.id: place.name(i18n.language()) for place in places}
    choices = [(place.ref, named[place.id]) for place in places]
    decides = sorted(((word, decider_name(word)) for word in deciding_roles()), key=lambda pair: pair[1])
    named_roles = [(role.value, words.role_name(role)) for role in STAFF_ROLES]
    values = {"grants": grants, "named": named, "premises": choices, "roles": named_roles, "decides": decides}
    answer = render_template("people/staff.html", form=form, today=today(), **values)
    return answer, 422 if form.errors else 200


@bp.get("")
@requires(Role.ADMINISTRATOR)
def show_staff() -> ResponseReturnValue:
    return page(forms.blank(first_on=today().isoformat()))


@bp.post("")
@requires(Role.ADMINISTRATOR)
def appoint() -> ResponseReturnValue:
    form = forms.filled(AppointForm())
    if form.ok:
        with form.catching(), transaction() as db:
            given = dict(form.wish)
            place = given.pop("premises")
            at = premises.premises_of(db, place).id if place else None
            staff.appoint(db, **given | {"role": Role(given["role"])}, premises=at, by=g.person.id, now=now())
            flash(_("The role has been given."), "success")
            return redirect(url_for("people.show_staff"))
    return page(form)


@bp.post("/roles/<grant_ref>/end")
@requires(Role.ADMINISTRATOR)
def dismiss(grant_ref: str) -> ResponseReturnValue:
    form = forms.filled(EndForm())
    last_on = form.wish["last_on"] if form.ok else today()
    with transaction() as db:
        staff.dismiss(db, grant_ref, last_on=last_on, by=g.person.id, now=now())
    flash(_("The role ends on %(day)s.", day=i18n.day(last_on, "plain")), "success")
    return redirect(url_for("people.show_staff"))


@bp.get("/find")
@requires(Role.ADMINISTRATOR)
def find() -> ResponseReturnValue:
    """Somebody by their whole e-mail address."""
    form = forms.filled(FindForm(), request.args) if "email" in request.args else forms.blank()
    if form.ok:
        with form.catching(), reading() as db:
            person = people.by_email(db, form.wish["email"])
            if person is None:
                raise BadInput(field="email", problem="unknown_person")
            return redirect(url_for("people.show", person_ref=person.ref))
    return render_template("people/find.html", form=form), 422 if form.errors else 200


@bp.get("/<person_ref>")
@requires(Role.ADMINISTRATOR)
def show(person_ref: str) -> ResponseReturnValue:
    """What is kept about a person, in short; the look is told."""
    return person_page(person_ref, forms.blank())


def person_page(ref: str, form: forms.Form[Any]) -> ResponseReturnValue:
    with transaction() as db:
        person = people.found(people.by_ref(db, ref))
        people.note_seen(db, person, by=g.person.id, now=now())
        grants = roles.roles_of(db, person.id, today(), at=now())
    answer = render_template("people/person.html", form=form, person=person, grants=grants)
    return answer, 422 if form.errors else 200


@bp.post("/<person_ref>/erase")
@requires(Role.ADMINISTRATOR)
def erase(person_ref: str) -> ResponseReturnValue:
    form = forms.filled(EraseForm())
    if form.ok:
        with form.catching(), transaction() as db:
            person = people.found(people.by_ref(db, person_ref))
            erase_person(db, person, by=g.person.id, now=now(), today=today(), ground=form.wish["ground"])
            flash(_("The person has been erased."), "success")
            return redirect(url_for("people.show_staff"))
    return person_page(person_ref, form)
