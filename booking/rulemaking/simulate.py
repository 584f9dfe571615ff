"""Real bookings put to two versions of the rules: read in slices, without a query for each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from booking.core.opening import day_span
from booking.core.pattern import Pattern
from booking.core.rulebook import Request, Rulebook
from booking.core.rules.engine import decide_fast
from booking.core.span import Span
from booking.core.whatif import Answer, Tallies, answer_of, count
from booking.ids import BookingId, OccurrenceId, OrganisationId, PremisesId, SpaceId
from booking.judging import Known, request_of
from booking.models import Booking, Occurrence, OccurrenceState, Premises, Space
from booking.rulebooks import NoRulebook, in_force
from booking.wish import Wish

COUNTED = (OccurrenceState.CONFIRMED.value, OccurrenceState.PENDING.value)
SLICE = 2000
NOBODY_ANSWERS = Answer("none", "", "", None, None, None)
ZONE = ZoneInfo("Europe/Helsinki")
ANY_DATE = Pattern.once(date(2026, 1, 1), 0, 60)  # a wish wants one; the rules are asked with the real time


@dataclass(frozen=True, slots=True)
class Scope:
    """Which bookings are put to the rules: local days, both counted, and premises; of all organisations or some."""

    first_on: date
    last_on: date
    premises: tuple[PremisesId, ...]
    organisations: tuple[OrganisationId, ...] | None = None


def scope_of(session: Session, family: str, first_on: date, last_on: date, refs: Sequence[str] = ()) -> Scope:
    """The scope of premises by their refs, or of all that use the family."""
    query = select(Premises.id)
    query = query.where(Premises.ref.in_(refs)) if refs else query.where(Premises.rulebook == family)
    return Scope(first_on, last_on, tuple(session.scalars(query.order_by(Premises.id))))


def in_scope(query: Select[tuple[OccurrenceId]], scope: Scope) -> Select[tuple[OccurrenceId]]:
    first, last = day_span(scope.first_on, ZONE), day_span(scope.last_on, ZONE)
    found = (
        query.join(Booking, Booking.id == Occurrence.booking_id)
        .join(Space, Space.id == Occurrence.space_id)
        .where(Space.premises_id.in_(scope.premises), Occurrence.state.in_(COUNTED))
        .where(Occurrence.starts_at >= first.starts_at, Occurrence.starts_at < last.ends_at)
    )
    if scope.organisations is not None:
        found = found.where(Booking.organisation_id.in_(scope.organisations))
    return found


def how_many(session: Session, scope: Scope) -> int:
    inner = in_scope(select(Occurrence.id), scope).subquery()
    return session.scalar(select(func.count()).select_from(inner)) or 0


@dataclass(frozen=True, slots=True)
class Use:
    """One dated time as it was booked."""

    id: OccurrenceId
    booking: BookingId
    space: SpaceId
    span: Span
    facts: dict[str, Any]  # those that the rules asked for when it was decided, as they were known then


def uses(session: Session, scope: Scope, after: OccurrenceId | None, limit: int) -> list[Use]:
    """The next times of a scope in order of their ids, read as plain columns."""
    query = in_scope(select(Occurrence.id), scope).with_only_columns(
        Occurrence.id,
        Occurrence.booking_id,
        Occurrence.space_id,
        Occurrence.starts_at,
        Occurrence.ends_at,
        Occurrence.trace["facts"],
    )
    if after is not None:
        query = query.where(Occurrence.id > after)
    rows = session.execute(query.order_by(Occurrence.id).limit(limit))
    return [Use(row[0], row[1], row[2], Span(row[3], row[4]), told(row[5])) for row in rows]


def told(facts: Any) -> dict[str, Any]:
    """Of the facts kept with a time, those that were told."""
    return {name: value for name, value in (facts or {}).items() if value is not None}


@dataclass(slots=True)
class Prefetched:
    """What requests are made of, read once for each slice and kept while a run lasts."""

    session: Session
    spaces: dict[SpaceId, Space] = field(default_factory=dict)
    bookings: dict[BookingId, Booking] = field(default_factory=dict)

    def fetch(self, wanted: Sequence[Use]) -> None:
        """Read the spaces and bookings of these uses that are not there yet."""
        spaces = {use.space for use in wanted} - self.spaces.keys()
        bookings = {use.booking for use in wanted} - self.bookings.keys()
        if spaces:
            query = select(Space).where(Space.id.in_(spaces)).options(joinedload(Space.premises))
            self.spaces |= {space.id: space for space in self.session.scalars(query)}
        if bookings:
            loaded = select(Booking).where(Booking.id.in_(bookings)).options(joinedload(Booking.organisation))
            self.bookings |= {booking.id: booking for booking in self.session.scalars(loaded)}

    def request(self, use: Use) -> Request:
        """The facts of one use: what its booking and the register say, and what was known when it was decided."""
        booking, space = self.bookings[use.booking], self.spaces[use.space]
        return request_of(wish_like(booking, space), space, booking.organisation, use.span, Known(use.facts))


def wish_like(booking: Booking, space: Space) -> Wish:
    """The wish a booking was made from, without its dates: rules are asked of one date at a time."""
    return Wish(
        space=space.id,
        organisation=booking.organisation_id,
        holder=booking.holder_id,
        pattern=ANY_DATE,
        title=booking.title,
        purpose=booking.purpose,
        people=booking.people,
        audience=booking.audience,
        regular=booking.kind == "regular",
    )


Baseline = Callable[[Space, date], Rulebook | None]


def in_force_then(books: Sequence[Rulebook]) -> Baseline:
    """The version that the premises' family had in force on the day."""
    found: dict[tuple[str, date], Rulebook | None] = {}

    def baseline(space: Space, on: date) -> Rulebook | None:
        key = space.premises.rulebook, on
        if key not in found:
            found[key] = book_or_none(books, *key)
        return found[key]

    return baseline


