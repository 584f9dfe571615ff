"""What stands in the way of a round's weekly slots: closed days and terms, what is booked already, running grants, as
the allocation's values (booking/core/allocation/instance.py)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.core.allocation.instance import Blocked, BlockedDay, Period, WeeklyTime
from booking.core.opening import OpeningRules, closed_on, day_span
from booking.core.span import MINUTES_IN_DAY
from booking.ids import SpaceId
from booking.models import OCCUPYING, Occupancy, Occurrence, OccurrenceState
from booking.rounds.models import Round
from booking.rounds.plan_models import GrantState, SlotGrant

WEEK = timedelta(weeks=1)
DAY = timedelta(days=1)
SHORTEST_RUN = 3  # fewer dates of one weekly time stand as single days
HOLDS = (GrantState.DECIDED.value, GrantState.BOOKED.value)


def days_between(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def closed_periods(rules: OpeningRules, season: Period) -> tuple[Period, ...]:
    """The days of the season on which a space is shut wholly: out of term, closed days and public holidays."""
    shut = [
        day
        for day in days_between(season.first_on, season.last_on)
        if closed_on(rules, day) or (rules.terms and not any(term.hold(day) for term in rules.terms))
    ]
    return tuple(Period(run[0], run[-1]) for run in runs(shut, DAY))


def runs(days: Sequence[date], step: timedelta) -> list[list[date]]:
    """Days in order, cut wherever the next is not one step on."""
    found: list[list[date]] = []
    for day in days:
        if found and day - found[-1][-1] == step:
            found[-1].append(day)
        else:
            found.append([day])
    return found


def opened(rules: OpeningRules, hours: Iterable[WeeklyTime]) -> tuple[WeeklyTime, ...]:
    """The round's hours of a space cut to the hours in which it can be booked at all."""
    bookable = [piece for one in rules.weekly for piece in over_midnight(one.weekday, one.opens_min, one.closes_min)]
    return tuple(
        WeeklyTime(one.weekday, max(one.start_min, start), min(one.end_min, end), one.periods, one.weeks)
        for one in hours
        for weekday, start, end in joined(bookable)
        if weekday == one.weekday and max(one.start_min, start) < min(one.end_min, end)
    )


def over_midnight(weekday: int, start: int, end: int) -> list[tuple[int, int, int]]:
    """A weekly stretch that may run into the next day, as stretches that do not."""
    if end <= MINUTES_IN_DAY:
        return [(weekday, start, end)]
    return [(weekday, start, MINUTES_IN_DAY), ((weekday + 1) % 7, 0, end - MINUTES_IN_DAY)]


def joined(stretches: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Stretches of weekdays in order, touching and overlapping ones made one."""
    found: list[tuple[int, int, int]] = []
    for weekday, start, end in sorted(stretches):
        if found and found[-1][0] == weekday and start <= found[-1][2]:
            found[-1] = (weekday, found[-1][1], max(found[-1][2], end))
        else:
            found.append((weekday, start, end))
    return found


Stretch = tuple[date, int, int]


def booked(session: Session, round_: Round, atoms: Iterable[SpaceId], now: datetime) -> dict[SpaceId, list[Stretch]]:
    """What holds each atom in the season, set-up and turnaround included, as stretches of local days."""
    zone = ZoneInfo(round_.zone)
    first, last = day_span(round_.first_on, zone).starts_at, day_span(round_.last_on, zone).ends_at
    query = (
        select(Occupancy.atom_id, Occupancy.starts_at, Occupancy.ends_at)
        .join(Occurrence, Occurrence.id == Occupancy.occurrence_id)
        .where(Occupancy.atom_id.in_(list(atoms)), Occupancy.starts_at < last, Occupancy.ends_at > first)
        .where(Occurrence.state.in_(OCCUPYING))
        .where(or_(Occurrence.state != OccurrenceState.HELD.value, Occurrence.hold_until > now))
    )
    found: dict[SpaceId, list[Stretch]] = defaultdict(list)
    for atom, starts_at, ends_at in session.execute(query):
        found[atom] += local_stretches(starts_at.astimezone(zone), ends_at.astimezone(zone))
    return found


def local_stretches(start: datetime, end: datetime) -> list[Stretch]:
    """Wall times of one zone as stretches of days; where the clocks go back, as long as the wall clock shows."""
    if start.date() == end.date():
        return [(start.date(), minute(start), max(minute(end), minute(start) + 1))]
    found = [(start.date(), minute(start), MINUTES_IN_DAY)]
    found += [(day, 0, MINUTES_IN_DAY) for day in days_between(start.date() + DAY, end.date() - DAY)]
    return [*found, (end.date(), 0, minute(end))] if minute(end) else found


def minute(at: datetime) -> int:
    return at.hour * 60 + at.minute


def weekly_and_single(
    stretches: Iterable[Stretch], season: Period
) -> tuple[tuple[Blocked, ...], tuple[BlockedDay, ...]]:
    """Stretches of days as weekly times where three or more follow each other by weeks, the rest day by day."""
    weekly, single = [], []
    inside = sorted({one for one in stretches if season.first_on <= one[0] <= season.last_on}, key=_by_time)
    for (_weekday, start, end), same in groupby(inside, key=lambda one: (one[0].weekday(), *one[1:])):
        for run in runs([one[0] for one in same], WEEK):
            if len(run) >= SHORTEST_RUN:
                weekly.append(Blocked(WeeklyTime(run[0].weekday(), start, end, (Period(run[0], run[-1]),))))
            else:
                single += [BlockedDay(day, start, end) for day in run]
    return tuple(weekly), tuple(single)


def _by_time(one: Stretch) -> tuple[int, int, int, date]:
    return (one[0].weekday(), one[1], one[2], one[0])


def running(session: Session, round_: Round) -> Mapping[SpaceId, list[Blocked]]:
    """Slots granted for several years in an earlier round that reach into this season."""
    query = (
        select(SlotGrant, Round)
        .join(Round, Round.id == SlotGrant.round_id)
        .where(SlotGrant.state.in_(HOLDS), Round.id != round_.id, Round.grant_years > 1)
        .where(Round.first_on < round_.first_on)
    )
    found: dict[SpaceId, list[Blocked]] = defaultdict(list)
    for grant, earlier in session.execute(query):
        if round_.first_on < years_on(earlier.first_on, earlier.grant_years):
            time = WeeklyTime(grant.weekday, grant.start_min, grant.end_min)
            found[grant.space_id].append(Blocked(time, "granted"))
    return found


def years_on(day: date, years: int) -> date:
    """The same day so many years on; the last of February for the 29th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
