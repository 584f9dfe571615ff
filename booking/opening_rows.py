"""When a premises is open, as it is written down: weekly hours, terms and closed days, to read and take back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.acts import Act, ActKind, tell
from booking.ids import PersonId, SpaceId
from booking.models import ClosedDays, OpeningHours, Premises, Space, Term
from booking.refusals import NotFound

WEEK = range(7)


@dataclass(frozen=True, slots=True)
class TermKey:
    """What tells a term from the others of its premises."""

    first_on: date
    last_on: date
    supervision: str


def weekly_hours(session: Session, place: Premises, space: Space | None = None) -> list[list[tuple[int, int]]]:
    """For each weekday from Monday the openings as (opens_min, closes_min): of the premises, or the space's own."""
    query = select(OpeningHours).where(
        OpeningHours.premises_id == place.id, OpeningHours.space_id.is_not_distinct_from(space.id if space else None)
    )
    rows = session.scalars(query.order_by(OpeningHours.weekday, OpeningHours.opens_min)).all()
    return [[(row.opens_min, row.closes_min) for row in rows if row.weekday == day] for day in WEEK]


def spaces_with_own_hours(session: Session, place: Premises) -> frozenset[SpaceId]:
    """The spaces that do not follow the hours of the premises."""
    query = select(OpeningHours.space_id).where(
        OpeningHours.premises_id == place.id, OpeningHours.space_id.is_not(None)
    )
    return frozenset(space for space in session.scalars(query.distinct()) if space is not None)


def terms_of(session: Session, place: Premises) -> Sequence[Term]:
    """The terms of a premises, earliest first."""
    query = select(Term).where(Term.premises_id == place.id)
    return session.scalars(query.order_by(Term.first_on, Term.supervision)).all()


def remove_term(session: Session, place: Premises, key: TermKey, *, by: PersonId, now: datetime) -> None:
    """Take a term away. Booked times stay. Raises NotFound."""
    query = select(Term).where(
        Term.premises_id == place.id,
        Term.first_on == key.first_on,
        Term.last_on == key.last_on,
        Term.supervision == key.supervision,
    )
    row = session.scalar(query.order_by(Term.id).limit(1))
    if row is None:
        raise NotFound(what="term")
    session.delete(row)
    session.flush()
    body = {"removed": [key.first_on.isoformat(), key.last_on.isoformat()], "supervision": key.supervision}
    tell(session, Act(ActKind.HOURS_CHANGED, now, by, place.ref, body, place.id))


def closed_days_of(session: Session, place: Premises, since: date) -> Sequence[ClosedDays]:
    """The closed days of a premises that are not over on a day, earliest first."""
    query = select(ClosedDays).where(ClosedDays.premises_id == place.id, ClosedDays.last_on >= since)
    return session.scalars(query.order_by(ClosedDays.first_on, ClosedDays.id)).all()
