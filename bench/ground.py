"""A site to be hurt: mosquitto, doors process and simulated doors, each of which can be killed and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, func, make_url, select, text

from access import audit_check, checkpoints
from access.models import Door, DoorEvent, DoorState
from bench import site
from bench.databases import Database, database
from bench.doors import furnished, in_doors
from bench.figures import progress
from bench.site import NotStarted, wait_for
from bench.town import CARDS, Town
from booking.db import reading

PATIENCE_S = 180.0


@dataclass(slots=True)
class Child:
    """A process that may be killed and started again with the same command. `ready` says when it serves."""

    what: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    ready: Callable[[], bool] = lambda: True
    _running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as words:
            self._running = subprocess.Popen(
                self.command, env={**os.environ, **self.environment}, stdout=subprocess.DEVNULL, stderr=words
            )
        wait_for(self.ready, self.what)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Waits until it is gone."""
        if self._running is None:
            return
        self._running.send_signal(how)
        try:
            self._running.wait(20)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()
        self._running = None

    def processor_s(self) -> float:
        """What it has computed so far, by the kernel's count; 0 when it does not run or there is no /proc."""
        stat = Path(f"/proc/{self._running.pid}/stat") if self._running else None
        if stat is None or not stat.exists():
            return 0.0
        ticks = stat.read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """At once, with whatever it was doing half done."""
        self.end(signal.SIGKILL)


@dataclass(slots=True)
class Ground:
    """Where a scenario takes place. `shown` counts cards: none is shown twice at a door within three seconds."""

    db: Database
    town: Town
    refs: dict[str, str]
    port: int
    broker: Child
    service: Child
    doors: site.Doors
    folder: Path
    full: bool
    shown: int = field(default=0)

    def lasting(self, short_s: float, full_s: float) -> float:
        """How long something is down: scaled, or as the scenario says it."""
        return full_s if self.full else short_s

    def tap_all(self, times: int, *, between_s: float = 0.0) -> list[dict[str, Any]]:
        """So many different cards, one after the other, at every door."""
        told = []
        for _ in range(times):
            card = CARDS[self.shown % len(CARDS)]
            self.shown += 1
            told.append(self.doors.ask("/all/tap", {"card": card}))
            time.sleep(between_s)
        return told

    def summary(self) -> dict[str, Any]:
        """Of all doors, as they say themselves."""
        return self.doors.ask("/summary")

    def up(self) -> bool:
        """Every door has a line."""
        told = self.summary()
        return bool(told["network"].get("up") == told["doors"])

    def timed(self) -> bool:
        """Every door has been told the time: without it none opens for a booking."""
        told = self.summary()
        return bool(told["clocks"] == {"synced": told["doors"]})

    def wait_sent(self, seconds: float = PATIENCE_S) -> float:
        """Until every event of every door is acknowledged, which is after its commit; gives how long it took."""
        began = time.monotonic()
        wait_for(lambda: self.up() and self.summary()["queue"] == 0, "events acknowledged", seconds)
        return time.monotonic() - began

    def kept(self) -> Kept:
        """What the database has of the doors' events, whole."""
        with reading(self.db.sessions) as session:
            rows = session.execute(
                select(DoorEvent.door_id, DoorEvent.boot_epoch, DoorEvent.seq, DoorEvent.body, DoorEvent.body_hash)
                .join(Door)
                .where(Door.driver == "vuoro_mqtt")
                .order_by(DoorEvent.door_id, DoorEvent.boot_epoch, DoorEvent.seq)
            ).all()
        return kept([tuple(row) for row in rows])

    def opened(self) -> int:
        """Openings by card in the database."""
        with reading(self.db.sessions) as session:
            return session.scalar(select(func.count()).where(DoorEvent.kind == "granted")) or 0

    def audit_sound(self) -> bool:
        """`vuoro audit verify`."""
        key = bytes.fromhex(checkpoints.public_hex(checkpoints.signing_key(self.db.vault.master_key)))
        with reading(self.db.sessions) as session:
            return audit_check.verify(session, keys=(key,)).sound

    def list_versions(self) -> dict[str, int]:
        """By controller, as the doors say it."""
        doors = self.doors.ask("/doors")["doors"]
        return {door["door"]: (door["list"] or {"version": 0})["version"] for door in doors if "list" in door}


@dataclass(frozen=True, slots=True)
class Kept:
    """`events` in the database, of them `opened`; `breaks`: events that do not carry the hash of the one before."""

    events: int
    opened: int
    breaks: int


def kept(rows: list[tuple[Any, ...]]) -> Kept:
    """Of rows (door, boot, seq, body, hash) in their order."""
    breaks = sum(before[0] == row[0] and row[3]["prev"] != before[4] for before, row in pairwise(rows))
    return Kept(len(rows), sum(row[3]["kind"] == "granted" for row in rows), breaks)


