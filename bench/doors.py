"""From a card to an open door: decided by the door, decided by the service, and opened from afar."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from queue import Queue
from typing import Any

from sqlalchemy import func, select

from access import commands
from access.models import CommandState, Door, DoorCommand, DoorEvent, DoorState, Driver
from access.register import provisioning
from bench import echo, site
from bench.databases import Database, database
from bench.figures import Times, progress, ratio, times
from bench.site import wait_for
from bench.town import CARDS, Town, book_now, enrol, fit_many, fit_serial, settle
from booking.db import reading
from devices.events import EventKind
from devices.messages import Clock

WARM_UP = 5
APART_S = 0.15  # people do not come in step: what one tap leaves to do is done before the next
SAME_READING_S = 3.1
SERIAL_WAIT_MS = 10_000
LONGEST_ANSWER_S = 30
ANSWERS = "vuoro/v1/d/+/cmd/rsp"


class Refused(Exception):
    """A door did not open to who must get in."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to an open door. `of_echo`: its median as so many times that of the echo in the same run."""

    what: str
    taken: Times
    of_echo: float | None


@dataclass(frozen=True, slots=True)
class Run:
    """One database. `taps` at the simulated doors, and `events` of them that the database holds afterwards."""

    database: str
    echo: Times
    ways: list[Way]
    taps: int
    events: int


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that runs. `refs`: each door's in the database by its name at the simulator; `tapped` counts on over
    all ways: each door is shown one card after the other, and none again before the door calls it a new reading."""

    db: Database
    town: Town
    refs: dict[str, str]
    doors: site.Doors
    serial: site.Doors
    broker: int
    tapped: Iterator[int] = field(default_factory=count)
    shown_at: dict[tuple[str, str], float] = field(default_factory=dict)

    def next_card(self) -> tuple[str, str]:
        """Door and card of the next tap; waits until that card is a new reading there (door-protocol.md 8.3)."""
        n, names = next(self.tapped), list(self.refs)
        pair = names[n % len(names)], CARDS[n // len(names) % len(CARDS)]
        time.sleep(max(0.0, self.shown_at.get(pair, 0.0) + SAME_READING_S - time.monotonic()))
        self.shown_at[pair] = time.monotonic()
        return pair


def measure(kind: str, folder: Path, postgres: str | None, *, doors: int, taps: int) -> Run:
    """All ways on one database. Raises Refused, and site.NotStarted."""
    with started(kind, folder, postgres, doors) as here:
        progress(f"{kind}: bare echo through the broker")
        floor = echo.measure(here.broker, max(taps, 100))
        ways = [timed(here, what, turn, taps, floor) for what, turn in turns(here).items()]
        plug(here, plugged=True)
        tapped = 2 * (WARM_UP + taps)
        progress(f"{kind}: waiting for what the doors tell")
        wait_for(lambda: granted(here.db) >= tapped, "the doors' events")
        return Run(kind, floor, ways, tapped, granted(here.db))


@contextmanager
def started(kind: str, folder: Path, postgres: str | None, doors: int) -> Iterator[Site]:
    """Broker, simulated doors, a serial door, the doors process; every door has its list."""
    progress(f"{kind}: starting mosquitto, {doors} simulated doors, a serial door and the doors process")
    with ExitStack() as stack:
        port = stack.enter_context(site.broker(folder))
        serial = stack.enter_context(site.serial_bench(folder))
        db = stack.enter_context(database(kind, folder, postgres))
        town, refs, records = furnished(db, serial.serial, doors)
        simulated = stack.enter_context(site.simulated(folder, records, port))
        stack.enter_context(site.doors_process(folder, db.url, db.vault.master_key, port))
        here = Site(db, town, refs, simulated, serial, port)
        wait_for(lambda: in_doors(db), "lists confirmed by every door")
        yield here


def furnished(db: Database, devices: dict[str, str], doors: int) -> tuple[Town, dict[str, str], list[dict[str, Any]]]:
    """The town with doors, cards and a booking of now; refs by controller, and what controllers are given."""
    now = datetime.now(UTC)
    with db.sessions.begin() as session:
        town = settle(session, 1, now)
        fit_many(session, db.vault, town, doors, now)
        fit_serial(session, db.vault, town, devices, now)
        enrol(session, db.vault, town, CARDS, now)
    with db.sessions.begin() as session:
        book_now(session, town, now)
        query = select(Door).where(Door.driver == Driver.VUORO_MQTT.value).order_by(Door.id)
        found = session.scalars(query).all()
        refs = {door.controller_id: door.ref for door in found}
        return town, refs, [provisioning(db.vault, door) for door in found]


def in_doors(db: Database) -> bool:
    """Whether every door is online, knows the time and has confirmed the newest list."""
    behind = select(func.count()).select_from(Door).join(DoorState, DoorState.door_id == Door.id)
    lost = ~DoorState.online | (DoorState.clock_state != Clock.SYNCED.value)
    behind = behind.where((DoorState.confirmed_version < Door.version) | lost)
    with reading(db.sessions) as session:
        return not session.scalar(behind)


def granted(db: Database) -> int:
    """How many openings by card the simulated doors have told of."""
    told = select(func.count()).select_from(DoorEvent).join(Door, Door.id == DoorEvent.door_id)
    told = told.where(Door.driver == Driver.VUORO_MQTT.value, DoorEvent.kind == EventKind.GRANTED.value)
    with reading(db.sessions) as session:
        return session.scalar(told) or 0


Turn = Callable[[int], float]  # the n-th opening; gives milliseconds


def turns(here: Site) -> dict[str, Callable[[], Iterator[Turn]]]:
    """The ways, in the order in which they are measured."""
    return {
        "card, decided by the door": lambda: by_door(here, plugged=True),
        "card, decided by the door, network unplugged": lambda: by_door(here, plugged=False),
        "card at a serial reader, decided by the service": lambda: by_service(here),
        "opened from afar: asked, sent, opened, answered": lambda: from_afar(here),
    }


def timed(here: Site, what: str, way: Callable[[], Iterator[Turn]], taps: int, floor: Times) -> Way:
    progress(f"{here.db.name}: {what}")
    with contextmanager(way)() as turn:
        taken = [turn(n) for n in range(WARM_UP + taps)][WARM_UP:]
    found = times(taken)
    return Way(what, found, ratio(found.p50_ms, floor.p50_ms))


def by_door(here: Site, *, plugged: bool) -> Iterator[Turn]:
    """The door decides by the list it has, and says itself how long it took from the card to the release."""
    plug(here, plugged=plugged)

    def turn(_n: int) -> float:
        told = here.doors.tap(*here.next_card())
        if told["decision"] != "granted":
            raise Refused(f"{told}")
        return float(told["ms"])

    yield turn


def plug(here: Site, *, plugged: bool) -> None:
    for name in here.refs:
        here.doors.plug(name, plugged=plugged)


def by_service(here: Site) -> Iterator[Turn]:
    """Reader → service → committed event → relay, timed at the two pseudo-terminals."""

    def turn(n: int) -> float:
        time.sleep(APART_S)
        card = {"card": CARDS[n % len(CARDS)], "wait_ms": SERIAL_WAIT_MS}
        told = here.serial.ask("/doors/serial/tap", card)
        if not told["unlocked"]:
            raise Refused(f"{told}")
        return float(told["ms"])

    yield turn


def from_afar(here: Site) -> Iterator[Turn]:
    """Somebody asks in the database; the clock stops when the door's answer, sent after it has opened, is heard."""
    plug(here, plugged=True)
    wait_for(lambda: in_doors(here.db), "doors back on the network")
    with echo.listening(here.broker, ANSWERS) as (_client, heard):
        yield lambda n: opened(here, list(here.refs.values())[n % len(here.refs)], heard)
    wait_for(lambda: not undone(here.db), "commands told as done")


def opened(here: Site, ref: str, heard: Queue[Any]) -> float:
    time.sleep(APART_S)
    began = time.perf_counter()
    with here.db.sessions.begin() as session:
        row = commands.ask_open(session, ref, by=here.town.holder, reason="mittaus", now=datetime.now(UTC))
        if row.state != CommandState.QUEUED.value:
            raise Refused(f"{ref}: {row.result}")
        asked = row.ref.encode()
    while True:
        came_at, _topic, payload = heard.get(timeout=LONGEST_ANSWER_S)
        if asked in payload:  # the service may have asked something of its own in between
            return float((came_at - began) * 1000)


def undone(db: Database) -> int:
    """How many commands did not end with an open door."""
    query = select(func.count()).select_from(DoorCommand).where(DoorCommand.kind == commands.OPEN)
    query = query.where(DoorCommand.state != CommandState.DONE.value)
    with reading(db.sessions) as session:
        return session.scalar(query) or 0
