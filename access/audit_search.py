"""The auditor's search in the log. To look is an act itself: it leaves an entry with what was looked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import Session

from access.audit_models import Audit, AuditPayload, AuditPerson
from booking.acts import Act, ActKind, tell
from booking.core.span import Span
from booking.ids import PersonId, PremisesId
from booking.models import Organisation, Person
from booking.refusals import NotFound

MOST_NAMES = 50  # more people or organisations of one name than this are not looked for


@dataclass(frozen=True, slots=True)
class LogWish:
    """What to look for; everything given must hold. `door` is the door's ref; `person` is a part of a name or a whole
    address; `organisation` a part of a name. Pages count from 1."""

    span: Span | None = None
    kinds: tuple[ActKind, ...] = ()
    door: str = ""
    person: str = ""
    organisation: str = ""
    premises: PremisesId | None = None
    page: int = 1
    per_page: int = 50


@dataclass(frozen=True, slots=True)
class Named:
    """A person of an entry: the name as it is today, "" for one who was erased."""

    ref: str
    name: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry. When `erased`, what follows is empty: only number, time, kind and premises are left."""

    seq: int
    at: datetime
    kind: str
    premises: PremisesId | None
    erased: bool
    actor: Named | None = None
    persons: tuple[Named, ...] = ()
    subject: str = ""
    facts: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class LogPage:
    """The entries of one page, newest first, of how many in all."""

    entries: tuple[LogEntry, ...]
    total: int
    page: int
    pages: int


Found = Row[int, datetime, str, PremisesId | None, str | None]


def search(session: Session, wish: LogWish, *, by: PersonId, now: datetime) -> LogPage:
    """One page of what the wish describes, and an act that it was looked for."""
    people = _people(session, wish.person)
    query = _query(session, wish, people)
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = max(1, -(-total // wish.per_page))
    page = min(max(wish.page, 1), pages)
    rows = session.execute(query.limit(wish.per_page).offset((page - 1) * wish.per_page)).all()
    tell(session, Act(ActKind.LOG_VIEWED, now, by, "audit", _asked(wish), wish.premises, tuple(people or ())))
    return LogPage(_entries(session, rows), total, page, pages)


def _asked(wish: LogWish) -> dict[str, Any]:
    asked = {
        "from": wish.span and wish.span.starts_at,
        "to": wish.span and wish.span.ends_at,
        "kinds": wish.kinds,
        "door": wish.door,
        "person": wish.person.strip(),
        "organisation": wish.organisation.strip(),
    }
    return {name: value for name, value in asked.items() if value} | {"page": wish.page}


def _query(
    session: Session, wish: LogWish, people: Sequence[PersonId] | None
) -> Select[int, datetime, str, PremisesId | None, str | None]:
    columns = (Audit.seq, Audit.at, Audit.kind, AuditPayload.premises_id, AuditPayload.body)
    query = select(*columns).join(AuditPayload, AuditPayload.seq == Audit.seq).order_by(Audit.seq.desc())
    if wish.span:
        query = query.where(Audit.at >= wish.span.starts_at, Audit.at < wish.span.ends_at)
    if wish.kinds:
        query = query.where(Audit.kind.in_([kind.value for kind in wish.kinds]))
    if wish.premises is not None:
        query = query.where(AuditPayload.premises_id == wish.premises)
    if wish.door:
        query = query.where(_mentions([wish.door]))
    if people is not None:
        query = query.where(Audit.seq.in_(select(AuditPerson.seq).where(AuditPerson.person_id.in_(people))))
    if wish.organisation.strip():
        query = query.where(_mentions(_organisations(session, wish.organisation.strip())))
    return query


def _mentions(refs: Iterable[str]) -> ColumnElement[bool]:
    return or_(False, *(AuditPayload.body.contains(f'"{ref}"', autoescape=True) for ref in refs))


def _people(session: Session, text: str) -> Sequence[PersonId] | None:
    """Who is meant; None when nobody is asked for."""
    if not text.strip():
        return None
    meant = or_(Person.name.icontains(text.strip(), autoescape=True), Person.email == text.strip().lower())
    return session.scalars(select(Person.id).where(meant).order_by(Person.id).limit(MOST_NAMES)).all()


def _organisations(session: Session, text: str) -> Sequence[str]:
    named = Organisation.name.icontains(text, autoescape=True)
    return session.scalars(select(Organisation.ref).where(named).order_by(Organisation.id).limit(MOST_NAMES)).all()


def _entries(session: Session, rows: Sequence[Found]) -> tuple[LogEntry, ...]:
    bodies = {row.seq: json.loads(row.body) for row in rows if row.body is not None}
    refs = {ref for body in bodies.values() for ref in (body["actor"], *body["persons"]) if ref}
    found = session.execute(select(Person.ref, Person.name).where(Person.ref.in_(refs)))
    names = {row.ref: row.name for row in found}
    return tuple(_entry(row, bodies.get(row.seq), names) for row in rows)


def _entry(row: Found, body: dict[str, Any] | None, names: Mapping[str, str]) -> LogEntry:
    if body is None:
        return LogEntry(row.seq, row.at, row.kind, row.premises_id, erased=True)
    return LogEntry(
        row.seq,
        row.at,
        row.kind,
        row.premises_id,
        erased=False,
        actor=Named(body["actor"], names.get(body["actor"], "")) if body["actor"] else None,
        persons=tuple(Named(ref, names.get(ref, "")) for ref in body["persons"]),
        subject=body["subject"],
        facts=body["facts"],
    )


def entry(session: Session, seq: int, *, by: PersonId, now: datetime) -> tuple[LogEntry, Audit]:
    """One entry with its hashes, and an act that it was looked at. Raises NotFound."""
    row = session.get(Audit, seq)
    if row is None:
        raise NotFound(what="entry")
    columns = (Audit.seq, Audit.at, Audit.kind, AuditPayload.premises_id, AuditPayload.body)
    query = select(*columns).join(AuditPayload, AuditPayload.seq == Audit.seq).where(Audit.seq == seq)
    found = _entries(session, session.execute(query).all())
    if not found:
        raise NotFound(what="entry")
    tell(session, Act(ActKind.LOG_VIEWED, now, by, "audit", {"seq": seq}, found[0].premises))
    return found[0], row


def mentioning(session: Session, ref: str, most: int = 5) -> Sequence[int]:
    """The numbers of the entries that name this ref, oldest first."""
    query = select(AuditPayload.seq).where(_mentions([ref])).order_by(AuditPayload.seq)
    return session.scalars(query.limit(most)).all()
