"""Doors that ask the service for each card: the decision, and its event and log entry durable, before anything opens.

A person waits meanwhile, so what does not change between two cards is kept (a door's rights by credential, who bears
it), and each transaction asks first whether it still holds: the version of the door rises with every change of rights.
Cards of several doors that come together are decided in one transaction.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from access import access_list, audit, intake
from access.audit_models import AuditHead
from access.decide import ClockView, Decision, Outcome, Presented, decide
from access.ids import DoorId
from access.intake import Bearing, Known
from access.models import Door, DoorEvent
from access.own_numbering import Numbering, mono_ms
from access.prepared import Prepared
from booking.acts import ActKind
from booking.ids import PersonId, PremisesId, new_ref
from booking.models import Person, Premises
from devices.events import Event, EventKind
from devices.messages import AccessList, Clock

MOST_KEPT = 20_000
_KINDS = {
    Outcome.GRANTED: EventKind.GRANTED,
    Outcome.DENIED: EventKind.DENIED,
    Outcome.PENDING: EventKind.PENDING,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A card or PIN shown at a door of ours; `numbering`: where the door's events stand."""

    door: DoorId
    shown: Presented
    numbering: Numbering


@dataclass(frozen=True, slots=True)
class _Kept:
    """What one credential is at one door, for one version of its rights."""

    version: int
    door: Door
    held: AccessList
    known: Known
    persons: Mapping[PersonId, str]
    premises: Mapping[PremisesId, str]


@dataclass(frozen=True, slots=True)
class _Statements:
    version: Prepared
    head: Prepared
    move_head: Prepared
    event: Prepared
    entry: Prepared
    payload: Prepared
    person: Prepared


class _HeadMoved(Exception):
    """The log does not end where we left it."""


@dataclass(slots=True)
class Desk:
    """All deciding of one doors process, on a connection of its own, by one thread."""

    sessions: sessionmaker[Session]
    _kept: OrderedDict[tuple[DoorId, Presented], _Kept] = field(default_factory=OrderedDict)
    _head: tuple[int, str] | None = None
    _asked_head: bool = False
    _statements: _Statements | None = None
    _connection: Connection | None = None

    def decide(self, asked: Sequence[Asked], now: datetime) -> list[Decision]:
        """One decision for each, in order. When this returns they are on record for good: open now, not before."""
        stands = [(each.numbering, each.numbering.seq, each.numbering.prev) for each in asked]
        try:
            try:
                return self._decided(asked, now)
            except _HeadMoved:
                _restore(stands)
                self._head = None  # somebody else wrote into the log meanwhile: now it is asked, and locked
                return self._decided(asked, now)
        except BaseException as error:
            _restore(stands)
            self._head = None
            if isinstance(error, DBAPIError) and self._connection is not None:
                self._connection.invalidate()
                self.close()
            raise

    def close(self) -> None:
        """Let go of the connection; the next decision takes a new one."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _decided(self, asked: Sequence[Asked], now: datetime) -> list[Decision]:
        with self._transaction() as cursor:
            kept = [self._current(cursor, each, now) for each in asked]
            decisions = [_decision(one, each.shown, now) for one, each in zip(kept, asked, strict=True)]
            events = [_event(*each, now) for each in zip(asked, kept, decisions, strict=True)]
            self._write(cursor, kept, events, now)
        return decisions

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        """A cursor of the driver inside a transaction of SQLAlchemy's."""
        if self._connection is None:
            engine: Engine = self.sessions.kw["bind"]
            self._connection = engine.connect()
            self._statements = _prepared(engine)
        with self._connection.begin():
            assert self._connection.connection.dbapi_connection is not None
            cursor = self._connection.connection.dbapi_connection.cursor()
            driver: Any = self._connection.dialect.loaded_dbapi
            try:
                yield cursor
            except driver.Error as error:  # past SQLAlchemy, which would have told its own kind of it
                told = DBAPIError.instance(None, None, error, driver.Error)
                if isinstance(error, driver.IntegrityError) and not self._asked_head:
                    raise _HeadMoved from told  # of two that wrote one number into the log the other was first
                raise told from error
            finally:
                cursor.close()

    @property
    def _said(self) -> _Statements:
        assert self._statements is not None
        return self._statements

    def _current(self, cursor: Any, asked: Asked, now: datetime) -> _Kept:
        """What is known of this credential there, fresh when the door's rights moved."""
        key = (asked.door, asked.shown)
        self._said.version.run(cursor, {"door": asked.door})
        (version,) = cursor.fetchone()
        found = self._kept.get(key)
        if found is None or found.version != version:
            assert self._connection is not None
            with Session(self._connection, join_transaction_mode="rollback_only") as session:
                found = _kept(session, asked, now)
            self._kept[key] = found
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return found

    def _write(self, cursor: Any, kept: Sequence[_Kept], events: Sequence[Event], now: datetime) -> None:
        rows, acts = [], []
        for one, event in zip(kept, events, strict=True):
            ref = new_ref()
            rows.append({"ref": ref, **intake.row_of(one.door, event, one.known, now)})
            acts.append(intake.act_of(ActKind.DOOR_DECIDED, one.door, event, ref, one.known, now))
        persons = {person: ref for one in kept for person, ref in one.persons.items()}
        premises = {place: ref for one in kept for place, ref in one.premises.items()}
        added = audit.chained(acts, self._head_of(cursor), persons, premises)
        moved = cursor.connection.cursor()
        with _at_once(cursor.connection) as later:
            self._move_head(moved, added)
            if not later:
                _check(moved)
            self._said.event.run_all(cursor, rows)
            self._said.entry.run_all(cursor, added.entries)
            self._said.payload.run_all(cursor, added.payloads)
            self._said.person.run_all(cursor, added.persons)
        _check(moved)
        last = added.entries[-1]
        self._head = (last["seq"], last["chain_hash"])

    def _head_of(self, cursor: Any) -> tuple[int, str]:
        """Where we left the log; when we do not know, where it is, locked."""
        self._asked_head = self._head is None
        if self._head is None:
            self._said.head.run(cursor, {})
            seq, chain_hash = cursor.fetchone()
            self._head = (seq, chain_hash)
        return self._head

    def _move_head(self, cursor: Any, added: audit.Added) -> None:
        """Only from where the rows were made for: else others have moved it, and nothing may be added."""
        assert self._head is not None
        last, (seq, chain_hash) = added.entries[-1], self._head
        new = {"new_seq": last["seq"], "new_hash": last["chain_hash"], "old_seq": seq, "old_hash": chain_hash}
        self._said.move_head.run(cursor, new)


