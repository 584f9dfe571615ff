"""What people do about alarms: take one on, give it away, note something, close it with a reason; and the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, joinedload

from access import escalation
from access.alarm_models import AlarmCare, AlarmHouse, AlarmNote, AlarmStep, CareKind
from access.models import Door, DoorAlarm
from booking.acts import Act, ActKind, tell
from booking.ids import OccurrenceId, PersonId, PremisesId
from booking.models import Booking, Occurrence, Person, Space
from booking.refusals import BadInput, NotFound, NotNow
from booking.roles import Role

LONGEST = 500
PER_PAGE = 50
ON_DUTY = (Role.CARETAKER, Role.MANAGER, Role.OPERATOR)


class AlarmState(StrEnum):
    """Where an alarm is."""

    NEW = "new"
    TAKEN = "taken"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class AlarmWish:
    """Which alarms; everything given must hold. `premises`: only these. `mine`: given to this person. Pages from 1."""

    premises: Sequence[PremisesId]
    state: AlarmState | None = None
    kind: str = ""
    door: str = ""
    mine: PersonId | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm with who looks after it. `told_at`: when somebody was last written to; `next_at`: the next step."""

    alarm: DoorAlarm
    care: AlarmCare | None
    steps: tuple[AlarmStep, ...]
    assigned: Person | None

    @property
    def state(self) -> AlarmState:
        if self.alarm.ended_at is not None:
            return AlarmState.ENDED
        return AlarmState.TAKEN if self.care and self.care.acknowledged_at else AlarmState.NEW

    @property
    def next_step(self) -> AlarmStep | None:
        ahead = [step for step in self.steps if step.done_at is None]
        return ahead[0] if ahead and self.state is AlarmState.NEW else None


