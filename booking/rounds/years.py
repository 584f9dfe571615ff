"""Grants for several years: the next season's dates are made from the same grant, with the exceptions told for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking import bookings, moving
from booking.acts import Act, ActKind, tell
from booking.core.pattern import Pattern, dates
from booking.db import constraint
from booking.ids import PersonId
from booking.models import OCCUPYING, Booking, Occurrence, Term
from booking.moving import NewTime
from booking.refusals import AlreadyThere, BadInput, NotNow, Refusal
from booking.rounds.grants import ahead_of, day_of, times_of
from booking.rounds.handing_back import hand_back
from booking.rounds.models import Round
from booking.rounds.plan_models import GrantState, SlotGrant
from booking.rounds.season_models import GrantException, GrantYear
from booking.wish import Wish, wish_of
from booking.wishes import quotes

NEAR = timedelta(days=60)  # a season begins and ends at most so far from the days of the year before
A_YEAR = timedelta(weeks=52)
Minutes = tuple[int, int]


class ExceptionKind(StrEnum):
    """How some days of a grant are otherwise than granted."""

    WITHOUT = "without"
    HOURS = "hours"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class ExceptionWish:
    """Days, both inclusive, that are otherwise; `minutes`: for other hours; no last day: ended for good."""

    kind: ExceptionKind
    first_on: date
    last_on: date | None
    minutes: Minutes | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class YearDate:
    """One date of a coming season: its minutes of day; `problem`: why it would be left out."""

    day: date
    minutes: Minutes
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Coming:
    """The season of a further year of a grant, with its dates."""

    year: int
    first_on: date
    last_on: date
    dates: tuple[YearDate, ...]


def years_of(session: Session, grant: SlotGrant) -> list[GrantYear]:
    """The further years made so far."""
    query = select(GrantYear).where(GrantYear.grant_id == grant.id).order_by(GrantYear.year)
    return list(session.scalars(query))


def exceptions_of(session: Session, grant: SlotGrant) -> list[GrantException]:
    query = select(GrantException).where(GrantException.grant_id == grant.id).order_by(GrantException.first_on)
    return list(session.scalars(query))


def season_of(session: Session, grant: SlotGrant, year: int) -> tuple[date, date] | None:
    """The days of a further year's season: of the round that follows where there is one, else of the terms of the
    premises about a year later; None as long as neither is known."""
    away = (year - 1) * A_YEAR
    first, last = grant.round.first_on + away, grant.round.last_on + away
    near = Round.first_on.between(first - NEAR, first + NEAR), Round.last_on.between(last - NEAR, last + NEAR)
    told = session.scalar(select(Round).where(*near, Round.family == grant.round.family).order_by(Round.id).limit(1))
    if told is not None:
        return told.first_on, told.last_on
    terms = select(Term).where(Term.premises_id == grant.space.premises_id, Term.last_on > first - NEAR)
    rows = list(session.scalars(terms.where(Term.first_on < last + NEAR).order_by(Term.first_on)))
    begins = [row.first_on for row in rows if abs(row.first_on - first) <= NEAR]
    ends = [row.last_on for row in rows if abs(row.last_on - last) <= NEAR]
    return (min(begins), max(ends)) if begins and ends else None


def coming(session: Session, grant: SlotGrant, now: datetime) -> Coming | None:
    """The next further year that can be made, date by date; None when there is none or its season is not known."""
    year = 2 + len(years_of(session, grant))
    days = season_of(session, grant, year) if _goes_on(session, grant, year) else None
    if days is None or days[1] <= now.date():
        return None
    rows = _planned(session, grant, *days)
    wish = _wish(session, grant, *days)
    try:
        against = {one.day: one for one in quotes(session, wish, now)}
    except Refusal as no:
        return Coming(year, *days, tuple(replace(one, problem=one.problem or no.code) for one in rows))
    return Coming(year, *days, tuple(_seen(one, against[one.day].obstacles) for one in rows))


def make_year(session: Session, grant: SlotGrant, *, by: PersonId, now: datetime) -> GrantYear:
    """Book the next further year as a series of its own; days under an exception are left out, or moved to their
    hours. Raises NotNow when there is none to make, BadInput when it would have no date, AlreadyThere when somebody
    made it in this moment, and what booking raises."""
    found = coming(session, grant, now)
    if found is None:
        raise NotNow(state="no_further_year")
    rows = [one for one in found.dates if one.problem != ExceptionKind.WITHOUT]
    if not rows:
        raise BadInput(field="first_on", problem="no_granted_dates")
    wish = _wish(session, grant, found.first_on, found.last_on)
    held = bookings.hold(session, wish, by=by, now=now)
    without = frozenset(one.day.isoformat() for one in found.dates if one.problem == ExceptionKind.WITHOUT)
    booking = bookings.confirm(session, held.ref, by=by, now=now, leave_out=without)
    _other_hours(session, grant, booking, rows, by, now)
    return _noted(session, grant, found, booking, by, now)


def add_exception(
    session: Session, grant: SlotGrant, wish: ExceptionWish, *, by: PersonId, now: datetime
) -> GrantException | None:
    """Tell an exception: dates booked already are given back or moved at once, later seasons follow it. Ending is a
    hand-back, which notes its own. Raises BadInput, and what giving back or moving raises."""
    _check(wish)
    there = _within(session, grant, wish, now)
    if wish.kind is ExceptionKind.ENDED and there:
        hand_back(session, grant, from_on=wish.first_on, last_on=None, by=by, now=now, reason=wish.reason)
        return None
    row = _exception(grant, wish, by, now)
    session.add(row)
    session.flush()
    if wish.kind is ExceptionKind.WITHOUT and there:
        first_on, last_on = wish.first_on, wish.last_on
        hand_back(session, grant, from_on=first_on, last_on=last_on, by=by, now=now, reason=wish.reason)
    if wish.kind is ExceptionKind.HOURS and wish.minutes is not None:
        _move(session, there, wish.minutes, by, now)
    body = {"kind": row.kind, "first_on": row.first_on.isoformat(), "reason": row.reason}
    tell(session, Act(ActKind.GRANT_EXCEPTION, now, by, grant.ref, body, None, (by,)))
    return row


def _check(wish: ExceptionWish) -> None:
    if (wish.kind is ExceptionKind.ENDED) != (wish.last_on is None):
        raise BadInput(field="last_on", problem="missing" if wish.last_on is None else "not_one_of")
    if wish.last_on is not None and wish.last_on < wish.first_on:
        raise BadInput(field="last_on", problem="order")
    if (wish.kind is ExceptionKind.HOURS) != (wish.minutes is not None):
        raise BadInput(field="start", problem="missing")
    if wish.minutes is not None and wish.minutes[0] >= wish.minutes[1]:
        raise BadInput(field="end", problem="order_of_times")


def _exception(grant: SlotGrant, wish: ExceptionWish, by: PersonId, now: datetime) -> GrantException:
    start_min, end_min = wish.minutes or (None, None)
    return GrantException(
        grant_id=grant.id,
        kind=wish.kind.value,
        first_on=wish.first_on,
        last_on=wish.last_on,
        start_min=start_min,
        end_min=end_min,
        reason=wish.reason,
        made_by=by,
        made_at=now,
    )


def _within(session: Session, grant: SlotGrant, wish: ExceptionWish, now: datetime) -> list[Occurrence]:
    rows = ahead_of(times_of(session, grant), now, from_on=wish.first_on)
    return [row for row in rows if wish.last_on is None or day_of(row) <= wish.last_on]


def _goes_on(session: Session, grant: SlotGrant, year: int) -> bool:
    ended = any(one.kind == ExceptionKind.ENDED for one in exceptions_of(session, grant))
    return grant.state == GrantState.BOOKED and year <= grant.round.grant_years and not ended


def _planned(session: Session, grant: SlotGrant, first_on: date, last_on: date) -> list[YearDate]:
    rows = exceptions_of(session, grant)
    pattern = _wish(session, grant, first_on, last_on).pattern
    usual = (grant.start_min, grant.end_min)
    return [_on_day(day, usual, rows) for day in dates(pattern)]


def _on_day(day: date, usual: Minutes, rows: Sequence[GrantException]) -> YearDate:
    mine = [one for one in rows if one.first_on <= day and (one.last_on is None or day <= one.last_on)]
    if any(one.kind != ExceptionKind.HOURS for one in mine):
        return YearDate(day, usual, ExceptionKind.WITHOUT.value)
    for one in mine:
        assert one.start_min is not None
        assert one.end_min is not None
        return YearDate(day, (one.start_min, one.end_min))
    return YearDate(day, usual)


def _seen(one: YearDate, against: Sequence[object]) -> YearDate:
    if one.problem or not against:
        return one
    return replace(one, problem=str(getattr(against[0], "problem", "")))


def _wish(session: Session, grant: SlotGrant, first_on: date, last_on: date) -> Wish:
    """What was booked in the first year, on the days of another season."""
    rows = times_of(session, grant)
    if not rows:
        raise NotNow(state="no_dates")
    weeks = grant.section.weeks
    if weeks == "B":
        first_on += timedelta(days=7)
    every = 1 if weeks == "every" else 2
    pattern = Pattern(first_on, last_on, grant.start_min, grant.end_min, (grant.weekday,), every)
    return replace(wish_of(rows[0].booking, rows[0]), space=grant.space_id, pattern=pattern, regular=True)


def _other_hours(
    session: Session, grant: SlotGrant, booking: Booking, rows: Sequence[YearDate], by: PersonId, now: datetime
) -> None:
    usual = (grant.start_min, grant.end_min)
    other = {one.day: one.minutes for one in rows if one.minutes != usual}
    booked = [row for row in booking.occurrences if row.state in OCCUPYING]
    for minutes in sorted(set(other.values())):
        _move(session, [row for row in booked if other.get(day_of(row)) == minutes], minutes, by, now)


def _move(session: Session, rows: Sequence[Occurrence], minutes: Minutes, by: PersonId, now: datetime) -> None:
    for booking in dict.fromkeys(row.booking for row in rows):
        mine = [row for row in rows if row.booking_id == booking.id]
        moving.move(session, booking, mine, NewTime(0, *minutes), by=by, now=now)


def _noted(
    session: Session, grant: SlotGrant, found: Coming, booking: Booking, by: PersonId, now: datetime
) -> GrantYear:
    left_out = [{"day": row.key, "reason": row.reason} for row in booking.occurrences if row.state not in OCCUPYING]
    row = GrantYear(
        grant_id=grant.id,
        year=found.year,
        first_on=found.first_on,
        last_on=found.last_on,
        booking_id=booking.id,
        left_out=left_out,
        made_by=by,
        made_at=now,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        if "grant_year" in constraint(error):
            raise AlreadyThere(what="grant_year") from error
        raise
    body = {"year": found.year, "booking": booking.ref, "dates": len(booking.occurrences) - len(left_out)}
    tell(session, Act(ActKind.GRANT_YEAR_MADE, now, by, grant.ref, body, grant.space.premises_id, (by,)))
    return row
