"""How much an application asks for: weekly hours beside what was granted and used last season, and beside members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.happenings.models import Happening
from booking.ids import OrganisationId
from booking.models import Booking, Occurrence, OccurrenceState
from booking.practice import practice
from booking.rounds.ids import RoundId
from booking.rounds.models import Application, Round, Section
from booking.rounds.plan_models import GrantState, SlotGrant

HELD = (GrantState.DECIDED.value, GrantState.BOOKED.value)


@dataclass(frozen=True, slots=True)
class Asking:
    """Weekly minutes: asked at least and at most, granted last season and the per cent of it really used (None: not
    known); members of the register, and people in all groups."""

    least_min: int
    most_min: int
    granted_min: int | None
    used_percent: int | None
    members: int | None
    people: int

    @property
    def more_than_before(self) -> bool:
        """Whether the least asked is decidedly more than what was granted."""
        percent = practice("over_asking_percent")
        return self.granted_min is not None and self.least_min * 100 > self.granted_min * percent

    @property
    def more_people_than_members(self) -> bool:
        return self.members is not None and self.people > self.members


def asking(session: Session, application: Application, now: datetime) -> Asking:
    """What a loaded application asks in all."""
    sections: Sequence[Section] = application.sections
    before = _before(session, application.round)
    granted = granted_minutes(session, before, application.organisation_id) if before is not None else None
    return Asking(
        least_min=sum(weekly(one, one.min_minutes) for one in sections),
        most_min=sum(weekly(one, one.max_minutes) for one in sections),
        granted_min=granted,
        used_percent=used_percent(session, before, application.organisation_id, now) if before is not None else None,
        members=application.organisation.members_total,
        people=sum(one.people for one in sections),
    )


def weekly(section: Section, minutes: int) -> int:
    """Of an average week: what runs every second week counts half."""
    every = 1 if section.weeks == "every" else 2
    return section.events * minutes // every


def _before(session: Session, round_: Round) -> RoundId | None:
    """The round of last season: the one named, or the latest that begins a year to a few months earlier."""
    if round_.previous_id is not None:
        return round_.previous_id
    query = select(Round.id).where(Round.first_on < round_.first_on, Round.family == round_.family)
    return session.scalar(query.order_by(Round.first_on.desc()).limit(1))


def granted_minutes(session: Session, round_: RoundId, organisation: OrganisationId) -> int | None:
    """Weekly minutes granted to an organisation in a round; None for a round whose grants are not in this program."""
    held = SlotGrant.round_id == round_, SlotGrant.state.in_(HELD)
    if session.scalar(select(SlotGrant.id).where(*held).limit(1)) is None:
        return None
    query = (
        select(func.sum(SlotGrant.end_min - SlotGrant.start_min))
        .join(Section, Section.id == SlotGrant.section_id)
        .join(Application)
        .where(*held, Application.organisation_id == organisation)
    )
    return session.scalar(query) or 0


def used_percent(session: Session, round_: RoundId, organisation: OrganisationId, now: datetime) -> int | None:
    """How much of the granted times that are past was used: not cancelled, and nobody found that nobody came."""
    missed = select(Happening.occurrence_id).where(
        Happening.kind == "no_show", Happening.state == "confirmed", Happening.occurrence_id.is_not(None)
    )
    query = (
        select(func.count())
        .select_from(Occurrence)
        .join(Booking)
        .join(SlotGrant, SlotGrant.booking_id == Booking.id)
        .where(SlotGrant.round_id == round_, Booking.organisation_id == organisation, Occurrence.ends_at < now)
    )
    kept = query.where(Occurrence.state == OccurrenceState.CONFIRMED.value)
    given_up = session.scalar(query.where(Occurrence.state == OccurrenceState.CANCELLED.value)) or 0
    every = (session.scalar(kept) or 0) + given_up
    used = session.scalar(kept.where(Occurrence.id.not_in(missed))) or 0
    return 100 * used // every if every else None
