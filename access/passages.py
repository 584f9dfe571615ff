"""Who passed which door and who was turned away, as doors told it: for the caretaker at one door, the auditor at all.

To look is an act itself: it leaves an entry with what was looked for (LOG_VIEWED), and so does taking a list along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from access.models import Door, DoorCommand, DoorEvent
from booking.acts import Act, ActKind, tell
from booking.core.span import Span
from booking.ids import PersonId, PremisesId
from booking.models import Booking, Occurrence, Organisation, Person
from booking.refusals import NotFound
from devices.events import EventKind

MOST_TAKEN = 10_000  # rows of a list that is taken along
PASSING = (EventKind.GRANTED, EventKind.DENIED, EventKind.OPENED_REMOTE, EventKind.FORCED)


@dataclass(frozen=True, slots=True)
class PassageWish:
    """What to look for; everything given must hold. `span` is by the doors' own clocks; `who` is a part of the name of
    a person or an organisation; no kinds: all. Pages count from 1."""

    span: Span | None = None
    premises: PremisesId | None = None
    door: str = ""
    who: str = ""
    kinds: tuple[str, ...] = ()
    page: int = 1
    per_page: int = 50


@dataclass(frozen=True, slots=True)
class Passage:
    """One event of a door, whose credential it was and for which turn, as far as known (with organisation). Of a remote
    opening `person` is who asked for it, and `order` has the reason."""

    event: DoorEvent
    door: Door
    person: Person | None
    occurrence: Occurrence | None
    order: DoorCommand | None

    @property
    def organisation(self) -> Organisation | None:
        return self.occurrence.booking.organisation if self.occurrence else None


@dataclass(frozen=True, slots=True)
class PassagePage:
    """The events of one page, newest first by the doors' own time, of how many in all."""

    passages: tuple[Passage, ...]
    total: int
    page: int
    pages: int


Found = Select[DoorEvent, Door, Person | None, Occurrence | None, DoorCommand | None]


def passages(session: Session, wish: PassageWish, *, by: PersonId, now: datetime) -> PassagePage:
    """One page of what the wish describes, and an act that it was looked for."""
    query = _query(wish)
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = max(1, -(-total // wish.per_page))
    page = min(max(wish.page, 1), pages)
    found = _passages(session, query.limit(wish.per_page).offset((page - 1) * wish.per_page))
    _told(session, ActKind.LOG_VIEWED, wish, found, by, now)
    return PassagePage(found, total, page, pages)


def taken_along(session: Session, wish: PassageWish, *, by: PersonId, now: datetime) -> tuple[Passage, ...]:
    """All of it up to MOST_TAKEN, to leave the house as a file, and an act that it did."""
    found = _passages(session, _query(wish).limit(MOST_TAKEN))
    _told(session, ActKind.LOG_EXPORTED, wish, found, by, now)
    return found


def passage(session: Session, event_ref: str, *, by: PersonId, now: datetime) -> Passage:
    """One event, and an act that it was looked at. Raises NotFound."""
    found = _passages(session, _query(PassageWish()).where(DoorEvent.ref == event_ref))
    if not found:
        raise NotFound(what="event")
    seen = tuple(one.person.id for one in found if one.person)
    tell(session, Act(ActKind.LOG_VIEWED, now, by, event_ref, {"event": event_ref}, found[0].door.premises_id, seen))
    return found[0]


def newest(session: Session, premises: Sequence[PremisesId], *, since: datetime, most: int) -> tuple[Passage, ...]:
    """What came in last from the doors of these premises, in the order it came. Meant for pages without names."""
    query = _query(PassageWish()).where(Door.premises_id.in_(list(premises)), DoorEvent.received_at >= since)
    newest_first = query.order_by(None).order_by(DoorEvent.received_at.desc(), DoorEvent.id.desc())
    return _passages(session, newest_first.limit(most))


def _query(wish: PassageWish) -> Found:
    query = (
        select(DoorEvent, Door, Person, Occurrence, DoorCommand)
        .join(Door, DoorEvent.door_id == Door.id)
        .outerjoin(DoorCommand, DoorEvent.command_id == DoorCommand.id)
        .outerjoin(Person, Person.id == func.coalesce(DoorEvent.person_id, DoorCommand.asked_by))
        .outerjoin(Occurrence, DoorEvent.occurrence_id == Occurrence.id)
        .outerjoin(Booking, Occurrence.booking_id == Booking.id)
        .outerjoin(Organisation, Booking.organisation_id == Organisation.id)
        .options(joinedload(Occurrence.booking).joinedload(Booking.organisation), joinedload(Occurrence.space))
        .order_by(DoorEvent.device_at.desc(), DoorEvent.id.desc())
    )
    return query.where(*_conditions(wish))


def _conditions(wish: PassageWish) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if wish.span:
        asked += [DoorEvent.device_at >= wish.span.starts_at, DoorEvent.device_at < wish.span.ends_at]
    if wish.premises is not None:
        asked.append(Door.premises_id == wish.premises)
    if wish.door:
        asked.append(Door.ref == wish.door)
    if wish.kinds:
        asked.append(DoorEvent.kind.in_(wish.kinds))
    if who := wish.who.strip():
        asked.append(
            or_(Person.name.icontains(who, autoescape=True), Organisation.name.icontains(who, autoescape=True))
        )
    return asked


def _passages(session: Session, query: Found) -> tuple[Passage, ...]:
    rows = session.execute(query)
    return tuple(Passage(event, door, person, occurrence, order) for event, door, person, occurrence, order in rows)


def _told(
    session: Session, kind: ActKind, wish: PassageWish, found: Sequence[Passage], by: PersonId, now: datetime
) -> None:
    asked: dict[str, Any] = {"door": wish.door, "who": wish.who.strip(), "kinds": list(wish.kinds)}
    asked |= {"from": wish.span and wish.span.starts_at, "to": wish.span and wish.span.ends_at}
    body = {name: value for name, value in asked.items() if value} | {"page": wish.page, "found": len(found)}
    seen = tuple(sorted({row.person.id for row in found if row.person}))
    tell(session, Act(kind, now, by, "door_events", body, wish.premises, seen))
