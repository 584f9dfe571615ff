"""Substitutes: free times at the same hour, as long, offered for one that had to give way; taken in one go."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.availability import timetables
from booking.bookings import tell_of
from booking.core.span import Span
from booking.happenings.models import Substitute
from booking.ids import OccurrenceId, OrganisationId, PersonId
from booking.models import Booking, Occurrence, OccurrenceState, Space
from booking.occupying import lock, occupy
from booking.practice import practice
from booking.premises import all_spaces
from booking.refusals import InThePast, NotFound, NotNow
from booking.refusing import check_rules, refusal_for
from booking.wishes import quote_of


def free_equivalents(session: Session, row: Occurrence, now: datetime) -> list[Space]:
    """The spaces of the same kind that hold as many and are free at the same time: in the same house first, then in
    the same district, the smallest that is enough first."""
    lost, span = row.space, Span(row.starts_at, row.ends_at)
    fits = [space for space in all_spaces(session) if space.id != lost.id and _alike(space, row)]
    if not fits:
        return []
    tables = timetables(session, fits, span.widened(before_min=1440, after_min=1440), now)
    free = [space for space in fits if not tables[space.id].obstacles(span, now)]
    home = lost.premises
    return sorted(
        free,
        key=lambda space: (
            space.premises_id != home.id,
            space.premises.district != home.district,
            space.capacity,
            space.id,
        ),
    )


def _alike(space: Space, row: Occurrence) -> bool:
    """Whether a space can stand in for the lost one: kind of space, heads, steps, and the same rules."""
    lost = row.space
    enough = space.bookable and space.kind == lost.kind and space.capacity >= row.booking.people
    same_rules = space.premises.rulebook == lost.premises.rulebook
    return enough and same_rules and (not lost.step_free or space.step_free)


def offer(session: Session, row: Occurrence, now: datetime) -> list[Substitute]:
    """Offer the first few for a time that had to give way."""
    made = [
        Substitute(
            occurrence_id=row.id,
            space_id=space.id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            offered_at=now,
            occurrence=row,
            space=space,
        )
        for space in free_equivalents(session, row, now)[: practice("substitutes_most")]
    ]
    session.add_all(made)
    session.flush()
    return made


def offers_for(session: Session, occurrences: Collection[OccurrenceId], now: datetime) -> list[Substitute]:
    """What is still offered for these times, as long as they have none."""
    query = (
        select(Substitute)
        .join(Occurrence, Occurrence.id == Substitute.occurrence_id)
        .where(Substitute.occurrence_id.in_(occurrences), Substitute.starts_at > now)
        .where(Substitute.taken_at.is_(None), Occurrence.state == OccurrenceState.DISPLACED.value)
        .options(joinedload(Substitute.space).joinedload(Space.premises))
        .order_by(Substitute.id)
    )
    return list(session.scalars(query))


def displaced_of(session: Session, organisations: Collection[OrganisationId], now: datetime) -> list[Occurrence]:
    """The times to come of these organisations that had to give way and have no other instead."""
    query = (
        select(Occurrence)
        .join(Booking, Booking.id == Occurrence.booking_id)
        .where(Booking.organisation_id.in_(organisations), Occurrence.starts_at > now)
        .where(Occurrence.state == OccurrenceState.DISPLACED.value)
        .options(joinedload(Occurrence.space).joinedload(Space.premises), joinedload(Occurrence.booking))
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    return list(session.scalars(query))


def substitute_of(session: Session, ref: str) -> Substitute:
    """Raises NotFound."""
    query = (
        select(Substitute)
        .where(Substitute.ref == ref)
        .options(
            joinedload(Substitute.space).joinedload(Space.premises),
            joinedload(Substitute.occurrence).joinedload(Occurrence.space).joinedload(Space.premises),
            joinedload(Substitute.occurrence).joinedload(Occurrence.booking).joinedload(Booking.organisation),
            joinedload(Substitute.occurrence).joinedload(Occurrence.booking).joinedload(Booking.holder),
        )
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound(what="substitute")
    return found


def take(session: Session, offered: Substitute, *, by: PersonId, now: datetime) -> None:
    """The lost time is booked again, in the space offered, at the price agreed before: the house took it, not the user.

    Raises NotNow when the time has another already, InThePast, SpaceTaken when somebody was faster, RuleRefuses."""
    row = offered.occurrence
    if row.state != OccurrenceState.DISPLACED or offered.taken_at is not None:
        raise NotNow(state=row.state)
    if offered.starts_at <= now:
        raise InThePast(starts_at=offered.starts_at)
    lock(session, [row])
    quote = quote_of(
        session,
        row.booking,
        row,
        Span(offered.starts_at, offered.ends_at),
        now,
        space=offered.space,
        applied_at=row.booking.made_at,
    )
    check_rules([quote])
    if not quote.possible:
        raise refusal_for(quote.obstacles[0], quote)
    row.space, row.space_id = offered.space, offered.space_id
    row.starts_at, row.ends_at = offered.starts_at, offered.ends_at
    row.setup_min, row.turnaround_min = offered.space.setup_min, offered.space.turnaround_min
    row.state, row.reason = OccurrenceState.CONFIRMED.value, ""
    row.sequence += 1
    offered.taken_at = now
    session.flush()
    occupy(session, row, now)
    tell_of(session, ActKind.BOOKING_MOVED, row.booking, [row], by, now, substitute=offered.ref)
    body = {"occurrence": row.ref, "space": offered.space.ref}
    tell(session, Act(ActKind.SUBSTITUTE_TAKEN, now, by, offered.ref, body, offered.space.premises_id, (by,)))
