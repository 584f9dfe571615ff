"""What a caretaker and an auditor look at: tonight's sessions and doors, what will fail first, and who opened what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from access import register
from access.models import Door, DoorAlarm, DoorEvent, DoorState
from access.practice import practice
from access.status import DoorRight, RightState, overall, right_status
from booking.acts import Act, ActKind, tell
from booking.core.span import Span
from booking.ids import PersonId, PremisesId
from booking.models import Booking, Occurrence, OccurrenceState, Person, Space

TONIGHT = timedelta(hours=18)
_FAILING = (RightState.PENDING, RightState.NO_CREDENTIAL, RightState.REVOCATION_PENDING)
_PAGE = 50
Where = Sequence[PremisesId] | None


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One session of tonight with its doors. at_risk: somebody will stand before a shut door unless somebody acts."""

    occurrence: Occurrence
    doors: list[DoorRight]
    state: RightState
    at_risk: bool


@dataclass(frozen=True, slots=True)
class DoorHealth:
    """One door as it is. Versions are of access lists; clock_offset_ms is the door's clock minus ours."""

    door: Door
    online: bool
    last_heard_at: datetime | None
    offline_since: datetime | None
    wanted_version: int
    confirmed_version: int
    confirmed_at: datetime | None
    clock_state: str
    clock_offset_ms: int | None
    queue_length: int
    contact: str
    lock: str
    alarms: list[DoorAlarm]


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """An event with its door, and whose credential it was and for which turn, as far as known."""

    event: DoorEvent
    door: Door
    person: Person | None
    occurrence_ref: str | None


def tonight(session: Session, premises: Where, now: datetime) -> list[BoardRow]:
    """The sessions under way and those of the next hours; what will fail first, then by time. Premises None: all."""
    return sessions_in(session, premises, Span(now, now + TONIGHT), now)


def sessions_in(session: Session, premises: Where, window: Span, now: datetime) -> list[BoardRow]:
    """The sessions that touch a window, with their doors as they are now; what will fail first, then by time."""
    query = (
        select(Occurrence)
        .join(Space, Occurrence.space_id == Space.id)
        .where(Occurrence.state == OccurrenceState.CONFIRMED.value)
        .where(Occurrence.ends_at > window.starts_at, Occurrence.starts_at < window.ends_at)
        .options(
            joinedload(Occurrence.space).joinedload(Space.premises),
            joinedload(Occurrence.booking).joinedload(Booking.organisation),
            joinedload(Occurrence.booking).joinedload(Booking.holder),
        )
    )
    if premises is not None:
        query = query.where(Space.premises_id.in_(list(premises)))
    rows = [_row(session, occurrence, now) for occurrence in session.scalars(query)]
    return sorted(rows, key=lambda row: (not row.at_risk, row.occurrence.starts_at, row.occurrence.id))


def door_health(session: Session, premises: Where) -> list[DoorHealth]:
    """Every door with its state; those with alarms first."""
    query = select(Door, DoorState).join(DoorState)
    if premises is not None:
        query = query.where(Door.premises_id.in_(list(premises)))
    sounding: dict[int, list[DoorAlarm]] = {}
    for alarm in alarms(session, premises):
        sounding.setdefault(alarm.door_id, []).append(alarm)
    rows = [_health(door, state, sounding.get(door.id, [])) for door, state in session.execute(query)]
    return sorted(rows, key=lambda row: (not row.alarms, row.door.premises_id, row.door.position, row.door.id))


def alarms(session: Session, premises: Where) -> list[DoorAlarm]:
    """The open alarms, newest first, with their doors."""
    query = select(DoorAlarm).join(Door).where(DoorAlarm.ended_at.is_(None)).options(joinedload(DoorAlarm.door))
    if premises is not None:
        query = query.where(Door.premises_id.in_(list(premises)))
    return list(session.scalars(query.order_by(DoorAlarm.raised_at.desc(), DoorAlarm.id.desc())))


def history(session: Session, door_ref: str, *, before: datetime | None = None, limit: int = _PAGE) -> list[SeenEvent]:
    """What happened at a door, newest first by its own time. Raises NotFound."""
    query = _events().where(DoorEvent.door_id == register.by_ref(session, door_ref).id)
    if before is not None:
        query = query.where(DoorEvent.device_at < before)
    return _seen(session, query, limit)


def search(
    session: Session,
    *,
    by: PersonId,
    now: datetime,
    premises: Where = None,
    door_ref: str | None = None,
    person_ref: str | None = None,
    kinds: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 200,
) -> list[SeenEvent]:
    """Who opened what, newest first; times are the doors' own, half open. Looking is told (LOG_VIEWED)."""
    conditions = [
        premises is not None and Door.premises_id.in_(list(premises)),
        door_ref is not None and Door.ref == door_ref,
        person_ref is not None and Person.ref == person_ref,
        bool(kinds) and DoorEvent.kind.in_(list(kinds)),
        since is not None and DoorEvent.device_at >= since,
        until is not None and DoorEvent.device_at < until,
    ]
    found = _seen(session, _events().where(*(each for each in conditions if each is not False)), limit)
    asked: dict[str, Any] = {"door": door_ref, "person": person_ref, "kinds": list(kinds), "found": len(found)}
    asked |= {"since": since and since.isoformat(), "until": until and until.isoformat()}
    seen = tuple(sorted({row.person.id for row in found if row.person}))
    tell(session, Act(ActKind.LOG_VIEWED, now, by, "door_events", asked, None, seen))
    return found


def _row(session: Session, occurrence: Occurrence, now: datetime) -> BoardRow:
    doors = right_status(session, occurrence.id, now)
    state = overall(doors)
    near = occurrence.starts_at <= now + practice().alarm_before_start
    offline = any(door.offline_since is not None for door in doors)
    ahead = occurrence.ends_at > now
    return BoardRow(occurrence, doors, state, at_risk=ahead and state in _FAILING and (near or offline))


def _health(door: Door, state: DoorState, sounding: list[DoorAlarm]) -> DoorHealth:
    return DoorHealth(
        door=door,
        online=state.online,
        last_heard_at=state.last_heard_at,
        offline_since=None if state.online else state.online_changed_at,
        wanted_version=door.version,
        confirmed_version=state.confirmed_version,
        confirmed_at=state.confirmed_at,
        clock_state=state.clock_state,
        clock_offset_ms=state.clock_offset_ms,
        queue_length=state.queue_length,
        contact=state.contact,
        lock=state.lock,
        alarms=sounding,
    )


def _events() -> Select[DoorEvent, Door, Person | None, str | None]:
    return (
        select(DoorEvent, Door, Person, Occurrence.ref)
        .join(Door, DoorEvent.door_id == Door.id)
        .outerjoin(Person, DoorEvent.person_id == Person.id)
        .outerjoin(Occurrence, DoorEvent.occurrence_id == Occurrence.id)
        .order_by(DoorEvent.device_at.desc(), DoorEvent.id.desc())
    )


def _seen(session: Session, query: Select[DoorEvent, Door, Person | None, str | None], limit: int) -> list[SeenEvent]:
    rows = session.execute(query.limit(limit))
    return [SeenEvent(event, door, person, occurrence) for event, door, person, occurrence in rows]
