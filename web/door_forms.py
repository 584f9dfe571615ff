"""The form of a door: what every door has, and beside it only what its make asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from marshmallow import ValidationError, fields, validates_schema

from access.fitting import Wiring, formats_of
from access.models import Door, DoorKind, Driver
from access.practice import practice
from devices.drivers.settings import fields_of, settings_of
from web import forms

CONTROLLER = re.compile(r"[a-z0-9-]{3,40}\Z")
SETTING = "setting_"


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
    elsewhere = forms.Tick()


class NewDoorForm(DoorForm):
    controller_id = forms.Text(required=True)

    @validates_schema(skip_on_field_errors=False)
    def controller(self, given: dict[str, Any], **_kwargs: Any) -> None:
        if "controller_id" in given and not CONTROLLER.match(given["controller_id"]):
            raise ValidationError("controller_id", "controller_id")


_OF_MAKES: Mapping[str, Any] = {
    "reader_path": lambda: forms.Text(load_default=""),
    "relay_path": lambda: forms.Text(load_default=""),
    "relay_channel": lambda: forms.WholeUpTo(load_default=1, least=1, most=16),
    "device_topic": lambda: forms.Text(load_default=""),
}
WIRING = tuple(_OF_MAKES)


def new_form(driver: Driver) -> forms.FormSchema:
    """For a door of this make that is being fitted."""
    return _of(NewDoorForm, driver, fields_of(driver.value))


def change_form(driver: Driver) -> forms.FormSchema:
    """For one that hangs there: how its reader sees cards cannot change, for what it knows of cards depends on it."""
    return _of(DoorForm, driver, [name for name in fields_of(driver.value) if name != "reader_format"])


def start_of(driver: Driver) -> dict[str, Any]:
    """What a new door's form begins with."""
    usual = practice()
    start: dict[str, Any] = {
        "unlock_s": usual.unlock_s,
        "held_open_s": usual.held_open_s,
        "enabled": True,
        "position": 0,
    }
    start |= {"kind": DoorKind.INNER.value, "reader_format": formats_of(driver.value)[0], "relay_channel": 1}
    return start | {SETTING + each.name: each.usual for each in settings_of(driver.value)}


def filled_of(door: Door) -> dict[str, Any]:
    """What the form of a door that hangs there begins with."""
    own = set(DoorForm().fields) - {"spaces", "elsewhere"}
    start = {name: getattr(door, name) for name in (*own, *WIRING)}
    given = {each.name: door.settings.get(each.name, each.usual) for each in settings_of(door.driver)}
    return start | {SETTING + name: value for name, value in given.items()}


def wiring_in(wish: dict[str, Any], driver: str) -> Wiring:
    """Takes out of a wish how the door is connected."""
    given = {name: wish.pop(name) for name in WIRING if name in wish}
    settings = {name.removeprefix(SETTING): wish.pop(name) for name in list(wish) if name.startswith(SETTING)}
    return Wiring(driver, **given, settings=settings)


def _of(base: type[forms.FormSchema], driver: Driver, asked: Any) -> forms.FormSchema:
    own: dict[str, fields.Field[Any]] = {name: _OF_MAKES[name]() for name in asked if name != "reader_format"}
    if "reader_format" in asked:
        formats = formats_of(driver.value)
        own["reader_format"] = forms.Choice(formats, load_default=formats[0])
    own |= {SETTING + each.name: forms.Text(load_default="") for each in settings_of(driver.value)}
    return cast("forms.FormSchema", base.from_dict(own)())