@dataclass(frozen=True, slots=True)
class AlarmPage:
    """The alarms of one page, newest first, of how many in all."""

    rows: tuple[AlarmRow, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class AlarmStory:
    """One alarm with all that was done about it, and the turn it is about."""

    row: AlarmRow
    door: Door
    notes: tuple[AlarmNote, ...]
    turn: Occurrence | None
    house: AlarmHouse | None


def listed(session: Session, wish: AlarmWish) -> AlarmPage:
    """One page of the alarms of these premises, those not ended first, then by age."""
    query = _query(wish)
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(wish.page, 1), pages)
    found = session.execute(query.limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
    return AlarmPage(tuple(_rows(session, [(alarm, care) for alarm, care in found])), total, page, pages)


def _query(wish: AlarmWish) -> Select[DoorAlarm, AlarmCare | None]:
    query = (
        select(DoorAlarm, AlarmCare)
        .join(Door, Door.id == DoorAlarm.door_id)
        .outerjoin(AlarmCare, AlarmCare.alarm_id == DoorAlarm.id)
        .options(joinedload(DoorAlarm.door))
        .order_by(DoorAlarm.ended_at.is_not(None), DoorAlarm.raised_at.desc(), DoorAlarm.id.desc())
    )
    return query.where(*_conditions(wish))


def _conditions(wish: AlarmWish) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = [Door.premises_id.in_(list(wish.premises))]
    if wish.state is AlarmState.ENDED:
        asked.append(DoorAlarm.ended_at.is_not(None))
    elif wish.state is not None:
        taken = AlarmCare.acknowledged_at.is_not(None)
        asked += [DoorAlarm.ended_at.is_(None), taken if wish.state is AlarmState.TAKEN else taken.is_not(True)]
    if wish.kind:
        asked.append(DoorAlarm.kind == wish.kind)
    if wish.door:
        asked.append(Door.ref == wish.door)
    if wish.mine is not None:
        asked.append(AlarmCare.assigned_to == wish.mine)
    return asked


def _rows(session: Session, found: Sequence[tuple[DoorAlarm, AlarmCare | None]]) -> list[AlarmRow]:
    steps: dict[int, list[AlarmStep]] = {}
    alarms = [alarm.id for alarm, _care in found]
    query = select(AlarmStep).where(AlarmStep.alarm_id.in_(alarms)).order_by(AlarmStep.due_at, AlarmStep.id)
    for step in session.scalars(query):
        steps.setdefault(step.alarm_id, []).append(step)
    given = {care.assigned_to for _alarm, care in found if care and care.assigned_to}
    people = {one.id: one for one in session.scalars(select(Person).where(Person.id.in_(given)))}
    return [
        AlarmRow(alarm, care, tuple(steps.get(alarm.id, [])), people.get(care.assigned_to) if care else None)  # type: ignore[arg-type]
        for alarm, care in found
    ]


def story(session: Session, ref: str) -> AlarmStory:
    """One alarm with its history. Raises NotFound."""
    alarm = of_ref(session, ref)
    care = session.get(AlarmCare, alarm.id)
    notes = select(AlarmNote).where(AlarmNote.alarm_id == alarm.id).order_by(AlarmNote.id)
    named = joinedload(AlarmNote.by_person), joinedload(AlarmNote.whom_person)
    row = _rows(session, [(alarm, care)])[0]
    house = session.get(AlarmHouse, alarm.door.premises_id)
    told = tuple(session.scalars(notes.options(*named)))
    return AlarmStory(row, alarm.door, told, _turn(session, care), house)


def of_ref(session: Session, ref: str) -> DoorAlarm:
    """Raises NotFound."""
    alarm = session.scalar(select(DoorAlarm).where(DoorAlarm.ref == ref).options(joinedload(DoorAlarm.door)))
    if alarm is None:
        raise NotFound(what="alarm")
    return alarm


def _turn(session: Session, care: AlarmCare | None) -> Occurrence | None:
    if care is None or care.occurrence_id is None:
        return None
    query = select(Occurrence).where(Occurrence.id == care.occurrence_id)
    booking = joinedload(Occurrence.booking)
    return session.scalar(
        query.options(
            joinedload(Occurrence.space).joinedload(Space.premises),
            booking.joinedload(Booking.holder),
            booking.joinedload(Booking.organisation),
        )
    )


def about(session: Session, alarm: DoorAlarm, occurrence: OccurrenceId) -> None:
    """The alarm is about this turn."""
    _care(session, alarm).occurrence_id = occurrence
    session.flush()


def acknowledge(session: Session, alarm: DoorAlarm, *, said: str, by: PersonId, now: datetime) -> None:
    """Somebody takes it on: nobody else is told any more. Raises NotNow for an alarm that has ended."""
    care = _going_on(session, alarm)
    if care.acknowledged_at is None:
        care.acknowledged_at, care.acknowledged_by = now, by
    care.assigned_to = care.assigned_to or by
    _noted(session, alarm, CareKind.ACKNOWLEDGED, said, by, now)


def assign(session: Session, alarm: DoorAlarm, person: Person, *, said: str, by: PersonId, now: datetime) -> None:
    """Give it to somebody who works there. Raises NotNow for an alarm that has ended, BadInput for somebody else."""
    care = _going_on(session, alarm)
    if person.id not in {one.id for one in escalation.staff(session, alarm.door.premises_id, ON_DUTY, now)}:
        raise BadInput(field="whom", problem="not_one_of")
    care.assigned_to = person.id
    _noted(session, alarm, CareKind.ASSIGNED, said, by, now, whom=person.id)


def note(session: Session, alarm: DoorAlarm, *, said: str, by: PersonId, now: datetime) -> None:
    """Somebody says something about it, also after its end. Raises BadInput when nothing is said."""
    _noted(session, alarm, CareKind.NOTED, _needed(said), by, now)


def close(session: Session, alarm: DoorAlarm, *, said: str, by: PersonId, now: datetime) -> None:
    """It is over, for this reason. Raises NotNow for one that has ended, BadInput without a reason."""
    care = _going_on(session, alarm)
    care.end_reason = _needed(said)
    alarm.ended_at, alarm.ended_by = now, by
    _noted(session, alarm, CareKind.CLOSED, said, by, now)


def _needed(said: str) -> str:
    if not said.strip():
        raise BadInput(field="said", problem="missing")
    return said.strip()[:LONGEST]


def _going_on(session: Session, alarm: DoorAlarm) -> AlarmCare:
    if alarm.ended_at is not None:
        raise NotNow(reason="alarm_ended")
    return _care(session, alarm)


def _care(session: Session, alarm: DoorAlarm) -> AlarmCare:
    row = session.get(AlarmCare, alarm.id)
    if row is None:
        row = AlarmCare(alarm_id=alarm.id)
        session.add(row)
    return row


def _noted(
    session: Session,
    alarm: DoorAlarm,
    kind: CareKind,
    said: str,
    by: PersonId,
    now: datetime,
    *,
    whom: PersonId | None = None,
) -> None:
    row = AlarmNote(alarm_id=alarm.id, at=now, by=by, kind=kind.value, said=said.strip()[:LONGEST], whom=whom)
    session.add(row)
    session.flush()
    body = {"alarm": alarm.ref, "kind": alarm.kind, "done": kind.value, "said": row.said}
    persons = () if whom is None else (whom,)
    door = session.get_one(Door, alarm.door_id)
    tell(session, Act(ActKind.DOOR_ALARM_CARED, now, by, door.ref, body, door.premises_id, persons))
