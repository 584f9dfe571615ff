"""Doors that ask the service for each card: the decision, and its event and log entry durable, before anything opens.

A person waits meanwhile, so what does not change between two cards is kept (a door's rights by credential, who bears
it), and each transaction asks first whether it still holds: the version of the door rises with every change of rights,
and a change of its mode is a new row. Cards of several doors that come together are decided in one transaction.
What has consequences beyond its place in the log, and doors with rules of their own, go the longer way (`_at_length`).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from access import access_list, audit, counted, door_modes, intake, served_doors
from access.audit_models import AuditHead
from access.decide import ClockView, Decision, Presented, Situation, decide
from access.ids import DoorId
from access.intake import Bearing, Known
from access.mode_models import DoorRule, ModeChange
from access.models import Door, DoorEvent, Purpose
from access.own_numbering import Numbering, mono_ms
from access.prepared import Prepared
from booking.acts import ActKind
from booking.db import reading
from booking.ids import PersonId, PremisesId, new_ref
from booking.models import Person, Premises
from devices.events import DoorReason, Event
from devices.messages import AccessList, Clock, DoorMode, Right

MOST_KEPT = 20_000
KEPT_FOR = timedelta(minutes=10)
WARMING_S = 0.05


@dataclass(frozen=True, slots=True)
class Asked:
    """A card or PIN shown at a door of ours; `numbering`: where the door's events stand; `state`: what its last
    decision left."""

    door: DoorId
    shown: Presented
    numbering: Numbering
    state: Situation = field(default_factory=Situation)


Stamp = tuple[int, int | None]  # the version of a door's rights, and its last change of mode


@dataclass(frozen=True, slots=True)
class _Kept:
    """What one door goes by: `held` by credential, each a list of that credential's rights alone. `ruled`: rules of the
    door make more of each decision than a line in the log."""

    stamp: Stamp
    read_at: datetime
    door: Door
    empty: AccessList
    held: Mapping[str, AccessList]
    mode: DoorMode
    ruled: bool
    known: Known
    persons: Mapping[PersonId, str]
    premises: Mapping[PremisesId, str]

    def list_of(self, shown: Presented) -> AccessList:
        return self.held.get(shown.cred, self.empty)

    def is_plain(self, shown: Presented) -> bool:
        bearing = self.known.bearings.get(shown.cred, Bearing())
        limited = any(right.uses is not None for right in self.list_of(shown).rights)
        return not self.ruled and not limited and bearing.purpose == Purpose.OWN


@dataclass(frozen=True, slots=True)
class _Statements:
    stamp: Prepared
    head: Prepared
    move_head: Prepared
    event: Prepared
    entry: Prepared
    payload: Prepared
    person: Prepared


class _NotPlain(Exception):
    """A decision that has consequences."""


class _HeadMoved(Exception):
    """The log does not end where we left it."""


@dataclass(slots=True)
class Desk:
    """All deciding of one doors process, by one thread."""

    sessions: sessionmaker[Session]
    _kept: OrderedDict[DoorId, _Kept] = field(default_factory=OrderedDict)
    _head: tuple[int, str] | None = None
    _asked_head: bool = False
    _statements: _Statements | None = None
    _connection: Connection | None = None

    @counted.DECISION.time()
    def decide(self, asked: Sequence[Asked], now: datetime) -> list[Decision]:
        """One decision for each, in order; no door twice. When this returns they are on record for good: open now, not
        before."""
        stands = [(each.numbering, each.numbering.seq, each.numbering.prev) for each in asked]
        try:
            try:
                return self._decided(asked, now)
            except _NotPlain:
                _restore(stands)
                return [self._at_length(each, now) for each in asked]
            except _HeadMoved:
                _restore(stands)
                self._head = None  # somebody else wrote into the log meanwhile: now it is asked, and locked
                return self._decided(asked, now)
        except BaseException:
            _restore(stands)
            self._head = None
            raise

    def warm(self, doors: Iterable[DoorId], now: datetime) -> None:
        """Read beforehand what these doors go by where it moved or is getting old, as far as a moment allows: so that
        nobody waits for it at a door."""
        until = time.monotonic() + WARMING_S
        with reading(self.sessions) as session:
            stamps = _stamps(session, list(doors))
            for door, stamp in stamps.items():
                kept = self._kept.get(door)
                if kept is None or kept.stamp != stamp or now - kept.read_at > KEPT_FOR / 2:
                    self._keep(session, door, stamp, now)
                if time.monotonic() > until:
                    return

    def _decided(self, asked: Sequence[Asked], now: datetime) -> list[Decision]:
        with self._transaction() as cursor:
            kept = [self._current(cursor, each, now) for each in asked]
            decisions = [_plainly(one, each, now) for one, each in zip(kept, asked, strict=True)]
            events = [_event(*each, now) for each in zip(asked, kept, decisions, strict=True)]
            self._write(cursor, kept, events, now)
        return decisions

    def _at_length(self, asked: Asked, now: datetime) -> Decision:
        with self.sessions.begin() as session:
            door = session.get_one(Door, asked.door)
            decision = served_doors.decided(session, door, asked.shown, now, state=asked.state, mono_ms=mono_ms())
            kind, facts = served_doors.event_of(door, asked.shown, decision)
            asked.numbering.write(session, door, kind, facts, now, act=ActKind.DOOR_DECIDED)
        return decision

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        """A cursor of the driver inside a transaction of SQLAlchemy's."""
        engine: Engine = self.sessions.kw["bind"]
        self._statements = self._statements or _prepared(engine)
        driver: Any = engine.dialect.loaded_dbapi
        with engine.begin() as self._connection:
            assert self._connection.connection.dbapi_connection is not None
            cursor = self._connection.connection.dbapi_connection.cursor()
            try:
                yield cursor
            except driver.Error as error:  # past SQLAlchemy, which would have told its own kind of it
                told = DBAPIError.instance(None, None, error, driver.Error)
                if isinstance(error, driver.IntegrityError) and not self._asked_head:
                    raise _HeadMoved from told  # of two that wrote one number into the log the other was first
                if not isinstance(error, driver.IntegrityError):
                    self._connection.invalidate()  # it may be broken, and the pool would not know
                raise told from error
            finally:
                cursor.close()

    @property
    def _said(self) -> _Statements:
        assert self._statements is not None
        return self._statements

    def _current(self, cursor: Any, asked: Asked, now: datetime) -> _Kept:
        """What the door goes by, read anew when its rights or its mode moved."""
        self._said.stamp.run(cursor, {"door": asked.door})
        stamp = tuple(cursor.fetchone())
        found = self._kept.get(asked.door)
        if found is None or found.stamp != stamp or not timedelta(0) <= now - found.read_at < KEPT_FOR:
            assert self._connection is not None
            with Session(self._connection, join_transaction_mode="rollback_only") as session:
                found = self._keep(session, asked.door, stamp, now)
        self._kept.move_to_end(asked.door)
        return found

    def _keep(self, session: Session, door: DoorId, stamp: Stamp, now: datetime) -> _Kept:
        found = self._kept[door] = _kept(session, door, stamp, now)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
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


