"""What somebody wishes to book, and what each of its dates would be: free or not and why, class, price and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.availability import Obstacle, Problem, Timetable, timetable
from booking.core.pattern import BadPattern, Dated, Pattern, dated
from booking.core.rulebook import Outcome
from booking.core.span import Span
from booking.happenings.barring import Bars
from booking.ids import OccurrenceId, SpaceId
from booking.judging import CONSENTS
from booking.known_facts import Knowing
from booking.limits.enforced import SHUT
from booking.limits.used import Counting, Used
from booking.models import OCCUPYING, Booking, Occurrence, Organisation, Space
from booking.occasions import alike, season_of, singles_before
from booking.practice import practice
from booking.refusals import BadInput, EndsBeforeStart, NotFound, NotNow
from booking.wish import Wish, pattern_of, wish_of


@dataclass(frozen=True, slots=True)
class Quote:
    """One date of a wish: its span (None when the clocks jump over it; `nominal` then stands in its place), what
    stands against it, and the rules' answer."""

    day: date
    span: Span | None
    nominal: Span
    obstacles: tuple[Obstacle, ...]
    outcome: Outcome | None

    @property
    def limited(self) -> bool:
        """Whether a limit of the rules stands against it."""
        return any(one.problem is Problem.RULE_LIMIT for one in self.obstacles)

    @property
    def possible(self) -> bool:
        return self.span is not None and not self.obstacles


def space_of(session: Session, space_id: SpaceId) -> Space:
    """The space with its premises loaded. Raises NotFound."""
    space = session.scalar(select(Space).where(Space.id == space_id).options(joinedload(Space.premises)))
    if space is None:
        raise NotFound(what="space")
    return space


def zone_of(space: Space) -> ZoneInfo:
    return ZoneInfo(space.premises.zone)


def quotes(session: Session, wish: Wish, now: datetime, *, but: frozenset[OccurrenceId] = frozenset()) -> list[Quote]:
    """Every date of the wish in order, bookable or not; quotas count the earlier ones. Nothing is changed.

    Raises NotFound, EndsBeforeStart, BadInput (field, problem) when the wish cannot be understood at all.
    """
    space = space_of(session, wish.space)
    return quotes_on(session, wish, spread(wish.pattern, zone_of(space), now), now, but=but)


def quotes_on(
    session: Session, wish: Wish, rows: list[Dated], now: datetime, *, but: frozenset[OccurrenceId] = frozenset()
) -> list[Quote]:
    """The same for these dates of the wish's pattern only, however far ahead. Raises NotFound, BadInput."""
    space = space_of(session, wish.space)
    organisation = session.get(Organisation, wish.organisation)
    if organisation is None:
        raise NotFound(what="organisation")
    _check_living(organisation, wish.pattern.last_on)
    _check_people(wish, space)
    table = timetable(session, space, _window(rows), now, but=but)
    knowing = Knowing(session, space, organisation, wish, now, Used(session, wish, space, now, but))
    before = None if wish.regular else singles_before(session, organisation.id, space, rows[0].day, None)
    occasions = [None if before is None else before + n for n in range(1, len(rows) + 1)]
    made = [_quote(row, table, knowing, n) for row, n in zip(rows, occasions, strict=True)]
    bars = Bars(session, organisation.id, space)
    return [_barred(quote, bars) for quote in made]


def _barred(quote: Quote, bars: Bars) -> Quote:
    """The quote with the bans of the organisation against it."""
    against = bars.against(quote.day)
    return replace(quote, obstacles=(*quote.obstacles, *against)) if against else quote


def horizon(now: datetime, zone: ZoneInfo) -> date:
    """The last local day that can be booked."""
    return now.astimezone(zone).date() + timedelta(days=practice("horizon_days"))


def spread(pattern: Pattern, zone: ZoneInfo, now: datetime) -> list[Dated]:
    """The dates of a pattern as spans. Raises EndsBeforeStart or BadInput for a pattern that means nothing."""
    limit = horizon(now, zone)
    if pattern.last_on > limit:
        raise BadInput(field="last_on", problem="past_horizon", limit=limit)
    try:
        return dated(pattern, zone)
    except BadPattern as error:
        if error.problem == "ends_before_start":
            raise EndsBeforeStart(field="end") from error
        raise BadInput(field="pattern", problem=error.problem) from error


def _check_living(organisation: Organisation, last_on: date) -> None:
    """Raises NotNow for one that is dissolved by then, or that was merged into another."""
    if organisation.merged_into_id is not None:
        raise NotNow(state="merged", reason="merged")
    if organisation.dissolved_on is not None and organisation.dissolved_on <= last_on:
        raise NotNow(state="dissolved", reason="dissolved")


def _check_people(wish: Wish, space: Space) -> None:
    if wish.people < 1:
        raise BadInput(field="people", problem="too_few", limit=1)
    if wish.people > space.capacity:
        raise BadInput(field="people", problem="too_many", limit=space.capacity)
    if not wish.title.strip():
        raise BadInput(field="title", problem="empty")


