"""The staff and its roles, for the administrator; and registering people who phone, for whoever books for them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking import people, premises, staff
from booking.people import Profile
from booking.roles import Role
from booking.staff import STAFF_ROLES
from web import forms, i18n, words
from web.auth import requires
from web.clock import now, today
from web.db import reading, transaction

bp = Blueprint("people", __name__, url_prefix="/people")


class AppointForm(forms.FormSchema):
    email = forms.Email(required=True)
    role = forms.Choice(STAFF_ROLES, required=True)
    premises = forms.Text(load_default="")
    first_on = forms.Day(required=True)
    last_on = forms.Day(load_default=None)


class EndForm(forms.FormSchema):
    last_on = forms.Day(required=True)


class PhonerForm(forms.FormSchema):
    name = forms.Text(required=True, longest=100)
    phone = forms.Text(required=True, longest=40)
    email = forms.Email(load_default=None, longest=254)
    language = forms.Choice(i18n.LANGUAGES, required=True)


def page(form: forms.Form[Any]) -> ResponseReturnValue:
    """The staff as it is, and the form for a new role as it stands."""
    with reading() as db:
        grants = staff.staff(db, on=today())
        places = premises.all_premises(db)
    named = {place.id: place.name(i18n.language()) for place in places}
    choices = [(place.ref, named[place.id]) for place in places]
    roles = [(role.value, words.role_name(role)) for role in STAFF_ROLES]
    answer = render_template(
        "people/staff.html", form=form, grants=grants, named=named, premises=choices, roles=roles, today=today()
    )
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


@bp.get("/new")
@requires(Role.MANAGER, Role.OPERATOR)
def new() -> ResponseReturnValue:
    return render_template("people/new.html", form=forms.blank(language="fi"))


@bp.post("/new")
@requires(Role.MANAGER, Role.OPERATOR)
def register() -> ResponseReturnValue:
    """Somebody who phoned; without an e-mail address the staff books for them."""
    form = forms.filled(PhonerForm())
    if form.ok:
        with form.catching(), transaction() as db:
            given = dict(form.wish)
            email = given.pop("email")
            person = people.register(db, Profile(**given), email=email, by=g.person.id, now=now(), first_on=today())
            entry = people.own_entry(db, person.id)
            assert entry is not None
            flash(_("The person is in the register. You may book for them now."), "success")
            return redirect(url_for("organisations.show", organisation_ref=entry.ref))
    return render_template("people/new.html", form=form), 422
