"""Serial transport on pyserial: one port by its path, opened again with growing waits; bytes come on a queue."""

from __future__ import annotations

import contextlib
import logging
import termios
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Queue
from typing import Any, TypeAlias

import serial

from devices.failures import LinkLost

log = logging.getLogger(__name__)

LONGEST_WAIT_S = 2.0
FIRST_WAIT_S = 0.05
READ_WAIT_S = 0.5


@dataclass(frozen=True, slots=True)
class Opened:
    """The port is open (again)."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The port is gone; it is tried again. `reason` is for the log."""

    reason: str


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes, cut wherever the line cut them."""

    piece: bytes


LineEvent: TypeAlias = Opened | Closed | Received


class SerialLine:
    """One serial port with a reading thread. Use a path that survives re-plugging (/dev/serial/by-id/…)."""

    def __init__(self, path: str, baud: int, inbox: Queue[Any], *, after: Callable[[], None] | None = None) -> None:
        """`inbox` gets LineEvents and may hold other things. `after` is called when something was put on it."""
        self.path = path
        self.baud = baud
        self.inbox = inbox
        self._after = after
        self._port: serial.Serial | None = None
        self._wait_s = FIRST_WAIT_S
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"serial {path}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Closes the port and waits for the thread, at most about half a second."""
        self._stopping.set()
        port = self._port
        if port:
            with contextlib.suppress(OSError, TypeError):
                port.cancel_read()
        self._thread.join()

    def write(self, piece: bytes) -> None:
        """Writes all of it, or raises LinkLost."""
        port = self._port
        if port is None:
            raise LinkLost(f"{self.path} is not open")
        try:
            port.write(piece)
            port.flush()
        except (OSError, TypeError, termios.error) as error:  # the last two: the port went away under the write
            raise LinkLost(f"{self.path}: {error}") from error

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._read_until_lost()
            except OSError as error:
                self._lost(str(error))

    def _lost(self, reason: str) -> None:
        if self._wait_s == FIRST_WAIT_S:  # later failures in a row are no news
            self._tell(Closed(reason))
            log.warning("serial line lost path=%s reason=%s", self.path, reason)
        self._stopping.wait(self._wait_s)
        self._wait_s = min(LONGEST_WAIT_S, self._wait_s * 2)

    def _read_until_lost(self) -> None:
        with serial.Serial(
            self.path, self.baud, timeout=READ_WAIT_S, write_timeout=READ_WAIT_S, exclusive=True
        ) as port:
            self._port, self._wait_s = port, FIRST_WAIT_S
            self._tell(Opened())
            try:
                while not self._stopping.is_set():
                    # The first byte is waited for in select(), so an idle line costs nothing.
                    piece = port.read(1)
                    if piece:
                        self._tell(Received(piece + port.read(port.in_waiting)))
            finally:
                self._port = None

    def _tell(self, event: LineEvent) -> None:
        self.inbox.put(event)
        if self._after:
            self._after()