def book_or_none(books: Sequence[Rulebook], family: str, on: date) -> Rulebook | None:
    try:
        return in_force(books, family, on)
    except NoRulebook:
        return None


@dataclass(slots=True)
class Run:
    """A draft against a baseline, over a scope, slice by slice. `reached`: the last occurrence counted."""

    session: Session
    draft: Rulebook
    baseline: Baseline
    scope: Scope
    reached: OccurrenceId | None = None
    tallies: Tallies = field(default_factory=dict)
    fetched: Prefetched = field(init=False)

    def __post_init__(self) -> None:
        self.fetched = Prefetched(self.session)

    def step(self, limit: int = SLICE) -> int:
        """Count the next slice. Returns how many it had: fewer than the limit ends the run."""
        wanted = uses(self.session, self.scope, self.reached, limit)
        self.fetched.fetch(wanted)
        for use in wanted:
            self._count(use)
            self.reached = use.id
        return len(wanted)

    def _count(self, use: Use) -> None:
        space, booking = self.fetched.spaces[use.space], self.fetched.bookings[use.booking]
        request = self.fetched.request(use)
        on = use.span.starts_at.astimezone(request.time.zone or ZONE).date()
        before = self.baseline(space, on)
        count(
            self.tallies,
            organisation=booking.organisation.ref,
            premises=space.premises.ref,
            minutes=use.span.minutes,
            answers=(answer(before, request, on), answer(self.draft, request, on)),
        )

    def whole(self, limit: int = SLICE) -> Iterator[int]:
        """Run to the end, telling after each slice how many were counted in it."""
        while (counted := self.step(limit)) > 0:
            yield counted
            if counted < limit:
                return


def answer(book: Rulebook | None, request: Request, on: date) -> Answer:
    """What a version says of a use, as if it had been in force that day."""
    if book is None:
        return NOBODY_ANSWERS
    return answer_of(decide_fast(book, request, on=max(on, book.valid_from)))
