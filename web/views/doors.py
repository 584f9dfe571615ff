"""Doors: how each is, what happened at it, opening it remotely, and for managers fitting and changing it."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError, validates_schema
from sqlalchemy.orm import Session

from access import board, commands, handover, passages, register
from access.card_numbers import READER_FORMATS
from access.models import Door, DoorKind, Driver
from access.passages import PassageWish
from access.practice import practice
from access.register import DoorWish
from booking import people, premises
from booking.ids import SpaceId
from booking.models import Premises
from booking.refusals import BadInput, NotFound
from booking.roles import Role
from devices.drivers.makers import MAKERS, fits
from web import auth, forms, words_of_drivers
from web.auth import requires
from web.clock import now
from web.db import reading, transaction, vault
from web.premises_sheet import tree
from web.words_of_doors import door_word
from web.workplaces import KEEPERS, ON_SITE, chosen, ids, place_of, workplaces

bp = Blueprint("doors", __name__)
bp.record_once(lambda state: words_of_drivers.start(state.app.jinja_env))
CONTROLLER = re.compile(r"[a-z0-9-]{3,40}\Z")


class DoorForm(forms.FormSchema):
    name_fi = forms.Text(required=True, longest=100)
    name_sv = forms.Text(load_default="", longest=100)
    name_en = forms.Text(load_default="", longest=100)
    kind = forms.Choice(list(DoorKind), required=True)
    unlock_s = forms.WholeUpTo(required=True, least=1, most=600)
    held_open_s = forms.WholeUpTo(required=True, least=1, most=86400)
    position = forms.Whole(load_default=0)
    enabled = forms.Tick()
    spaces = forms.Texts(load_default=())


class NewDoorForm(DoorForm):
    controller_id = forms.Text(required=True)
    driver = forms.Choice(list(Driver), required=True)
    reader_format = forms.Choice(READER_FORMATS, required=True)
    reader_path = forms.Text(load_default="")
    relay_path = forms.Text(load_default="")
    relay_channel = forms.WholeUpTo(load_default=1, least=1, most=16)
    device_topic = forms.Text(load_default="")

    @validates_schema(skip_on_field_errors=False)
    def controller(self, given: dict[str, Any], **_kwargs: Any) -> None:
        if "controller_id" in given and not CONTROLLER.match(given["controller_id"]):
            raise ValidationError("controller_id", "controller_id")
        if given.get("driver") == Driver.RDM6300_RELAY and not given.get("reader_path"):
            raise ValidationError("reader_path", "reader_path")
        if given.get("driver") in MAKERS and not fits(given["driver"], given.get("device_topic", "")):
            raise ValidationError("device_topic", "device_topic")


class ReasonForm(forms.FormSchema):
    reason = forms.Text(required=True, longest=commands.LONGEST_REASON)


@bp.get("/doors")
@requires(*ON_SITE)
def list_all() -> ResponseReturnValue:
    with reading() as db:
        places = chosen(workplaces(db, *ON_SITE), request.args.get("p", ""))
        health = board.door_health(db, ids(places))
        by_place = [(place, [one for one in health if one.door.premises_id == place.id]) for place in places]
        return render_template("doors/list.html", by_place=by_place)


@bp.get("/doors/<door_ref>")
@requires(*ON_SITE)
def show(door_ref: str) -> ResponseReturnValue:
    """Looking at who passed is an act, so this is a writing transaction."""
    with transaction() as db:
        door, place = door_of(db, door_ref)
        page = request.args.get("page", 1, type=int)
        wish = PassageWish(door=door.ref, premises=place.id, page=page)
        orders = commands.recent(db, door.id, limit=5)
        return render_template(
            "doors/show.html",
            door=door,
            place=place,
            health=next(one for one in board.door_health(db, [place.id]) if one.door.id == door.id),
            history=passages.passages(db, wish, by=g.person.id, now=now()),
            orders=orders,
            names=people.named(db, {order.asked_by for order in orders if order.asked_by}),
            spaces=_spaces_of(db, door, place),
        )


@bp.get("/doors/<door_ref>/open")
@requires(*ON_SITE)
def open_remotely(door_ref: str) -> ResponseReturnValue:
    return _open_page(door_ref, forms.blank())


@bp.post("/doors/<door_ref>/open")
@requires(*ON_SITE)
def ask_open(door_ref: str) -> ResponseReturnValue:
    form = forms.filled(ReasonForm())
    with form.catching(), transaction() as db:
        door, _place = door_of(db, door_ref)
        if form.ok:
            order = commands.ask_open(db, door.ref, by=g.person.id, reason=form.wish["reason"], now=now())
            return redirect(url_for("doors.command", command_ref=order.ref))
    return _open_page(door_ref, form), 422


@bp.get("/doors/commands/<command_ref>")
@requires(*ON_SITE)
def command(command_ref: str) -> ResponseReturnValue:
    with reading() as db:
        order = commands.command_of(db, command_ref)
        door, place = door_of(db, order.door.ref)
        names = people.named(db, {order.asked_by} if order.asked_by else set())
        return render_template("doors/command.html", order=order, door=door, place=place, names=names)


@bp.get("/premises/<premises_ref>/doors/new")
@requires(*KEEPERS)
def new(premises_ref: str) -> ResponseReturnValue:
    usual = practice()
    start = {
        "unlock_s": usual.unlock_s,
        "held_open_s": usual.held_open_s,
        "enabled": True,
        "kind": DoorKind.INNER.value,
    }
    start |= {"driver": Driver.VUORO_MQTT.value, "reader_format": READER_FORMATS[0], "relay_channel": 1, "position": 0}
    with reading() as db:
        return _editor(db, forms.blank(**start), place_of(db, premises_ref, *KEEPERS), None)


@bp.post("/premises/<premises_ref>/doors/new")
@requires(*KEEPERS)
def fit(premises_ref: str) -> ResponseReturnValue:
    form = forms.filled(NewDoorForm())
    with form.catching(), transaction() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        if form.ok:
            door = _fit(db, place, dict(form.wish))
            return _added(door)
    with reading() as db:
        return _editor(db, form, premises.premises_of(db, premises_ref), None), 422


@bp.get("/doors/<door_ref>/edit")
@requires(*KEEPERS)
def edit(door_ref: str) -> ResponseReturnValue:
    with reading() as db:
        door, place = door_of(db, door_ref, *KEEPERS)
        start = {name: getattr(door, name) for name in set(DoorForm().fields) - {"spaces"}}
        served = [space.ref for space in _spaces_of(db, door, place)]
        return _editor(db, forms.blank(**start, spaces=served), place, door)


@bp.post("/doors/<door_ref>/edit")
@requires(*KEEPERS)
def save(door_ref: str) -> ResponseReturnValue:
    form = forms.filled(DoorForm())
    with form.catching(), transaction() as db:
        door, place = door_of(db, door_ref, *KEEPERS)
        if form.ok:
            wish = dict(form.wish)
            register.serve(db, door, space_ids(db, place, wish.pop("spaces")), by=g.person.id, now=now())
            register.change(db, door, wish, by=g.person.id, now=now())
            flash(_("The door has been saved."), "success")
            return redirect(url_for("doors.show", door_ref=door_ref))
    with reading() as db:
        door, place = door_of(db, door_ref, *KEEPERS)
        return _editor(db, form, place, door), 422


@bp.get("/doors/<door_ref>/controller")
@requires(*KEEPERS)
def controller(door_ref: str) -> ResponseReturnValue:
    with reading() as db:
        door, place = door_of(db, door_ref, *KEEPERS)
        return render_template("doors/controller.html", door=door, place=place, record=None)


@bp.post("/doors/<door_ref>/controller")
@requires(*KEEPERS)
def show_record(door_ref: str) -> ResponseReturnValue:
    """The secret record, shown once asked for; the log says who saw it."""
    with transaction() as db:
        door, place = door_of(db, door_ref, *KEEPERS)
        record = handover.hand_over(db, vault(), door, _broker(), by=g.person.id, now=now())
        page = render_template("doors/controller.html", door=door, place=place, record=json.dumps(record))
    return page, 200, {"Cache-Control": "no-store"}


def door_of(db: Session, ref: str, *as_any: Role) -> tuple[Door, Premises]:
    """The door and its premises, for those who work there. Raises NotFound, NotAllowed."""
    door = register.by_ref(db, ref)
    auth.require_at(door.premises_id, *(as_any or ON_SITE))
    return door, next(place for place in premises.all_premises(db) if place.id == door.premises_id)


def space_ids(db: Session, place: Premises, refs: tuple[str, ...]) -> list[SpaceId]:
    """Raises BadInput for a space that is not of this premises."""
    known = {space.ref: space.id for space in premises.all_spaces(db, [place.id])}
    if not known.keys() >= set(refs):
        raise BadInput(field="spaces", problem="not_one_of")
    return [known[ref] for ref in refs]


def _fit(db: Session, place: Premises, wish: dict[str, Any]) -> Door:
    enabled, position = wish.pop("enabled"), wish.pop("position")
    wish |= {"kind": DoorKind(wish["kind"]), "driver": Driver(wish["driver"])}
    wish["spaces"] = tuple(space_ids(db, place, wish["spaces"]))
    door = register.fit(db, vault(), DoorWish(premises=place.id, **wish), by=g.person.id, now=now())
    if position or not enabled:
        register.change(db, door, {"enabled": enabled, "position": position}, by=g.person.id, now=now())
    return door


def _added(door: Door) -> ResponseReturnValue:
    if door.driver in MAKERS:
        flash(_("The door has been added. It shows as online once its device is heard."), "success")
        return redirect(url_for("doors.show", door_ref=door.ref))
    flash(_("The door has been added. Its controller needs its record next."), "success")
    return redirect(url_for("doors.controller", door_ref=door.ref))


def _spaces_of(db: Session, door: Door, place: Premises) -> list[Any]:
    found = next((one for one in register.at_premises(db, place.id) if one.id == door.id), None)
    if found is None:
        raise NotFound(what="door")
    served = {row.space_id for row in found.spaces}
    return [space for space in premises.all_spaces(db, [place.id]) if space.id in served]


def _broker() -> dict[str, Any]:
    settings = current_app.config["SETTINGS"]
    return {"host": settings.broker_host, "port": settings.broker_port, "tls": bool(settings.broker_ca)}


def _open_page(door_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        door, place = door_of(db, door_ref)
        health = next(one for one in board.door_health(db, [place.id]) if one.door.id == door.id)
        return render_template("doors/open.html", form=form, door=door, place=place, health=health)


def _editor(db: Session, form: forms.Form[Any], place: Premises, door: Door | None) -> str:
    spaces = [(space.ref, space, depth) for space, depth in tree(premises.all_spaces(db, [place.id]))]
    return render_template(
        "doors/edit.html",
        form=form,
        place=place,
        door=door,
        spaces=spaces,
        formats=[(one, one) for one in READER_FORMATS],
        drivers=[(one.value, door_word(one, "driver")) for one in Driver],
    )
