"""Sessions of an organisation's own groups inside its granted slot: set on a page, each with its coach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from booking.ids import PersonId
from booking.models import Group, Space
from booking.refusals import BadInput, NotAllowed
from booking.rounds import inside
from booking.rounds.grants import organisation_of
from booking.rounds.inside import SessionWish
from booking.rounds.plan_models import SlotGrant
from web import forms, grant_access
from web.auth import SIGNED_IN, requires, signed_in
from web.clock import now, today
from web.db import reading, transaction
from web.i18n import language

bp = Blueprint("inside", __name__, url_prefix="/grants/<granted_ref>/sessions")


class SessionForm(forms.FormSchema):
    """A group with its coach, between two days (one day: a single date), in the whole space or a part of it."""

    group = forms.Text(required=True)
    coach = forms.Text(required=True)
    first_on = forms.Day(required=True)
    last_on = forms.Day(load_default=None)
    start = forms.MinuteOfDay(required=True)
    end = forms.MinuteOfDay(required=True)
    every_weeks = forms.Whole(least=1, load_default=1)
    part = forms.Text(load_default="")


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers: refs with their texts."""

    groups: list[tuple[str, str]]
    coaches: list[tuple[str, str]]
    parts: list[tuple[str, str]]


@bp.get("")
@requires(SIGNED_IN)
def show(granted_ref: str) -> ResponseReturnValue:
    with reading() as db:
        grant = grant_access.session_grant(db, granted_ref)
        start = max(today(), grant.round.first_on)
        form = forms.blank(first_on=start, last_on=grant.round.last_on, start=clock(grant.start_min))
        return page(db, grant, form)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def page(db: Session, grant: SlotGrant, form: forms.Form[Any]) -> str:
    return render_template(
        "inside/show.html",
        grant=grant,
        whose=organisation_of(grant),
        sessions=[(one, grant_access.books_for(grant, one.group_id)) for one in inside.of_grant(db, grant, now())],
        choices=choices(db, grant),
        form=form,
    )


def choices(db: Session, grant: SlotGrant) -> Choices:
    groups = grant_access.own_groups(db, grant)
    whose = organisation_of(grant).id
    people = {one.ref: one.name for group in groups for one in inside.coaches(db, whose, group, today(), now())}
    return Choices(
        [(one.ref, one.name) for one in groups],
        sorted(people.items(), key=lambda pair: pair[1]),
        [(one.ref, one.name(language())) for one in inside.parts(db, grant.space)],
    )


@bp.post("")
@requires(SIGNED_IN)
def book(granted_ref: str) -> ResponseReturnValue:
    form = forms.filled(SessionForm())
    with reading() as db:
        grant_access.session_grant(db, granted_ref)
    if form.ok:
        with form.catching(), transaction() as db:
            grant = grant_access.session_grant(db, granted_ref)
            made = inside.set_sessions(db, grant, wish_of(db, grant, form.wish), by=signed_in().id, now=now())
            flash(ngettext("%(num)s session has been set.", "%(num)s sessions have been set.", len(made)), "success")
            return redirect(url_for("inside.show", granted_ref=granted_ref))
    with reading() as db:
        return page(db, grant_access.session_grant(db, granted_ref), form), 422


def wish_of(db: Session, grant: SlotGrant, asked: dict[str, Any]) -> SessionWish:
    group = group_of(db, grant, asked["group"])
    last_on: date = asked["last_on"] or asked["first_on"]
    start, end = asked["start"], asked["end"] or 1440
    coach = coach_of(db, grant, group, asked["coach"])
    part = part_of(db, grant, asked["part"])
    return SessionWish(group, coach, asked["first_on"], last_on, start, end, asked["every_weeks"], part)


def group_of(db: Session, grant: SlotGrant, ref: str) -> Group:
    """One that this person may set sessions for. Raises NotAllowed: those of others are not to be seen."""
    found = next((one for one in grant_access.own_groups(db, grant) if one.ref == ref), None)
    if found is None:
        raise NotAllowed
    return found


def coach_of(db: Session, grant: SlotGrant, group: Group, ref: str) -> PersonId:
    people = inside.coaches(db, organisation_of(grant).id, group, today(), now())
    found = next((one for one in people if one.ref == ref), None)
    if found is None:
        raise BadInput(field="coach", problem="not_one_of")
    return found.id


def part_of(db: Session, grant: SlotGrant, ref: str) -> Space | None:
    if not ref:
        return None
    found = next((one for one in inside.parts(db, grant.space) if one.ref == ref), None)
    if found is None:
        raise BadInput(field="part", problem="not_one_of")
    return found


@bp.post("/<session_ref>/cancel")
@requires(SIGNED_IN)
def cancel(granted_ref: str, session_ref: str) -> ResponseReturnValue:
    """One session, or it and those set with it that follow."""
    with transaction() as db:
        grant = grant_access.session_grant(db, granted_ref)
        row = inside.session_of(db, grant, session_ref)
        if not grant_access.books_for(grant, row.group_id):
            raise NotAllowed
        rows = inside.series_of(db, grant, row, now()) if "following" in request.form else [row]
        inside.cancel(db, grant, rows, by=signed_in().id, now=now())
    flash(_("The session has been cancelled. The granted time stays."), "success")
    return redirect(url_for("inside.show", granted_ref=granted_ref))
