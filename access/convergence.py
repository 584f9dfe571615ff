"""How far doors are behind what they should know: per door and per right, and which doors are unlike the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from access.ids import DoorId
from access.models import AccessList, Door, DoorState, Right
from access.practice import practice
from booking.ids import PremisesId
from booking.models import Booking, Occurrence

MOST_RIGHTS = 200
Where = Sequence[PremisesId] | None


@dataclass(frozen=True, slots=True)
class Behind:
    """One door: the list it should hold and the one it confirmed. `since`: when the first list it lacks was issued;
    `entering` and `leaving`: rights it has not confirmed; `oldest_at`: since when the oldest of them waits. Outliers
    are unlike most doors of their make, or beyond what the practice allows."""

    door: Door
    state: DoorState
    since: datetime | None
    entering: int
    leaving: int
    oldest_at: datetime | None
    firmware_outlier: bool
    clock_outlier: bool

    @property
    def converged(self) -> bool:
        return self.state.confirmed_version >= self.door.version and not self.entering and not self.leaving


@dataclass(frozen=True, slots=True)
class WaitingRight:
    """One right that a door has not confirmed: given, or taken away, since then."""

    right: Right
    door: Door
    turn: Occurrence
    leaving: bool
    since: datetime


def unconfirmed(now: datetime) -> ColumnElement[bool]:
    """Rights that are not over, and not yet in the door or not yet out of it."""
    entering = and_(Right.out_version.is_(None), Right.in_door_at.is_(None))
    leaving = and_(Right.out_version.is_not(None), Right.out_door_at.is_(None), Right.in_door_at.is_not(None))
    return and_(Right.valid_until > now, or_(entering, leaving))


def doors_behind(session: Session, premises: Where, now: datetime) -> list[Behind]:
    """Every door; those furthest behind first."""
    query = select(Door, DoorState).join(DoorState).where(Door.enabled)
    if premises is not None:
        query = query.where(Door.premises_id.in_(list(premises)))
    rows = [(door, state) for door, state in session.execute(query.order_by(Door.premises_id, Door.position, Door.id))]
    counts, lists = _counts(session, now), _since(session, [door for door, _state in rows])
    usual = _usual_firmware(rows)
    found = [_behind(door, state, counts.get(door.id), lists.get(door.id), usual) for door, state in rows]
    return sorted(found, key=lambda one: (one.converged, one.oldest_at or one.since or now))


def _behind(
    door: Door,
    state: DoorState,
    count: tuple[int, int, datetime] | None,
    since: datetime | None,
    usual: Mapping[str, str],
) -> Behind:
    entering, leaving, oldest = count or (0, 0, None)
    off_ms = abs(state.clock_offset_ms or 0)
    return Behind(
        door,
        state,
        since,
        entering,
        leaving,
        oldest,
        firmware_outlier=bool(state.firmware) and state.firmware != usual.get(door.driver, state.firmware),
        clock_outlier=state.clock_state == "unknown" or off_ms > practice().clock_alarm_s * 1000,
    )


def _usual_firmware(rows: Sequence[tuple[Door, DoorState]]) -> dict[str, str]:
    """The most common firmware of each make; of equally many the one that sorts last, as versions mostly do."""
    told: dict[str, Counter[str]] = {}
    for door, state in rows:
        if state.firmware:
            told.setdefault(door.driver, Counter())[state.firmware] += 1
    return {make: max(counter, key=lambda name: (counter[name], name)) for make, counter in told.items()}


def _counts(session: Session, now: datetime) -> dict[DoorId, tuple[int, int, datetime]]:
    since = func.coalesce(Right.withdrawn_at, Right.given_at)
    columns = Right.door_id, func.count(), func.count(Right.out_version), func.min(since)
    query = select(*columns).where(unconfirmed(now)).group_by(Right.door_id)
    return {door: (total - leaving, leaving, oldest) for door, total, leaving, oldest in session.execute(query)}


def _since(session: Session, doors: Sequence[Door]) -> dict[DoorId, datetime]:
    """When the first list was issued that each door has not confirmed."""
    query = (
        select(AccessList.door_id, func.min(AccessList.issued_at))
        .join(Door, Door.id == AccessList.door_id)
        .join(DoorState, DoorState.door_id == AccessList.door_id)
        .where(AccessList.door_id.in_([door.id for door in doors]), AccessList.epoch == Door.epoch)
        .where(AccessList.version > DoorState.confirmed_version)
        .group_by(AccessList.door_id)
    )
    return dict(session.execute(query).all())


def waiting_rights(session: Session, premises: Where, now: datetime) -> list[WaitingRight]:
    """The rights that doors have not confirmed, the longest waiting first."""
    query = select(Right, Door, Occurrence).join(Door, Door.id == Right.door_id)
    query = query.join(Occurrence, Occurrence.id == Right.occurrence_id).where(unconfirmed(now), Door.enabled)
    if premises is not None:
        query = query.where(Door.premises_id.in_(list(premises)))
    loaded = joinedload(Occurrence.booking).joinedload(Booking.organisation), joinedload(Occurrence.space)
    since = func.coalesce(Right.withdrawn_at, Right.given_at)
    rows = session.execute(query.options(*loaded).order_by(since, Right.id).limit(MOST_RIGHTS))
    return [_waiting(right, door, turn) for right, door, turn in rows]


def _waiting(right: Right, door: Door, turn: Occurrence) -> WaitingRight:
    leaving = right.out_version is not None
    return WaitingRight(right, door, turn, leaving, (right.withdrawn_at if leaving else None) or right.given_at)
