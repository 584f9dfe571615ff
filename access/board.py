"""What a caretaker looks at: tonight's sessions and doors, and what will fail first. Who opened what: passages.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, joinedload

from access import door_modes
from access.door_card_models import DoorCard
from access.door_modes import ModeStatus
from access.ids import DoorId
from access.lock_code_models import CodeState
from access.models import Door, DoorAlarm, DoorEvent, DoorState
from access.practice import practice as decided
from access.status import DoorRight, RightState, overall, right_status
from booking.core.rules.access import Mode
from booking.core.span import Span
from booking.door_practice import DoorPractice, practice_of
from booking.ids import OccurrenceId, PremisesId
from booking.models import Booking, Occurrence, OccurrenceState, Space
from devices.drivers.registry import NUMBERED
from devices.events import EventKind

TONIGHT = timedelta(hours=18)
_FAILING = (RightState.SHUT, RightState.PENDING, RightState.NO_CREDENTIAL, RightState.REVOCATION_PENDING)
BY_HAND = frozenset({Mode.SUPERVISOR_OPENS, Mode.CONTACT_HANDS_OVER, Mode.OPEN})
_LETS_IN = (EventKind.GRANTED.value, EventKind.OPENED_REMOTE.value)
Where = Sequence[PremisesId] | None


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One session of tonight with its doors and how they open. at_risk: somebody will stand before a shut door unless
    somebody acts."""

    occurrence: Occurrence
    doors: list[DoorRight]
    practice: DoorPractice
    state: RightState
    at_risk: bool
    came_at: datetime | None = None  # the first passage that a door told for this turn
    passages: int = 0


@dataclass(frozen=True, slots=True)
class CardsInside:
    """Cards that a device holds or shall hold or lose, and how many of them are as they should be, proved."""

    all: int
    proved: int


@dataclass(frozen=True, slots=True)
class DoorHealth:
    """One door as it is. Versions are of access lists; clock_offset_ms is the door's clock minus ours.

    `cards` only where the device is told cards."""

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
    mode: ModeStatus
    cards: CardsInside | None = None


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
    found = session.scalars(query).all()
    came = _came(session, [occurrence.id for occurrence in found])
    rows = [_row(session, occurrence, now, *came.get(occurrence.id, (None, 0))) for occurrence in found]
    return sorted(rows, key=lambda row: (not row.at_risk, row.occurrence.starts_at, row.occurrence.id))


def door_health(session: Session, premises: Where) -> list[DoorHealth]:
    """Every door with its state; those with alarms first."""
    query = select(Door, DoorState).join(DoorState)
    if premises is not None:
        query = query.where(Door.premises_id.in_(list(premises)))
    sounding: dict[int, list[DoorAlarm]] = {}
    for alarm in alarms(session, premises):
        sounding.setdefault(alarm.door_id, []).append(alarm)
    inside, found = _cards_inside(session), session.execute(query).all()
    modes = door_modes.statuses_of(session, [(door, state) for door, state in found])
    rows = [_health(modes[door.id], state, sounding.get(door.id, []), inside) for door, state in found]
    return sorted(rows, key=lambda row: (not row.alarms, row.door.premises_id, row.door.position, row.door.id))


def alarms(session: Session, premises: Where) -> list[DoorAlarm]:
    """The open alarms, newest first, with their doors."""
    query = select(DoorAlarm).join(Door).where(DoorAlarm.ended_at.is_(None)).options(joinedload(DoorAlarm.door))
    if premises is not None:
        query = query.where(Door.premises_id.in_(list(premises)))
    return list(session.scalars(query.order_by(DoorAlarm.raised_at.desc(), DoorAlarm.id.desc())))


def by_hand(rows: Sequence[BoardRow]) -> list[BoardRow]:
    """Those for which somebody of the house comes to the door, the first to be opened first."""
    found = [row for row in rows if row.practice.rule is not None and row.practice.rule.mode in BY_HAND]
    return sorted(found, key=lambda row: (row.practice.opens_at, row.occurrence.id))


def _came(session: Session, turns: Sequence[OccurrenceId]) -> dict[OccurrenceId, tuple[datetime, int]]:
    """For each turn when a door first let somebody in for it, and how often: a card counts for the turn whose right it
    opened by, also in the last minutes of the turn before."""
    query = select(DoorEvent.occurrence_id, func.min(DoorEvent.device_at), func.count())
    query = query.where(DoorEvent.occurrence_id.in_(turns), DoorEvent.kind.in_(_LETS_IN))
    rows = session.execute(query.group_by(DoorEvent.occurrence_id))
    return {turn: (first, count) for turn, first, count in rows if turn is not None}


def _row(session: Session, occurrence: Occurrence, now: datetime, came_at: datetime | None, passages: int) -> BoardRow:
    doors = right_status(session, occurrence.id, now)
    state = overall(doors)
    near = occurrence.starts_at <= now + decided().alarm_before_start
    offline = any(door.offline_since is not None for door in doors)
    ahead = occurrence.ends_at > now
    return BoardRow(
        occurrence,
        doors,
        practice_of(session, occurrence, now),
        state,
        at_risk=ahead and state in _FAILING and (near or offline),
        came_at=came_at,
        passages=passages,
    )


def _cards_inside(session: Session) -> dict[DoorId, CardsInside]:
    held = func.sum(case((DoorCard.state == CodeState.HELD.value, 1), else_=0))
    query = select(DoorCard.door_id, func.count(), held).group_by(DoorCard.door_id)
    return {door: CardsInside(count, proved) for door, count, proved in session.execute(query)}


def _health(
    mode: ModeStatus, state: DoorState, sounding: list[DoorAlarm], inside: Mapping[DoorId, CardsInside]
) -> DoorHealth:
    door = mode.door
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
        cards=inside.get(door.id, CardsInside(0, 0)) if door.driver in NUMBERED else None,
        mode=mode,
    )
