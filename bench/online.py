"""Doors that ask for each card, at readers on the broker: how long until the relay is told, and how many a second.

Each decision is on record, durably, before the relay is told; the rows are counted afterwards.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from paho.mqtt.client import Client
from sqlalchemy import func, select

from access.models import Door, DoorEvent, DoorKind, DoorState, Driver
from access.register import DoorWish
from bench import echo, site
from bench.databases import Database, database
from bench.figures import Times, progress, ratio, rounded, times
from bench.site import wait_for
from bench.town import Town, book_now, enrol, fit, settle
from booking.db import reading
from devices.events import EventKind

CARDS = tuple(f"62E3{0x080000 + number:06X}" for number in range(16))
SAME_READING_S = 3.1
LONGEST_ANSWER_S = 30.0
RELAYS = "cmnd/+/Backlog"
WINDOW = 200


@dataclass(frozen=True, slots=True)
class Run:
    """One database and so many doors. `of_echo`: the median as so many times that of the echo in the same run;
    `a_second` with many cards at once; `memory_mb` of the doors process at the end; `kept` of `shown` are on record."""

    database: str
    doors: int
    echo: Times
    taken: Times
    of_echo: float | None
    a_second: float
    memory_mb: float
    shown: int
    kept: int


@dataclass(slots=True)
class Street:
    """The readers, as one client that speaks for all of them; `heard` is what relays were told."""

    ours: Client
    heard: Queue[Any]
    doors: int
    shown: int = 0
    _turn: Iterator[int] = field(default_factory=count)
    _at: dict[int, float] = field(default_factory=dict)

    def show(self) -> str:
        """A card at the next door; no card twice at one door while it may still lie there. Gives the relay's topic."""
        n = next(self._turn)
        pair = n % (self.doors * len(CARDS))
        time.sleep(max(0.0, self._at.get(pair, 0.0) + SAME_READING_S - time.monotonic()))
        self._at[pair] = time.monotonic()
        topic, card = f"bench-{n % self.doors:04}", CARDS[n // self.doors % len(CARDS)]
        said = {"Wiegand": {"UID": int(card, 16) & 0xFFFFFF, "Size": 26}}
        self.ours.publish(f"tele/{topic}/SENSOR", json.dumps(said), qos=1)
        self.shown += 1
        return f"cmnd/{topic}/Backlog"

    def answer(self, seconds: float = LONGEST_ANSWER_S) -> tuple[float, str]:
        came_at, topic, _payload = self.heard.get(timeout=seconds)
        return float(came_at), str(topic)


def measure(kind: str, folder: Path, postgres: str | None, *, doors: int, taps: int, seconds: float) -> Run:
    """Raises site.NotStarted."""
    with started(kind, folder, postgres, doors) as (db, port, pid):
        progress(f"{kind}: bare echo through the broker")
        floor = echo.measure(port, max(taps, 100))
        with echo.listening(port, RELAYS) as (ours, heard):
            street = Street(ours, heard, doors)
            progress(f"{kind}: {taps} cards, one after the other")
            one_by_one(street, min(doors * len(CARDS), 200))  # each card's first time reads its rights
            taken = times(one_by_one(street, taps))
            progress(f"{kind}: as many as it takes in {seconds:.0f} s")
            a_second = crowd(street, seconds)
        wait_for(lambda: granted(db) >= street.shown, "events on record")
        memory = memory_mb(pid)
        return Run(
            kind,
            doors,
            floor,
            taken,
            ratio(taken.p50_ms, floor.p50_ms),
            rounded(a_second),
            rounded(memory),
            street.shown,
            granted(db),
        )


@contextmanager
def started(kind: str, folder: Path, postgres: str | None, doors: int) -> Iterator[tuple[Database, int, int]]:
    """Broker, database with doors and a booking of now, and the doors process, which has heard of every reader."""
    progress(f"{kind}: {doors} doors with readers on the broker")
    with site.broker(folder) as port, database(kind, folder, postgres) as db:
        furnish(db, doors)
        with site.doors_process(folder, db.url, db.vault.master_key, port) as process:
            with echo.listening(port, "bench/nothing") as (ours, _heard):
                for n in range(doors):
                    ours.publish(f"tele/bench-{n:04}/LWT", "Online", qos=1, retain=True)
                wait_for(lambda: online(db) == doors, "every reader heard of", 300)
            yield db, port, process.pid


def furnish(db: Database, doors: int) -> Town:
    now = datetime.now(UTC)
    with db.sessions.begin() as session:
        town = settle(session, 1, now)
        for n in range(doors):
            fit(session, db.vault, wish(town, n), now)
        enrol(session, db.vault, town, CARDS, now)
    with db.sessions.begin() as session:
        book_now(session, town, now)
    return town


def wish(town: Town, n: int) -> DoorWish:
    return DoorWish(
        town.premises,
        f"bench-{n:04}",
        DoorKind.INNER,
        f"Ovi {n}",
        driver=Driver.TASMOTA,
        spaces=town.spaces[:1],
        device_topic=f"bench-{n:04}",
        reader_format="wiegand26",
        unlock_s=1,
    )


def one_by_one(street: Street, taps: int) -> list[float]:
    """Milliseconds from the card to the word to the relay."""
    taken = []
    for _ in range(taps):
        began = time.perf_counter()
        wanted = street.show()
        came_at, topic = street.answer()
        if topic != wanted:
            raise site.NotStarted(f"{topic} opened and not {wanted}")
        taken.append((came_at - began) * 1000)
    return taken


def crowd(street: Street, seconds: float) -> float:
    """Decisions a second with many cards under way."""
    window, under_way, done = min(WINDOW, street.doors), 0, 0
    began = time.monotonic()
    while (spent := time.monotonic() - began) < seconds or under_way:
        while under_way < window and spent < seconds:
            street.show()
            under_way += 1
        street.answer()
        under_way, done = under_way - 1, done + 1
        for _ in drained(street.heard):
            under_way, done = under_way - 1, done + 1
    return done / (time.monotonic() - began)


def drained(heard: Queue[Any]) -> Iterator[Any]:
    try:
        while True:
            yield heard.get_nowait()
    except Empty:
        return


def online(db: Database) -> int:
    with reading(db.sessions) as session:
        return session.scalar(select(func.count()).select_from(DoorState).where(DoorState.online)) or 0


def granted(db: Database) -> int:
    told = select(func.count()).select_from(DoorEvent).join(Door, Door.id == DoorEvent.door_id)
    with reading(db.sessions) as session:
        return session.scalar(told.where(DoorEvent.kind == EventKind.GRANTED.value)) or 0


def memory_mb(pid: int) -> float:
    """What the process holds in memory; 0 where the system does not say."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)
