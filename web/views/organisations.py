"""The register of organisations: the list, an entry, entering and changing one, its people and their dated roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import organisations
from booking.models import Organisation, OrganisationKind
from booking.organisations import OPEN_KINDS, Entry, RoleWish
from booking.refusals import NotFound
from booking.roles import OF_ORGANISATION, Role
from booking.rulebooks import words as rule_words
from web import auth, forms, i18n, words
from web.auth import SIGNED_IN, requires
from web.clock import now, today
from web.db import reading, transaction
from web.limits import limiter

bp = Blueprint("organisations", __name__, url_prefix="/organisations")
YES_NO = {"yes": True, "no": False}
SEES_ALL = (Role.ADMINISTRATOR, Role.AUDITOR)


class SeekForm(forms.FormSchema):
    q = forms.Text(load_default="", longest=100)
    kind = forms.Choice(OrganisationKind, load_default=None)


def entry(for_profit: str, **values: Any) -> Entry:
    return Entry(for_profit=YES_NO.get(for_profit), **values)


class EntryForm(forms.FormSchema):
    makes: ClassVar[Callable[..., Any]] = entry
    name = forms.Text(required=True, longest=200)
    kind = forms.Choice(lambda: [kind for kind, _name in kinds()], required=True)
    registration_number = forms.Text(load_default=None, longest=20)
    business_id = forms.Text(load_default=None, longest=20)
    domicile = forms.Text(required=True, longest=100)
    purpose = forms.Lines(load_default="", longest=2000)
    purposes = forms.Choices(rule_words()["applicant_purpose"], load_default=())
    for_profit = forms.Choice(YES_NO, load_default="")
    members_total = forms.Whole(load_default=None)
    members_under_18 = forms.Whole(load_default=None)
    members_resident = forms.Whole(load_default=None)


def standing(relation: str, complements: str, grants: tuple[str, ...]) -> dict[str, Any]:
    return {"relation": relation or None, "complements": YES_NO.get(complements), "grants": list(grants)}


class StandingForm(forms.FormSchema):
    """What the municipality has judged."""

    makes: ClassVar[Callable[..., Any]] = standing
    relation = forms.Choice(rule_words()["relation"], load_default="")
    complements = forms.Choice(YES_NO, load_default="")
    grants = forms.Choices(rule_words()["board"], load_default=())


def role_wish(role: str, **values: Any) -> RoleWish:
    return RoleWish(role=Role(role), **values)


class RoleForm(forms.FormSchema):
    makes: ClassVar[Callable[..., Any]] = role_wish
    email = forms.Email(required=True)
    role = forms.Choice(OF_ORGANISATION, required=True)
    first_on = forms.Day(required=True)
    last_on = forms.Day(load_default=None)


class EndForm(forms.FormSchema):
    last_on = forms.Day(required=True)


def kinds() -> list[tuple[str, str]]:
    """The kinds this person may enter, with their names."""
    every = [kind for kind in OrganisationKind if kind != OrganisationKind.PERSON]
    mine = every if Role.ADMINISTRATOR in auth.held() else [kind for kind in every if kind in OPEN_KINDS]
    return [(kind.value, words.kind_name(kind)) for kind in mine]


def seen(db: Session, ref: str) -> Organisation:
    """The entry, if this person may know of it: private persons are seen by themselves and by the staff only."""
    row = organisations.by_ref(db, ref)
    private = row.kind == OrganisationKind.PERSON and row.person_id != auth.signed_in().id
    if private and auth.held().isdisjoint(auth.STAFF):
        raise NotFound(what="organisation")
    return row


def runs(row: Organisation) -> bool:
    """Whether this person may change the entry and its roles."""
    return auth.acts_for(row.id, Role.SECRETARY)


def sees_support(row: Organisation) -> bool:
    """Whether this person may see what the organisation was given."""
    return Role.AUDITOR in auth.held() or auth.acts_for(row.id, Role.SECRETARY, Role.BOOKER)


def sees_people(row: Organisation) -> bool:
    """Members see each other; administrators and auditors see all, and that is told."""
    return auth.acts_for(row.id, *OF_ORGANISATION) or not auth.held().isdisjoint(SEES_ALL)


@bp.get("")
@requires(SIGNED_IN)
def register() -> ResponseReturnValue:
    form = forms.filled(SeekForm(), request.args)
    with reading() as db:
        found = organisations.listed(db, seek=str(form["q"]), kind=form["kind"] if form.ok else None)
    kinds_all = [(kind.value, words.kind_name(kind)) for kind in OrganisationKind if kind != OrganisationKind.PERSON]
    return render_template("organisations/register.html", form=form, found=found, kinds=kinds_all)


@bp.get("/<organisation_ref>")
@requires(SIGNED_IN)
def show(organisation_ref: str) -> ResponseReturnValue:
    return page(organisation_ref, forms.blank(first_on=today().isoformat(), role=Role.BOOKER.value))


def page(ref: str, form: forms.Form[Any]) -> ResponseReturnValue:
    """The entry with its people, and the form for a new role as it stands."""
    with transaction() as db:
        row = seen(db, ref)
        grants = organisations.members(db, row, on=today(), at=now()) if sees_people(row) else []
        if grants and row.id not in {own.id for own in auth.organisations()}:
            organisations.note_seen(db, row, grants, by=auth.signed_in().id, now=now())
    may = {"runs": runs(row), "sees_people": sees_people(row), "sees_support": sees_support(row)}
    answer = render_template(
        "organisations/show.html", row=row, grants=grants, form=form, roles=role_choices(), today=today(), **may
    )
    return answer, 422 if form.errors else 200


def role_choices() -> list[tuple[str, str]]:
    return [(role.value, words.role_name(role)) for role in Role if role in OF_ORGANISATION]


@bp.get("/new")
@requires(SIGNED_IN)
def new() -> ResponseReturnValue:
    return render_template("organisations/edit.html", form=forms.blank(), row=None, kinds=kinds())


@bp.post("/new")
@requires(SIGNED_IN)
def enter() -> ResponseReturnValue:
    """Whoever enters an organisation becomes its secretary; the administrator enters those of others."""
    form = forms.filled(EntryForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row = entered(db, form.wish)
            flash(_("The organisation is in the register."), "success")
            return redirect(url_for("organisations.show", organisation_ref=row.ref))
    return render_template("organisations/edit.html", form=form, row=None, kinds=kinds()), 422


def entered(db: Session, wish: Entry) -> Organisation:
    if Role.ADMINISTRATOR in auth.held():
        return organisations.enter(db, wish, by=g.person.id, now=now())
    return organisations.found(db, wish, by=g.person.id, now=now(), first_on=today())


@bp.get("/<organisation_ref>/edit")
@requires(Role.SECRETARY)
def edit(organisation_ref: str) -> ResponseReturnValue:
    with reading() as db:
        row = seen(db, organisation_ref)
    auth.require_for(row.id, Role.SECRETARY)
    return render_template("organisations/edit.html", form=as_form(row), row=row, kinds=kinds_for(row))


def as_form(row: Organisation) -> forms.Form[Any]:
    told: dict[object, str] = {True: "yes", False: "no"}
    columns = {name: getattr(row, name) for name in EntryForm().fields if name != "for_profit"}
    facts = {name: told.get(row.facts.get(name, "not told")) for name in ("for_profit", "complements")}
    return forms.blank(**columns, **facts, relation=row.facts.get("relation"), grants=row.facts.get("grants"))


def kinds_for(row: Organisation) -> list[tuple[str, str]]:
    """The kinds this person may choose from; the entry's own kind stays a choice."""
    own = (row.kind, words.kind_name(row.kind))
    return kinds() if own in kinds() else [own, *kinds()]


