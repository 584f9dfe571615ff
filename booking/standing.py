"""What stands against the times of a booking that are not booked: the same answer that a new wish would get."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from booking.availability import Obstacle, Problem, timetables
from booking.core.span import Span
from booking.ids import OccurrenceId
from booking.models import Booking, Occurrence, OccurrenceState

GONE = (OccurrenceState.REFUSED, OccurrenceState.CANCELLED, OccurrenceState.DISPLACED)


def standing_against(session: Session, booking: Booking, now: datetime) -> dict[OccurrenceId, list[Obstacle]]:
    """For each time that is not booked what is against it now; nothing means that it could be added again."""
    rows = [row for row in booking.occurrences if row.state in GONE]
    if not rows:
        return {}
    spaces = list({row.space_id: row.space for row in rows}.values())
    tables = timetables(session, spaces, _window(rows), now, but=frozenset(row.id for row in rows))
    return {row.id: _against(row, tables[row.space_id].obstacles(_span(row), now)) for row in rows}


def _against(row: Occurrence, found: list[Obstacle]) -> list[Obstacle]:
    """A wall time that does not exist stays so, whatever else is free."""
    if row.reason == Problem.NO_SUCH_TIME:
        return [Obstacle(Problem.NO_SUCH_TIME)]
    return found


def _span(row: Occurrence) -> Span:
    return Span(row.starts_at, row.ends_at)


def _window(rows: Sequence[Occurrence]) -> Span:
    whole = Span(min(row.starts_at for row in rows), max(row.ends_at for row in rows))
    return whole.widened(before_min=1440, after_min=1440)
