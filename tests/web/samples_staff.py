"""Samples for the pages of those who run premises: closed days, doors, cards, events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import commands, credentials, free_schedules, newcomers, register, retention, staff_access
from access.alarms import AlarmKind, sound
from access.free_schedules import FreeWish
from access.keys import Vault
from access.models import Door, DoorEvent, DoorKind, DoorState
from access.register import DoorWish
from access.retention import HoldWish
from access.staff_access import StaffWish
from booking.models import ClosedDays
from booking.roles import Role
from tests.web import samples_money
from tests.web.town import NOW, Town

VAULT = Vault("a master key that only tests know")
CARD = "62E3086CED"


def closed_days(session: Session, town: Town) -> str:
    row = ClosedDays(
        premises_id=town.premises.id, first_on=date(2026, 12, 7), last_on=date(2026, 12, 8), name_fi="Lattian vahaus"
    )
    session.add(row)
    session.flush()
    return row.ref


def door_of(session: Session, town: Town) -> Door:
    """The door of the town's hall, fitted the first time it is asked for."""
    found = session.scalar(select(Door).where(Door.controller_id == "town-hall"))
    if found is not None:
        return found
    wish = DoorWish(
        town.premises.id, "town-hall", DoorKind.INNER, "Salin ovi", "Salsdörren", "Hall door", spaces=(town.space.id,)
    )
    return register.fit(session, VAULT, wish, by=None, now=NOW)


def door(session: Session, town: Town) -> str:
    return door_of(session, town).ref


def online(session: Session, town: Town) -> Door:
    """The hall's door, connected."""
    found = door_of(session, town)
    state = session.get_one(DoorState, found.id)
    state.online, state.online_changed_at, state.last_heard_at = True, NOW - timedelta(hours=2), NOW
    session.flush()
    return found


def command(session: Session, town: Town) -> str:
    asking = town.people[Role.CARETAKER]
    return commands.ask_open(session, door(session, town), by=asking.id, reason="Avain jäi kotiin", now=NOW).ref


def alarm(session: Session, town: Town) -> str:
    return sound(session, door_of(session, town), AlarmKind.FORCED, {}, NOW).ref


def event_of(session: Session, town: Town, seq: int = 1, **values: object) -> DoorEvent:
    """Somebody of the troop was let in at 17.50 by the door's own clock, heard two minutes later."""
    at = NOW - timedelta(hours=1)
    facts = {"kind": "granted", "reason": "granted", "device_at": at, "received_at": at + timedelta(minutes=2)}
    facts |= {
        "person_id": town.booker.id,
        "occurrence_id": town.occurrence.id,
        "clock": "synced",
        "body_hash": "0" * 64,
    }
    facts |= {"boot_epoch": 1, "seq": seq, "door_id": door_of(session, town).id, "body": {"medium": "card"}}
    row = DoorEvent(**(facts | values))
    session.add(row)
    session.flush()
    return row


def event(session: Session, town: Town) -> str:
    return event_of(session, town).ref


def hold(session: Session, town: Town) -> str:
    day = timedelta(days=1)
    wish = HoldWish("Tapaturma portaissa", NOW - day, NOW + day, NOW + 30 * day)
    return retention.hold(session, wish, by=town.people[Role.AUDITOR].id, now=NOW).ref


def card(session: Session, town: Town) -> str:
    door(session, town)
    someone = town.booker.id
    return credentials.enrol(session, VAULT, someone, CARD, by=someone, now=NOW, label="Sininen kortti").credential.ref


def newcomer(session: Session, town: Town) -> str:
    newcomers.heard(session, "shelly", "shellyplus1-a8032abe54dc", {"name": "Porch"}, NOW)
    newcomers.heard(session, "vuoro_mqtt", "vc-7k3m9q2x", {"firmware": "1"}, NOW, proved=True)
    newcomers.prepare(session, VAULT, 1, None, now=NOW)
    return next(row.ref for row in newcomers.listed(session) if row.driver == "shelly")


def free(session: Session, town: Town) -> str:
    wish = FreeWish((0, 1, 2, 3, 4), 480, 960, date(2026, 8, 1), first_in=True)
    manager = town.people[Role.MANAGER].id
    return free_schedules.add(session, door_of(session, town), wish, by=manager, now=NOW).ref


def staff(session: Session, town: Town) -> str:
    wish = StaffWish(town.people[Role.CARETAKER].id, "Talonmies", ("first_in", "survives_lockdown"))
    return staff_access.give(session, town.premises.id, wish, by=town.people[Role.MANAGER].id, now=NOW).ref


SAMPLES: dict[str, Callable[[Session, Town], str]] = {
    "newcomer_ref": newcomer,
    "closed_ref": closed_days,
    "door_ref": door,
    "command_ref": command,
    "alarm_ref": alarm,
    "event_ref": event,
    "card_ref": card,
    "hold_ref": hold,
    "free_ref": free,
    "staff_ref": staff,
    "bench_ref": lambda session, town: "town-hall",
    "seq": lambda session, town: "1",
}
SAMPLES |= samples_money.SAMPLES
