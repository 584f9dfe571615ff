"""Noticing, cheaply and often, that somebody else's transaction left work for the doors process."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, Exists, exists, func, select
from sqlalchemy.orm import Session, sessionmaker

from access.mode_models import ModeChange
from access.models import AccessList, CommandState, Door, DoorCommand, DoorState, Driver
from access.practice import practice
from booking.db import reading
from devices.drivers.registry import ON_WIRES

ASK_EVERY_S = 0.05
REST = 3  # times as long as the last look took: with thousands of doors looking is not done at every card


@dataclass(frozen=True, slots=True)
class Work:
    """What waits: lists to issue, modes to sign, serial doors behind their rights, commands to send."""

    lists: bool = False
    modes: bool = False
    serial: bool = False
    commands: bool = False


class Watch:
    """Asks what waits. SQLite tells in microseconds whether anything was committed at all (PRAGMA data_version), so it
    is asked at every turn; PostgreSQL is asked the question itself, every `ask_every_s` (0: at every turn, on both)."""

    def __init__(self, engine: Engine, sessions: sessionmaker[Session], *, ask_every_s: float = ASK_EVERY_S) -> None:
        self.sessions = sessions
        self.ask_every_s = ask_every_s
        self._file = _sqlite_file(engine)
        self._seen = -1
        self._next = 0.0
        self._rested = 0.0

    def look(self, now: datetime, *, for_sure: bool) -> Work:
        """`for_sure` asks even when nothing was committed: time passes too."""
        if not for_sure and (time.monotonic() < self._rested or not self._moved()):
            return Work()
        began = time.monotonic()
        with reading(self.sessions) as session:
            row = session.execute(select(_changed() | _old(now), _ordered(), _behind(), _queued())).one()
        took = time.monotonic() - began
        self._rested = time.monotonic() + (REST * took if self.ask_every_s else 0.0)
        return Work(*map(bool, row))

    def doors(self) -> int:
        """How many doors there are."""
        with reading(self.sessions) as session:
            return session.scalar(select(func.count()).select_from(Door)) or 0

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _moved(self) -> bool:
        if self._file is not None:
            before, self._seen = self._seen, self._file.execute("PRAGMA data_version").fetchone()[0]
            return before != self._seen
        due = time.monotonic() >= self._next
        if due:
            self._next = time.monotonic() + self.ask_every_s
        return due


def _sqlite_file(engine: Engine) -> sqlite3.Connection | None:
    path = engine.url.database if engine.dialect.name == "sqlite" else None
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False) if path else None


def _ordered() -> Exists:
    ours = (ModeChange.door_id == Door.id) & (Door.driver == Driver.VUORO_MQTT.value)
    return exists().where(ours, ModeChange.payload == b"")


def _queued() -> Exists:
    return exists().where(DoorCommand.state == CommandState.QUEUED.value)


def _changed() -> Exists:
    return exists().where(Door.driver == Driver.VUORO_MQTT.value, Door.issued_version < Door.version)


def _old(now: datetime) -> Exists:
    young = select(AccessList.door_id).where(AccessList.issued_at > now - practice().list_renew)
    return exists().where(Door.driver == Driver.VUORO_MQTT.value, Door.id.not_in(young))


def _behind() -> Exists:
    serial = (Door.driver.in_(ON_WIRES)) & DoorState.online
    mode = exists().where(ModeChange.door_id == Door.id, ModeChange.confirmed_at.is_(None))
    behind = (DoorState.confirmed_version < Door.version) | mode
    return exists().where(DoorState.door_id == Door.id, serial, behind)
