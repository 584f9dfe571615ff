"""What has been before, as facts for rules: no-shows, unused times in a row, warnings, and bans in force.

Only reading, of the tables: booking rules ask these before a booking, so nothing here may book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from booking.core.opening import day_span, public_holidays
from booking.core.span import Span
from booking.happenings.models import Happening, HappeningState, Sanction, SanctionKind, SanctionState
from booking.ids import BookingId, OccurrenceId, OrganisationId
from booking.models import Booking, Occurrence, OccurrenceState, Space, Supervision, Term
from booking.occasions import season_of
from booking.practice import practice

HELSINKI = ZoneInfo("Europe/Helsinki")
UNUSED = ("no_show", "unused")
BANS = (Sanction.state == SanctionState.GIVEN.value, Sanction.kind == SanctionKind.BAN.value)
LOOKS_AT = 50  # of the latest times, for counting unused ones in a row


@dataclass(frozen=True, slots=True)
class Before:
    """What rules call history: counts of the season so far. `unused_running`: the latest times, all unused."""

    no_shows: int
    unused_running: int
    warnings: int


def history(
    session: Session,
    organisation: OrganisationId,
    on: date,
    *,
    space: Space | None = None,
    booking: BookingId | None = None,
) -> Before:
    """What the organisation has behind it on a day, in the season of the space (without terms: in the school year).

    `booking` counts the unused times of this booking only."""
    season = season_at(session, on, space)
    return Before(
        no_shows=_no_shows(session, organisation, season),
        unused_running=unused_running(session, organisation, season.ends_at, booking=booking),
        warnings=_warnings(session, organisation, season),
    )


def season_at(session: Session, on: date, space: Space | None) -> Span:
    """From the first day of the season to the end of the day asked for."""
    found = season_of(session, space, on) if space is not None else None
    zone = ZoneInfo(space.premises.zone) if space is not None else HELSINKI
    month = practice("season_start_month")
    first = date(on.year if on.month >= month else on.year - 1, month, 1)
    starts = found.starts_at if found is not None else day_span(first, zone).starts_at
    return Span(starts, day_span(on, zone).ends_at)


def unused_running(
    session: Session, organisation: OrganisationId, before: datetime, *, booking: BookingId | None = None
) -> int:
    """How many of the latest booked times up to an instant were unused, without a used one between."""
    query = (
        select(Occurrence.id)
        .join(Booking, Booking.id == Occurrence.booking_id)
        .where(Booking.organisation_id == organisation, Occurrence.ends_at < before)
        .where(Occurrence.state == OccurrenceState.CONFIRMED.value)
        .order_by(Occurrence.starts_at.desc(), Occurrence.id.desc())
        .limit(LOOKS_AT)
    )
    if booking is not None:
        query = query.where(Booking.id == booking)
    latest = list(session.scalars(query))
    unused = set(session.scalars(select(Happening.occurrence_id).where(*_confirmed(UNUSED), _of(latest))))
    return next((n for n, row in enumerate(latest) if row not in unused), len(latest))


def bans(session: Session, organisation: OrganisationId, on: date) -> tuple[str, ...]:
    """The scopes of the bans in force on a day, as rules ask for them: all, holidays, premises, or a kind of space."""
    rows = bans_in_force(session, organisation, on)
    return tuple(dict.fromkeys(row.detail if row.scope == "space_kind" else row.scope for row in rows))


def bans_at(session: Session, organisation: OrganisationId, on: date, space: Space) -> tuple[str, ...]:
    """As `bans`, but only those that hold in this space on this day."""
    rows = [row for row in bans_in_force(session, organisation, on) if covers(session, row, space, on)]
    return tuple(dict.fromkeys(row.detail if row.scope == "space_kind" else row.scope for row in rows))


def bans_in_force(session: Session, organisation: OrganisationId, on: date) -> list[Sanction]:
    """The bans given, not lifted, and running on a day."""
    runs = Sanction.first_on <= on, or_(Sanction.last_on.is_(None), Sanction.last_on >= on)
    query = select(Sanction).where(Sanction.organisation_id == organisation, *BANS, *runs)
    return list(session.scalars(query.order_by(Sanction.id)))


def covers(session: Session, ban: Sanction, space: Space, on: date) -> bool:
    """Whether a ban holds in a space on a day."""
    match ban.scope:
        case "premises":
            return ban.premises_id == space.premises_id
        case "space_kind":
            return ban.detail == space.kind
        case "holidays":
            return is_holiday(session, space, on)
        case "keys":  # of metal: booking and electronic doors are as before
            return False
        case _:
            return True


def is_holiday(session: Session, space: Space, on: date) -> bool:
    """Whether the day is a public holiday, or lies between the terms of premises that keep terms."""
    if on in public_holidays(on.year):
        return True
    mode = Supervision.SUPERVISED if space.supervised else Supervision.SELF_SUPERVISED
    fits = Term.supervision.in_([Supervision.ALL.value, mode.value])
    terms = select(func.count(Term.id)).where(Term.premises_id == space.premises_id, fits)
    held = terms.where(Term.first_on <= on, Term.last_on >= on)
    return bool(session.scalar(terms)) and not session.scalar(held)


def _no_shows(session: Session, organisation: OrganisationId, season: Span) -> int:
    query = select(func.count(Happening.id)).where(Happening.organisation_id == organisation, *_confirmed(("no_show",)))
    return session.scalar(query.where(*_within(season))) or 0


def _warnings(session: Session, organisation: OrganisationId, season: Span) -> int:
    query = select(func.count(Sanction.id)).where(
        Sanction.organisation_id == organisation,
        Sanction.kind == SanctionKind.WARNING.value,
        Sanction.state == SanctionState.GIVEN.value,
        Sanction.given_at >= season.starts_at,
        Sanction.given_at < season.ends_at,
    )
    return session.scalar(query) or 0


def _within(season: Span) -> tuple[ColumnElement[bool], ...]:
    return Happening.happened_at >= season.starts_at, Happening.happened_at < season.ends_at


def _confirmed(kinds: tuple[str, ...]) -> tuple[ColumnElement[bool], ...]:
    return Happening.kind.in_(kinds), Happening.state == HappeningState.CONFIRMED.value


def _of(occurrences: Sequence[OccurrenceId]) -> ColumnElement[bool]:
    return Happening.occurrence_id.in_(occurrences)
