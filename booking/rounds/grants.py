"""Grants in the calendar: one with its times, those of an organisation, and when each of its dates is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql.base import ExecutableOption

from booking.ids import BookingId, OrganisationId
from booking.models import OCCUPYING, Booking, Occurrence, Organisation, Space
from booking.refusals import NotFound
from booking.rounds.ids import RoundId
from booking.rounds.models import Application, Section
from booking.rounds.plan_models import GrantState, SlotGrant
from booking.rounds.season_models import GrantYear

IN_CALENDAR = (GrantState.BOOKED.value, GrantState.HANDED_BACK.value)


def loaded() -> list[ExecutableOption]:
    """A grant with its round, its space and premises, and whose it is."""
    section = joinedload(SlotGrant.section)
    return [
        section.joinedload(Section.application).joinedload(Application.organisation),
        joinedload(SlotGrant.space).joinedload(Space.premises),
        joinedload(SlotGrant.round),
    ]


def grant_of(session: Session, ref: str) -> SlotGrant:
    """Raises NotFound."""
    found = session.scalar(select(SlotGrant).where(SlotGrant.ref == ref).options(*loaded()))
    if found is None:
        raise NotFound(what="grant")
    return found


def organisation_of(grant: SlotGrant) -> Organisation:
    return grant.section.application.organisation


def of_organisations(session: Session, organisations: Collection[OrganisationId]) -> list[SlotGrant]:
    """Their grants that stand in the calendar, the latest season first, in order of the week."""
    query = select(SlotGrant).join(Section, Section.id == SlotGrant.section_id).join(Section.application)
    mine = query.where(Application.organisation_id.in_(organisations), SlotGrant.state.in_(IN_CALENDAR))
    found = session.scalars(mine.options(*loaded()))
    return sorted(found, key=lambda one: (-one.round.first_on.toordinal(), one.weekday, one.start_min, one.id))


def of_round(session: Session, round_id: RoundId) -> list[SlotGrant]:
    """Those of a round that stand in the calendar."""
    query = select(SlotGrant).where(SlotGrant.round_id == round_id, SlotGrant.state.in_(IN_CALENDAR))
    return list(session.scalars(query.options(*loaded()).order_by(SlotGrant.id)))


def booking_ids(session: Session, grant: SlotGrant) -> list[BookingId]:
    """The series of a grant: that of its round's season, and those of further years."""
    years = session.scalars(select(GrantYear.booking_id).where(GrantYear.grant_id == grant.id).order_by(GrantYear.year))
    return [*([grant.booking_id] if grant.booking_id is not None else []), *years]


def times_of(session: Session, grant: SlotGrant) -> list[Occurrence]:
    """Every date of a grant in order, whatever became of it, with its booking and space."""
    query = select(Occurrence).where(Occurrence.booking_id.in_(booking_ids(session, grant))).options(*whole())
    ordered = query.order_by(Occurrence.starts_at, Occurrence.id)
    return list(session.scalars(ordered.execution_options(populate_existing=True)))


def whole() -> list[ExecutableOption]:
    """What is loaded with a time so that it can be changed."""
    booking = joinedload(Occurrence.booking)
    return [
        joinedload(Occurrence.space).joinedload(Space.premises),
        booking.joinedload(Booking.organisation),
        booking.joinedload(Booking.holder),
        booking.joinedload(Booking.group),
    ]


def ahead_of(rows: Sequence[Occurrence], now: datetime, *, from_on: date | None = None) -> list[Occurrence]:
    """The booked ones that have not begun, from a local day on."""
    booked = [row for row in rows if row.state in OCCUPYING and row.starts_at > now]
    return [row for row in booked if from_on is None or day_of(row) >= from_on]


def day_of(row: Occurrence) -> date:
    """The local day on which a time begins."""
    return row.starts_at.astimezone(ZoneInfo(row.space.premises.zone)).date()


def minutes_of(row: Occurrence) -> tuple[int, int]:
    """Its local minutes of day; 1440 for midnight at its end."""
    zone = ZoneInfo(row.space.premises.zone)
    start, end = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
    days = (end.date() - start.date()).days
    return start.hour * 60 + start.minute, days * 1440 + end.hour * 60 + end.minute
