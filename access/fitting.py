"""Whether a door that is being fitted, or connected otherwise, can work: said before it is used, with what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.card_numbers import READER_FORMATS
from access.ids import DoorId
from access.models import Door
from booking.refusals import BadInput
from devices.drivers.makers import MAKERS, fits
from devices.drivers.settings import FORMATS, BadSetting, checked, fields_of
from devices.ports import ports_here

__all__ = ["Wiring", "check", "check_ports", "fields_of", "formats_of", "ports_here", "wiring_of"]

_PORT = re.compile(r"/[^\0]{1,200}|socket://[^\s]{3,100}|rfc2217://[^\s]{3,100}")
_BEHIND = ("relay", "doorip")  # settings that tell apart several doors on one topic
_SEATS = ("address", "serial", "board_door")  # settings that tell apart several doors on one line or board


@dataclass(frozen=True, slots=True)
class Wiring:
    """How a door is connected: what its make asks for, and empty else."""

    driver: str
    device_topic: str = ""
    reader_path: str = ""
    relay_path: str = ""
    relay_channel: int = 1
    settings: Mapping[str, str] | None = None


def wiring_of(door: Door) -> Wiring:
    return Wiring(
        door.driver, door.device_topic, door.reader_path, door.relay_path, door.relay_channel, dict(door.settings)
    )


def formats_of(driver: str) -> tuple[str, ...]:
    """The ways in which a reader of this make can see cards."""
    return FORMATS.get(driver, READER_FORMATS)


def check(session: Session, wiring: Wiring, *, but: DoorId | None = None) -> dict[str, str]:
    """The settings as they are kept. Raises BadInput that names the field: what is missing, not in its form, or
    another door's already. `but`: the door itself, when it is changed."""
    asked = fields_of(wiring.driver)
    if "reader_path" in asked and not wiring.reader_path:
        raise BadInput(field="reader_path", problem="missing")
    for name in ("reader_path", "relay_path"):
        _check_path(name, getattr(wiring, name))
    if wiring.driver in MAKERS and not fits(wiring.driver, wiring.device_topic):
        raise BadInput(field="device_topic", problem=f"topic_{wiring.driver}")
    settings = _settings(wiring)
    if not wiring.relay_path and _needs_board_port(wiring, settings):
        raise BadInput(field="relay_path", problem="missing")
    _check_free(session, wiring, settings, but)
    return settings


def check_ports(wiring: Wiring) -> None:
    """That the ports are there, on this machine. Raises BadInput(problem=no_port or no_device). Not to be asked where
    the doors process runs on another machine."""
    for name in ("reader_path", "relay_path"):
        path = getattr(wiring, name)
        if path.startswith("/") and "reader_path" in fields_of(wiring.driver):
            _check_there(name, path)


def _check_path(name: str, path: str) -> None:
    if path and not _PORT.fullmatch(path):
        raise BadInput(field=name, problem="port_form")


def _check_there(name: str, path: str) -> None:
    port = Path(path)
    if not port.is_char_device():
        raise BadInput(field=name, problem="no_device" if port.exists() else "no_port", path=path)


def _settings(wiring: Wiring) -> dict[str, str]:
    try:
        return checked(wiring.driver, wiring.settings or {})
    except BadSetting as error:
        raise BadInput(field=f"setting_{error.name}", problem="setting_form") from error


def _check_free(session: Session, wiring: Wiring, settings: Mapping[str, str], but: DoorId | None) -> None:
    query = select(Door).where((Door.driver == wiring.driver) | (Door.reader_path != ""))
    for other in session.scalars(query.order_by(Door.id)) if _can_clash(wiring, settings) else ():
        if other.id == but:
            continue
        for field, problem in _clashes(wiring, settings, other):
            raise BadInput(field=field, problem=problem, door=other.name_fi)


def _can_clash(wiring: Wiring, settings: Mapping[str, str]) -> bool:
    return {"device_topic", "reader_path"} & set(fields_of(wiring.driver)) != set() or any(_among(_SEATS, settings))


def _clashes(wiring: Wiring, settings: Mapping[str, str], other: Door) -> Iterator[tuple[str, str]]:
    """What of this wiring is the other door's already, by field and word."""
    asked = fields_of(wiring.driver)
    same_make = wiring.driver == other.driver
    same_topic = "device_topic" in asked and wiring.device_topic == other.device_topic
    if same_make and same_topic and _among(_BEHIND, settings) == _among(_BEHIND, other.settings):
        yield "device_topic", "topic_taken"
    seat = next((name for name in _SEATS if name in settings), None)
    same_line = wiring.reader_path == other.reader_path if "reader_path" in asked else same_make
    if seat is not None:
        if same_make and same_line and _among(_SEATS, settings) == _among(_SEATS, other.settings):
            yield f"setting_{seat}", "address_taken"
    elif "reader_path" in asked and same_line and other.reader_path:
        yield "reader_path", "port_taken"
    if wiring.relay_path and _relay_seat(wiring, settings) == _relay_seat(wiring_of(other), other.settings):
        yield "relay_channel", "relay_taken"


def _needs_board_port(wiring: Wiring, settings: Mapping[str, str]) -> bool:
    """A board that answers, or has another speed than the reader, cannot share the reader's port."""
    if wiring.driver == "osdp":
        return settings["lock"] != "reader"
    return "board" in settings and (wiring.driver == "pn532_relay" or settings["board"] != "lc")


def _relay_seat(wiring: Wiring, settings: Mapping[str, str]) -> tuple[str, int, str]:
    """Which relay of which board; a Modbus line has several boards."""
    return wiring.relay_path, wiring.relay_channel, settings.get("unit", "")


def _among(names: tuple[str, ...], settings: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(settings.get(name, "") for name in names)
