"""Whom an alarm is told next, and when: rows with an instant, taken once each, so that no restart forgets one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from access.alarm_models import AlarmCare, AlarmHouse, AlarmStep, Rung, StepOutcome
from access.models import Door, DoorAlarm
from booking.acts import Act, ActKind, tell
from booking.ids import PersonId, PremisesId
from booking.models import Booking, Occurrence, Person, Premises, RoleGrant, Space
from booking.refusals import BadInput
from booking.roles import Role, in_force

FILE = Path(__file__).with_name("escalation.toml")
USUAL = "usual"
MOST_MIN = 1440
ON_RUNG: Mapping[Rung, tuple[Role, ...]] = {
    Rung.CARETAKER: (Role.CARETAKER,),
    Rung.MANAGER: (Role.MANAGER, Role.OPERATOR),
}


@cache
def ladders(path: Path = FILE) -> dict[str, dict[Rung, int]]:
    """Minutes to each rung for each kind of alarm. Raises ValueError naming the kind without day or source."""
    found = tomllib.loads(path.read_text("utf-8"))
    for kind, entry in found.items():
        if not entry.get("source") or not entry.get("since"):
            raise ValueError(f"escalation.toml: {kind}: since and source are needed")
    return {kind: {rung: entry[rung] for rung in Rung if rung in entry} for kind, entry in found.items()}


def ladder(kind: str, house: AlarmHouse | None = None) -> dict[Rung, int]:
    """Minutes to each rung at this house: its own where it decided, else the usual ones."""
    usual = ladders().get(kind) or ladders()[USUAL]
    own = {} if house is None else {Rung.CARETAKER: house.caretaker_min, Rung.GUARD: house.guard_min}
    return {rung: usual[rung] if own.get(rung) is None else own[rung] or 0 for rung in usual}


def plan(session: Session, alarm: DoorAlarm, premises: PremisesId) -> None:
    """The steps of a new alarm, as rows."""
    steps = ladder(alarm.kind, session.get(AlarmHouse, premises))
    for rung, minutes in steps.items():
        due = alarm.raised_at + timedelta(minutes=minutes)
        session.add(AlarmStep(alarm_id=alarm.id, rung=rung.value, due_at=due))
    session.flush()


def due(session: Session, now: datetime, *, most: int = 20) -> list[AlarmStep]:
    """The steps whose instant has come, oldest first, for this transaction alone; those no longer needed are closed.

    A step is not needed when the alarm has ended, or somebody has taken it on."""
    query = select(AlarmStep).where(AlarmStep.done_at.is_(None), AlarmStep.due_at <= now)
    locked = query.order_by(AlarmStep.due_at, AlarmStep.id).limit(most).with_for_update(skip_locked=True)
    wanted = []
    for step in session.scalars(locked):
        alarm = session.get_one(DoorAlarm, step.alarm_id)
        care = session.get(AlarmCare, alarm.id)
        if alarm.ended_at is not None or (care is not None and care.acknowledged_at is not None):
            _close(session, step, StepOutcome.NOT_NEEDED, 0, now)
        else:
            wanted.append(step)
    return wanted


def settle(session: Session, step: AlarmStep, *, readers: Sequence[PersonId], letters: int, now: datetime) -> None:
    """The step is done: so many letters went out. Kept in the log, with whom they went to."""
    _close(session, step, StepOutcome.TOLD if letters else StepOutcome.NOBODY, letters, now)
    door = door_of(session, step)
    alarm = session.get_one(DoorAlarm, step.alarm_id)
    body = {"alarm": alarm.ref, "kind": alarm.kind, "told": step.rung, "letters": letters}
    tell(session, Act(ActKind.DOOR_ALARM_TOLD, now, None, door.ref, body, door.premises_id, tuple(readers)))


def _close(session: Session, step: AlarmStep, outcome: StepOutcome, letters: int, now: datetime) -> None:
    step.done_at, step.outcome, step.letters = now, outcome.value, letters
    session.flush()


def door_of(session: Session, step: AlarmStep) -> Door:
    return session.get_one(Door, session.get_one(DoorAlarm, step.alarm_id).door_id)


def readers(session: Session, step: AlarmStep, now: datetime) -> list[Person]:
    """Who is written to at this step; the guard service is no person. Without a caretaker it is the manager."""
    if step.rung == Rung.GUARD:
        return []
    if step.rung == Rung.HOLDER:
        turn = turn_of(session, step)
        return [turn.booking.holder] if turn else []
    premises = door_of(session, step).premises_id
    found = staff(session, premises, ON_RUNG[Rung(step.rung)], now)
    return found or staff(session, premises, ON_RUNG[Rung.MANAGER], now)


def turn_of(session: Session, step: AlarmStep) -> Occurrence | None:
    """The turn the alarm is about, with its booking and place."""
    care = session.get(AlarmCare, step.alarm_id)
    if care is None or care.occurrence_id is None:
        return None
    query = select(Occurrence).where(Occurrence.id == care.occurrence_id)
    space = joinedload(Occurrence.space).joinedload(Space.premises)
    booking = joinedload(Occurrence.booking)
    people = booking.joinedload(Booking.holder), booking.joinedload(Booking.organisation)
    return session.scalar(query.options(space, *people))


def staff(session: Session, premises: PremisesId, roles: Sequence[Role], now: datetime) -> list[Person]:
    """Who has one of these roles at the premises now, by name."""
    on = now.astimezone(ZoneInfo(session.get_one(Premises, premises).zone)).date()
    there = or_(RoleGrant.premises_id.is_(None), RoleGrant.premises_id == premises)
    mine = RoleGrant.role.in_([role.value for role in roles]), RoleGrant.organisation_id.is_(None), there
    granted = select(RoleGrant.person_id).where(in_force(on, now), *mine)
    query = select(Person).where(Person.id.in_(granted), Person.erased_at.is_(None))
    return list(session.scalars(query.order_by(Person.name, Person.id)))


def house_of(session: Session, premises: PremisesId) -> AlarmHouse | None:
    """What the premises decided for itself, if anything."""
    return session.get(AlarmHouse, premises)


def decide(
    session: Session, premises: Premises, values: Mapping[str, int | str | None], *, by: PersonId, now: datetime
) -> AlarmHouse:
    """Write what the premises decides; alarms raised from now on follow it. Raises BadInput for a guard before the
    caretaker."""
    first, last = values["caretaker_min"], values["guard_min"]
    if isinstance(first, int) and isinstance(last, int) and last < first:
        raise BadInput(field="guard_min", problem="order")
    row = session.get(AlarmHouse, premises.id) or AlarmHouse(premises_id=premises.id, decided_at=now)
    for name, value in values.items():
        setattr(row, name, value)
    row.decided_at, row.decided_by = now, by
    session.add(row)
    session.flush()
    body = {"caretaker_min": first, "guard_min": last, "guard": bool(row.guard_address), "source": row.source}
    tell(session, Act(ActKind.ALARM_HOUSE_CHANGED, now, by, premises.ref, body, premises.id))
    return row
