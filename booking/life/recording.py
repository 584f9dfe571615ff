"""Noting what happened to a time, and settling it: confirmed with its consequences, dismissed, or objected to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.happenings.models import OPEN_STATES, Happening, HappeningState
from booking.ids import OrganisationId, PersonId, PremisesId
from booking.life import charging, penalties
from booking.life.verdicts import Verdict
from booking.models import Booking, Occurrence, Organisation, Premises, Space
from booking.practice import practice
from booking.refusals import BadInput, NotFound, NotNow


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody saw, or the system found. `key`: the same thing is noted once."""

    key: str
    kind: str
    happened_at: datetime
    organisation: OrganisationId
    premises: PremisesId
    occurrence: Occurrence | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    @classmethod
    def of(cls, row: Occurrence, kind: str, at: datetime, key: str = "", **more: Any) -> Note:
        """About one booked time."""
        whose, place = row.booking.organisation_id, row.space.premises_id
        return cls(key or f"{kind}:{row.ref}", kind, at, whose, place, row, **more)


def by_key(session: Session, key: str) -> Happening | None:
    return session.scalar(select(Happening).where(Happening.key == key))


def happening_of(session: Session, ref: str) -> Happening:
    """One happening with its time, organisation and premises. Raises NotFound."""
    found = session.scalar(select(Happening).where(Happening.ref == ref).options(*LOADED))
    if found is None:
        raise NotFound(what="happening")
    return found


LOADED = (
    joinedload(Happening.organisation),
    joinedload(Happening.premises),
    joinedload(Happening.occurrence).joinedload(Occurrence.space).joinedload(Space.premises),
    joinedload(Happening.occurrence).joinedload(Occurrence.booking).joinedload(Booking.holder),
)


def note(session: Session, noted: Note, *, state: HappeningState, by: PersonId | None, now: datetime) -> Happening:
    """Note something that is not settled yet; what was noted under this key before stays as it is."""
    found = by_key(session, noted.key)
    return found or _new(session, noted, state, by, now)


def settle(
    session: Session, noted: Note, verdict: Verdict, *, by: PersonId | None, now: datetime, decision: str = ""
) -> Happening:
    """Note something that needs no decision, with its consequences at once. Under a known key nothing changes."""
    found = by_key(session, noted.key)
    if found is not None and found.state not in OPEN_STATES:
        return found
    row = found or _new(session, noted, HappeningState.PROPOSED, by, now)
    confirm(session, row, verdict, by=by, now=now, decision=decision)
    return row


def confirm(
    session: Session, row: Happening, verdict: Verdict, *, by: PersonId | None, now: datetime, decision: str = ""
) -> None:
    """It did happen: what follows is kept, charged and proposed. `by` None: by rule, the days of objecting are over.

    Raises NotNow when it is settled already."""
    _decide(session, row, HappeningState.CONFIRMED, decision, by, now)
    row.answer = verdict.plain()
    row.fee_cents = verdict.fee_cents if verdict.charges else 0
    row.credit_cents = _credit(row, verdict)
    session.flush()
    charging.charge(session, row, verdict, on=day_of(session, row), by=by, now=now)
    penalties.propose(session, row, verdict, on=day_of(session, row), now=now)
    _tell_decided(session, row, by, now)


def dismiss(session: Session, row: Happening, *, reason: str, by: PersonId | None, now: datetime) -> None:
    """It did not happen, or nothing shall follow. Raises BadInput without a reason, NotNow when it is settled."""
    if not reason.strip():
        raise BadInput(field="reason", problem="empty")
    _decide(session, row, HappeningState.DISMISSED, reason.strip(), by, now)
    session.flush()
    _tell_decided(session, row, by, now)


def undo(session: Session, row: Happening, *, reason: str, by: PersonId | None, now: datetime) -> None:
    """Take back one that was confirmed: its charge and what it proposed go."""
    if row.state != HappeningState.CONFIRMED:
        raise NotNow(state=row.state)
    row.state, row.decision, row.decided_at, row.decided_by = HappeningState.DISMISSED.value, reason, now, by
    session.flush()
    charging.take_back(session, row, reason=reason, by=by, now=now)
    penalties.drop_of(session, row, reason=reason, by=by, now=now)
    _tell_decided(session, row, by, now)


def objects_until(row: Happening) -> datetime:
    """The last instant at which the organisation may object."""
    return row.noted_at + timedelta(days=practice("objection_days"))


def can_object(row: Happening, now: datetime) -> bool:
    return row.state == HappeningState.PROPOSED and now <= objects_until(row)


def object_to(session: Session, row: Happening, *, words: str, by: PersonId, now: datetime) -> None:
    """The organisation says it was otherwise: a person decides. Raises BadInput without words, NotNow when too late."""
    if not can_object(row, now):
        raise NotNow(state=row.state)
    if not words.strip():
        raise BadInput(field="objection", problem="empty")
    row.state, row.objection, row.objected_at = HappeningState.OBJECTED.value, words.strip(), now
    session.flush()
    body = {"happening": row.kind, "objection": row.objection}
    tell(session, Act(ActKind.HAPPENING_OBJECTED, now, by, row.ref, body, row.premises_id, (by,)))


def day_of(session: Session, row: Happening) -> Any:
    """The local day it happened at its premises."""
    zone = session.get_one(Premises, row.premises_id).zone
    return row.happened_at.astimezone(ZoneInfo(zone)).date()


def _new(session: Session, noted: Note, state: HappeningState, by: PersonId | None, now: datetime) -> Happening:
    row = Happening(
        key=noted.key,
        kind=noted.kind,
        state=state.value,
        organisation_id=noted.organisation,
        premises_id=noted.premises,
        occurrence_id=noted.occurrence.id if noted.occurrence else None,
        happened_at=noted.happened_at,
        noted_at=now,
        noted_by=by,
        note=noted.note.strip(),
        facts=dict(noted.facts),
        evidence=dict(noted.evidence),
    )
    session.add(row)
    session.flush()
    organisation = session.get_one(Organisation, row.organisation_id)
    body: dict[str, Any] = {"happening": row.kind, "state": row.state, "organisation": organisation.ref}
    body |= {"occurrence": noted.occurrence.ref if noted.occurrence else None, "facts": row.facts, "note": row.note}
    tell(session, Act(ActKind.HAPPENING_NOTED, now, by, row.ref, body | {"evidence": row.evidence}, row.premises_id))
    return row


def _decide(
    session: Session, row: Happening, state: HappeningState, decision: str, by: PersonId | None, now: datetime
) -> None:
    session.refresh(row, ["state"], with_for_update={"key_share": True})  # of two deciding at once the second is told
    if row.state not in OPEN_STATES:
        raise NotNow(state=row.state)
    row.state, row.decision, row.decided_at, row.decided_by = state.value, decision, now, by


def _credit(row: Happening, verdict: Verdict) -> int | None:
    """What the user does not pay, and what they get on top."""
    if not verdict.waived:
        return verdict.compensation_cents
    price = row.occurrence.price_cents if row.occurrence is not None else None
    return None if price is None else price + (verdict.compensation_cents or 0)


def _tell_decided(session: Session, row: Happening, by: PersonId | None, now: datetime) -> None:
    body: dict[str, Any] = {"happening": row.kind, "state": row.state, "decision": row.decision}
    body |= {"fee_cents": row.fee_cents}
    body |= {"credit_cents": row.credit_cents, "rows": [one["row"] for one in row.answer.get("reasons", ())]}
    tell(session, Act(ActKind.HAPPENING_DECIDED, now, by, row.ref, body, row.premises_id))