def _window(rows: list[Dated]) -> Span:
    spans = [row.nominal for row in rows]
    return Span(spans[0].starts_at, max(span.ends_at for span in spans)).widened(before_min=1440, after_min=1440)


def _quote(row: Dated, table: Timetable, knowing: Knowing, occasion: int | None) -> Quote:
    if row.span is None:
        return Quote(row.day, None, row.nominal, (Obstacle(Problem(row.problem)),), None)
    judged_so = knowing.judge(row.span, occasion)
    found = table.obstacles(row.span, knowing.now)
    if judged_so.limited:
        found.append(Obstacle(Problem.RULE_LIMIT))
    if not found and judged_so.outcome.kind not in SHUT:
        knowing.plan(row.span)
    return Quote(row.day, row.span, row.nominal, tuple(found), judged_so.outcome)


@dataclass(slots=True)
class Again:
    """Asks of dates of one booking what they would be if they were not booked yet, one after the other: those in `but`
    count for quotas only once they were asked of. `applied_at`: by which lead times count, now unless told;
    `exceeding`: why somebody of the house lets them exceed limits."""

    session: Session
    booking: Booking
    now: datetime
    but: frozenset[OccurrenceId]
    applied_at: datetime | None = None
    exceeding: str = ""
    _planned: list[Counting] = field(default_factory=list)
    _known: dict[SpaceId, Knowing] = field(default_factory=dict)

    def quote(self, row: Occurrence, span: Span, *, space: Space | None = None) -> Quote:
        """What this date would be at `span` (and in another space)."""
        where = space or row.space
        window = span.widened(before_min=1440, after_min=1440)
        table = timetable(self.session, where, window, self.now, but=frozenset({row.id}))
        dated_row = Dated(span.starts_at.astimezone(table.zone).date(), span, span)
        occasion = _occasion(self.session, self.booking, row, where, dated_row.day)
        quote = _quote(dated_row, table, self.knowing(row, where, judged(row)), occasion)
        return _barred(quote, Bars(self.session, self.booking.organisation_id, where))

    def settled(self, row: Occurrence, decided: Mapping[str, Any]) -> Quote:
        """What the rules say of this very date with what people decided; that the time was free, and that it kept to
        the limits, was settled when it was asked for."""
        span, day = Span(row.starts_at, row.ends_at), row.starts_at.astimezone(zone_of(row.space)).date()
        knowing = self._made(row, row.space, exceeding="settled")
        knowing.decided = decided
        occasion = _occasion(self.session, self.booking, row, row.space, day)
        return Quote(day, span, span, (), knowing.judge(span, occasion).outcome)

    def knowing(self, row: Occurrence, space: Space, decided: Mapping[str, Any]) -> Knowing:
        """What is known of a date; what is the same for all dates in a space is gathered once."""
        if space.id not in self._known or row.id not in self.but:
            self._known[space.id] = self._made(row, space, self.exceeding)
        found = self._known[space.id]
        found.decided = decided
        return found

    def _made(self, row: Occurrence, space: Space, exceeding: str) -> Knowing:
        wish = wish_of(self.booking, row)
        pattern = pattern_of(self.booking) or wish.pattern
        wish = replace(wish, space=space.id, pattern=pattern, exceeding=exceeding)
        used = Used(self.session, wish, space, self.now, self.but | {row.id}, self._planned)
        return Knowing(self.session, space, self.booking.organisation, wish, self.now, used, self.applied_at)


def quote_of(
    session: Session,
    booking: Booking,
    row: Occurrence,
    span: Span,
    now: datetime,
    *,
    space: Space | None = None,
    applied_at: datetime | None = None,
) -> Quote:
    """What this date would be at `span` (and in another space), as if it were not booked yet. `applied_at`: from when
    lead times count, where that is not now."""
    return Again(session, booking, now, frozenset({row.id}), applied_at).quote(row, span, space=space)


def judged(row: Occurrence) -> dict[str, Any]:
    """The judgements of the activity that people made of this time. A consent is given to one time and does not stay
    with a time that moves."""
    found: dict[str, Any] = row.trace.get("decided_facts", {})
    return {name: value for name, value in found.items() if name != CONSENTS}


def _occasion(session: Session, booking: Booking, row: Occurrence, space: Space, day: date) -> int | None:
    """The how-manieth single time of the season this date is on its (new) day: after those of earlier bookings, in
    order of its own; one that does not count in that season yet comes after all that do."""
    season = season_of(session, space, day) if booking.kind == "single" else None
    if season is None:
        return None
    if row.state not in OCCUPYING or not season.holds(row.starts_at) or not alike(row.space, space):
        return 1 + (singles_before(session, booking.organisation_id, space, day, None) or 0)
    own = [other for other in booking.occurrences if other.starts_at <= row.starts_at and other.state in OCCUPYING]
    return (singles_before(session, booking.organisation_id, space, day, booking.id) or 0) + max(1, len(own))
