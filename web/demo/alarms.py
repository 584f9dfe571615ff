"""Alarms of the demo's doors: one from last night that somebody saw to, one that waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import alarm_care, escalation
from access.alarms import AlarmKind, sound
from access.models import Door
from booking.models import Occurrence, OccurrenceState, Person

SAID = "Ovi ei ollut painunut kiinni. Suljin sen ja puhuin ryhmän kanssa."


def fill(session: Session, door: Door, persons: Mapping[str, Person], *, now: datetime) -> None:
    """At this door."""
    _seen_to(session, door, persons, now - timedelta(hours=14))
    sound(session, door, AlarmKind.LOCKOUT, {"seq": 12}, now - timedelta(minutes=4))


def _seen_to(session: Session, door: Door, persons: Mapping[str, Person], at: datetime) -> None:
    """Somebody left the door open, was reminded, and the caretaker closed it."""
    facts: dict[str, object] = {"ended_at": (at - timedelta(minutes=5)).isoformat()}
    row = sound(session, door, AlarmKind.OPEN_AFTER_END, facts, at)
    past = select(Occurrence).where(Occurrence.state == OccurrenceState.CONFIRMED.value, Occurrence.ends_at < at)
    if turn := session.scalars(past.order_by(Occurrence.ends_at.desc())).first():
        alarm_care.about(session, row, turn.id)
    for step in escalation.due(session, at):
        escalation.settle(session, step, readers=[], letters=1, now=at)
    caretaker = persons["caretaker"].id
    alarm_care.acknowledge(session, row, said="", by=caretaker, now=at + timedelta(minutes=8))
    alarm_care.close(session, row, said=SAID, by=caretaker, now=at + timedelta(minutes=21))
