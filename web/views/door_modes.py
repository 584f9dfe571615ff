"""Modes of doors: lockdown and its lifting for one door or a whole house, and other orders that end something."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from access import access_list, commands, door_modes, passages
from access.door_modes import ModeStatus
from access.models import Door
from access.passages import PassageWish
from access.reasons import LONGEST_REASON
from booking import people
from booking.models import Premises
from booking.refusals import NotFound
from devices.messages import DoorMode
from web import forms, words_of_modes
from web.auth import requires
from web.clock import now
from web.db import reading, transaction
from web.views.doors import door_of
from web.workplaces import ON_SITE, place_of

bp = Blueprint("door_modes", __name__)
bp.record_once(lambda state: words_of_modes.start(state.app.jinja_env))
LOOKED_BACK = 50  # passages from which people to forgive are offered


class ModeForm(forms.FormSchema):
    mode = forms.Choice(list(DoorMode), required=True)
    reason = forms.Text(required=True, longest=LONGEST_REASON)


class OrderForm(forms.FormSchema):
    who = forms.Text(load_default="")
    reason = forms.Text(required=True, longest=LONGEST_REASON)


@bp.get("/premises/<premises_ref>/door-modes")
@requires(*ON_SITE)
def house(premises_ref: str) -> ResponseReturnValue:
    with reading() as db:
        place = place_of(db, premises_ref, *ON_SITE)
        rows = door_modes.statuses(db, place.id)
        return _house_page(db, place, rows, forms.blank(mode=next_mode(rows).value))


@bp.post("/premises/<premises_ref>/door-modes")
@requires(*ON_SITE)
def order_house(premises_ref: str) -> ResponseReturnValue:
    form = forms.filled(ModeForm())
    with form.catching(), transaction() as db:
        place = place_of(db, premises_ref, *ON_SITE)
        if form.ok:
            rows = door_modes.statuses(db, place.id)
            _order(db, [row.door for row in rows], form.wish)
            return redirect(url_for("door_modes.house", premises_ref=premises_ref))
    with reading() as db:
        place = place_of(db, premises_ref, *ON_SITE)
        return _house_page(db, place, door_modes.statuses(db, place.id), form), 422


@bp.get("/doors/<door_ref>/mode")
@requires(*ON_SITE)
def show(door_ref: str) -> ResponseReturnValue:
    with reading() as db:
        door, place = door_of(db, door_ref)
        status = door_modes.status(db, door)
        return _door_page(db, door, place, forms.blank(mode=next_mode([status]).value))


@bp.post("/doors/<door_ref>/mode")
@requires(*ON_SITE)
def order(door_ref: str) -> ResponseReturnValue:
    form = forms.filled(ModeForm())
    with form.catching(), transaction() as db:
        door, _place = door_of(db, door_ref)
        if form.ok:
            _order(db, [door], form.wish)
            return redirect(url_for("door_modes.show", door_ref=door_ref))
    with reading() as db:
        door, place = door_of(db, door_ref)
        return _door_page(db, door, place, form), 422


@bp.get("/doors/<door_ref>/forgive")
@requires(*ON_SITE)
def forgiving(door_ref: str) -> ResponseReturnValue:
    return _order_page(door_ref, commands.FORGIVE, forms.blank())


@bp.post("/doors/<door_ref>/forgive")
@requires(*ON_SITE)
def forgive(door_ref: str) -> ResponseReturnValue:
    form = forms.filled(OrderForm())
    with form.catching(), transaction() as db:
        door, _place = door_of(db, door_ref)
        if form.ok:
            asked = commands.ask_forgive(
                db,
                door,
                holder=_holder(db, door, form.wish["who"]),
                by=g.person.id,
                reason=form.wish["reason"],
                now=now(),
            )
            return redirect(url_for("doors.command", command_ref=asked.ref))
    return _order_page(door_ref, commands.FORGIVE, form), 422


@bp.get("/doors/<door_ref>/fire-reset")
@requires(*ON_SITE)
def ending_fire(door_ref: str) -> ResponseReturnValue:
    return _order_page(door_ref, commands.FIRE_RESET, forms.blank())


@bp.post("/doors/<door_ref>/fire-reset")
@requires(*ON_SITE)
def end_fire(door_ref: str) -> ResponseReturnValue:
    form = forms.filled(OrderForm())
    with form.catching(), transaction() as db:
        door, _place = door_of(db, door_ref)
        if form.ok:
            asked = commands.ask_fire_reset(db, door, by=g.person.id, reason=form.wish["reason"], now=now())
            return redirect(url_for("doors.command", command_ref=asked.ref))
    return _order_page(door_ref, commands.FIRE_RESET, form), 422


def next_mode(rows: list[ModeStatus]) -> DoorMode:
    """What a press does if nothing else is chosen: lock down, and once anything is not normal, back to normal."""
    changed = any(row.wanted is not DoorMode.NORMAL for row in rows)
    return DoorMode.NORMAL if changed else DoorMode.LOCKDOWN


def _order(db: Session, doors: list[Door], wish: dict[str, str]) -> None:
    mode, by = DoorMode(wish["mode"]), g.person.id
    made = door_modes.order(db, [door.id for door in doors], mode, by=by, reason=wish["reason"], now=now())
    said = ngettext("Ordered at %(num)s door.", "Ordered at %(num)s doors.", len(made))
    later = _("A door has changed only once it says so below.")
    flash(f"{said} {later}", "success")


def _house_page(db: Session, place: Premises, rows: list[ModeStatus], form: forms.Form[dict[str, str]]) -> str:
    names = people.named(db, {row.change.ordered_by for row in rows if row.change and row.change.ordered_by})
    return render_template(
        "door_modes/house.html", place=place, rows=rows, form=form, names=names, modes=list(DoorMode)
    )


def _door_page(db: Session, door: Door, place: Premises, form: forms.Form[dict[str, str]]) -> str:
    changes = door_modes.changes(db, door.id)
    names = people.named(db, {row.ordered_by for row in changes if row.ordered_by})
    return render_template(
        "door_modes/show.html",
        door=door,
        place=place,
        status=door_modes.status(db, door),
        changes=changes,
        names=names,
        form=form,
        modes=list(DoorMode),
    )


def _order_page(door_ref: str, kind: str, form: forms.Form[dict[str, str]]) -> str:
    """Who passed is named where somebody is to be forgiven, so that page is noted as a look at the log."""
    with transaction() as db:
        door, place = door_of(db, door_ref)
        seen = {}
        if kind == commands.FORGIVE:
            wish = PassageWish(door=door.ref, premises=place.id, kinds=("granted",), per_page=LOOKED_BACK)
            found = passages.passages(db, wish, by=g.person.id, now=now()).passages
            seen = {one.person.ref: one.person.name for one in found if one.person and one.person.erased_at is None}
        return render_template("door_modes/order.html", door=door, place=place, kind=kind, form=form, seen=seen)


def _holder(db: Session, door: Door, person_ref: str) -> str | None:
    """As the door knows the person; None: everybody. Raises NotFound for a person nobody knows."""
    if not person_ref:
        return None
    person = people.by_ref(db, person_ref)
    if person is None:
        raise NotFound(what="person")
    return access_list.holder_of(door, person.ref)
