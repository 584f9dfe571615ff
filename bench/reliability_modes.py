"""R18: lockdown of a premises while some of its doors cannot be reached."""

from __future__ import annotations

import time

from sqlalchemy import select

from access import commands, door_modes
from access.models import Door, DoorEvent
from bench.ground import Ground, now
from bench.reliability import Found
from bench.site import wait_for
from booking.db import reading
from booking.refusals import Refusal
from devices.messages import DoorMode

OFF = 0.3


def lockdown(here: Ground) -> Found:
    """R18"""
    since = now()
    here.doors.ask("/all/network", {"plugged": False, "part": OFF, "seed": 18})
    off = [door["door"] for door in here.doors.ask("/doors")["doors"] if not door["plugged"]]
    wait_for(lambda: unreachable(here) >= len(off), "doors known to be away")
    asked = [ask_open(here, name) for name in off]
    on = len(here.refs) - len(off)
    confirmed_s = ordered(here, DoorMode.LOCKDOWN, on)
    began = time.monotonic()
    here.doors.ask("/all/network", {"plugged": True})
    wait_for(lambda: here.summary()["modes"].get("lockdown") == len(here.refs), "the rest locked down", 90)
    rest_s = time.monotonic() - began
    (told,) = here.tap_all(1)
    here.wait_sent()
    opened = opened_remotely(here, since)
    ordered(here, DoorMode.NORMAL, len(here.refs))
    (after,) = here.tap_all(1)
    shut = told["decisions"] == {"denied:lockdown": len(here.refs)}
    back = after["decisions"] == {"granted:granted": len(here.refs)}
    holds = confirmed_s < 2 and shut and back and opened == 0
    first = (
        f"{on} doors on line confirmed in {confirmed_s:.2f} s; {len(off)} others locked {rest_s:.1f} s after the plug"
    )
    observed = (
        f"{first}, {opened} of {sum(asked)} openings asked for meanwhile happened; cards denied: {shut}, back: {back}"
    )
    return Found(
        observed, holds, {"online": on, "off": len(off), "confirmed_s": round(confirmed_s, 2), "rest_s": rest_s}
    )


def ordered(here: Ground, mode: DoorMode, doors: int) -> float:
    """Seconds from the start of the transaction until so many doors have confirmed it."""
    began = time.monotonic()
    with here.db.sessions.begin() as session:
        ids = list(session.scalars(select(Door.id).where(Door.driver == "vuoro_mqtt")))
        door_modes.order(session, ids, mode, by=here.town.holder, reason="mittaus", now=now())
    wait_for(lambda: confirmed(here, mode) >= doors, f"{mode.value} confirmed")
    return time.monotonic() - began


def confirmed(here: Ground, mode: DoorMode) -> int:
    with reading(here.db.sessions) as session:
        found = door_modes.statuses(session, here.town.premises)
        return sum(each.held is mode and each.confirmed for each in found if each.door.driver == "vuoro_mqtt")


def unreachable(here: Ground) -> int:
    with reading(here.db.sessions) as session:
        return sum(not each.online for each in door_modes.statuses(session, here.town.premises))


def ask_open(here: Ground, controller: str) -> bool:
    """Somebody asks a door that cannot be reached to open; True when it was not refused outright."""
    try:
        with here.db.sessions.begin() as session:
            commands.ask_open(session, here.refs[controller], by=here.town.holder, reason="mittaus", now=now())
    except Refusal:
        return False
    return True


def opened_remotely(here: Ground, since: object) -> int:
    with reading(here.db.sessions) as session:
        query = select(DoorEvent.id).where(DoorEvent.kind == "opened_remote", DoorEvent.received_at >= since)
        return len(session.scalars(query).all())
