"""How many single times a user has had in a season: rulebooks limit them (such as three, then a regular slot)."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.core.opening import day_span
from booking.core.span import Span
from booking.ids import BookingId, OrganisationId
from booking.models import OCCUPYING, Booking, Occurrence, Premises, Space, Supervision, Term


def season_of(session: Session, space: Space, day: date) -> Span | None:
    """The term of the space's premises that holds the day, as a span; None where premises keep no terms."""
    mode = Supervision.SUPERVISED if space.supervised else Supervision.SELF_SUPERVISED
    term = session.scalar(
        select(Term)
        .where(Term.premises_id == space.premises_id, Term.first_on <= day, Term.last_on >= day)
        .where(Term.supervision.in_([Supervision.ALL.value, mode.value]))
        .order_by(Term.id)
        .limit(1)
    )
    if term is None:
        return None
    zone = ZoneInfo(space.premises.zone)
    return Span(day_span(term.first_on, zone).starts_at, day_span(term.last_on, zone).ends_at)


def alike(one: Space, other: Space) -> bool:
    """Whether single times in both count together."""
    houses = one.premises, other.premises
    return len({(house.rulebook, house.kind) for house in houses}) == 1


def singles_before(
    session: Session, organisation: OrganisationId, space: Space, day: date, booking: BookingId | None
) -> int | None:
    """Single times the organisation has in the season at premises of the same kind and rulebook, in bookings made
    before this one (None: before now). None where there is no season to count in."""
    season = season_of(session, space, day)
    if season is None:
        return None
    query = (
        select(func.count(Occurrence.id))
        .join(Booking, Booking.id == Occurrence.booking_id)
        .join(Space, Space.id == Occurrence.space_id)
        .join(Premises, Premises.id == Space.premises_id)
        .where(Booking.organisation_id == organisation, Booking.kind == "single", Occurrence.state.in_(OCCUPYING))
        .where(Premises.rulebook == space.premises.rulebook, Premises.kind == space.premises.kind)
        .where(Occurrence.starts_at >= season.starts_at, Occurrence.starts_at < season.ends_at)
    )
    if booking is not None:
        query = query.where(Booking.id < booking)
    return session.scalar(query) or 0
