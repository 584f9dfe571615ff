"""Many doors: decisions while 1 to 1,000 of them are tapped, revocations until the door has confirmed, and all doors of
a city coming back at once."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from access import credentials
from access.models import Credential, CredentialKind, Door, DoorState
from access.register import provisioning
from bench import site
from bench.databases import Database, database
from bench.doors import in_doors
from bench.figures import Times, progress, rounded, times
from bench.ground import Child, doors_process, in_memory, mosquitto, now
from bench.site import wait_for
from bench.town import Town, book_now, enrol, fit_many, fit_serial, settle
from booking.db import reading

CARDS_OF_CROWD = tuple(f"62E4{n:06X}" for n in range(4))
REVOKED = tuple(f"62E5{n:06X}" for n in range(60))
ROUNDS, SERIAL_TAPS = 3, 40
BETWEEN_S = 3.2
PATIENCE_S = 900.0
TROUBLE = re.compile(r"ERROR|Traceback|a turn failed|a door failed")


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. `doors`: how many doors there were."""

    what: str
    doors: int
    taken: Times


@dataclass(frozen=True, slots=True)
class Storm:
    """All doors lost the broker at one moment. `up_s`: until the last had a line; `converged_s`: until the database had
    every door online with its newest list confirmed and every event stored; `errors` in the logs of both processes;
    what each process computed meanwhile, in seconds of one core."""

    doors: int
    jitter_s: float
    up_s: float
    converged_s: float
    errors: int
    service_s: float
    simulator_s: float
    broker_s: float
    simulator_mb: float
    kb_a_door: float


@dataclass(frozen=True, slots=True)
class Crowd:
    """What runs. `log`: of the processes whose errors count."""

    db: Database
    town: Town
    broker: Child
    service: Child
    doors: site.Doors
    serial: site.Doors
    logs: tuple[Path, ...]

    def summary(self) -> dict[str, Any]:
        return self.doors.ask("/summary")

    def timed(self) -> bool:
        """Every door has been told the time."""
        told = self.summary()
        return bool(told["clocks"] == {"synced": told["doors"]})

    def quiet(self) -> bool:
        """Every door is up and owes nothing."""
        told = self.summary()
        return bool(told["network"].get("up") == told["doors"] and told["queue"] == 0)


@contextmanager
def crowd(
    kind: str, folder: Path, postgres: str | None, count: int, *, cards: tuple[str, ...], jitter_s: float = 0.0
) -> Iterator[Crowd]:
    """So many doors of one hall, and a serial one, all with their lists."""
    progress(f"{kind}: fitting {count} doors")
    folder.mkdir()
    with ExitStack() as stack:
        port = site.free_port()
        broker = mosquitto(folder, port)
        broker.start()
        stack.callback(broker.end)
        db = stack.enter_context(database(kind, folder, postgres))
        serial = stack.enter_context(site.serial_bench(folder))
        town, records = furnished(db, serial.serial, count, cards)
        doors = stack.enter_context(in_memory(folder, records, port, jitter_s=jitter_s))
        service = doors_process(folder, db, port)
        service.start()
        stack.callback(service.end)
        here = Crowd(db, town, broker, service, doors, serial, (folder / "service.log", folder / "sim.log"))
        progress(f"{kind}: waiting for {count} doors to have their lists")
        wait_for(lambda: in_doors(db) and here.quiet() and here.timed(), "lists confirmed by every door", PATIENCE_S)
        yield here


def furnished(
    db: Database, devices: dict[str, str], count: int, cards: tuple[str, ...]
) -> tuple[Town, list[dict[str, Any]]]:
    """The town in the database, and what controllers are given."""
    with db.sessions.begin() as session:
        town = settle(session, 1, now())
        fit_many(session, db.vault, town, count, now())
        fit_serial(session, db.vault, town, devices, now())
        enrol(session, db.vault, town, cards, now())
    with db.sessions.begin() as session:
        book_now(session, town, now())
        found = session.scalars(select(Door).where(Door.driver == "vuoro_mqtt").order_by(Door.id)).all()
        return town, [provisioning(db.vault, door) for door in found]


def sizes(kind: str, folder: Path, postgres: str | None, counts: list[int]) -> Iterator[Line]:
    """Decisions by the door with and without network, and by the service, beside so many doors."""
    for count in counts:
        with crowd(kind, folder / f"n{count}", postgres, count, cards=CARDS_OF_CROWD) as here:
            progress(f"{kind}: {count} doors tapped online and offline")
            yield Line("decided by the door, online", count, times(tapped(here)))
            wait_for(here.quiet, "events acknowledged", PATIENCE_S)
            yield Line("decided by the service, all other doors quiet", count, times(served(here)))
            here.doors.ask("/all/network", {"plugged": False})
            yield Line("decided by the door, offline", count, times(tapped(here)))


