"""The simulated controllers in a process of their own, and their control API."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Simulator:
    """`serial`: the devices of its reader and relay board."""

    control: str
    serial: Mapping[str, str] | None

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        wanted = urllib.request.Request(
            self.control + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(wanted, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def tap(self, door: str, card: str) -> dict[str, Any]:
        return self.ask(f"/doors/{door}/tap", {"card": card})

    def plug(self, door: str, *, plugged: bool) -> None:
        self.ask(f"/doors/{door}/network", {"plugged": plugged})


@contextmanager
def simulator(
    folder: Path, port: int, records: Iterable[Mapping[str, Any]], *, serial: bool = False
) -> Iterator[Simulator]:
    """Controllers with these provisioning records on the broker at `port`."""
    config = folder / "doors.json"
    config.write_text("".join(json.dumps(record) + "\n" for record in records))
    command = [sys.executable, "-m", "firmware_sim", "--broker", f"127.0.0.1:{port}", "--control", "0", "--no-fsync"]
    command += ["--state", str(folder / "doors")] + (["--serial"] if serial else []) + ["--config", str(config)]
    log = (folder / "simulator.log").open("w")
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT / "firmware-sim")}
    )
    try:
        assert running.stdout is not None
        first = json.loads(running.stdout.readline())
        yield Simulator(first["control"], first["serial"])
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=20)
        assert running.stdout is not None
        running.stdout.close()
        log.close()
