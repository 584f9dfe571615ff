"""What staff notes afterwards: a dirty room, damage, a lost key, overrun, late leaving, use without a booking.

Charged by the rulebook whatever the price class is: free users pay an extra cost too (acceptance M5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.core.span import Span
from booking.happenings.models import OPEN_STATES, Attendance, Happening, HappeningState
from booking.ids import OrganisationId, PersonId, PremisesId, new_ref
from booking.life.judged import Event, judged, judged_use
from booking.life.recording import LOADED, Note, settle
from booking.life.verdicts import Verdict
from booking.models import Booking, Occurrence, OccurrenceState, Organisation, Space
from booking.refusals import BadInput

EXTRA_COSTS = ("dirty", "damage", "lost_key")  # the rulebook may ask what it cost
LATE = ("overrun", "left")  # minutes over the end
KINDS = (*EXTRA_COSTS, *LATE, "heads_dropped", "unauthorised_use", "misuse", "wrong_grounds")
NO_BOOKING = "used_without_booking"


@dataclass(frozen=True, slots=True)
class Incident:
    """What staff saw at one booked time. Cents and minutes are None where they were not told."""

    kind: str
    note: str
    cost_cents: int | None = None
    minutes_late: int | None = None


def preview(session: Session, row: Occurrence, incident: Incident, now: datetime) -> Verdict:
    """What noting it would bring. Nothing is changed."""
    return judged(session, row, _event(session, row, incident), now)


def note(session: Session, row: Occurrence, incident: Incident, *, by: PersonId, now: datetime) -> Happening:
    """Note it, and charge and propose what the rulebook says. Raises BadInput."""
    check(row, incident, now)
    facts: Mapping[str, int | None] = {"cost_cents": incident.cost_cents, "minutes_late": incident.minutes_late}
    told = {name: value for name, value in facts.items() if value is not None}
    key = f"{incident.kind}:{row.ref}:{new_ref()}"
    noted = Note.of(row, incident.kind, min(row.ends_at, now), key, facts=told, note=incident.note)
    return settle(session, noted, preview(session, row, incident, now), by=by, now=now, decision=incident.note)


def check(row: Occurrence, incident: Incident, now: datetime) -> None:
    """Raises BadInput for what is no incident of a time that has begun."""
    if incident.kind not in KINDS:
        raise BadInput(field="kind", problem="unknown")
    if not incident.note.strip():
        raise BadInput(field="note", problem="empty")
    if row.starts_at > now:
        raise BadInput(field="kind", problem="not_begun")
    if incident.kind in LATE and incident.minutes_late is None:
        raise BadInput(field="minutes_late", problem="missing")


def preview_use(session: Session, whose: Organisation, space: Space, span: Span) -> Verdict:
    """What a use without a booking would bring."""
    return judged_use(session, whose, space, span, Event(NO_BOOKING, span.starts_at))


def note_use(
    session: Session, whose: Organisation, space: Space, span: Span, *, note: str, by: PersonId, now: datetime
) -> Happening:
    """An organisation used a space without a booking. Raises BadInput."""
    if not note.strip():
        raise BadInput(field="note", problem="empty")
    if span.starts_at > now:
        raise BadInput(field="day", problem="not_begun")
    facts = {"space": space.ref, "starts_at": span.starts_at.isoformat(), "ends_at": span.ends_at.isoformat()}
    key = f"{NO_BOOKING}:{whose.ref}:{space.ref}:{span.starts_at.isoformat()}"
    noted = Note(key, NO_BOOKING, span.starts_at, whose.id, space.premises_id, facts=facts, note=note)
    return settle(session, noted, preview_use(session, whose, space, span), by=by, now=now, decision=note.strip())


def _event(session: Session, row: Occurrence, incident: Incident) -> Event:
    heads = session.scalar(select(Attendance.heads).where(Attendance.occurrence_id == row.id))
    return Event(
        incident.kind,
        row.ends_at,
        minutes_late=incident.minutes_late,
        cost_cents=incident.cost_cents,
        heads=heads,
    )


def open_at(session: Session, premises: Sequence[PremisesId]) -> list[Happening]:
    """What waits for somebody at these premises, oldest first; objections before the rest."""
    query = select(Happening).where(Happening.premises_id.in_(premises), Happening.state.in_(OPEN_STATES))
    rows = session.scalars(query.options(*LOADED).order_by(Happening.happened_at, Happening.id))
    return sorted(rows, key=lambda row: row.state != HappeningState.OBJECTED)


def settled_at(session: Session, premises: Sequence[PremisesId], since: datetime) -> list[Happening]:
    """What was settled at these premises lately, newest first."""
    query = select(Happening).where(Happening.premises_id.in_(premises), Happening.decided_at >= since)
    return list(session.scalars(query.options(*LOADED).order_by(Happening.decided_at.desc(), Happening.id.desc())))


def of_organisations(session: Session, organisations: Sequence[OrganisationId], since: datetime) -> list[Happening]:
    """What is noted of these organisations, newest first."""
    query = select(Happening).where(Happening.organisation_id.in_(organisations), Happening.noted_at >= since)
    return list(session.scalars(query.options(*LOADED).order_by(Happening.noted_at.desc(), Happening.id.desc())))


def untold(session: Session, premises: Sequence[PremisesId], window: Span) -> list[Occurrence]:
    """The times over within the window of which nobody has told the heads, latest first."""
    query = (
        select(Occurrence)
        .join(Space, Space.id == Occurrence.space_id)
        .where(Space.premises_id.in_(premises), Occurrence.state == OccurrenceState.CONFIRMED.value)
        .where(Occurrence.ends_at > window.starts_at, Occurrence.ends_at <= window.ends_at)
        .where(Occurrence.id.not_in(select(Attendance.occurrence_id)))
        .options(
            joinedload(Occurrence.space).joinedload(Space.premises),
            joinedload(Occurrence.booking).joinedload(Booking.organisation),
        )
        .order_by(Occurrence.starts_at.desc(), Occurrence.id)
    )
    return list(session.scalars(query))
