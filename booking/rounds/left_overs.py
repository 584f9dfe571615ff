"""Weekly slots that nobody has after a round: free in all weeks that remain, or in so many of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.availability import Timetable, timetables
from booking.core.opening import day_span
from booking.core.rules.rounds import CalendarRow
from booking.core.span import MINUTES_IN_DAY, Span
from booking.ids import SpaceId
from booking.models import Space
from booking.rounds.models import Round, RoundHours, RoundState
from booking.rounds.policy import rulebook_of

AFTER = (RoundState.DECIDED.value, RoundState.CLOSED.value)
Days = dict[date, list[tuple[int, int]]]  # stretches of each local day, in minutes


@dataclass(frozen=True, slots=True)
class Need:
    """What is looked for. Minutes of day in which it must lie; empty words: any. `whole`: free in every week only."""

    minutes: int = 60
    people: int = 1
    weekdays: frozenset[int] = frozenset()
    from_min: int = 0
    to_min: int = MINUTES_IN_DAY
    premises: str = ""
    kind: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class LeftOver:
    """One weekly time in one space with the days on which it is free, of so many on which the space is open then."""

    space: Space
    weekday: int
    start_min: int
    end_min: int
    days: tuple[date, ...]
    of: int

    @property
    def whole(self) -> bool:
        return len(self.days) == self.of


def rounds_over(session: Session, on: date) -> list[Round]:
    """The rounds whose left-overs there are: decided, and their season not over; the one that begins first before."""
    query = select(Round).where(Round.state.in_(AFTER), Round.last_on >= on).order_by(Round.first_on, Round.id)
    return list(session.scalars(query))


def opens_on(session: Session, round_: Round) -> date | None:
    """From which day the rulebook lets everybody have what is left over; None: as soon as the round is decided."""
    rows = [row for row in rulebook_of(session, round_).calendar if row.kind == "left_overs_from"]
    days = [day for row in rows if (day := _day_of(row, round_)) is not None]
    return max(days, default=None)


def spaces_of(session: Session, round_: Round, need: Need) -> list[Space]:
    """The spaces of the round that suit, by premises."""
    ids = select(RoundHours.space_id).where(RoundHours.round_id == round_.id)
    query = select(Space).where(Space.id.in_(ids), Space.capacity >= need.people).options(joinedload(Space.premises))
    found = [one for one in session.scalars(query) if not need.kind or one.kind == need.kind]
    mine = [one for one in found if not need.premises or one.premises.ref == need.premises]
    return sorted(mine, key=lambda one: (one.premises.name_fi, one.premises_id, one.position, one.id))


def left_overs(
    session: Session, round_: Round, spaces: Sequence[Space], need: Need, now: datetime, *, least: int = 1
) -> list[LeftOver]:
    """What is left of the round's hours in these spaces, in order of space, weekday and time; `least`: on so many days
    at least."""
    zone = ZoneInfo(round_.zone)
    first = max(round_.first_on, now.astimezone(zone).date() + timedelta(days=1))
    if not spaces or first > round_.last_on:
        return []
    window = Span(day_span(first, zone).starts_at, day_span(round_.last_on, zone).ends_at)
    tables = timetables(session, spaces, window, now)
    hours = _hours(session, round_, spaces)
    found = [
        one
        for space in spaces
        for row in hours[space.id]
        if not need.weekdays or row.weekday in need.weekdays
        for one in _of_hours(space, row, tables[space.id], round_, need, first)
    ]
    kept = [one for one in found if len(one.days) >= least and (one.whole or not need.whole)]
    places = {space.id: n for n, space in enumerate(spaces)}
    return sorted(kept, key=lambda one: (places[one.space.id], one.weekday, one.start_min))


def _hours(session: Session, round_: Round, spaces: Sequence[Space]) -> dict[SpaceId, list[RoundHours]]:
    found: dict[SpaceId, list[RoundHours]] = defaultdict(list)
    mine = RoundHours.round_id == round_.id, RoundHours.space_id.in_([space.id for space in spaces])
    for row in session.scalars(select(RoundHours).where(*mine).order_by(RoundHours.weekday, RoundHours.opens_min)):
        found[row.space_id].append(row)
    return found


def _of_hours(
    space: Space, row: RoundHours, table: Timetable, round_: Round, need: Need, first: date
) -> Iterable[LeftOver]:
    days = _dates(row, round_, first)
    grid = round_.grid_min
    open_, free = _by_day(table.open, table.zone), _by_day(table.free(), table.zone)
    cells = range(_up(max(row.opens_min, need.from_min), grid), min(row.closes_min, need.to_min) - grid + 1, grid)
    known = [(start, free_days(free, days, start, grid), free_days(open_, days, start, grid)) for start in cells]
    for (there, opened), run in groupby(known, key=lambda cell: (cell[1], cell[2])):
        starts = [start for start, _, _ in run]
        if there and starts[-1] + grid - starts[0] >= need.minutes:
            yield LeftOver(space, row.weekday, starts[0], starts[-1] + grid, there, len(opened))


def _dates(row: RoundHours, round_: Round, first: date) -> list[date]:
    begins, ends = max(first, row.first_on or first), min(round_.last_on, row.last_on or round_.last_on)
    begins += timedelta(days=(row.weekday - begins.weekday()) % 7)
    return [begins + timedelta(weeks=n) for n in range(((ends - begins).days // 7) + 1)] if begins <= ends else []


def free_days(stretches: Days, days: Sequence[date], start: int, grid: int) -> tuple[date, ...]:
    """The days on which one cell of the grid lies in a stretch."""
    return tuple(day for day in days if any(a <= start and start + grid <= b for a, b in stretches.get(day, ())))


def _by_day(spans: Iterable[Span], zone: ZoneInfo) -> Days:
    """Spans as stretches of local days; one over midnight is cut there."""
    found: Days = defaultdict(list)
    for span in spans:
        start, end = span.starts_at.astimezone(zone), span.ends_at.astimezone(zone)
        day, from_min = start.date(), start.hour * 60 + start.minute
        while day < end.date():
            found[day].append((from_min, MINUTES_IN_DAY))
            day, from_min = day + timedelta(days=1), 0
        if end_min := end.hour * 60 + end.minute:
            found[day].append((from_min, end_min))
    return found


def _up(minute: int, grid: int) -> int:
    return -(-minute // grid) * grid


def _day_of(row: CalendarRow, round_: Round) -> date | None:
    """The day of the annual clock that belongs to the round: the first after its window, before its season ends."""
    last = round_.apply_to_at.astimezone(ZoneInfo(round_.zone)).date()
    if isinstance(row.day, date):
        return row.day if last <= row.day <= round_.last_on else None
    if row.day is None:
        return last + timedelta(days=row.days) if row.days is not None else None
    month, day = row.day
    years = [date(year, month, 28 if (month, day) == (2, 29) else day) for year in (last.year, last.year + 1)]
    return next((one for one in years if last <= one <= round_.last_on), None)
