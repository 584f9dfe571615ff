"""Letters about alarms of doors: to who had the turn, the caretaker, the manager, the guard service."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import escalation
from access.alarm_models import AlarmStep, Rung
from access.models import DoorAlarm
from booking import mail
from booking.ids import PersonId
from booking.models import Letter, Premises
from web import i18n
from web.life_letters import address
from web.words_of_doors import door_word

GUARDS_READ = "fi"


def take(session: Session, now: datetime) -> int:
    """Do the steps that are due: letters into the outbox in the transaction that closes the step. Gives how many."""
    steps = escalation.due(session, now)
    for step in steps:
        told = _told(session, step, now)
        escalation.settle(session, step, readers=told[0], letters=told[1], now=now)
    return len(steps)


def _told(session: Session, step: AlarmStep, now: datetime) -> tuple[list[PersonId], int]:
    values = _values(session, step)
    if step.rung == Rung.GUARD:
        return [], _guard(session, step, values, now)
    wrote = []
    for person in escalation.readers(session, step, now):
        with i18n.speaking(person.language):
            subject, body = _text(values | {"name": person.name})
            if mail.write(session, person, subject=subject, body=body, now=now):
                wrote.append(person.id)
    return wrote, len(wrote)


def _guard(session: Session, step: AlarmStep, values: dict[str, Any], now: datetime) -> int:
    house = escalation.house_of(session, escalation.door_of(session, step).premises_id)
    if house is None or not house.guard_address:
        return 0
    with i18n.speaking(GUARDS_READ):
        subject, body = _text(values | {"name": house.guard_name})
    to = {"person_id": None, "address": house.guard_address, "language": GUARDS_READ}
    session.add(Letter(**to, subject=" ".join(subject.split()), body=body, written_at=now, due_at=now))
    return 1


def _values(session: Session, step: AlarmStep) -> dict[str, Any]:
    alarm = session.get_one(DoorAlarm, step.alarm_id)
    door = escalation.door_of(session, step)
    place = session.get_one(Premises, door.premises_id)
    turn = escalation.turn_of(session, step)
    url = address("alarms.show", alarm_ref=alarm.ref)
    values = {"alarm": alarm, "door": door, "place": place, "turn": turn, "url": url, "rung": step.rung}
    return values | {"zone": ZoneInfo(place.zone)}


def _text(values: dict[str, Any]) -> tuple[str, str]:
    door, place = values["door"].name(i18n.language()), values["place"].name(i18n.language())
    said = door_word(values["alarm"].kind, "alarm")
    subject = _("Alarm: %(said)s – %(door)s, %(place)s", said=said, door=door, place=place)
    if values["rung"] == Rung.HOLDER:
        subject = _("Please close the door: %(door)s, %(place)s", door=door, place=place)
    return str(subject), render_template("alarms/letter.txt", **values)
