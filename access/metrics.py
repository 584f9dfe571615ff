"""How things stand with doors, rights, alarms and the log, for Prometheus: asked of the database at each look.

Label values are of closed lists only (kinds, states), never refs or names: the number of series does not grow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Select, event, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from access import checkpoints, counted
from access.alarms import AlarmKind
from access.audit_models import AuditHead
from access.convergence import unconfirmed
from access.models import AccessList, CommandState, Door, DoorAlarm, DoorCommand, DoorEvent, DoorState, Right
from booking.db import reading
from booking.models import Letter


class Queue(Protocol):
    def qsize(self) -> int: ...


class Transport(Protocol):
    @property
    def connected(self) -> bool: ...


class Running(Protocol):
    """What is asked of a doors process."""

    @property
    def sessions(self) -> sessionmaker[Session]: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...
    @property
    def inbox(self) -> Queue: ...
    @property
    def transport(self) -> Transport: ...


@dataclass(frozen=True, slots=True)
class Standing(Collector):
    """How things stand, asked at each look. A database that does not answer shows as vuoro_database_up 0."""

    sessions: sessionmaker[Session]
    clock: Callable[[], datetime]

    def collect(self) -> Iterator[Metric]:
        try:
            with reading(self.sessions) as session:
                found = list(standing(session, self.clock()))
        except SQLAlchemyError:
            found = []
        yield _one("vuoro_database_up", "Whether the database answers.", 1 if found else 0)
        yield from found


def standing(session: Session, now: datetime) -> Iterator[Metric]:
    """Doors, rights, alarms, commands, events, the log, letters."""
    yield from _doors(session)
    yield from _rights(session, now)
    yield _by_kind(session)
    yield _commands(session)
    yield from _log(session, now)
    waits = select(func.count()).select_from(Letter).where(Letter.sent_at.is_(None))
    yield _one("vuoro_letters_waiting", "Letters not sent yet.", session.scalar(waits) or 0)


def _one(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def _doors(session: Session) -> Iterator[Metric]:
    behind = DoorState.confirmed_version < Door.version
    columns = (
        func.count(),
        func.count().filter(DoorState.online),
        func.count().filter(behind),
        func.coalesce(func.sum(DoorState.queue_length), 0),
        func.count().filter(DoorState.clock_state == "unknown"),
    )
    row = session.execute(select(*columns).select_from(Door).join(DoorState).where(Door.enabled)).one()
    told = (
        ("vuoro_doors", "Doors in use."),
        ("vuoro_doors_online", "Doors that are heard."),
        ("vuoro_doors_behind", "Doors that have not confirmed their newest list."),
        ("vuoro_door_events_waiting", "Events that doors still hold."),
        ("vuoro_doors_without_clock", "Doors that do not know the time."),
    )
    for (name, words), value in zip(told, row, strict=True):
        yield _one(name, words, value)


def _rights(session: Session, now: datetime) -> Iterator[Metric]:
    since = func.coalesce(Right.withdrawn_at, Right.given_at)
    query = select(func.count(), func.min(since)).join(Door, Door.id == Right.door_id)
    row = session.execute(query.where(unconfirmed(now), Door.enabled)).one()
    count, oldest = row[0], _age(row[1], now)
    yield _one("vuoro_rights_unconfirmed", "Rights that a door has not confirmed, in or out.", count)
    yield _one("vuoro_rights_unconfirmed_oldest_seconds", "How long the oldest of them waits.", oldest)
    lists = select(func.count()).select_from(Door).where(Door.issued_version < Door.version)
    yield _one("vuoro_lists_to_issue", "Doors whose rights changed and whose list is not made yet.", _n(session, lists))
    lag = (
        select(func.min(AccessList.issued_at))
        .join(Door, Door.id == AccessList.door_id)
        .join(DoorState, DoorState.door_id == Door.id)
        .where(Door.enabled, DoorState.online, AccessList.epoch == Door.epoch)
        .where(AccessList.version > DoorState.confirmed_version)
    )
    first = session.scalar(lag)
    words = "How long ago the oldest list was issued that an online door has not confirmed."
    yield _one("vuoro_list_lag_seconds", words, _age(first, now))
    events = select(func.count()).select_from(DoorEvent)
    yield _one("vuoro_door_events", "Door events kept.", _n(session, events))


def _age(since: datetime | None, now: datetime) -> float:
    return (now - since).total_seconds() if since else 0


def _n(session: Session, query: Select[int]) -> int:
    return session.scalar(query) or 0


def _by_kind(session: Session) -> Metric:
    found = GaugeMetricFamily("vuoro_alarms", "Alarms that go on.", labels=["kind"])
    query = select(DoorAlarm.kind, func.count()).where(DoorAlarm.ended_at.is_(None)).group_by(DoorAlarm.kind)
    counts = dict(session.execute(query).all())
    for kind in AlarmKind:
        found.add_metric([kind.value], counts.get(kind.value, 0))
    return found


def _commands(session: Session) -> Metric:
    found = GaugeMetricFamily("vuoro_door_commands", "Orders to doors by where they are.", labels=["state"])
    counts = dict(session.execute(select(DoorCommand.state, func.count()).group_by(DoorCommand.state)).all())
    for state in CommandState:
        found.add_metric([state.value], counts.get(state.value, 0))
    return found


def _log(session: Session, now: datetime) -> Iterator[Metric]:
    size, last = session.scalar(select(AuditHead.seq)) or 0, checkpoints.latest(session)
    yield _one("vuoro_audit_entries", "Entries of the audit log.", size)
    yield _one("vuoro_audit_unsigned", "Entries after the last checkpoint.", size - (last.size if last else 0))
    age = (now - last.at).total_seconds() if last else 0
    yield _one("vuoro_audit_checkpoint_seconds", "Age of the last checkpoint.", age)


def shown(sessions: sessionmaker[Session], clock: Callable[[], datetime]) -> bytes:
    """How things stand, in the words of Prometheus."""
    registry = CollectorRegistry()
    registry.register(Standing(sessions, clock))
    return generate_latest(registry)


@dataclass(frozen=True, slots=True)
class Process(Collector):
    """What one doors process holds in memory."""

    running: Running

    def collect(self) -> Iterator[Metric]:
        yield _one("vuoro_doors_inbox_length", "Messages that wait to be taken.", self.running.inbox.qsize())
        connected = int(self.running.transport.connected)
        yield _one("vuoro_doors_broker_connected", "Whether the broker is connected.", connected)


def serve(running: Running, port: int, host: str) -> Callable[[], None]:
    """Answer Prometheus beside a doors process, once in a process; gives what stops it. Port 0: nowhere."""
    if not port:
        return lambda: None
    parts: tuple[Collector, ...] = (Standing(running.sessions, running.clock), Process(running))
    for part in parts:
        counted.REGISTRY.register(part)
    engine = running.sessions.kw["bind"].engine
    event.listen(engine, "handle_error", _count)
    server, thread = start_http_server(port, host, counted.REGISTRY)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()
        event.remove(engine, "handle_error", _count)
        for part in parts:
            counted.REGISTRY.unregister(part)

    return stop


def _count(_context: Any) -> None:
    counted.DATABASE_ERRORS.inc()
