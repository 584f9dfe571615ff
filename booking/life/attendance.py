"""Heads of a time, told in one tap or by age group, by who was there; corrected by staff with a reason."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.acts import Act, ActKind, tell
from booking.happenings.models import Attendance
from booking.ids import OccurrenceId, PersonId
from booking.models import Booking, Occurrence, OccurrenceState
from booking.practice import practice
from booking.refusals import BadInput, NotNow

FILE = Path(__file__).with_name("attendance.toml")
MOST_HEADS = 100_000


@dataclass(frozen=True, slots=True)
class AgeGroup:
    """An age group in which heads are told, with its name in fi, sv and en."""

    id: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Heads:
    """What was told: all of them, or by group (then the groups make the sum). `guests`: of an open event, beside."""

    total: int | None = None
    groups: Mapping[str, int] = field(default_factory=dict)
    guests: int | None = None
    as_expected: bool = False


@cache
def age_groups() -> tuple[AgeGroup, ...]:
    """The groups in use, youngest first."""
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))["groups"]
    return tuple(AgeGroup(one["id"], one["name"]) for one in found)


def told_of(session: Session, rows: Sequence[OccurrenceId]) -> dict[OccurrenceId, Attendance]:
    """What was told of these times."""
    query = select(Attendance).where(Attendance.occurrence_id.in_(list(rows)))
    return {one.occurrence_id: one for one in session.scalars(query)}


def can_tell(row: Occurrence, now: datetime) -> bool:
    """Whether who was there may tell or change the heads now: from the start until the days of changing are over."""
    until = row.ends_at + timedelta(days=practice("attendance_edit_days"))
    return row.state == OccurrenceState.CONFIRMED and row.starts_at <= now <= until


def tell_heads(session: Session, row: Occurrence, heads: Heads, *, by: PersonId | None, now: datetime) -> Attendance:
    """Note the heads of a time, or change them. `by` None: somebody through the link at the door.

    Raises NotNow before the start and after the days of changing, BadInput for numbers that mean nothing."""
    if not can_tell(row, now):
        raise NotNow(state="attendance")
    return _note(session, row, heads, by=by, now=now, correction="")


def correct(session: Session, row: Occurrence, heads: Heads, *, reason: str, by: PersonId, now: datetime) -> Attendance:
    """Staff set the heads right, at any time after the start, with a reason. Raises BadInput, NotNow."""
    if not reason.strip():
        raise BadInput(field="reason", problem="empty")
    if row.starts_at > now or row.state != OccurrenceState.CONFIRMED:
        raise NotNow(state="attendance")
    return _note(session, row, heads, by=by, now=now, correction=reason.strip())


def expected(row: Occurrence) -> Heads:
    """One tap: as many as were booked."""
    return Heads(total=row.booking.people, as_expected=True)


def sum_of(heads: Heads) -> int:
    """All heads, guests too. Raises BadInput for nothing told, unknown groups, and numbers that cannot be."""
    if heads.total is None and not heads.groups and heads.guests is None:
        raise BadInput(field="heads", problem="missing")
    known = {group.id for group in age_groups()}
    numbers = [*heads.groups.values(), heads.guests or 0, heads.total or 0]
    if not known.issuperset(heads.groups) or not all(0 <= number <= MOST_HEADS for number in numbers):
        raise BadInput(field="heads", problem="negative")
    members = sum(heads.groups.values()) if heads.groups else heads.total or 0
    return members + (heads.guests or 0)


def _note(
    session: Session, row: Occurrence, heads: Heads, *, by: PersonId | None, now: datetime, correction: str
) -> Attendance:
    total = sum_of(heads)
    found = told_of(session, [row.id]).get(row.id)
    before = None if found is None else {"heads": found.heads, "groups": found.groups, "guests": found.guests}
    if found is None:
        found = Attendance(occurrence_id=row.id, told_at=now, told_by=by, heads=0)
        session.add(found)
    found.heads, found.guests, found.as_expected = total, heads.guests, heads.as_expected
    found.groups = dict(heads.groups)
    if correction:
        found.corrected_at, found.corrected_by, found.correction = now, by, correction
    else:
        found.told_at, found.told_by = now, by
    session.flush()
    _tell(session, row, found, before, by, now)
    return found


def _tell(
    session: Session, row: Occurrence, found: Attendance, before: Any, by: PersonId | None, now: datetime
) -> None:
    booking = session.get_one(Booking, row.booking_id)
    body: dict[str, Any] = {"occurrence": row.ref, "heads": found.heads, "groups": found.groups}
    body |= {"guests": found.guests, "as_expected": found.as_expected, "before": before}
    body |= {"reason": found.correction, "by_link": by is None}
    persons = tuple({booking.holder_id} | ({by} if by is not None else set()))
    tell(session, Act(ActKind.ATTENDANCE_TOLD, now, by, booking.ref, body, row.space.premises_id, persons))