@contextmanager
def _at_once(connection: Any) -> Iterator[bool]:
    """PostgreSQL is told all of it in one message; True then: answers come at the end only."""
    pipeline = getattr(connection, "pipeline", None)
    if pipeline is None:
        yield False
        return
    with pipeline():
        yield True


def _check(moved: Any) -> None:
    if moved.rowcount != 1:
        raise _HeadMoved


def _restore(stands: Sequence[tuple[Numbering, int, str]]) -> None:
    for numbering, seq, prev in reversed(stands):
        numbering.seq, numbering.prev = seq, prev


def _decision(kept: _Kept, shown: Presented, now: datetime) -> Decision:
    clock = ClockView(Clock.SYNCED, int(now.timestamp()))
    return decide(kept.held, shown, clock, mono_ms=mono_ms())


def _event(asked: Asked, kept: _Kept, decision: Decision, now: datetime) -> Event:
    facts: dict[str, Any] = {"medium": asked.shown.kind.value, "cred": asked.shown.cred, "right": decision.right}
    facts |= {"reason": decision.reason.value, "reader": asked.shown.reader.value}
    facts |= {"list": {"epoch": kept.held.epoch, "version": kept.held.version}}
    if decision.outcome is Outcome.GRANTED:
        facts["notes"] = list(decision.notes)
    elif decision.outcome is Outcome.DENIED:
        facts["count"] = 1
    return asked.numbering.next(_KINDS[decision.outcome], facts, now)


def _kept(session: Session, asked: Asked, now: datetime) -> _Kept:
    door = session.get_one(Door, asked.door, populate_existing=True)
    held, _left_out = access_list.build(session, door, now, cred=asked.shown.cred)
    rights = {right.id for right in held.rights}
    known = Known(
        intake.bearings(session, door, {asked.shown.cred}), intake.rights_by_ref(session, door, rights), commands={}
    )
    bearing = known.bearings.get(asked.shown.cred, Bearing())
    person = session.get(Person, bearing.person) if bearing.person is not None else None
    place = session.get_one(Premises, door.premises_id)
    persons = {} if person is None else {person.id: person.ref}
    session.expunge_all()
    return _Kept(door.version, door, held, known, persons, {place.id: place.ref})


def _prepared(engine: Engine) -> _Statements:
    new: dict[str, Any] = {"seq": bindparam("new_seq"), "chain_hash": bindparam("new_hash")}
    old = (AuditHead.seq == bindparam("old_seq")) & (AuditHead.chain_hash == bindparam("old_hash"))
    tables = {"entry": audit.AUDIT, "payload": audit.PAYLOAD, "person": audit.PERSON}
    columns = [name for name in DoorEvent.__table__.columns.keys() if name != "id"]  # noqa: SIM118 - no mapping
    dialect = engine.dialect
    return _Statements(
        version=Prepared(select(Door.version).where(Door.id == bindparam("door")), dialect),
        head=Prepared(select(AuditHead.seq, AuditHead.chain_hash).with_for_update(), dialect),
        move_head=Prepared(update(AuditHead).values(new).where(old), dialect),
        event=Prepared(insert(DoorEvent), dialect, columns=columns),
        **{name: Prepared(insert(table), dialect) for name, table in tables.items()},
    )
