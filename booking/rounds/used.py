"""How much of last season's weekly slots an organisation really used: history for the next round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.core.allocation.instance import Held
from booking.happenings.models import Happening, HappeningState
from booking.ids import BookingId, OccurrenceId, OrganisationId
from booking.models import Booking, Occurrence, OccurrenceState, Space
from booking.rounds.grants import booking_ids, day_of, minutes_of, of_organisations
from booking.wish import pattern_of

UNUSED = ("no_show", "unused")
ONE_SEASON = timedelta(days=300)  # series that end within it of the last one are of the same season
Key = tuple[str, int, int, int]


def use_of_last_season(session: Session, organisation: OrganisationId) -> list[Held]:
    """Its weekly slots of the last season that stood in the calendar, by space and time. `use_percent`: of the dates
    that the house left to it, those it neither cancelled nor stayed away from; no dates: 100.

    From its grants of the latest round; before any round, from its own weekly series."""
    rows = _times(session, _of_grants(session, organisation) or _of_series(session, organisation))
    missed = _missed(session, [row.id for row in rows])
    slots: dict[Key, list[bool]] = defaultdict(list)
    for row in rows:
        slots[_slot(row)].append(row.state != OccurrenceState.CANCELLED and row.id not in missed)
    most = max((len(used) for used in slots.values()), default=0)
    # a single date that was moved elsewhere is no weekly slot
    return [_held(key, used) for key, used in sorted(slots.items()) if len(used) > 1 or most == 1]


def _held(key: Key, used: Sequence[bool]) -> Held:
    space, weekday, start_min, end_min = key
    return Held(space, weekday, start_min, end_min, use_percent=100 * sum(used) // len(used))


def _of_grants(session: Session, organisation: OrganisationId) -> list[BookingId]:
    found = [one for one in of_organisations(session, [organisation]) if one.booking_id is not None]
    last = max((one.round.first_on for one in found), default=None)
    return [booking for one in found if one.round.first_on == last for booking in booking_ids(session, one)]


def _of_series(session: Session, organisation: OrganisationId) -> list[BookingId]:
    query = select(Booking).where(Booking.organisation_id == organisation, Booking.kind == "regular")
    ends = {row.id: pattern.last_on for row in session.scalars(query) if (pattern := pattern_of(row)) is not None}
    last = max(ends.values(), default=None)
    return [booking for booking, end in ends.items() if last is not None and last - end <= ONE_SEASON]


def _times(session: Session, bookings: Collection[BookingId]) -> list[Occurrence]:
    """Without the dates that could not be booked, and those that the house took back."""
    left = (OccurrenceState.CONFIRMED.value, OccurrenceState.CANCELLED.value)
    query = select(Occurrence).where(Occurrence.booking_id.in_(bookings), Occurrence.state.in_(left))
    query = query.where(Occurrence.reason != "left_out")
    return list(session.scalars(query.options(joinedload(Occurrence.space).joinedload(Space.premises))))


def _missed(session: Session, rows: Iterable[OccurrenceId]) -> set[OccurrenceId]:
    query = select(Happening.occurrence_id).where(Happening.occurrence_id.in_(list(rows)), Happening.kind.in_(UNUSED))
    found = session.scalars(query.where(Happening.state == HappeningState.CONFIRMED.value))
    return {row for row in found if row is not None}


def _slot(row: Occurrence) -> Key:
    start_min, end_min = minutes_of(row)
    return row.space.ref, day_of(row).weekday(), start_min, min(end_min, 1440)