@contextmanager
def ground(kind: str, folder: Path, postgres: str | None, *, doors: int, full: bool) -> Iterator[Ground]:
    """Everything runs, and every door has confirmed its list."""
    progress(f"{kind}: starting mosquitto, the doors process and {doors} simulated doors")
    with ExitStack() as stack:
        port = site.free_port()
        broker = mosquitto(folder, port)
        broker.start()
        stack.callback(broker.end)
        db = stack.enter_context(database(kind, folder, postgres))
        serial = stack.enter_context(site.serial_bench(folder))
        town, refs, records = furnished(db, serial.serial, doors)
        simulated = stack.enter_context(in_memory(folder, records, port))
        service = doors_process(folder, db, port)
        service.start()
        stack.callback(service.end)
        made = Ground(db, town, refs, port, broker, service, simulated, folder, full)
        wait_for(lambda: in_doors(db), "lists confirmed by every door", PATIENCE_S)
        wait_for(made.timed, "doors told the time", PATIENCE_S)
        made.wait_sent()
        yield made


def mosquitto(folder: Path, port: int) -> Child:
    """On this port; what it retains is gone when it dies, as on a machine whose disk is gone."""
    found, config = site.mosquitto(), folder / "mosquitto.conf"
    if found is None:
        raise NotStarted("mosquitto is not installed: apt-get install mosquitto")
    user = "user root\n" if os.geteuid() == 0 else ""
    limits = "max_queued_messages 100000\nset_tcp_nodelay true\nallow_anonymous true\n"
    config.write_text(f"{user}listener {port} 127.0.0.1\n{limits}", encoding="utf-8")
    command = [found, "-c", str(config)]
    return Child("mosquitto", command, {}, folder / "mosquitto.log", lambda: site.answers(port))


def doors_process(folder: Path, db: Database, port: int, name: str = "service") -> Child:
    """`vuoro doors run`, as in production; several share the doors, each under its own name."""
    environment = {
        "VUORO_DATABASE_URL": db.url,
        "VUORO_MASTER_KEY": db.vault.master_key,
        "VUORO_SECRET_KEY": db.vault.master_key,
        "VUORO_BROKER_HOST": "127.0.0.1",
        "VUORO_BROKER_PORT": str(port),
        "VUORO_DATA_DIR": str(folder),
    }
    command = [sys.executable, "-m", "web.cli", "doors", "run", "--name", name]
    return Child(f"doors process {name}", command, environment, folder / f"{name}.log")


@contextmanager
def in_memory(folder: Path, records: list[dict[str, Any]], port: int, *, jitter_s: float = 0.0) -> Iterator[site.Doors]:
    """Simulated doors with these records whose memory is that of their process."""
    written = folder / "doors.json"
    written.touch(mode=0o600)
    written.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    options = ["--config", str(written), "--broker", f"127.0.0.1:{port}", "--state", str(folder / "doors")]
    with site.simulator([*options, "--in-memory", "--jitter", str(jitter_s)], folder / "sim.log") as doors:
        yield doors


@contextmanager
def database_down(ground_: Ground) -> Iterator[None]:
    """Nobody writes: PostgreSQL takes no connection, a SQLite file is locked by somebody."""
    if ground_.db.name == "sqlite":
        with ground_.db.sessions().get_bind().connect() as connection:  # type: ignore[union-attr]
            raw = connection.connection.dbapi_connection
            assert raw is not None
            raw.execute("BEGIN EXCLUSIVE")
            yield
            raw.execute("ROLLBACK")
        return
    name = ground_.db.url.rsplit("/", 1)[1].partition("?")[0]
    _on_server(ground_, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", name)
    yield
    _on_server(ground_, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true", None)


def _on_server(ground_: Ground, statement: str, shut: str | None) -> None:
    engine = create_engine(make_url(ground_.db.url).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
        if shut is not None:
            ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(text(ends), {"name": shut})
    engine.dispose()


def delays_s(ground_: Ground, since: datetime) -> list[float]:
    """From each event at the door to its row, of those that happened after `since`."""
    with reading(ground_.db.sessions) as session:
        rows = session.execute(
            select(DoorEvent.received_at, DoorEvent.device_at).where(DoorEvent.device_at >= since)
        ).all()
    return [(received - at).total_seconds() for received, at in rows]


def offline(ground_: Ground) -> int:
    """Doors that the database thinks are gone."""
    with reading(ground_.db.sessions) as session:
        return session.scalar(select(func.count()).select_from(DoorState).where(~DoorState.online)) or 0


def now() -> datetime:
    return datetime.now(UTC)
