"""R17: a process that stores what doors tell is killed again and again (kill -9), and nothing acknowledged is missing.

`killed` is what a test calls with few kills and `vuoro bench reliability` with two hundred.
"""

from __future__ import annotations

import multiprocessing
import secrets
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from access import audit_check, intake, register
from access.audit_models import Audit
from access.keeping import keeper
from access.keys import Vault
from access.models import Door, DoorEvent, DoorKind, DoorState
from access.register import DoorWish
from bench import databases
from booking.acts import ActKind
from booking.db import make_engine, make_sessions
from booking.models import Organisation, Premises
from devices import canonical
from devices.events import FIRST_PREV, Batch, parse_batch

BATCH = 20
BEGAN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
LONGEST_S = 0.4


@dataclass(slots=True)
class Kills:
    """What the kills left. `acknowledged`: the highest number the process said it had stored before a kill."""

    kills: int = 0
    stored: int = 0
    acknowledged: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.problems


def killed(folder: Path, *, kills: int, seed: int = 1, longest_s: float = LONGEST_S) -> Kills:
    """Kill a storing process so often, each time after a moment drawn from the seed; then look at what is left."""
    url, master = f"sqlite:///{folder / 'kills.sqlite'}", secrets.token_hex(32)
    databases.migrate(url)
    door = _fitted(url, master)
    found, dice = Kills(), Random(seed)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bench.kills"])
    for _ in range(kills):
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_storing, args=(url, master, door, there), daemon=True)
        process.start()
        there.close()
        found.acknowledged = max(found.acknowledged, _heard(here, dice.uniform(0, longest_s)))
        process.kill()
        process.join()
        found.acknowledged = max(found.acknowledged, *_rest(here), 0)
        found.kills += 1
    _look(url, door, found)
    return found


def _heard(pipe: Connection, seconds: float) -> int:
    """The highest number told within so many seconds of the first."""
    highest = int(pipe.recv()) if pipe.poll(60) else 0
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if pipe.poll(left):
            highest = int(pipe.recv())
    return highest


def _rest(pipe: Connection) -> Iterator[int]:
    """What was told before the kill and not read yet."""
    try:
        while pipe.poll(0):
            yield int(pipe.recv())
    except (EOFError, OSError):
        return


def _fitted(url: str, master: str) -> int:
    vault = Vault(master)
    engine = make_engine(url)
    with make_sessions(engine, keeper(vault)).begin() as session:
        owner = Organisation(name="Talon omistaja", kind="association", created_at=BEGAN)
        session.add(owner)
        session.flush()
        whose = {"owner_id": owner.id, "operator_id": owner.id, "manager_id": owner.id}
        place = Premises(
            **whose, name_fi="Talo", kind="school", contact_name="", address="", municipality="", rulebook="x"
        )
        session.add(place)
        session.flush()
        door = register.fit(session, vault, DoorWish(place.id, "killed", DoorKind.OUTER, "Ovi"), by=None, now=BEGAN)
        found: int = door.id
    engine.dispose()
    return found


def events(first: int, count: int) -> Batch:
    """The door's events from this number on; each time it is asked, the same ones."""
    prev = FIRST_PREV
    batch: list[canonical.Json] = []
    for seq in range(1, first + count):
        event = _event(seq, prev)
        prev = canonical.digest(event)
        if seq >= first:
            batch.append(event)
    return parse_batch({"events": batch, "oldest": {"boot_epoch": 1, "seq": 1}})


def _event(seq: int, prev: str) -> dict[str, canonical.Json]:
    kind = "boot" if seq == 1 else "door_opened" if seq % 2 else "door_closed"
    facts: dict[str, canonical.Json] = {"firmware": "bench", "previous": None} if seq == 1 else {}
    at = int(BEGAN.timestamp()) + seq
    common: dict[str, canonical.Json] = {
        "boot_epoch": 1,
        "seq": seq,
        "kind": kind,
        "at": at,
        "mono_ms": seq,
        "clock": "synced",
        "prev": prev,
    }
    return {**common, **facts}


def _storing(url: str, master: str, door_id: int, told: Connection) -> None:
    """The process that is killed: it goes on from what is stored, and tells each number after its commit."""
    engine = make_engine(url)
    sessions = make_sessions(engine, keeper(Vault(master)))
    with sessions() as session:
        last = session.scalars(select(DoorState.acked_seq).where(DoorState.door_id == door_id)).one()
    while True:
        batch = events(last + 1, BATCH)
        with sessions.begin() as session:
            door = session.scalars(select(Door).where(Door.id == door_id)).one()
            reached = intake.take_batch(session, door, batch, datetime.now(UTC))
        if reached is not None:
            last = reached.seq
            told.send(last)


def _look(url: str, door: int, found: Kills) -> None:
    """The file is whole, each event is there once with its entry, and the log holds together."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as file:
        answer = file.execute("PRAGMA integrity_check").fetchone()[0]
    if answer != "ok":
        found.problems.append(f"the file: {answer}")
    engine = make_engine(url)
    with make_sessions(engine, lambda _session, _acts: None)() as session:
        seqs = session.scalars(select(DoorEvent.seq).where(DoorEvent.door_id == door).order_by(DoorEvent.seq)).all()
        entries = session.scalar(select(func.count()).where(Audit.kind == ActKind.DOOR_EVENT.value)) or 0
        acked = session.scalars(select(DoorState.acked_seq).where(DoorState.door_id == door)).one()
        verdict = audit_check.verify(session, keys=[])
    engine.dispose()
    found.stored = len(seqs)
    if list(seqs) != list(range(1, len(seqs) + 1)):
        found.problems.append("an event is missing or twice")
    if found.acknowledged > len(seqs):
        found.problems.append(f"acknowledged {found.acknowledged}, stored {len(seqs)}")
    if not entries == len(seqs) == acked:
        found.problems.append(f"{entries} entries, {len(seqs)} events, {acked} acknowledged in the database")
    found.problems += [str(finding) for finding in verdict.findings]
