"""The one answer to "is it free, and if not, why": calendar, search and booking all ask here.

A time is free when it lies wholly in open hours and, widened by the space's own set-up and turnaround, meets no
occupancy of any atom below the space. Set-up and turnaround themselves may fall outside open hours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, defer, joinedload, with_expression

from booking.core.opening import Closure, Days, OpeningRules, Weekly, closures, open_spans, without
from booking.core.span import Span
from booking.ids import OccurrenceId, PremisesId, SpaceId
from booking.models import (
    OCCUPYING,
    Booking,
    ClosedDays,
    Occupancy,
    Occurrence,
    OccurrenceState,
    OpeningHours,
    Premises,
    Space,
    Supervision,
    Term,
)

Dayed = TypeVar("Dayed", OpeningHours, Term, ClosedDays)


class Problem(StrEnum):
    """Why a wished time cannot be had."""

    TAKEN = "taken"
    CLOSED_DAY = "closed_day"
    HOLIDAY = "holiday"
    OUTSIDE_HOURS = "outside_hours"
    OUTSIDE_TERM = "outside_term"
    PAST = "past"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    OFF_GRID = "off_grid"
    NO_SUCH_TIME = "no_such_time"
    ENDS_BEFORE_START = "ends_before_start"
    NOT_BOOKABLE = "not_bookable"
    BANNED = "banned"  # of the organisation that asks, never of the space
    RULE_LIMIT = "rule_limit"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason against a time. `names`: the closed day's name by language; `span`: the obstacle itself;
    `limit_min`: the length or grid that was broken."""

    problem: Problem
    span: Span | None = None
    names: Mapping[str, str] | None = None
    limit_min: int | None = None


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody's time in the space, a part of it or the whole: `span` as booked, `held` with set-up and turnaround."""

    span: Span
    held: Span
    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class Timetable:
    """One space over a window: open stretches, closed ones with reasons, and who holds what."""

    space: Space
    window: Span
    zone: ZoneInfo
    open: tuple[Span, ...]
    closed: tuple[Closure, ...]
    busy: tuple[Busy, ...]

    def free(self) -> list[Span]:
        """Stretches in which a booking may lie: open, and clear of others' held times and of our own margins."""
        before, after = self.space.turnaround_min, self.space.setup_min
        return without(self.open, [busy.held.widened(before_min=before, after_min=after) for busy in self.busy])

    def obstacles(self, span: Span, now: datetime) -> list[Obstacle]:
        """Everything against this time; empty when it can be booked. The window must cover it with its margins."""
        found = self._against_length(span)
        if not self.space.bookable:
            found.append(Obstacle(Problem.NOT_BOOKABLE))
        if span.starts_at < now:
            found.append(Obstacle(Problem.PAST))
        found += [Obstacle(Problem(c.why.value), c.span, c.names) for c in self.closed if c.span.overlaps(span)]
        held = held_span(self.space, span)
        found += [Obstacle(Problem.TAKEN, busy.span) for busy in self.busy if busy.held.overlaps(held)]
        return found

    def _against_length(self, span: Span) -> list[Obstacle]:
        # Lengths and grid are wall-clock rules: a whole day is a day also when it has 25 hours (acceptance T4).
        start, end = (at.astimezone(self.zone).replace(tzinfo=None) for at in (span.starts_at, span.ends_at))
        minutes = (end - start) // timedelta(minutes=1)
        checks = (
            (minutes < self.space.shortest_min, Problem.TOO_SHORT, self.space.shortest_min),
            (minutes > self.space.longest_min, Problem.TOO_LONG, self.space.longest_min),
            ((start.hour * 60 + start.minute) % self.space.grid_min != 0, Problem.OFF_GRID, self.space.grid_min),
        )
        return [Obstacle(problem, limit_min=limit) for broken, problem, limit in checks if broken]


def held_span(space: Space, span: Span) -> Span:
    """The time a booking of `span` holds the space: from the start of set-up to the end of turnaround."""
    return span.widened(before_min=space.setup_min, after_min=space.turnaround_min)


def timetables(
    session: Session,
    spaces: Sequence[Space],
    window: Span,
    now: datetime,
    *,
    but: frozenset[OccurrenceId] = frozenset(),
) -> dict[SpaceId, Timetable]:
    """A timetable for each space over the window, leaving out the occurrences in `but` (those being moved).

    `spaces` come with their premises loaded. Holds that ran out by `now` count as free.
    """
    premises = {space.premises_id: space.premises for space in spaces}
    rules = opening_rules(session, spaces)
    tree = Tree(session, premises)
    wide = window.widened(before_min=24 * 60, after_min=24 * 60)
    busy = _busy_by_atom(session, {atom for space in spaces for atom in tree.atoms(space.id)}, wide, now, but)
    made = {}
    for space in spaces:
        seen = {held.occurrence.id: held for atom in tree.atoms(space.id) for held in busy[atom]}
        made[space.id] = Timetable(
            space,
            window,
            rules[space.id].zone,
            tuple(open_spans(rules[space.id], window)),
            tuple(closures(rules[space.id], window)),
            tuple(sorted(seen.values(), key=lambda held: held.span)),
        )
    return made


