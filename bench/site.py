"""The processes of a site: mosquitto, simulated doors, and the doors process; started, waited for, stopped."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bench.databases import ROOT

PATIENCE_S = 60.0


class NotStarted(Exception):
    """A process ended, or did not answer in time; its log says why."""


def mosquitto() -> str | None:
    """Where mosquitto is; Debian keeps it out of a user's PATH."""
    return shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(ready: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
    """Ask until it is so. Raises NotStarted when it takes too long."""
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            raise NotStarted(f"{what}: not in {seconds:.0f} s")
        time.sleep(0.05)


@contextmanager
def running(
    command: list[str], log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process whose words go to a log file, but for its standard output; told to stop at the end."""
    with log.open("w", encoding="utf-8") as words:
        child = subprocess.Popen(
            command, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE, stderr=words, text=True
        )
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            if child.stdout:
                child.stdout.close()


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    """mosquitto on a port of loopback. Raises NotStarted where it is not installed."""
    found = mosquitto()
    if found is None:
        raise NotStarted("mosquitto is not installed: apt-get install mosquitto")
    port, config = free_port(), folder / "mosquitto.conf"
    user = "user root\n" if os.geteuid() == 0 else ""  # else it becomes `mosquitto`, who may not read our folder
    config.write_text(f"{user}listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n")
    with running([found, "-c", str(config)], folder / "mosquitto.log"):
        wait_for(lambda: answers(port), "mosquitto")
        yield port


def answers(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True, slots=True)
class Doors:
    """The simulated doors, by their control address (firmware-sim/README.md)."""

    control: str
    serial: dict[str, str]

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        sent = None if body is None else json.dumps(body).encode()
        wanted = urllib.request.Request(  # noqa: S310 - our own simulator on loopback
            f"{self.control}{path}", sent, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(wanted, timeout=PATIENCE_S) as answer:  # noqa: S310
            return dict(json.load(answer))

    def tap(self, door: str, card: str) -> dict[str, Any]:
        return self.ask(f"/doors/{door}/tap", {"card": card})

    def plug(self, door: str, *, plugged: bool) -> None:
        self.ask(f"/doors/{door}/network", {"plugged": plugged})


@contextmanager
def serial_bench(folder: Path) -> Iterator[Doors]:
    """A reader and a relay board alone: their ports must be known before the door is fitted."""
    with simulator(["--serial"], folder / "serial.log") as doors:
        yield doors


@contextmanager
def simulated(folder: Path, records: list[dict[str, Any]], port: int) -> Iterator[Doors]:
    """Doors with these records, on the broker."""
    written = folder / "doors.json"
    written.touch(mode=0o600)
    written.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    command = ["--config", str(written), "--broker", f"127.0.0.1:{port}", "--state", str(folder / "doors")]
    with simulator(command, folder / "doors.log") as doors:
        yield doors


@contextmanager
def simulator(options: list[str], log: Path) -> Iterator[Doors]:
    path = os.pathsep.join(filter(None, (str(ROOT / "firmware-sim"), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "firmware_sim", *options, "--control", "0"]
    with running(command, log, {"PYTHONPATH": path}) as child:
        told = first_line(child.stdout, log)
        yield Doors(told["control"], told["serial"] or {})


def first_line(words: IO[str] | None, log: Path) -> dict[str, Any]:
    """What the simulator says when it runs. Raises NotStarted."""
    line = words.readline() if words else ""
    try:
        return dict(json.loads(line))
    except ValueError as error:
        raise NotStarted(f"the simulated doors: {log.read_text(encoding='utf-8')[-500:]}") from error


@contextmanager
def doors_process(folder: Path, database_url: str, master_key: str, port: int) -> Iterator[subprocess.Popen[str]]:
    """`vuoro doors run`, as in production."""
    environment = {
        "VUORO_DATABASE_URL": database_url,
        "VUORO_MASTER_KEY": master_key,
        "VUORO_SECRET_KEY": master_key,
        "VUORO_BROKER_HOST": "127.0.0.1",
        "VUORO_BROKER_PORT": str(port),
        "VUORO_DATA_DIR": str(folder),
    }
    command = [sys.executable, "-m", "web.cli", "doors", "run"]
    with ExitStack() as stack:
        child = stack.enter_context(running(command, folder / "service.log", environment))
        yield child
        if child.poll() is not None:
            raise NotStarted((folder / "service.log").read_text(encoding="utf-8")[-500:])
