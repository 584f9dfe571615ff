"""Changing times already booked: this one, this and the following, or all to come. The past is never rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.acts import ActKind
from booking.bookings import exceeded, price, tell_of
from booking.core.span import EmptySpan, NoSuchTime, Span, local
from booking.ids import PersonId
from booking.limits.turns import take_turn
from booking.models import OCCUPYING, Booking, Occurrence, Space
from booking.occupying import lock, occupy, vacate
from booking.refusals import BadInput, EndsBeforeStart, InThePast, NoSuchWallTime, NotNow
from booking.refusing import check_rules, refusal_for
from booking.wishes import Again, Quote, horizon, zone_of


class Scope(StrEnum):
    """How far a change reaches in a series."""

    ONE = "one"
    FOLLOWING = "following"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class NewTime:
    """The wish of a move: days to shift by, new local minutes of day, another space if not None, and why somebody of
    the house lets it exceed limits."""

    shift_days: int
    start_min: int
    end_min: int
    space: Space | None = None
    exceeding: str = ""


def reached(
    booking: Booking, row: Occurrence, scope: Scope, now: datetime, *, late: timedelta = timedelta(0)
) -> list[Occurrence]:
    """The booked times that a change of `row` with this scope reaches, in order of time: none that has begun, but for
    the one meant, which may have begun `late` ago."""
    rows = [other for other in booking.occurrences if other.state in OCCUPYING and _open(other, row, now, late)]
    if scope is Scope.ONE:
        return [other for other in rows if other.id == row.id]
    if scope is Scope.FOLLOWING:
        return [other for other in rows if other.starts_at >= row.starts_at]
    return rows


def _open(other: Occurrence, row: Occurrence, now: datetime, late: timedelta) -> bool:
    return other.starts_at > (now - late if other.id == row.id else now)


def moves(
    session: Session,
    booking: Booking,
    rows: Sequence[Occurrence],
    new: NewTime,
    now: datetime,
    *,
    late: timedelta = timedelta(0),
) -> list[tuple[Occurrence, Quote]]:
    """What each of the times would become; nothing is changed.

    Raises NoSuchWallTime for a time that clocks jump over, EndsBeforeStart, and what a wish may raise."""
    # what is past for the house is so a little later
    again = Again(session, booking, now - late, frozenset(row.id for row in rows), exceeding=new.exceeding)
    return [(row, again.quote(row, _span(row, new, now), space=new.space)) for row in rows]


def move(
    session: Session,
    booking: Booking,
    rows: Sequence[Occurrence],
    new: NewTime,
    *,
    by: PersonId,
    now: datetime,
    late: timedelta = timedelta(0),
) -> None:
    """Move these times, all or none: each is checked and priced anew, keeps its key, its booking and its PIN.

    `late`: how long ago one may have begun, for staff setting yesterday right (acceptance E7).
    Raises InThePast for one that has begun, NotNow for one not booked, and the first obstacle met."""
    for row in rows:
        if row.state not in OCCUPYING:
            raise NotNow(state=row.state)
        if row.starts_at <= now - late:
            raise InThePast(starts_at=row.starts_at)
    take_turn(session, booking.organisation_id, booking.holder_id)
    lock(session, rows)
    vacate(session, rows)
    for row, quote in moves(session, booking, rows, new, now, late=late):
        check_rules([quote])
        if not quote.possible:
            raise refusal_for(quote.obstacles[0], quote)
        _place(row, quote, new.space or row.space)
    session.flush()
    for row in rows:
        occupy(session, row, now)
    booking.sequence += 1
    tell_of(session, ActKind.BOOKING_MOVED, booking, rows, by, now)
    exceeded(session, booking, rows, new.exceeding, by=by, now=now)


def _place(row: Occurrence, quote: Quote, space: Space) -> None:
    row.space, row.space_id = space, space.id
    row.starts_at, row.ends_at = quote.nominal.starts_at, quote.nominal.ends_at
    row.setup_min, row.turnaround_min = space.setup_min, space.turnaround_min
    row.sequence += 1
    price(row, quote)


def _span(row: Occurrence, new: NewTime, now: datetime) -> Span:
    zone: ZoneInfo = zone_of(new.space or row.space)
    day = _day(row.starts_at.astimezone(zone).date(), new.shift_days, now, zone)
    try:
        return Span(local(day, new.start_min, zone), local(day, new.end_min, zone))
    except NoSuchTime as error:
        raise NoSuchWallTime(field="start", problem="no_such_time", day=error.day, minute=error.minute) from error
    except EmptySpan as error:
        raise EndsBeforeStart(field="end") from error


def _day(before: date, shift_days: int, now: datetime, zone: ZoneInfo) -> date:
    """The new local day. Raises BadInput beyond the days that can be booked, InThePast before yesterday."""
    limit, today = horizon(now, zone), now.astimezone(zone).date()
    if shift_days > (limit - before).days:
        raise BadInput(field="day", problem="past_horizon", limit=limit)
    if shift_days < (today - before).days - 1:
        raise InThePast(starts_at=now)
    return before + timedelta(days=shift_days)
