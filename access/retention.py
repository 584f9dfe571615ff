"""What runs out by rule: the personal part of old door events and passages, and the holds that keep it longer."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from access import practice as numbers
from access.audit_models import Audit, AuditPayload, AuditPerson
from access.evidence_models import LegalHold
from access.models import Door, DoorEvent
from booking.acts import Act, ActKind, tell
from booking.ids import PersonId, PremisesId
from booking.refusals import BadInput, NotFound, NotNow

PORTION = 2000
LEAST_DAYS, MOST_DAYS = 30, 365
RUNNING_OUT = (ActKind.DOOR_EVENT, ActKind.DOOR_DECIDED)
PERSONAL = ("cred", "right")  # of an event's body: what leads to somebody


@dataclass(frozen=True, slots=True)
class Rule:
    """For how many days who passed where can be told, since when, and by whose decision."""

    days: int
    since: str
    source: str


@dataclass(frozen=True, slots=True)
class RanOut:
    """What one turn emptied."""

    entries: int = 0
    events: int = 0

    @property
    def full(self) -> bool:
        return max(self.entries, self.events) >= PORTION


@dataclass(frozen=True, slots=True)
class HoldWish:
    """What is to be kept: what happened from one instant to another, at one premises or all, of one person or all."""

    ground: str
    from_at: datetime
    until_at: datetime
    ends_at: datetime
    premises: PremisesId | None = None
    person: PersonId | None = None


@cache
def rule(path: Path = numbers.FILE) -> Rule:
    """The rule in force. Raises ValueError for days outside what may be decided."""
    entry = tomllib.loads(path.read_text("utf-8"))["passages_kept_days"]
    if not LEAST_DAYS <= entry["value"] <= MOST_DAYS:
        raise ValueError(f"practice.toml: passages_kept_days: {LEAST_DAYS} to {MOST_DAYS} days")
    return Rule(entry["value"], entry["since"].isoformat(), entry["source"])


def run_out(session: Session, now: datetime, *, days: int | None = None) -> RanOut:
    """Empty a portion of what is older than the rule allows and that no hold covers; an act says how much."""
    until = now - timedelta(days=rule().days if days is None else days)
    entries, events = _empty_entries(session, until, now), _empty_events(session, until, now)
    if entries or events:
        body = {"entries": entries, "events": events, "until": until, "days": (now - until).days}
        tell(session, Act(ActKind.LOG_RAN_OUT, now, None, "audit", body))
    return RanOut(entries, events)


def _empty_entries(session: Session, until: datetime, now: datetime) -> int:
    """Salt and body of old entries about passages that concern somebody; who they concern goes with them."""
    kinds = [kind.value for kind in RUNNING_OUT]
    about = exists().where(AuditPerson.seq == Audit.seq)
    old = (
        select(Audit.seq)
        .join(AuditPayload, AuditPayload.seq == Audit.seq)
        .where(Audit.at < until, Audit.kind.in_(kinds), AuditPayload.body.is_not(None), about, ~_entry_held(now))
    )
    found = session.scalars(old.order_by(Audit.seq).limit(PORTION)).all()
    if not found:
        return 0
    emptied = update(AuditPayload).where(AuditPayload.seq.in_(found), AuditPayload.body.is_not(None))
    gone = session.execute(
        emptied.values(salt=None, body=None).returning(AuditPayload.seq),
        execution_options={"synchronize_session": False},
    ).all()
    session.execute(delete(AuditPerson).where(AuditPerson.seq.in_(found)))
    return len(gone)


def _empty_events(session: Session, until: datetime, now: datetime) -> int:
    """The events themselves keep when, where, what and why; whose it was goes, and the hash of what the door said
    stays."""
    personal = or_(DoorEvent.person_id.is_not(None), DoorEvent.credential_id.is_not(None))
    query = select(DoorEvent).join(Door, Door.id == DoorEvent.door_id)
    old = query.where(DoorEvent.received_at < until, personal, ~_event_held(now))
    rows = list(session.scalars(old.order_by(DoorEvent.id).limit(PORTION)))
    for row in rows:
        row.person_id = row.credential_id = row.right_id = None
        row.body = {name: value for name, value in row.body.items() if name not in PERSONAL}
    session.flush()
    return len(rows)


def in_force(now: datetime) -> ColumnElement[bool]:
    """Holds that hold now."""
    return and_(LegalHold.made_at <= now, LegalHold.ends_at > now, LegalHold.lifted_at.is_(None))


def _entry_held(now: datetime) -> ColumnElement[bool]:
    """Entries that a hold covers; of a query over audit and audit_payload."""
    there = or_(LegalHold.premises_id.is_(None), LegalHold.premises_id == AuditPayload.premises_id)
    one = aliased(AuditPerson)
    concerns = exists().where(one.seq == Audit.seq, one.person_id == LegalHold.person_id).correlate(Audit, LegalHold)
    span = Audit.at >= LegalHold.from_at, Audit.at < LegalHold.until_at
    covers = in_force(now), *span, there, or_(LegalHold.person_id.is_(None), concerns)
    return exists().where(*covers).correlate(Audit, AuditPayload)


def _event_held(now: datetime) -> ColumnElement[bool]:
    """Events that a hold covers; of a query over door_event and door."""
    there = or_(LegalHold.premises_id.is_(None), LegalHold.premises_id == Door.premises_id)
    whose = or_(LegalHold.person_id.is_(None), LegalHold.person_id == DoorEvent.person_id)
    span = DoorEvent.received_at >= LegalHold.from_at, DoorEvent.received_at < LegalHold.until_at
    return exists().where(in_force(now), *span, there, whose).correlate(DoorEvent, Door)


def person_held(session: Session, person: PersonId, now: datetime) -> bool:
    """Whether a hold covers anything that is kept of this person in the log: then they are not erased."""
    mine = AuditPerson.person_id == person
    held = (
        select(Audit.seq)
        .join(AuditPayload, AuditPayload.seq == Audit.seq)
        .join(AuditPerson, AuditPerson.seq == Audit.seq)
    )
    return session.scalar(held.where(mine, AuditPayload.body.is_not(None), _entry_held(now)).limit(1)) is not None


def must_be_free(session: Session, person: PersonId, now: datetime) -> None:
    """Raises NotNow while a hold covers what is kept of the person."""
    if person_held(session, person, now):
        raise NotNow(reason="held")


def holds(session: Session) -> list[LegalHold]:
    """All of them, the newest first."""
    return list(session.scalars(select(LegalHold).order_by(LegalHold.id.desc())))


def hold(session: Session, wish: HoldWish, *, by: PersonId, now: datetime) -> LegalHold:
    """Keep what the wish covers until its end. Raises BadInput for days in the wrong order or a hold that is over."""
    if wish.from_at >= wish.until_at:
        raise BadInput(field="until", problem="order")
    if wish.ends_at <= now:
        raise BadInput(field="ends_on", problem="past_day")
    row = LegalHold(
        ground=wish.ground,
        premises_id=wish.premises,
        person_id=wish.person,
        from_at=wish.from_at,
        until_at=wish.until_at,
        ends_at=wish.ends_at,
        made_at=now,
        made_by=by,
    )
    session.add(row)
    session.flush()
    _told(session, ActKind.LOG_HOLD_SET, row, by, now)
    return row


def lift(session: Session, ref: str, *, by: PersonId, now: datetime) -> LegalHold:
    """The hold ends now. Raises NotFound, NotNow for one that is over."""
    row = session.scalar(select(LegalHold).where(LegalHold.ref == ref))
    if row is None:
        raise NotFound(what="hold")
    if row.lifted_at is not None or row.ends_at <= now:
        raise NotNow(reason="hold_over")
    row.lifted_at, row.lifted_by = now, by
    session.flush()
    _told(session, ActKind.LOG_HOLD_LIFTED, row, by, now)
    return row


def _told(session: Session, kind: ActKind, row: LegalHold, by: PersonId, now: datetime) -> None:
    """Whom a hold is about stands in no body: a hold outlives an erasure, its entry must not name anybody."""
    body = {"ground": row.ground, "from": row.from_at, "until": row.until_at, "ends": row.ends_at}
    tell(session, Act(kind, now, by, row.ref, body | {"of_one_person": row.person_id is not None}, row.premises_id))
