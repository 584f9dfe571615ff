"""How much of a quota is used: times counted in the database, in local dates, by the rows of a rulebook.

A row counts the times of the organisation, or of the person who holds them, under the same family of rules, in the
local day, week (from Monday), month, season or year of the use, or all that lie ahead; of those only the times that
its own condition holds for, asked of their own facts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, defer, joinedload

from booking.core.opening import day_span
from booking.core.rulebook import Request, Rulebook, facts_for
from booking.core.rules.days import DaySpan, span_of
from booking.core.rules.limits import Counted, Limit, LimitKind, Window
from booking.core.span import Span
from booking.ids import OccurrenceId, OrganisationId, PersonId, SpaceId
from booking.judging import request_of
from booking.models import OCCUPYING, Booking, Occurrence, OccurrenceState, Premises, Space
from booking.occasions import season_of
from booking.wish import Wish, wish_of

YEAR = timedelta(days=366)
A_YEAR_AGO = timedelta(weeks=46), timedelta(weeks=58)


@dataclass(frozen=True, slots=True)
class Counting:
    """One time that may count: its span, whose it is, and what is told of it."""

    span: Span
    organisation: OrganisationId
    holder: PersonId
    space: SpaceId
    request: Request


@dataclass(slots=True)
class Used:
    """Counts for the dates of one wish. `but`: occurrences that are being changed and do not count; dates of the wish
    itself count once they are planned."""

    session: Session
    wish: Wish
    space: Space
    now: datetime
    but: frozenset[OccurrenceId] = frozenset()
    planned: list[Counting] = field(default_factory=list)
    _booked: list[Counting] | None = None

    def of(self, book: Rulebook, span: Span) -> dict[str, int]:
        """What is used already of each quota row of the book, by its id, in the window that a time at `span` is in.
        Rows whose window cannot be told, as of a season where there is none, are left out."""
        day = self.local_day(span)
        found: dict[str, int] = {}
        for limit in quotas(book, day):
            window = self.window(book, limit, day)
            if window is not None:
                found[limit.row.citation.row] = self.count(book, limit, window)
        return found

    def plan(self, span: Span, request: Request) -> None:
        """One date of the wish is possible: for the later ones it counts."""
        self.planned.append(Counting(span, self.wish.organisation, self.wish.holder, self.space.id, request))

    def before(self, span: Span) -> dict[str, int | bool]:
        """How many times of the organisation lie ahead, and whether it had this slot a year ago: a time on the same
        weekday from the same minute on, in the same space, that lay 46 to 58 weeks before."""
        ours = [one for one in (*self.booked(), *self.planned) if one.organisation == self.wish.organisation]
        ahead = sum(one.span.starts_at > self.now for one in ours)
        return {"history.bookings_ahead": ahead, "history.last_season_held": any(self.like(one, span) for one in ours)}

    def like(self, one: Counting, span: Span) -> bool:
        """Whether a time was the same weekly slot a year before."""
        here, there = (at.starts_at.astimezone(self.zone) for at in (span, one.span))
        same = (here.weekday(), here.hour, here.minute) == (there.weekday(), there.hour, there.minute)
        return same and one.space == self.space.id and A_YEAR_AGO[0] <= here.date() - there.date() <= A_YEAR_AGO[1]

    def count(self, book: Rulebook, limit: Limit, window: Span) -> int:
        mine = [one for one in (*self.booked(), *self.planned) if self.concerns(one, limit, window)]
        counted = [one for one in mine if limit.of is None or limit.of.holds(facts_for(book, one.request)) is True]
        return sum(one.span.minutes for one in counted) if limit.count is Counted.MINUTES else len(counted)

    def concerns(self, one: Counting, limit: Limit, window: Span) -> bool:
        mine = one.holder == self.wish.holder if limit.per == "person" else one.organisation == self.wish.organisation
        return mine and window.holds(one.span.starts_at)

    def window(self, book: Rulebook, limit: Limit, day: date) -> Span | None:
        """The local days a row counts over for a use on this day; None where that cannot be told."""
        if limit.window is Window.AHEAD:
            return Span(self.now, self.now + 3 * YEAR)
        if limit.window is Window.SEASON:
            return self.season(book, day)
        first, last = days_of(limit.window or Window.DAY, day)
        return Span(day_span(first, self.zone).starts_at, day_span(last, self.zone).ends_at)

    def season(self, book: Rulebook, day: date) -> Span | None:
        """The season of the book that holds the day, else the term of the premises."""
        for spans in book.seasons.values():
            if (found := span_of(spans, day)) is not None:
                first, last = run_of(found, day)
                return Span(day_span(first, self.zone).starts_at, day_span(last, self.zone).ends_at)
        return season_of(self.session, self.space, day)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.space.premises.zone)

    def local_day(self, span: Span) -> date:
        return span.starts_at.astimezone(self.zone).date()

    def booked(self) -> list[Counting]:
        """What is booked, or held just now, of the organisation and of the person; read once."""
        if self._booked is None:
            self._booked = list(self._read())
        return self._booked

    def _read(self) -> Iterable[Counting]:
        query = (
            select(Occurrence)
            .join(Booking, Booking.id == Occurrence.booking_id)
            .join(Space, Space.id == Occurrence.space_id)
            .join(Premises, Premises.id == Space.premises_id)
            .where(Occurrence.state.in_(OCCUPYING), Premises.rulebook == self.space.premises.rulebook)
            .where(or_(Occurrence.state != OccurrenceState.HELD.value, Occurrence.hold_until > self.now))
            .where(self._mine(), Occurrence.starts_at > self.now - 2 * YEAR)
            .options(
                joinedload(Occurrence.booking).joinedload(Booking.organisation),
                joinedload(Occurrence.space).joinedload(Space.premises),
                defer(Occurrence.trace),
            )
        )
        rows = self.session.scalars(query).unique()
        return (counting(row) for row in rows if row.id not in self.but)

    def _mine(self) -> ColumnElement[bool]:
        return or_(Booking.organisation_id == self.wish.organisation, Booking.holder_id == self.wish.holder)


def counting(row: Occurrence) -> Counting:
    """A booked time as quotas see it: with what was told of it."""
    booking, span = row.booking, Span(row.starts_at, row.ends_at)
    request = request_of(wish_of(booking, row), row.space, booking.organisation, span)
    return Counting(span, booking.organisation_id, booking.holder_id, row.space_id, request)


def quotas(book: Rulebook, day: date) -> list[Limit]:
    """The quota rows of a book that are valid on a day."""
    return [limit for limit in book.limits if limit.kind is LimitKind.QUOTA and limit.row.valid(day)]


def days_of(window: Window, day: date) -> tuple[date, date]:
    """First and last local day of the day, week, month or year that a day is in."""
    match window:
        case Window.WEEK:
            monday = day - timedelta(days=day.weekday())
            return monday, monday + timedelta(days=6)
        case Window.MONTH:
            first = day.replace(day=1)
            return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        case Window.YEAR:
            return date(day.year, 1, 1), date(day.year, 12, 31)
        case _:
            return day, day


def run_of(span: DaySpan, day: date) -> tuple[date, date]:
    """First and last day of the run of days of a span that holds the day."""
    first = last = day
    while span.holds(first - timedelta(days=1)) and day - first < YEAR:
        first -= timedelta(days=1)
    while span.holds(last + timedelta(days=1)) and last - day < YEAR:
        last += timedelta(days=1)
    return first, last
