"""What the calendars lay out: premises, their spaces in rows, and for each day what is there or why nothing can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from booking.availability import Busy, Timetable
from booking.core.opening import ClosedWhy, Closure, day_span
from booking.core.span import MINUTES_IN_DAY, Span
from booking.ids import OrganisationId, PersonId, SpaceId
from booking.models import Booking, Occurrence, OccurrenceState, OrganisationKind, Premises, Space

QUARTER = 15
USUAL_FIRST, USUAL_LAST = 8 * 60, 22 * 60  # what a day shows at least, in minutes; more when something is there


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: their own bookings are shown as such."""

    person: PersonId | None = None
    organisations: frozenset[OrganisationId] = frozenset()

    def owns(self, booking: Booking) -> bool:
        return booking.holder_id == self.person or booking.organisation_id in self.organisations


@dataclass(frozen=True, slots=True)
class Axis:
    """The hours a day is drawn over, in whole hours, as minutes of day; counted in quarters of an hour."""

    first_min: int
    last_min: int

    @property
    def quarters(self) -> int:
        return (self.last_min - self.first_min) // QUARTER

    @property
    def hours(self) -> list[tuple[int, int]]:
        """Every second hour with the quarter it starts at."""
        step = range(self.first_min, self.last_min, 2 * 60)
        return [(minute // 60, (minute - self.first_min) // QUARTER) for minute in step]

    def place(self, start_min: int, end_min: int) -> Place | None:
        """Where minutes of day lie on the axis, at least one quarter wide; None when outside it."""
        first = max(start_min, self.first_min) - self.first_min
        last = min(end_min, self.last_min) - self.first_min
        if first >= last:
            return None
        x = first // QUARTER
        return Place(x, max(1, -(-last // QUARTER) - x))


@dataclass(frozen=True, slots=True)
class Place:
    """First quarter and number of quarters."""

    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing in a cell. `kind`: season, single, pending, own or closed (colour and edge); `note`: pending, held or
    the reason of a closure; `title`: what may be told of it, "" when nothing; `part`: the name of the part that is
    booked and not this whole; `whole`: the whole is booked that this is a part of; `ref`: the booking's."""

    kind: str
    span: Span
    title: str
    place: Place | None
    note: str = ""
    part: str = ""
    whole: bool = False
    ref: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One space on one day. `shut`: where the space is not open; `bookable`: whether a time there could be booked."""

    day: date
    marks: tuple[Mark, ...]
    shut: tuple[Place, ...]
    bookable: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One space; `depth` 0 is a whole, 1 a part of it."""

    space: Space
    depth: int
    cells: tuple[Cell, ...]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.space.premises.zone)


@dataclass(frozen=True, slots=True)
class Block:
    """One premises with its spaces."""

    premises: Premises
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Everything on one calendar. `count`: how many different times are booked in it."""

    days: tuple[date, ...]
    axis: Axis
    blocks: tuple[Block, ...]
    count: int

    def on(self, day: date) -> list[tuple[Row, Mark]]:
        """What is booked or closed on a day, in order of time, each booking once: in the space it is for."""
        index = self.days.index(day)
        rows = [row for block in self.blocks for row in block.rows]
        found = [(row, mark) for row in rows for mark in row.cells[index].marks if not (mark.part or mark.whole)]
        return sorted(found, key=lambda pair: pair[1].span)


def calendar(
    spaces: Sequence[Space],
    tables: Mapping[SpaceId, Timetable],
    days: Sequence[date],
    viewer: Viewer,
    *,
    everywhere: Sequence[Space],
    language: str,
    now: datetime,
) -> Calendar:
    """The calendar of `spaces` over some days, as this viewer may see it. `everywhere`: all spaces, to name wholes and
    parts by that are not shown themselves."""
    shown = [tables[space.id] for space in spaces]
    axis = axis_of(shown, days)
    painter = Painter({space.id: space for space in everywhere}, axis, viewer, language, now)
    rows = [Row(t.space, painter.depth(t.space), tuple(painter.cell(t, day) for day in days)) for t in shown]
    places = list(dict.fromkeys(space.premises for space in spaces))
    blocks = [Block(place, tuple(row for row in rows if row.space.premises_id == place.id)) for place in places]
    times = {busy.occurrence.id for table in shown for busy in table.busy for day in days if _on(busy.span, day, table)}
    return Calendar(tuple(days), axis, tuple(blocks), len(times))


def _on(span: Span, day: date, table: Timetable) -> bool:
    return span.overlaps(day_span(day, table.zone))


def minutes_on(span: Span, day: date, zone: ZoneInfo) -> tuple[int, int]:
    """The wall-clock minutes of a local day that a span covers, cut at midnight."""
    start, end = span.starts_at.astimezone(zone), span.ends_at.astimezone(zone)
    first = start.hour * 60 + start.minute if start.date() == day else 0
    last = end.hour * 60 + end.minute if end.date() == day else MINUTES_IN_DAY
    return first, last


def axis_of(tables: Iterable[Timetable], days: Sequence[date]) -> Axis:
    """The hours that hold every opening and every booked time, 8–22 at least."""
    first, last = USUAL_FIRST, USUAL_LAST
    for table in tables:
        for span in (*table.open, *(busy.span for busy in table.busy)):
            for day in days:
                if _on(span, day, table):
                    start, end = minutes_on(span, day, table.zone)
                    first, last = min(first, start), max(last, end)
    return Axis(first // 60 * 60, -(-last // 60) * 60)


@dataclass(frozen=True, slots=True)
class Painter:
    """Turns timetables into cells, for one viewer and language."""

    spaces: Mapping[SpaceId, Space]
    axis: Axis
    viewer: Viewer
    language: str
    now: datetime

    def depth(self, space: Space) -> int:
        above = self.spaces.get(space.parent_id) if space.parent_id is not None else None
        return 0 if above is None else 1 + self.depth(above)

    def above(self, space: Space) -> set[SpaceId]:
        """The wholes that the space is a part of."""
        parent = self.spaces.get(space.parent_id) if space.parent_id is not None else None
        return set() if parent is None else {parent.id} | self.above(parent)

    def cell(self, table: Timetable, day: date) -> Cell:
        whole = day_span(day, table.zone)
        closures = [closure for closure in table.closed if closure.span.overlaps(whole)]
        busy = [busy for busy in table.busy if busy.span.overlaps(whole)]
        open_still = any(span.overlaps(whole) and span.ends_at > self.now for span in table.open)
        shut = [self.place(closure.span, day, table.zone) for closure in closures]
        marks = [*self.closed_marks(closures, day, table.zone), *(self.mark(one, table, day) for one in busy)]
        return Cell(
            day,
            tuple(sorted(marks, key=lambda mark: mark.span)),
            tuple(place for place in shut if place),
            open_still and table.space.bookable,
        )

    def place(self, span: Span, day: date, zone: ZoneInfo) -> Place | None:
        return self.axis.place(*minutes_on(span, day, zone))

    def mark(self, busy: Busy, table: Timetable, day: date) -> Mark:
        occurrence, booking = busy.occurrence, busy.occurrence.booking
        own = self.viewer.owns(booking)
        waits = occurrence.state if occurrence.state != OccurrenceState.CONFIRMED else ""
        return Mark(
            kind=kind_of(booking, waits=bool(waits), own=own),
            span=busy.span,
            title=booking.title if own else public_name(booking, hidden=bool(occurrence.name_hidden)),
            place=self.place(busy.span, day, table.zone),
            note=waits,
            part=self.part(occurrence.space_id, table.space),
            whole=occurrence.space_id in self.above(table.space),
            ref=booking.ref,
            key=occurrence.key,
        )

    def part(self, booked: SpaceId, here: Space) -> str:
        """The name of the part that is booked, without the name of the whole in front; "" when it is no part."""
        if booked == here.id or booked not in self.spaces or self.depth(self.spaces[booked]) <= self.depth(here):
            return ""
        whole, name = here.name(self.language), self.spaces[booked].name(self.language)
        return name.removeprefix(whole).lstrip(" ,–-") or name

    def closed_marks(self, closures: Sequence[Closure], day: date, zone: ZoneInfo) -> list[Mark]:
        """A mark for each reason that shuts the space that day; ordinary closing hours show in the strip only."""
        told: dict[tuple[ClosedWhy, str], Mark] = {}
        for closure in closures:
            name = closure.names.get(self.language) or closure.names.get("fi", "")
            everyday = closure.why is ClosedWhy.OUTSIDE_HOURS and not closure.span.covers(day_span(day, zone))
            if not everyday:
                place = self.place(closure.span, day, zone)
                told.setdefault((closure.why, name), Mark("closed", closure.span, name, place, closure.why.value))
        return list(told.values())


def kind_of(booking: Booking, *, waits: bool, own: bool) -> str:
    if own:
        return "own"
    if waits:
        return "pending"
    return "season" if booking.kind == "regular" else "single"


def public_name(booking: Booking, *, hidden: bool = False) -> str:
    """What everybody may know: the organisation, unless the rules hide it; nothing of private persons."""
    return "" if hidden or booking.organisation.kind == OrganisationKind.PERSON else booking.organisation.name


def name_hidden(rows: Iterable[Occurrence]) -> bool:
    """Whether the rules hide the name of any of these times, by what they said when it was booked."""
    said = [row.trace.get("publicity") or {} for row in rows]
    return any(each.get("name_shown") is False for each in said)
