"""The register of organisations: the list, an entry, entering and changing one, its people and their dated roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import departing, organisations, roles
from booking.ids import PersonId
from booking.models import Organisation, OrganisationKind, Person
from booking.organisations import OPEN_KINDS, Entry
from booking.refusals import NotFound
from booking.register import groups, proofs
from booking.register.merging import survivor
from booking.roles import OF_ORGANISATION, Role
from booking.rulebooks import words as rule_words
from web import auth, forms, i18n, register_letters, words
from web.auth import SIGNED_IN, requires
from web.clock import HELSINKI, now, today
from web.db import reading, transaction
from web.limits import limiter
from web.role_form import EndForm, RoleFields, RoleForm, instant

bp = Blueprint("organisations", __name__, url_prefix="/organisations")
YES_NO = {"yes": True, "no": False}
SIGNS = (Role.SECRETARY, Role.KEY_HOLDER)
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
    """The entry with its people, and the form for a new role as it stands; a merged one leads to where it went."""
    with transaction() as db:
        row = seen(db, ref)
        if row.merged_into_id is not None:
            return redirect(url_for("organisations.show", organisation_ref=survivor(db, row).ref))
        grants = organisations.members(db, row, on=today(), at=now()) if sees_people(row) else []
        if grants and row.id not in {own.id for own in auth.organisations()}:
            organisations.note_seen(db, row, grants, by=auth.signed_in().id, now=now())
        values = about(db, row)
    values |= {"runs": runs(row), "sees_people": sees_people(row), "signs": auth.acts_for(row.id, *SIGNS)}
    values["sees_support"] = sees_support(row)
    values |= {"roles": role_choices(), "today": today()}
    answer = render_template("organisations/show.html", row=row, grants=grants, form=form, **values)
    return answer, 422 if form.errors else 200


def about(db: Session, row: Organisation) -> dict[str, Any]:
    """What else the page tells: how the proof of registration stands, groups, umbrellas and their members, premises."""
    return {
        "standing": proofs.standing(db, row, today()),
        "groups": groups.of_organisation(db, row.id, on=today()),
        "umbrellas": groups.umbrellas_of(db, row.id, on=today()),
        "members": groups.members_of(db, row.id, on=today()),
        "premises": groups.run_by(db, row.id),
    }


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
            given(db, seen(db, organisation_ref), form.wish)
            flash(_("The role has been given, and a letter tells the person."), "success")
            return redirect(url_for("organisations.show", organisation_ref=organisation_ref))
    return page(organisation_ref, form)


def given(db: Session, row: Organisation, fields: RoleFields) -> None:
    """Give the role, and tell the person by letter."""
    grant = organisations.give_role(db, row, fields.wish(db, row), by=g.person.id, now=now())
    person = db.get_one(Person, grant.person_id)
    if person.id != g.person.id:
        register_letters.role_given(db, row, grant, person, now())


@bp.post("/<organisation_ref>/roles/<grant_ref>/end")
@requires(Role.SECRETARY)
def end_role(organisation_ref: str, grant_ref: str) -> ResponseReturnValue:
    """At once, at a time of day, or after a day. Times to come of who has left go to somebody else."""
    form = forms.filled(EndForm())
    with transaction() as db:
        row = seen(db, organisation_ref)
        auth.require_for(row.id, Role.SECRETARY)
        flash(ended(db, row, grant_ref, form), "success")
    return redirect(url_for("organisations.show", organisation_ref=organisation_ref))


def ended(db: Session, row: Organisation, grant_ref: str, form: forms.Form[Any]) -> str:
    """End the role; gives what to say."""
    told: dict[str, Any] = form.wish if form.ok else {"last_on": today(), "last_clock": None}
    at = now() if "now" in request.form else instant(told["last_on"], told["last_clock"], "last_clock")
    if at is None:
        organisations.end_role(db, row, grant_ref, last_on=told["last_on"], by=g.person.id, now=now())
        return str(_("The role ends on %(day)s.", day=i18n.day(told["last_on"], "plain")))
    on = at.astimezone(HELSINKI).date()
    grant = organisations.end_role_at(db, row, grant_ref, at=at, on=on, by=g.person.id, now=now())
    if at > now():
        return str(_("The role ends on %(day)s.", day=i18n.moment(at)))
    hand_over_times(db, row, grant.person_id)
    return str(_("The role has ended: doors, codes and pages follow at once."))


def hand_over_times(db: Session, row: Organisation, person: PersonId) -> None:
    """What a person who left the organisation altogether still holds goes to another of it."""
    if not any(grant.organisation_id == row.id for grant in roles.roles_of(db, person, today(), at=now())):
        done = departing.hand_over(db, person, by=g.person.id, now=now(), today=today(), organisation=row.id)
        register_letters.handed_over(db, done.moved, now())


class DissolveForm(forms.FormSchema):
    dissolved_on = forms.Day(required=True)
    sure = forms.Choice(("1",), required=True)


@bp.post("/<organisation_ref>/dissolve")
@requires(Role.ADMINISTRATOR)
def dissolve(organisation_ref: str) -> ResponseReturnValue:
    """The association is no more: its times to come are free, what it owes stays owed."""
    form = forms.filled(DissolveForm())
    with transaction() as db:
        row = seen(db, organisation_ref)
        if form.ok:
            by, on = g.person.id, form.wish["dissolved_on"]
            released = departing.dissolve(db, row, on=on, by=by, now=now(), today=today())
            register_letters.released(db, released, now())
            flash(_("Noted. Its times to come have been released."), "success")
        else:
            flash(_("Tell the day, and tick that you are sure."), "warning")
    return redirect(url_for("organisations.edit", organisation_ref=organisation_ref))