def _plainly(kept: _Kept, asked: Asked, now: datetime) -> Decision:
    """Raises _NotPlain."""
    clock, held = ClockView(Clock.SYNCED, int(now.timestamp())), kept.list_of(asked.shown)
    decision = decide(held, asked.shown, clock, mode=kept.mode, state=asked.state, mono_ms=mono_ms())
    if not kept.is_plain(asked.shown) or decision.notes or decision.reason is DoorReason.UNKNOWN_CREDENTIAL:
        raise _NotPlain
    return decision


def _event(asked: Asked, kept: _Kept, decision: Decision, now: datetime) -> Event:
    kind, facts = served_doors.event_of(kept.door, asked.shown, decision)
    return asked.numbering.next(kind, facts, now)


def _stamps(session: Session, doors: Sequence[DoorId]) -> dict[DoorId, Stamp]:
    found: dict[DoorId, Stamp] = {}
    for start in range(0, len(doors), 500):
        query = select(Door.id, Door.version, _LAST_MODE).where(Door.id.in_(doors[start : start + 500]))
        found |= {door: (version, mode) for door, version, mode in session.execute(query)}
    return found


def _kept(session: Session, door_id: DoorId, stamp: Stamp, now: datetime) -> _Kept:
    door = session.get_one(Door, door_id, populate_existing=True)
    whole, _left_out = access_list.build(session, door, now)
    empty, grouped = replace(whole, rights=()), _by_credential(whole)
    bearings = intake.bearings(session, door, grouped.keys())
    known = Known(bearings, intake.rights_by_ref(session, door, {right.id for right in whole.rights}), commands={})
    persons = _refs(session, {each.person for each in bearings.values() if each.person is not None})
    place = session.get_one(Premises, door.premises_id)
    ruled = session.get(DoorRule, door.id) is not None or any(window.first_in for window in whole.free)
    mode = door_modes.mode_of(session, door.id)
    session.expunge(door)
    held = {cred: replace(whole, rights=tuple(rights)) for cred, rights in grouped.items()}
    return _Kept(stamp, now, door, empty, held, mode, ruled, known, persons, {place.id: place.ref})


def _by_credential(whole: AccessList) -> dict[str, list[Right]]:
    grouped: dict[str, list[Right]] = {}
    for right in whole.rights:
        grouped.setdefault(right.cred, []).append(right)
    return grouped


def _refs(session: Session, persons: Collection[PersonId]) -> dict[PersonId, str]:
    return dict(session.execute(select(Person.id, Person.ref).where(Person.id.in_(persons))).all())


_LAST_MODE = select(func.max(ModeChange.id)).where(ModeChange.door_id == Door.id).correlate(Door).scalar_subquery()


def _prepared(engine: Engine) -> _Statements:
    new: dict[str, Any] = {"seq": bindparam("new_seq"), "chain_hash": bindparam("new_hash")}
    old = (AuditHead.seq == bindparam("old_seq")) & (AuditHead.chain_hash == bindparam("old_hash"))
    tables = {"entry": audit.AUDIT, "payload": audit.PAYLOAD, "person": audit.PERSON}
    columns = [name for name in DoorEvent.__table__.columns.keys() if name != "id"]  # noqa: SIM118 - no mapping
    dialect = engine.dialect
    return _Statements(
        stamp=Prepared(select(Door.version, _LAST_MODE).where(Door.id == bindparam("door")), dialect),
        head=Prepared(select(AuditHead.seq, AuditHead.chain_hash).with_for_update(), dialect),
        move_head=Prepared(update(AuditHead).values(new).where(old), dialect),
        event=Prepared(insert(DoorEvent), dialect, columns=columns),
        **{name: Prepared(insert(table), dialect) for name, table in tables.items()},
    )