@bp.post("/<organisation_ref>/edit")
@requires(Role.SECRETARY)
def change(organisation_ref: str) -> ResponseReturnValue:
    with reading() as db:
        row = seen(db, organisation_ref)
    auth.require_for(row.id, Role.SECRETARY)
    schema = EntryForm()
    schema.fields["kind"].of = [kind for kind, _name in kinds_for(row)]  # type: ignore[attr-defined]
    form = forms.filled(schema)
    if form.ok:
        with form.catching(), transaction() as db:
            organisations.change(db, seen(db, organisation_ref), form.wish, by=g.person.id, now=now())
            flash(_("The changes have been saved."), "success")
            return redirect(url_for("organisations.show", organisation_ref=row.ref))
    return render_template("organisations/edit.html", form=form, row=row, kinds=kinds_for(row)), 422


@bp.post("/<organisation_ref>/standing")
@requires(Role.ADMINISTRATOR)
def judge(organisation_ref: str) -> ResponseReturnValue:
    """What the municipality has judged of an organisation: it decides prices, so only the municipality writes it."""
    form = forms.filled(StandingForm())
    if form.ok:
        with transaction() as db:
            row = seen(db, organisation_ref)
            organisations.judge(db, row, form.wish, by=g.person.id, now=now())
        flash(_("The changes have been saved."), "success")
    return redirect(url_for("organisations.edit", organisation_ref=organisation_ref))


@bp.post("/<organisation_ref>")
@requires(Role.SECRETARY)
@limiter.limit("60 per hour")  # the answer tells whether an address has registered
def give_role(organisation_ref: str) -> ResponseReturnValue:
    form = forms.filled(RoleForm())
    with reading() as db:
        auth.require_for(seen(db, organisation_ref).id, Role.SECRETARY)
    if form.ok:
        with form.catching(), transaction() as db:
            row = seen(db, organisation_ref)
            organisations.give_role(db, row, form.wish, by=g.person.id, now=now())
            flash(_("The role has been given."), "success")
            return redirect(url_for("organisations.show", organisation_ref=organisation_ref))
    return page(organisation_ref, form)


@bp.post("/<organisation_ref>/roles/<grant_ref>/end")
@requires(Role.SECRETARY)
def end_role(organisation_ref: str, grant_ref: str) -> ResponseReturnValue:
    form = forms.filled(EndForm())
    with transaction() as db:
        row = seen(db, organisation_ref)
        auth.require_for(row.id, Role.SECRETARY)
        last_on = form.wish["last_on"] if form.ok else today()
        organisations.end_role(db, row, grant_ref, last_on=last_on, by=g.person.id, now=now())
    flash(_("The role ends on %(day)s.", day=i18n.day(last_on, "plain")), "success")
    return redirect(url_for("organisations.show", organisation_ref=organisation_ref))
