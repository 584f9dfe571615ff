"""A solving process as its starter sees it: started, listened to without waiting, told to stop, ended."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

COMMAND = (sys.executable, "-m", "booking.rounds.solving_apart")
GRACE_S = 2.0


class Child:
    """One solving process. `said()` never waits; writing what it is asked happens on a thread of its own, so that an
    instance of megabytes does not hold up whoever starts it."""

    def __init__(self, asked: dict[str, Any], instance: Any) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own module, nothing from outside
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self.told: queue.Queue[dict[str, Any]] = queue.Queue()
        self.writes = threading.Lock()
        lines = (json.dumps(asked), json.dumps(instance, ensure_ascii=False))
        self.threads = [
            threading.Thread(target=self._write, args=lines, daemon=True),
            threading.Thread(target=self._listen, daemon=True),
        ]
        for thread in self.threads:
            thread.start()

    def _write(self, *lines: str) -> None:
        assert self.process.stdin
        with self.writes, suppress(BrokenPipeError, ValueError):  # it ended before it read: "gone" tells
            for line in lines:
                self.process.stdin.write(line + "\n")
            self.process.stdin.flush()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.told.put(json.loads(line))
        self.process.wait()
        self.told.put({"gone": self.process.returncode})

    def said(self) -> list[dict[str, Any]]:
        """What it said since it was last asked; {"gone": code} is the last."""
        found = []
        while True:
            try:
                found.append(self.told.get_nowait())
            except queue.Empty:
                return found

    def stop(self) -> None:
        """Ask it to keep the best so far and come to an end."""
        self._write("stop")

    def end(self) -> None:
        """Have it end now, whatever it is at."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(GRACE_S)
        for thread in self.threads:
            thread.join(GRACE_S)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