def tapped(here: Crowd) -> list[float]:
    """Milliseconds from card to release, at every door in rounds; a refusal is an error of the measurement."""
    taken: list[float] = []
    for n in range(ROUNDS):
        began = time.monotonic()
        told = here.doors.ask("/all/tap", {"card": CARDS_OF_CROWD[n % len(CARDS_OF_CROWD)]})
        if set(told["decisions"]) != {"granted:granted"}:
            raise RuntimeError(f"not all were let in: {told['decisions']}")
        taken += told["ms"]
        time.sleep(max(0.0, BETWEEN_S - (time.monotonic() - began)))
    return taken


def served(here: Crowd) -> list[float]:
    """At the reader on a serial line; who gets no answer has waited ten seconds for it, and that counts."""
    taken = []
    for n in range(SERIAL_TAPS):
        card = CARDS_OF_CROWD[n % len(CARDS_OF_CROWD)]
        told = here.serial.ask("/doors/serial/tap", {"card": card, "wait_ms": 10_000})
        taken.append(float(told["ms"]))
        time.sleep(BETWEEN_S / len(CARDS_OF_CROWD))
    return taken


def revocations(kind: str, folder: Path, postgres: str | None, count: int) -> Line:
    """From the start of the transaction that revokes a card until the database knows that an online door, and every
    other, holds a list without it."""
    with crowd(kind, folder / "revoked", postgres, count, cards=REVOKED) as here:
        progress(f"{kind}: revoking {len(REVOKED)} cards")
        with reading(here.db.sessions) as session:
            refs = list(session.scalars(select(Credential.ref).where(Credential.kind == CredentialKind.CARD.value)))
        return Line("card revoked, confirmed by the door", count, times([revoked(here, ref) for ref in refs]))


def revoked(here: Crowd, ref: str) -> float:
    """Milliseconds."""
    time.sleep(0.2)
    began = time.perf_counter()
    with here.db.sessions.begin() as session:
        credentials.revoke(session, ref, by=here.town.holder, now=now(), why="mittaus")
    while behind(here.db):
        time.sleep(0.005)
    return (time.perf_counter() - began) * 1000


def behind(db: Database) -> int:
    """MQTT doors that have not confirmed their newest list."""
    query = select(func.count()).select_from(Door).join(DoorState, DoorState.door_id == Door.id)
    query = query.where(Door.driver == "vuoro_mqtt", DoorState.confirmed_version < Door.version)
    with reading(db.sessions) as session:
        return session.scalar(query) or 0


def reconnect(kind: str, folder: Path, postgres: str | None, count: int, *, jitter_s: float) -> Storm:
    """The broker dies with all it kept and comes back: every door dials at random within `jitter_s`."""
    with crowd(kind, folder / "storm", postgres, count, cards=CARDS_OF_CROWD[:1], jitter_s=jitter_s) as here:
        before, computed = errors(here), processors(here)
        progress(f"{kind}: {count} doors lose the broker and come back")
        here.broker.kill()
        wait_for(lambda: "up" not in here.summary()["network"], "lines lost")
        time.sleep(1)
        here.broker.start()
        began = time.monotonic()
        wait_for(lambda: here.summary()["network"].get("up") == count, "doors back", PATIENCE_S)
        up_s = time.monotonic() - began
        wait_for(lambda: here.quiet() and in_doors(here.db), "all converged", PATIENCE_S)
        converged_s = time.monotonic() - began
        service_s, simulator_s = (rounded(after - old) for after, old in zip(processors(here), computed, strict=True))
        memory_mb = here.summary()["memory_mb"] or 0.0
        return Storm(
            doors=count,
            jitter_s=jitter_s,
            up_s=rounded(up_s),
            converged_s=rounded(converged_s),
            errors=errors(here) - before,
            service_s=service_s,
            simulator_s=simulator_s,
            broker_s=rounded(here.broker.processor_s()),
            simulator_mb=memory_mb,
            kb_a_door=rounded(memory_mb * 1024 / count),
        )


def processors(here: Crowd) -> list[float]:
    """What the doors process and the simulator computed so far, in seconds."""
    return [here.service.processor_s(), float(here.summary()["processor_s"])]


def errors(here: Crowd) -> int:
    """Lines in the logs of the doors process and of the simulated doors that tell of something broken."""
    return sum(len(TROUBLE.findall(log.read_text(encoding="utf-8", errors="replace"))) for log in here.logs)
