"""Fitting a door: first how it is connected and what such hardware can do, then only what that make asks for; and
changing it later."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import fitting, register
from access.models import Door, DoorKind, Driver
from access.register import DoorWish
from booking import premises
from booking.ids import SpaceId
from booking.models import Premises
from booking.refusals import BadInput
from web import door_forms, forms, words_of_drivers
from web.auth import requires
from web.clock import now
from web.db import reading, transaction, vault
from web.premises_sheet import tree
from web.views.doors import door_of, spaces_of
from web.workplaces import KEEPERS, place_of

bp = Blueprint("door_fitting", __name__)


@bp.get("/premises/<premises_ref>/doors/new")
@requires(*KEEPERS)
def new(premises_ref: str) -> ResponseReturnValue:
    """How it is connected, or once that is chosen (?driver=), the form; a candidate's topic may come along."""
    chosen = driver_in(request.args.get("driver", ""))
    with reading() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        if chosen is None:
            return _choice(place, forms.blank())
        start = door_forms.start_of(chosen) | {"device_topic": request.args.get("topic")}
        return editor(db, forms.blank(**start), place, None, chosen)


@bp.post("/premises/<premises_ref>/doors/new")
@requires(*KEEPERS)
def fit(premises_ref: str) -> ResponseReturnValue:
    chosen = driver_in(request.form.get("driver", ""))
    if chosen is None:
        return _not_chosen(premises_ref), 422
    form: forms.Form[Any] = forms.filled(door_forms.new_form(chosen))
    with form.catching(), transaction() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        if form.ok:
            return _added(_fit(db, place, dict(form.wish), chosen))
    with reading() as db:
        return editor(db, form, premises.premises_of(db, premises_ref), None, chosen), 422


@bp.get("/doors/<door_ref>/edit")
@requires(*KEEPERS)
def edit(door_ref: str) -> ResponseReturnValue:
    with reading() as db:
        door, place = door_of(db, door_ref, *KEEPERS)
        served = [space.ref for space in spaces_of(db, door, place)]
        form = forms.blank(**door_forms.filled_of(door), spaces=served)
        return editor(db, form, place, door, Driver(door.driver))


@bp.post("/doors/<door_ref>/edit")
@requires(*KEEPERS)
def save(door_ref: str) -> ResponseReturnValue:
    with reading() as db:
        driver = Driver(door_of(db, door_ref, *KEEPERS)[0].driver)
    form: forms.Form[Any] = forms.filled(door_forms.change_form(driver))
    with form.catching(), transaction() as db:
        door, place = door_of(db, door_ref, *KEEPERS)
        if form.ok:
            _change(db, door, place, dict(form.wish))
            flash(_("The door has been saved."), "success")
            return redirect(url_for("doors.show", door_ref=door_ref))
    with reading() as db:
        door, place = door_of(db, door_ref, *KEEPERS)
        return editor(db, form, place, door, driver), 422


def driver_in(text: str) -> Driver | None:
    return Driver(text) if text in list(Driver) else None


def space_ids(db: Session, place: Premises, refs: tuple[str, ...]) -> list[SpaceId]:
    """Raises BadInput for a space that is not of this premises."""
    known = {space.ref: space.id for space in premises.all_spaces(db, [place.id])}
    if not known.keys() >= set(refs):
        raise BadInput(field="spaces", problem="not_one_of")
    return [known[ref] for ref in refs]


def editor(db: Session, form: forms.Form[Any], place: Premises, door: Door | None, driver: Driver) -> str:
    """The form of a door of this make: new, or one that hangs there."""
    return render_template(
        "door_fitting/edit.html",
        form=form,
        place=place,
        door=door,
        driver=driver,
        spaces=space_choices(db, place),
        formats=[(one, one) for one in fitting.formats_of(driver.value)],
        asked=fitting.fields_of(driver.value),
        setting_fields=words_of_drivers.setting_fields(driver.value),
        topic_hint=words_of_drivers.topic_hint(driver.value),
        ports=fitting.ports_here(),
    )


def space_choices(db: Session, place: Premises) -> list[tuple[str, Any, int]]:
    return [(space.ref, space, depth) for space, depth in tree(premises.all_spaces(db, [place.id]))]


def _choice(place: Premises, form: forms.Form[Any]) -> str:
    return render_template("door_fitting/choose.html", place=place, form=form, kinds=words_of_drivers.kinds())


def _not_chosen(premises_ref: str) -> str:
    form: forms.Form[Any] = forms.blank()
    form.refuse(BadInput(field="driver", problem="not_one_of"))
    with reading() as db:
        return _choice(place_of(db, premises_ref, *KEEPERS), form)


def _fit(db: Session, place: Premises, wish: dict[str, Any], driver: Driver) -> Door:
    enabled, position, elsewhere = wish.pop("enabled"), wish.pop("position"), wish.pop("elsewhere")
    wiring = door_forms.wiring_in(wish, driver.value)
    if not elsewhere:
        fitting.check_ports(wiring)
    wish |= {"kind": DoorKind(wish["kind"]), "driver": driver, "spaces": tuple(space_ids(db, place, wish["spaces"]))}
    wish |= {name: getattr(wiring, name) for name in (*door_forms.WIRING, "settings")}
    door = register.fit(db, vault(), DoorWish(premises=place.id, **wish), by=g.person.id, now=now())
    if position or not enabled:
        register.change(db, door, {"enabled": enabled, "position": position}, by=g.person.id, now=now())
    return door


def _change(db: Session, door: Door, place: Premises, wish: dict[str, Any]) -> None:
    elsewhere, spaces = wish.pop("elsewhere"), space_ids(db, place, wish.pop("spaces"))
    wiring = door_forms.wiring_in(wish, door.driver)
    if not elsewhere and wiring != fitting.wiring_of(door):
        fitting.check_ports(wiring)
    register.rewire(db, door, wiring, by=g.person.id, now=now())
    register.serve(db, door, spaces, by=g.person.id, now=now())
    register.change(db, door, wish, by=g.person.id, now=now())


def _added(door: Door) -> ResponseReturnValue:
    if door.driver == Driver.VUORO_MQTT:
        flash(_("The door has been added. Its controller needs its record next."), "success")
        return redirect(url_for("doors.controller", door_ref=door.ref))
    flash(_("The door has been added. It shows as online once its device is heard."), "success")
    return redirect(url_for("doors.show", door_ref=door.ref))
