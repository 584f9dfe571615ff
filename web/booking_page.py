"""What the pages of one booking show: its times with their state, doors and what may be done to each, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from access.status import DoorRight, right_status
from booking.availability import Obstacle
from booking.door_practice import practices
from booking.holds import held_until
from booking.ids import OccurrenceId
from booking.limits import overrides
from booking.limits.models import LimitOverride
from booking.models import OCCUPYING, Booking, Occurrence, OccurrenceState
from booking.practice import practice
from booking.standing import standing_against
from web.explained import Explanation, Sum, explained, total
from web.ways_in import Since, ways

MOST_DOORS = 8  # times ahead for which the doors are shown; the others say when the doors will have them


@dataclass(frozen=True, slots=True)
class Time:
    """One dated time on a page. `against`: what stands against adding it again (None: it is booked or past)."""

    row: Occurrence
    zone: ZoneInfo
    explanation: Explanation
    against: tuple[Obstacle, ...] | None
    doors: tuple[DoorRight, ...]
    can_change: bool
    can_undo: bool

    @property
    def can_readd(self) -> bool:
        return self.against == ()

    @property
    def booked(self) -> bool:
        return self.row.state in OCCUPYING


@dataclass(frozen=True, slots=True)
class Page:
    """A whole booking. `reasons`: each different explanation with the times it is for."""

    booking: Booking
    times: tuple[Time, ...]
    until: datetime | None
    sum: Sum
    reasons: tuple[tuple[Explanation, tuple[Time, ...]], ...]
    overrides: tuple[LimitOverride, ...] = ()
    ways: tuple[Since, ...] = ()

    @property
    def is_series(self) -> bool:
        return len(self.times) > 1

    @property
    def possible(self) -> list[Time]:
        return [time for time in self.times if time.booked]

    @property
    def waits(self) -> bool:
        return any(time.row.state == OccurrenceState.PENDING for time in self.times)

    @property
    def will_wait(self) -> bool:
        """Whether confirming would leave some time waiting for a decision."""
        return any(time.explanation.waits for time in self.possible)

    @property
    def to_come(self) -> list[Time]:
        return [time for time in self.times if time.can_change]


def page_of(session: Session, booking: Booking, now: datetime, *, doors: bool) -> Page:
    """The page's values; `doors` says whether to ask which doors have the right to the next times."""
    against = standing_against(session, booking, now)
    times = [_time(session, row, against, now, doors=False) for row in booking.occurrences]
    if doors:
        near = _nearest(booking.occurrences, now)
        times = [_time(session, row, against, now, doors=row.id in near) for row in booking.occurrences]
    return Page(
        booking=booking,
        times=tuple(times),
        until=held_until(booking),
        sum=total([time.row for time in times if time.booked]),
        reasons=_by_reason(times),
        overrides=tuple(overrides.of_booking(session, booking)),
        ways=_ways(session, booking, now) if doors else (),
    )


def _ways(session: Session, booking: Booking, now: datetime) -> tuple[Since, ...]:
    ahead = [row for row in booking.occurrences if row.state == OccurrenceState.CONFIRMED and row.ends_at > now]
    return ways(practices(session, [row.id for row in ahead], now), ahead, now)


def _nearest(rows: Sequence[Occurrence], now: datetime) -> set[OccurrenceId]:
    """The next times, and the ones cancelled lately, whose doors may still have to give up the right."""
    ahead = [row.id for row in rows if row.ends_at > now and row.state in OCCUPYING][:MOST_DOORS]
    gone = [row.id for row in rows if row.ends_at > now and row.state not in OCCUPYING and row.cancelled_at]
    return {*ahead, *gone[-MOST_DOORS:]}


def _time(
    session: Session,
    row: Occurrence,
    against: dict[OccurrenceId, list[Obstacle]],
    now: datetime,
    *,
    doors: bool,
) -> Time:
    ahead = row.starts_at > now
    return Time(
        row=row,
        zone=ZoneInfo(row.space.premises.zone),
        explanation=explained(row.trace),
        against=tuple(against[row.id]) if row.id in against and ahead else None,
        doors=tuple(right_status(session, row.id, now)) if doors else (),
        can_change=ahead and row.state in (OccurrenceState.CONFIRMED, OccurrenceState.PENDING),
        can_undo=ahead and can_undo(row, now),
    )


def can_undo(row: Occurrence, now: datetime) -> bool:
    """Whether a cancellation may still be taken back."""
    if row.state != OccurrenceState.CANCELLED or row.cancelled_at is None:
        return False
    return now <= row.cancelled_at + timedelta(minutes=practice("undo_min"))


def _by_reason(times: Sequence[Time]) -> tuple[tuple[Explanation, tuple[Time, ...]], ...]:
    """The explanations that differ in class, price or reasons, each with its times; only of times that are booked."""
    found: dict[object, list[Time]] = {}
    for time in times:
        if time.row.trace and time.booked:
            told = time.explanation
            found.setdefault(
                (told.kind, told.price_class, told.priority_class, told.price_cents, told.deciding), []
            ).append(time)
    return tuple((group[0].explanation, tuple(group)) for group in found.values())
