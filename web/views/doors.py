"""Doors: how each is, what happened at it, opening it remotely, and for managers the record of its controller."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from access import board, codes_in_locks, commands, handover, passages, register
from access.models import Door
from access.passages import PassageWish
from booking import people, premises
from booking.models import Premises, Space
from booking.refusals import NotFound
from booking.roles import Role
from devices.drivers.registry import WITH_CREDENTIALS
from devices.messages import DoorMode
from web import auth, door_ways, forms, words_of_drivers
from web.auth import requires
from web.clock import now
from web.db import reading, transaction, vault
from web.workplaces import KEEPERS, ON_SITE, chosen, ids, workplaces

bp = Blueprint("doors", __name__)
bp.record_once(lambda state: words_of_drivers.start(state.app.jinja_env))


class ReasonForm(forms.FormSchema):
    reason = forms.Text(required=True, longest=commands.LONGEST_REASON)
    override = forms.Tick()


@bp.get("/doors")
@requires(*ON_SITE)
def list_all() -> ResponseReturnValue:
    with reading() as db:
        places = chosen(workplaces(db, *ON_SITE), request.args.get("p", ""))
        health = board.door_health(db, ids(places))
        by_place = [(place, [one for one in health if one.door.premises_id == place.id]) for place in places]
        keeps = any(auth.works_at(place.id, *KEEPERS) for place in places)
        return render_template(
            "doors/list.html", by_place=by_place, keeps=keeps, is_administrator=Role.ADMINISTRATOR in auth.held()
        )


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
            spaces=spaces_of(db, door, place),
            ways=door_ways.of(db, door, now()),
            codes=codes_in_locks.codes_in(db, door.id, now()),
            with_credentials=door.driver in WITH_CREDENTIALS,
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
            order = commands.ask_open(db, door.ref, by=g.person.id, now=now(), **form.wish)
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


def spaces_of(db: Session, door: Door, place: Premises) -> list[Space]:
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
        shut = health.mode.wanted is DoorMode.LOCKDOWN
        return render_template("doors/open.html", form=form, door=door, place=place, health=health, shut=shut)