def timetable(
    session: Session, space: Space, window: Span, now: datetime, *, but: frozenset[OccurrenceId] = frozenset()
) -> Timetable:
    """The timetable of one space."""
    return timetables(session, [space], window, now, but=but)[space.id]


class Tree:
    """The space trees of some premises, read once: atoms below a space, and the spaces above it."""

    def __init__(self, session: Session, premises: Iterable[PremisesId]) -> None:
        rows = session.execute(select(Space.id, Space.parent_id).where(Space.premises_id.in_(list(premises))))
        self.parent: dict[SpaceId, SpaceId | None] = {}
        self.children: dict[SpaceId, list[SpaceId]] = defaultdict(list)
        for space, parent in rows:
            self.parent[space] = parent
            if parent is not None:
                self.children[parent].append(space)

    def atoms(self, space: SpaceId) -> list[SpaceId]:
        """The leaves below the space, or itself when it is one; in order of id, so that writers never cross."""
        below = self.children.get(space)
        if not below:
            return [space]
        return sorted(atom for child in below for atom in self.atoms(child))

    def share(self, one: SpaceId | None, other: SpaceId) -> bool:
        """Whether two spaces have an atom in common; None is the whole premises."""
        return one is None or not set(self.atoms(one)).isdisjoint(self.atoms(other))

    def above(self, space: SpaceId) -> list[SpaceId]:
        """The space and its ancestors, itself first."""
        found: list[SpaceId] = []
        step: SpaceId | None = space
        while step is not None:
            found.append(step)
            step = self.parent.get(step)
        return found


def opening_rules(session: Session, spaces: Sequence[Space]) -> dict[SpaceId, OpeningRules]:
    """The opening rules of each space: its own weekly hours where it has any, else those of its premises."""
    places = {space.premises_id for space in spaces}
    hours = _by_premises(session.scalars(select(OpeningHours).where(OpeningHours.premises_id.in_(places))))
    terms = _by_premises(session.scalars(select(Term).where(Term.premises_id.in_(places))))
    closed = _by_premises(session.scalars(select(ClosedDays).where(ClosedDays.premises_id.in_(places))))
    tree = Tree(session, places)
    return {
        space.id: _rules_of(
            space,
            hours[space.premises_id],
            terms[space.premises_id],
            [row for row in closed[space.premises_id] if tree.share(row.space_id, space.id)],
        )
        for space in spaces
    }


def _by_premises(rows: Iterable[Dayed]) -> dict[PremisesId, list[Dayed]]:
    found: dict[PremisesId, list[Dayed]] = defaultdict(list)
    for row in rows:
        found[row.premises_id].append(row)
    return found


def _rules_of(space: Space, hours: list[OpeningHours], terms: list[Term], closed: list[ClosedDays]) -> OpeningRules:
    place: Premises = space.premises
    own = [row for row in hours if row.space_id == space.id] or [row for row in hours if row.space_id is None]
    mode = Supervision.SUPERVISED if space.supervised else Supervision.SELF_SUPERVISED
    fits = (Supervision.ALL.value, mode.value)
    return OpeningRules(
        zone=ZoneInfo(place.zone),
        weekly=tuple(Weekly(row.weekday, row.opens_min, row.closes_min) for row in own),
        terms=tuple(_days(row) for row in terms if row.supervision in fits),
        closed=tuple(_days(row) for row in closed if row.supervision in fits),
        holidays=place.closed_on_holidays,
    )


def _days(row: Term | ClosedDays) -> Days:
    return Days(row.first_on, row.last_on, {code: row.name(code) for code in ("fi", "sv", "en")})


NAME_SHOWN = Occurrence.trace["publicity"]["name_shown"].as_boolean()  # what the rulebook said when it was booked


def _busy_by_atom(
    session: Session, atoms: Iterable[SpaceId], window: Span, now: datetime, but: frozenset[OccurrenceId]
) -> dict[SpaceId, list[Busy]]:
    query = (
        select(Occupancy, Occurrence)
        .join(Occurrence, Occurrence.id == Occupancy.occurrence_id)
        .where(Occupancy.atom_id.in_(list(atoms)))
        .where(Occupancy.starts_at < window.ends_at, Occupancy.ends_at > window.starts_at)
        .where(Occurrence.state.in_(OCCUPYING))
        .where(or_(Occurrence.state != OccurrenceState.HELD.value, Occurrence.hold_until > now))
        # the trace is kilobytes of JSON a row, and nobody asks a timetable for it
        .options(joinedload(Occurrence.booking).joinedload(Booking.organisation), defer(Occurrence.trace))
        .options(with_expression(Occurrence.name_hidden, NAME_SHOWN.is_(False)))
    )
    found: dict[SpaceId, list[Busy]] = defaultdict(list)
    for row, occurrence in session.execute(query):
        if occurrence.id not in but:
            held = Span(row.starts_at, row.ends_at)
            found[row.atom_id].append(Busy(Span(occurrence.starts_at, occurrence.ends_at), held, occurrence))
    return found
