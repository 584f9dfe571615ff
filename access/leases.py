"""Several doors processes share the doors: each door has one that serves it, and when that one falls silent another
takes over.

Every process raises a number of its own every `BEAT`. The others watch it by their own clocks that never jump, so no
clock of one machine is compared with that of another: one whose number stood still for `SILENCE` is dead, and its doors
go to the living. A process that could not raise its number for `TRUST` serves nobody any more, before anybody may have
taken its doors: whoever was held up (swapped out, cut from the database) does not speak over the one that follows it.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ForeignKey, delete, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from access.ids import DoorId
from access.models import Door
from booking.db import Base, RowId

log = logging.getLogger(__name__)

BEAT_S, TRUST_S, SILENCE_S = 2.0, 4.0, 6.0


class DoorsProcess(Base):
    """One doors process by its name, which it keeps when it is started again. `token` is new at each start."""

    __tablename__ = "doors_process"
    name: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[str]
    beat: Mapped[int] = mapped_column(default=0, type_=RowId)
    started_at: Mapped[datetime]


class DoorLease(Base):
    """Which process serves a door; an empty name: none."""

    __tablename__ = "door_lease"
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"), primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(index=True)


class NameTaken(RuntimeError):
    """Another doors process runs under this name."""


@dataclass(slots=True)
class Leases:
    """What one process knows of all, and which doors it serves. `mono` gives seconds that never jump."""

    sessions: sessionmaker[Session]
    name: str
    mono: Callable[[], float] = time.monotonic
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    _mine: frozenset[DoorId] = frozenset()
    _beaten_at: float | None = None
    _due_at: float = 0.0
    _seen: dict[str, tuple[int, float]] = field(default_factory=dict)

    @property
    def mine(self) -> frozenset[DoorId]:
        """The doors to serve now: none when we may have been given up."""
        fresh = self._beaten_at is not None and self.mono() - self._beaten_at < TRUST_S
        return self._mine if fresh else frozenset()

    @property
    def leads(self) -> bool:
        """Whether this process does what concerns no single door: the first by name of those that live."""
        return self.name == min(self._living())

    def due(self) -> bool:
        return self.mono() >= self._due_at

    def turn(self, now: datetime) -> frozenset[DoorId]:
        """Say that we live, give up what is too much, take what is nobody's; gives the doors that are newly ours.
        Raises NameTaken."""
        began, before = self.mono(), self._mine
        with self.sessions.begin() as session:
            self._beat(session, now)
            self._look(session, began)
            doors, holders = _doors(session), _holders(session)
            self._give_up(session, doors, holders)
            taken = self._take(session, doors, holders)
            held = select(DoorLease.door_id).where(DoorLease.holder == self.name)
            self._mine = frozenset(session.scalars(held))
        self._beaten_at, self._due_at = began, began + BEAT_S
        return self._mine - (before - taken)  # what nobody else had meanwhile is no news, however late we come

    def release(self) -> None:
        """Leaving in good order: the others need not wait."""
        with self.sessions.begin() as session:
            session.execute(update(DoorLease).where(DoorLease.holder == self.name).values(holder=""))
            session.execute(
                delete(DoorsProcess).where(DoorsProcess.name == self.name, DoorsProcess.token == self.token)
            )
        self._mine, self._beaten_at = frozenset(), None

    def _beat(self, session: Session, now: datetime) -> None:
        """One turn of one process at a time: whoever comes second waits here."""
        known = select(DoorsProcess).order_by(DoorsProcess.name).with_for_update()
        rows = {row.name: row for row in session.scalars(known.execution_options(populate_existing=True))}
        row = rows.get(self.name)
        if row is None:
            row = DoorsProcess(name=self.name, token=self.token, beat=0, started_at=now)
            session.add(row)
        elif row.token != self.token and self._beaten_at is not None:
            raise NameTaken(self.name)
        row.token, row.beat = self.token, row.beat + 1
        session.flush()

    def _look(self, session: Session, moment: float) -> None:
        beats = dict(session.execute(select(DoorsProcess.name, DoorsProcess.beat)).all())
        self._seen = {
            name: old if (old := self._seen.get(name)) and old[0] == beat else (beat, moment)
            for name, beat in beats.items()
        }

    def _living(self) -> list[str]:
        moment = self.mono()
        return [name for name, (_beat, at) in self._seen.items() if moment - at < SILENCE_S] or [self.name]

    def _share(self, doors: Sequence[DoorId]) -> int:
        """How many doors each of the living serves at most."""
        return -(-len(doors) // len(self._living()))

    def _give_up(self, session: Session, doors: Sequence[DoorId], holders: dict[DoorId, str]) -> None:
        mine = [door for door in doors if holders.get(door) == self.name]
        surplus = mine[self._share(doors) :]
        for part in _parts(surplus):
            session.execute(update(DoorLease).where(DoorLease.door_id.in_(part)).values(holder=""))
        holders.update(dict.fromkeys(surplus, ""))

    def _take(self, session: Session, doors: Sequence[DoorId], holders: Mapping[DoorId, str]) -> frozenset[DoorId]:
        """What nobody has, or one that is dead."""
        living = self._living()
        room = max(0, self._share(doors) - sum(holder == self.name for holder in holders.values()))
        free = [door for door in doors if holders.get(door, "") not in living][:room]
        known = [door for door in free if door in holders]
        new = [{"door_id": door, "holder": self.name} for door in free if door not in holders]
        for part in _parts(known):
            session.execute(update(DoorLease).where(DoorLease.door_id.in_(part)).values(holder=self.name))
        if new:
            session.execute(insert(DoorLease), new)
        dead = sorted({holders[door] for door in known} - {""})
        if dead:
            log.warning("doors taken over count=%s from=%s", len(known), ",".join(dead))
        return frozenset(free)


def _parts(doors: Sequence[DoorId]) -> Iterator[Sequence[DoorId]]:
    for start in range(0, len(doors), 500):
        yield doors[start : start + 500]


def _doors(session: Session) -> list[DoorId]:
    return list(session.scalars(select(Door.id).order_by(Door.id)))


def _holders(session: Session) -> dict[DoorId, str]:
    return dict(session.execute(select(DoorLease.door_id, DoorLease.holder)).all())
