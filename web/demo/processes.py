"""One parent for the demo's processes: starts them, prefixes what they say, stops them all when one is told to stop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import IO


class NotStarted(Exception):
    """A process of the demo ended, or did not answer in time. Its last words are in the log folder."""


def free_port(host: str, wanted: int) -> int:
    """The wanted port, or a free one when somebody has it (0: any free one)."""
    for port in (wanted, 0):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, port))
            except OSError:
                continue
            return int(trial.getsockname()[1])
    raise NotStarted(f"no free port on {host}")


def wait_for(ready: Callable[[], bool], what: str, child: subprocess.Popen[str], seconds: float = 45) -> None:
    """Ask until it is ready. Raises NotStarted when the process ends first or the time is over."""
    until = time.monotonic() + seconds
    while not ready():
        if child.poll() is not None:
            raise NotStarted(f"{what} ended with {child.returncode}")
        if time.monotonic() > until:
            raise NotStarted(f"{what} did not answer in {seconds:.0f} s")
        time.sleep(0.05)


def answers(host: str, port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as trial:
        trial.settimeout(0.5)
        return trial.connect_ex((host, port)) == 0


@dataclass(slots=True)
class Household:
    """The child processes, in order of start; each writes to a log file of its name."""

    logs: Path
    environment: Mapping[str, str]
    children: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    listeners: list[Thread] = field(default_factory=list)
    stopping: bool = False

    def start(self, name: str, command: list[str], first_line: Callable[[str], None] | None = None) -> None:
        """Start a process of its own group, so that Ctrl-C reaches only us and we stop it in order."""
        child = subprocess.Popen(
            command,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.children[name] = child
        if child.stdout is None:
            raise NotStarted(name)
        if first_line is not None:
            first_line(child.stdout.readline())
        listener = Thread(target=self._listen, args=(name, child.stdout), daemon=True)
        listener.start()
        self.listeners.append(listener)

    def watch(self) -> str:
        """Wait until told to stop ("stopped") or until a child ends by itself (its name)."""
        while not self.stopping:
            for name, child in self.children.items():
                if child.poll() is not None and not self.stopping:
                    return name
            time.sleep(0.2)
        return "stopped"

    def stop(self) -> None:
        """Stop the last started first; who does not go in five seconds is killed."""
        self.stopping = True
        for child in reversed(self.children.values()):
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
                try:
                    child.wait(5)
                except subprocess.TimeoutExpired:
                    os.killpg(child.pid, signal.SIGKILL)
                    child.wait()
        for listener in self.listeners:
            listener.join(5)

    def _listen(self, name: str, lines: IO[str]) -> None:
        with lines, (self.logs / f"{name}.log").open("a", encoding="utf-8") as log:
            for line in lines:
                log.write(line)
                log.flush()
                if "Traceback" in line or "ERROR" in line or "CRITICAL" in line:
                    sys.stderr.write(f"{name}: {line}")
