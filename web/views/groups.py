"""Groups inside an organisation, and the members of an umbrella organisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import organisations, roles
from booking.models import Organisation
from booking.register import groups
from booking.register.groups import GroupWish
from booking.roles import Role
from booking.rulebooks import words as rule_words
from web import auth, forms
from web.auth import requires
from web.clock import now, today
from web.db import reading, transaction
from web.views.organisations import seen

bp = Blueprint("groups", __name__, url_prefix="/organisations/<organisation_ref>")


class GroupForm(forms.FormSchema):
    makes: ClassVar[Callable[..., Any]] = GroupWish
    name = forms.Text(required=True, longest=100)
    age_group = forms.Choice(rule_words()["audience_group"], load_default="")
    contact = forms.Text(load_default="")


class MemberForm(forms.FormSchema):
    member = forms.Text(required=True)
    first_on = forms.Day(required=True)


class EndForm(forms.FormSchema):
    last_on = forms.Day(required=True)


def own(db: Session, ref: str) -> Organisation:
    """The entry, for those who run it. Raises NotFound, NotAllowed."""
    row = seen(db, ref)
    auth.require_for(row.id, Role.SECRETARY)
    return row


def people_of(db: Session, row: Organisation) -> list[tuple[str, str]]:
    """Those who may be named as contacts."""
    grants = organisations.members(db, row, on=today(), at=now())
    return list({grant.person.ref: grant.person.name for grant in grants}.items())


@bp.get("/groups")
@requires(Role.SECRETARY)
def show(organisation_ref: str) -> ResponseReturnValue:
    return page(organisation_ref, forms.blank())


def page(ref: str, form: forms.Form[Any]) -> ResponseReturnValue:
    with reading() as db:
        row = own(db, ref)
        found, people = groups.of_organisation(db, row.id), people_of(db, row)
    answer = render_template("groups/show.html", row=row, groups=found, people=people, form=form)
    return answer, 422 if form.errors else 200


@bp.post("/groups")
@requires(Role.SECRETARY)
def add(organisation_ref: str) -> ResponseReturnValue:
    form = forms.filled(GroupForm())
    with reading() as db:
        own(db, organisation_ref)
    if form.ok:
        with form.catching(), transaction() as db:
            groups.add(db, own(db, organisation_ref), form.wish, by=g.person.id, now=now(), today=today())
            flash(_("The group has been added."), "success")
            return redirect(url_for("groups.show", organisation_ref=organisation_ref))
    return page(organisation_ref, form)


@bp.get("/groups/<group_ref>")
@requires(Role.SECRETARY)
def edit(organisation_ref: str, group_ref: str) -> ResponseReturnValue:
    return group_page(organisation_ref, group_ref, None)


def group_page(ref: str, group_ref: str, form: forms.Form[Any] | None) -> ResponseReturnValue:
    with reading() as db:
        row = own(db, ref)
        group, people = groups.by_ref(db, row.id, group_ref), people_of(db, row)
        contact = group.contact.ref if group.contact else None
    form = form or forms.blank(name=group.name, age_group=group.age_group, contact=contact)
    answer = render_template("groups/edit.html", row=row, group=group, people=people, form=form)
    return answer, 422 if form.errors else 200


@bp.post("/groups/<group_ref>")
@requires(Role.SECRETARY)
def change(organisation_ref: str, group_ref: str) -> ResponseReturnValue:
    form = forms.filled(GroupForm())
    with reading() as db:
        own(db, organisation_ref)
    if form.ok:
        with form.catching(), transaction() as db:
            row = own(db, organisation_ref)
            group = groups.by_ref(db, row.id, group_ref)
            groups.change(db, group, row, form.wish, by=g.person.id, now=now(), today=today())
            flash(_("The changes have been saved."), "success")
            return redirect(url_for("groups.show", organisation_ref=organisation_ref))
    return group_page(organisation_ref, group_ref, form)


@bp.post("/groups/<group_ref>/end")
@requires(Role.SECRETARY)
def end(organisation_ref: str, group_ref: str) -> ResponseReturnValue:
    """The group is no more; roles for it end at once, its bookings stay with the organisation."""
    with transaction() as db:
        row = own(db, organisation_ref)
        group = groups.by_ref(db, row.id, group_ref)
        for grant in groups.end(db, group, row, by=g.person.id, now=now(), today=today()):
            roles.end_at(db, grant, at=now(), on=today(), by=g.person.id, now=now(), why="group")
    flash(_("The group has ended."), "success")
    return redirect(url_for("groups.show", organisation_ref=organisation_ref))


@bp.get("/members")
@requires(Role.SECRETARY)
def members(organisation_ref: str) -> ResponseReturnValue:
    return members_page(organisation_ref, forms.blank(first_on=today().isoformat()))


def members_page(ref: str, form: forms.Form[Any]) -> ResponseReturnValue:
    with reading() as db:
        row = own(db, ref)
        found = groups.members_of(db, row.id, on=today())
        choices = [(one.ref, one.name) for one in organisations.listed(db) if one.id != row.id]
    answer = render_template("groups/members.html", row=row, members=found, choices=choices, form=form, today=today())
    return answer, 422 if form.errors else 200


@bp.post("/members")
@requires(Role.SECRETARY)
def take_in(organisation_ref: str) -> ResponseReturnValue:
    form = forms.filled(MemberForm())
    with reading() as db:
        own(db, organisation_ref)
    if form.ok:
        with form.catching(), transaction() as db:
            member = organisations.by_ref(db, form.wish["member"])
            row = own(db, organisation_ref)
            groups.take_in(db, row, member, first_on=form.wish["first_on"], by=g.person.id, now=now())
            flash(_("The member has been added."), "success")
            return redirect(url_for("groups.members", organisation_ref=organisation_ref))
    return members_page(organisation_ref, form)


@bp.post("/members/<member_ref>/end")
@requires(Role.SECRETARY)
def let_out(organisation_ref: str, member_ref: str) -> ResponseReturnValue:
    form = forms.filled(EndForm())
    with transaction() as db:
        last_on = form.wish["last_on"] if form.ok else today()
        groups.let_out(db, own(db, organisation_ref), member_ref, last_on=last_on, by=g.person.id, now=now())
    flash(_("The membership has ended."), "success")
    return redirect(url_for("groups.members", organisation_ref=organisation_ref))
