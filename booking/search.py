"""Finding a free time: which spaces fit the need, and where and when they are free, by the same availability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.availability import Obstacle, Timetable, timetables
from booking.core.span import EmptySpan, NoSuchTime, Span, local
from booking.models import Space
from booking.premises import all_spaces
from booking.refusals import BadInput, EndsBeforeStart, NoSuchWallTime


@dataclass(frozen=True, slots=True)
class Need:
    """What is looked for: `minutes` long, inside the local window of each day, for so many people.

    `equipment`, `premises` (refs), `districts` and `kinds` filter when not empty; step_free wants premises and space
    both without steps.
    """

    first_on: date
    last_on: date
    from_min: int
    to_min: int
    minutes: int
    people: int = 1
    equipment: frozenset[str] = frozenset()
    step_free: bool = False
    premises: frozenset[str] = frozenset()
    districts: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """One space on one day: the starts that are free (the first ones first), or why none is."""

    space: Space
    day: date
    starts: tuple[datetime, ...]
    minutes: int
    obstacles: tuple[Obstacle, ...]


MOST_DAYS = 31


def fitting(session: Session, need: Need) -> list[Space]:
    """The bookable spaces that fit the need, the smallest that is enough first."""
    spaces = [space for space in all_spaces(session) if space.bookable and _fits(space, need)]
    return sorted(spaces, key=lambda space: (space.capacity, space.id))


def find(session: Session, need: Need, now: datetime) -> list[Found]:
    """Every fitting space on every day of the need: free ones first, then by day and capacity.

    Raises BadInput (too_many_days, order; minutes that the window has not), EndsBeforeStart, NoSuchWallTime."""
    if not 0 <= (need.last_on - need.first_on).days < MOST_DAYS:
        raise BadInput(field="last_on", problem="order" if need.last_on < need.first_on else "too_many_days")
    if need.minutes < 1 or need.people < 1:
        raise BadInput(field="minutes" if need.minutes < 1 else "people", problem="too_few", limit=1)
    spaces = fitting(session, need)
    if not spaces:
        return []
    days = [need.first_on + timedelta(days=n) for n in range((need.last_on - need.first_on).days + 1)]
    zones = {ZoneInfo(space.premises.zone) for space in spaces}
    edges = [_window(day, need, zone) for day in (days[0], days[-1]) for zone in zones]
    if need.minutes > need.to_min - need.from_min:
        raise BadInput(field="minutes", problem="too_many", limit=need.to_min - need.from_min)
    whole = Span(min(edges).starts_at, max(edge.ends_at for edge in edges)).widened(before_min=1440, after_min=1440)
    tables = timetables(session, spaces, whole, now)
    found = [_on(tables[space.id], day, need, now) for day in days for space in spaces]
    return sorted(found, key=lambda one: (not one.starts, one.day, one.space.capacity, one.space.id))


def starts(table: Timetable, window: Span, minutes: int, now: datetime) -> list[datetime]:
    """Every grid start in the window at which `minutes` of elapsed time are free and inside the window."""
    length = timedelta(minutes=minutes)
    found = []
    for span in table.free():
        at = _next_on_grid(max(span.starts_at, window.starts_at, now), table)
        while at + length <= min(span.ends_at, window.ends_at):
            if not table.obstacles(Span(at, at + length), now):
                found.append(at)
            at = _next_on_grid(at + timedelta(minutes=1), table)
    return found


def _fits(space: Space, need: Need) -> bool:
    place = space.premises
    return (
        space.capacity >= need.people
        and need.equipment <= set(space.equipment)
        and (not need.step_free or (space.step_free and place.step_free))
        and (not need.premises or place.ref in need.premises)
        and (not need.districts or place.district in need.districts)
        and (not need.kinds or space.kind in need.kinds)
    )


def _window(day: date, need: Need, zone: ZoneInfo) -> Span:
    try:
        return Span(local(day, need.from_min, zone), local(day, need.to_min, zone))
    except EmptySpan as error:
        raise EndsBeforeStart(field="to") from error
    except NoSuchTime as error:
        raise NoSuchWallTime(field="from", problem="no_such_time", day=day, minute=error.minute) from error


def _on(table: Timetable, day: date, need: Need, now: datetime) -> Found:
    window = _window(day, need, table.zone)
    free = starts(table, window, need.minutes, now)
    end = min(window.ends_at, window.starts_at + timedelta(minutes=need.minutes))
    against: Sequence[Obstacle] = () if free else table.obstacles(Span(window.starts_at, end), now)
    return Found(table.space, day, tuple(free), need.minutes, tuple(against))


def _next_on_grid(at: datetime, table: Timetable) -> datetime:
    """The first instant from `at` whose local minute of day lies on the space's grid."""
    grid = table.space.grid_min
    at = at.replace(second=0, microsecond=0) + (timedelta(minutes=1) if at.second or at.microsecond else timedelta())
    wall = at.astimezone(table.zone)
    past = (wall.hour * 60 + wall.minute) % grid
    return at if not past else (at + timedelta(minutes=grid - past)).astimezone(UTC)
