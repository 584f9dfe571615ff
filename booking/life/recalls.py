"""Taking times back for the owner's own need: timely by the rulebook or not, whom it displaces, and what they get.

Also closing days over booked times (premises.close_days), where some may be kept (acceptance C9)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.acts import ActKind
from booking.bookings import tell_of
from booking.happenings.models import Substitute
from booking.ids import PersonId
from booking.life import substitutes
from booking.life.judged import Event, judged
from booking.life.recording import Note, settle
from booking.life.verdicts import Verdict
from booking.models import OCCUPYING, ClosedDays, Occurrence, OccurrenceState, Premises, Space, Supervision
from booking.money import crediting
from booking.money.models import Charge, ChargeKind
from booking.occupying import lock, vacate
from booking.premises import close_days, displaced_by
from booking.refusals import BadInput, InThePast, NotNow, Untimely


class Cause(StrEnum):
    """Why the owner takes times back. Only the own need is bound to days of notice."""

    OWN_NEED = "own_need"
    FORCE_MAJEURE = "force_majeure"

    @property
    def kind(self) -> str:
        """The rulebook's kind of event."""
        return "recalled" if self is Cause.OWN_NEED else "provider_cancelled"


@dataclass(frozen=True, slots=True)
class Lost:
    """One time that would have to give way, with the notice left in local days and what the rulebook says of it."""

    row: Occurrence
    notice_days: int
    verdict: Verdict

    @property
    def untimely(self) -> bool:
        return self.verdict.valid is False

    @property
    def may_override(self) -> bool:
        """Whether the rulebook leaves it to somebody to take the time all the same."""
        return self.untimely and bool(self.verdict.asks)


@dataclass(frozen=True, slots=True)
class Recalled:
    """What was taken back, and the substitutes offered for it."""

    lost: tuple[Lost, ...]
    offers: tuple[Substitute, ...]

    @property
    def rows(self) -> list[Occurrence]:
        return [one.row for one in self.lost]


def look(session: Session, rows: Sequence[Occurrence], cause: Cause, now: datetime) -> list[Lost]:
    """Whether taking these times back now would be timely. Nothing is changed."""
    event = Event(cause.kind, now, by="provider", reason=cause.value)
    return [Lost(row, notice_days(row, now), judged(session, row, event, now)) for row in rows]


def notice_days(row: Occurrence, now: datetime) -> int:
    """Local days from the day of telling to the day of use."""
    zone = ZoneInfo(row.space.premises.zone)
    return (row.starts_at.astimezone(zone).date() - now.astimezone(zone).date()).days


def recall(
    session: Session,
    rows: Sequence[Occurrence],
    *,
    cause: Cause,
    reason: str,
    override: str,
    by: PersonId,
    now: datetime,
) -> Recalled:
    """Take single times back. `override`: why it is done although it is untimely, where the rulebook lets somebody.

    Raises BadInput without a reason, NotNow, InThePast, Untimely."""
    if not reason.strip():
        raise BadInput(field="reason", problem="empty")
    for row in rows:
        if row.state not in OCCUPYING:
            raise NotNow(state=row.state)
        if row.starts_at <= now:
            raise InThePast(starts_at=row.starts_at)
    lost = look(session, rows, cause, now)
    check(lost, override)
    lock(session, rows)
    vacate(session, rows)
    for row in rows:
        row.state, row.reason, row.hold_until = OccurrenceState.DISPLACED.value, reason.strip(), None
        row.sequence += 1
    session.flush()
    for row in rows:
        tell_of(session, ActKind.OCCURRENCE_DISPLACED, row.booking, [row], by, now, override=override)
    return _follow(session, lost, override, by, now)


def closing(
    session: Session,
    place: Premises,
    days: tuple[date, date],
    *,
    space: Space | None,
    mode: Supervision,
    cause: Cause,
    now: datetime,
) -> list[Lost]:
    """Whom closed days would displace, and whether in time."""
    return look(session, displaced_by(session, place, *days, space=space, now=now, supervision=mode), cause, now)


def close(
    session: Session,
    row: ClosedDays,
    place: Premises,
    *,
    space: Space | None,
    cause: Cause,
    keep: Collection[str],
    override: str,
    by: PersonId,
    now: datetime,
) -> Recalled:
    """Close whole days; times whose refs are in `keep` stay. Raises what close_days raises, and Untimely."""
    mode = Supervision(row.supervision or Supervision.ALL)
    lost = closing(session, place, (row.first_on, row.last_on), space=space, mode=mode, cause=cause, now=now)
    lost = [one for one in lost if one.row.ref not in keep]
    check(lost, override)
    gone = {one.id for one in close_days(session, row, place, space=space, by=by, now=now, keep=keep)}
    return _follow(session, [one for one in lost if one.row.id in gone], override, by, now)


def check(lost: Sequence[Lost], override: str) -> None:
    """Raises Untimely for a time that may not be taken any more, or only with a reason of its own."""
    for one in lost:
        if one.untimely and not (one.may_override and override.strip()):
            problem = "needs_reason" if one.may_override else "too_late"
            raise Untimely(field="override", problem=problem, days=one.notice_days, starts_at=one.row.starts_at)


def _follow(session: Session, lost: Sequence[Lost], override: str, by: PersonId, now: datetime) -> Recalled:
    """Keep what happened, let the price go where the rulebook says so, and offer substitutes."""
    offers: list[Substitute] = []
    for one in lost:
        facts = {"notice_days": one.notice_days, "override": override if one.untimely else ""}
        key = f"{one.verdict.kind}:{one.row.ref}:{one.row.sequence}"
        noted = Note.of(one.row, one.verdict.kind, now, key, facts=facts)
        settle(session, noted, one.verdict, by=by, now=now, decision=override if one.untimely else "")
        if one.verdict.waived:
            _let_go(session, one.row, by, now)
        offers += substitutes.offer(session, one.row, now)
    return Recalled(tuple(lost), tuple(offers))


def _let_go(session: Session, row: Occurrence, by: PersonId, now: datetime) -> None:
    """A price owed in advance is owed no longer: where it was invoiced already, it is credited."""
    query = select(Charge).where(Charge.occurrence_id == row.id, Charge.kind == ChargeKind.USE.value)
    for found in session.scalars(query):
        crediting.take_back(session, found, reason="recalled", by=by, now=now)
