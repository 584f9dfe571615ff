"""No-shows: the holder is asked while the time runs, the rest is released where the rulebook says so, and a no-show is
proposed, objected to, and confirmed by a person or by rule. What doors saw comes from access/no_shows.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.acts import ActKind
from booking.bookings import tell_of
from booking.happenings.models import Attendance, Happening, HappeningState
from booking.ids import PersonId
from booking.life import recording
from booking.life.judged import Event, judged
from booking.life.recording import LOADED, Note
from booking.life.verdicts import Verdict
from booking.models import Booking, Occurrence, OccurrenceState, Space
from booking.occupying import lock, occupy, vacate
from booking.practice import practice
from booking.refusals import NotNow

NO_SHOW, UNUSED = "no_show", "unused"


def to_look_at(session: Session, now: datetime) -> list[Occurrence]:
    """The confirmed times that began long enough ago and not too long ago, with nothing told and nothing settled."""
    begun = now - timedelta(minutes=practice("no_show_ask_min"))
    since = now - timedelta(days=practice("no_show_look_back_days"))
    settled = select(Happening.occurrence_id).where(
        Happening.kind == NO_SHOW, Happening.state != HappeningState.ASKED.value, Happening.occurrence_id.is_not(None)
    )
    query = (
        select(Occurrence)
        .where(Occurrence.state == OccurrenceState.CONFIRMED.value)
        .where(Occurrence.starts_at <= begun, Occurrence.ends_at > since)
        .where(Occurrence.id.not_in(select(Attendance.occurrence_id)), Occurrence.id.not_in(settled))
        .options(
            joinedload(Occurrence.space).joinedload(Space.premises),
            joinedload(Occurrence.booking).joinedload(Booking.organisation),
            joinedload(Occurrence.booking).joinedload(Booking.holder),
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    return list(session.scalars(query))


def ask(session: Session, row: Occurrence, evidence: Mapping[str, Any], now: datetime) -> Happening | None:
    """Nobody is in: note it, so that the holder is asked. None when they were asked already."""
    if recording.by_key(session, f"{NO_SHOW}:{row.ref}") is not None:
        return None
    facts = {"ends_at": row.ends_at.isoformat()}
    noted = Note.of(row, NO_SHOW, row.starts_at, evidence=evidence, facts=facts)
    return recording.note(session, noted, state=HappeningState.ASKED, by=None, now=now)


def release(session: Session, row: Occurrence, *, now: datetime) -> bool:
    """Free the rest of a time that nobody came to, where the rulebook lets it be lost. Whether it was freed.

    The time ends now: its price stays as agreed, its doors shut, and others may book what is left."""
    if not row.starts_at < now < row.ends_at or judged(session, row, Event(UNUSED, now), now).slot != "lost":
        return False
    lock(session, [row])
    vacate(session, [row])
    row.ends_at, row.turnaround_min = now, 0
    row.sequence += 1
    session.flush()
    occupy(session, row, now)
    tell_of(session, ActKind.OCCURRENCE_RELEASED, row.booking, [row], row.booking.made_by, now)
    return True


def coming(session: Session, row: Happening, *, by: PersonId, now: datetime) -> None:
    """The holder says that they come, or are there. Raises NotNow when it is too late for that."""
    if row.state != HappeningState.ASKED:
        raise NotNow(state=row.state)
    recording.dismiss(session, row, reason="coming", by=by, now=now)


def propose(session: Session, row: Occurrence, evidence: Mapping[str, Any], now: datetime) -> Happening:
    """The time is over and nobody came in: put it before the organisation and the house."""
    noted = Note.of(row, NO_SHOW, row.starts_at, evidence=evidence)
    found = recording.note(session, noted, state=HappeningState.PROPOSED, by=None, now=now)
    if found.state == HappeningState.ASKED:
        found.state, found.evidence, found.noted_at = HappeningState.PROPOSED.value, dict(evidence), now
        session.flush()
    return found


def withdraw(session: Session, row: Occurrence, *, reason: str, now: datetime) -> None:
    """Doors or people tell after all that somebody was there: an open question is closed by itself."""
    found = recording.by_key(session, f"{NO_SHOW}:{row.ref}")
    if found is not None and found.state in (HappeningState.ASKED, HappeningState.PROPOSED):
        recording.dismiss(session, found, reason=reason, by=None, now=now)


def confirm(session: Session, row: Happening, *, decision: str, by: PersonId | None, now: datetime) -> None:
    """It was a no-show: what the rulebook says follows. Raises NotNow when it is settled already."""
    recording.confirm(session, row, would_bring(session, row, now), by=by, now=now, decision=decision)


def would_bring(session: Session, row: Happening, now: datetime) -> Verdict:
    """What confirming it would bring by the rulebook. Nothing is changed."""
    assert row.occurrence is not None
    return judged(session, row.occurrence, Event(row.kind, row.happened_at), now)


def due_by_rule(session: Session, now: datetime) -> Sequence[Happening]:
    """Those nobody objected to while they could."""
    since = now - timedelta(days=practice("objection_days"))
    query = select(Happening).where(Happening.state == HappeningState.PROPOSED.value, Happening.noted_at < since)
    return session.scalars(query.where(Happening.kind == NO_SHOW).options(*LOADED).order_by(Happening.id)).all()
