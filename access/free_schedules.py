"""Weekly times at which a door needs no card: kept, ended, shown day by day, and made into the windows of its list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from access import free_times, register, upcoming
from access.door_rules import kept_by
from access.free_times import Calendar, Free, Weekly
from access.ids import DoorId
from access.mode_models import FreeSchedule
from access.models import Door, DoorSpace
from booking.acts import Act, ActKind, tell
from booking.availability import opening_rules
from booking.core.opening import Closure, Days, OpeningRules, closed_on, public_holidays
from booking.core.span import Span
from booking.ids import PersonId, PremisesId
from booking.models import ClosedDays, Premises, Space
from booking.refusals import BadInput, NotFound
from devices.messages import FreeWindow

MOST_EXCEPTIONS = 100
_WIDEN = (ActKind.CLOSED_DAYS_CHANGED, ActKind.PREMISES_CHANGED)


@dataclass(frozen=True, slots=True)
class FreeWish:
    """A weekly time as somebody wants it: local minutes of day, past 1440 into the next; no last day: until ended."""

    weekdays: tuple[int, ...]
    starts_min: int
    ends_min: int
    first_on: date
    last_on: date | None = None
    except_on: tuple[date, ...] = ()
    on_holidays: bool = False
    first_in: bool = False


def add(session: Session, door: Door, wish: FreeWish, *, by: PersonId | None, now: datetime) -> FreeSchedule:
    """Let a door be free every week at this time. Raises BadInput naming the field."""
    check(door, wish)
    (door,) = register.lock(session, [door.id])
    row = FreeSchedule(door_id=door.id, weekdays=sorted(set(wish.weekdays)), made_by=by, made_at=now)
    row.starts_min, row.ends_min, row.first_on, row.last_on = (
        wish.starts_min,
        wish.ends_min,
        wish.first_on,
        wish.last_on,
    )
    row.except_on = [day.isoformat() for day in sorted(set(wish.except_on))]
    row.on_holidays, row.first_in = wish.on_holidays, wish.first_in
    session.add(row)
    door.version += 1
    session.flush()
    _tell(session, door, row, by, now, ended=False)
    return row


def end(session: Session, door: Door, ref: str, *, by: PersonId, now: datetime) -> None:
    """The door is no longer free at this time, from its next list on. Raises NotFound."""
    live = FreeSchedule.ended_at.is_(None) & (FreeSchedule.door_id == door.id)
    row = session.scalar(select(FreeSchedule).where(FreeSchedule.ref == ref, live))
    if row is None:
        raise NotFound(what="free_time")
    (door,) = register.lock(session, [door.id])
    row.ended_at = now
    door.version += 1
    session.flush()
    _tell(session, door, row, by, now, ended=True)


def of_door(session: Session, door: DoorId) -> Sequence[FreeSchedule]:
    """The weekly times of a door that were not ended, as they fall in a week."""
    query = select(FreeSchedule).where(FreeSchedule.door_id == door, FreeSchedule.ended_at.is_(None))
    return sorted(session.scalars(query), key=lambda row: (min(row.weekdays), row.starts_min, row.id))


def windows(session: Session, door: Door, now: datetime) -> tuple[FreeWindow, ...]:
    """What the door is told for the days that doors are told of."""
    weekly = [weekly_of(row) for row in of_door(session, door.id)]
    return free_times.windows(weekly, _calendar(session, door), upcoming.pushed(now)) if weekly else ()


def preview(session: Session, door: Door, window: Span, weekly: Sequence[Weekly] | None = None) -> list[Free]:
    """Day by day what the weekly times of a door (or others, not yet kept) come to, and what is left out."""
    asked = [weekly_of(row) for row in of_door(session, door.id)] if weekly is None else weekly
    return free_times.preview(asked, _calendar(session, door), window)


def odd_days(session: Session, door: Door, weekly: Weekly, window: Span) -> list[Free]:
    """The days on which clocks make this time longer, shorter or nothing."""
    return [each for each in preview(session, door, window, [weekly]) if each.odd_min]


def weekly_of(row: FreeSchedule) -> Weekly:
    return Weekly(
        weekdays=frozenset(row.weekdays),
        starts_min=row.starts_min,
        ends_min=row.ends_min,
        first_on=row.first_on,
        last_on=row.last_on,
        except_on=frozenset(date.fromisoformat(day) for day in row.except_on),
        on_holidays=row.on_holidays,
        first_in=row.first_in,
    )


def keep_up(session: Session, acts: Sequence[Act], now: datetime) -> None:
    """Days were closed or opened: the doors there with free times get a new list."""
    places = {act.premises for act in acts if act.kind in _WIDEN and act.premises is not None}
    if not places:
        return
    live = FreeSchedule.ended_at.is_(None) & or_(FreeSchedule.last_on.is_(None), FreeSchedule.last_on >= now.date())
    query = select(FreeSchedule.door_id).join(Door).where(Door.premises_id.in_(places), live).distinct()
    for door in register.lock(session, list(session.scalars(query))):
        door.version += 1
    session.flush()


def zone_of(session: Session, premises: PremisesId) -> ZoneInfo:
    return ZoneInfo(session.get_one(Premises, premises).zone)


def _calendar(session: Session, door: Door) -> Calendar:
    return Calendar(
        zone_of(session, door.premises_id), _closed(session, door), lambda day: public_holidays(day.year).get(day)
    )


def _closed(session: Session, door: Door) -> Callable[[date], Closure | None]:
    """A door is closed on a day on which every space given for it is; one without spaces with the whole premises."""
    served = select(DoorSpace.space_id).where(DoorSpace.door_id == door.id)
    query = select(Space).where(Space.id.in_(served)).options(joinedload(Space.premises)).order_by(Space.id)
    spaces = session.scalars(query).all()
    rules = list(opening_rules(session, spaces).values()) if spaces else [_of_premises(session, door.premises_id)]

    def closed(day: date) -> Closure | None:
        found = [closed_on(each, day) for each in rules]
        return found[0] if all(each is not None for each in found) else None

    return closed


def _of_premises(session: Session, premises: PremisesId) -> OpeningRules:
    place = session.get_one(Premises, premises)
    whole = select(ClosedDays).where(ClosedDays.premises_id == premises, ClosedDays.space_id.is_(None))
    closed = tuple(
        Days(row.first_on, row.last_on, {code: row.name(code) for code in ("fi", "sv", "en")})
        for row in session.scalars(whole)
    )
    return OpeningRules(ZoneInfo(place.zone), (), (), closed, place.closed_on_holidays)


def check(door: Door, wish: FreeWish) -> None:
    """Raises BadInput naming the field that cannot be."""
    if not kept_by(door.driver).rules:
        raise BadInput(field="weekdays", problem="hardware")
    if not wish.weekdays:
        raise BadInput(field="weekdays", problem="missing")
    if not 0 <= wish.starts_min < 1440 or not wish.starts_min < wish.ends_min <= wish.starts_min + 1440:
        raise BadInput(field="ends_min", problem="order_of_times")
    if wish.last_on is not None and wish.last_on < wish.first_on:
        raise BadInput(field="last_on", problem="order")
    if len(wish.except_on) > MOST_EXCEPTIONS:
        raise BadInput(field="except_on", problem="too_many", limit=MOST_EXCEPTIONS)


def _tell(session: Session, door: Door, row: FreeSchedule, by: PersonId | None, now: datetime, *, ended: bool) -> None:
    body = {
        "free_time": row.ref,
        "ended": ended,
        "weekdays": row.weekdays,
        "from_min": row.starts_min,
        "to_min": row.ends_min,
        "first_on": row.first_on.isoformat(),
        "last_on": row.last_on.isoformat() if row.last_on else None,
        "except_on": row.except_on,
        "on_holidays": row.on_holidays,
        "first_in": row.first_in,
    }
    tell(session, Act(ActKind.FREE_TIMES_CHANGED, now, by, door.ref, body, door.premises_id))
