"""One thread owns one serial line and the pure end that speaks on it: locks close in time whatever the rest does."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, Queue
from typing import Protocol, TypeAlias

from devices.drivers.told import Told
from devices.failures import LinkLost
from devices.serial_line import Closed, LineEvent, Opened, Received, SerialLine

log = logging.getLogger(__name__)

Tagged: TypeAlias = tuple[str, Told]  # which door, and what
Tell: TypeAlias = Callable[[str, Told, int], None]  # door, what, when (milliseconds of a clock that never jumps)


@dataclass(frozen=True, slots=True)
class Release:
    """Open the lock of this door for so many seconds; answered by Acknowledged with the same ref."""

    door: str
    seconds: int
    ref: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep the lock of this door open, or shut it at once."""

    door: str
    on: bool


Order: TypeAlias = Release | Hold


class End(Protocol):
    """What speaks on a line, without I/O. Times are milliseconds of a clock that never jumps."""

    @property
    def baud(self) -> int: ...

    @property
    def patience_s(self) -> float:
        """How often `due` must be asked at least."""

    def opened(self, mono_ms: int) -> Sequence[Tagged]:
        """The line is open (again)."""

    def lost(self, reason: str, mono_ms: int) -> Sequence[Tagged]:
        """The line is gone, or took nothing."""

    def feed(self, piece: bytes, mono_ms: int) -> Sequence[Tagged]: ...

    def turn(self, mono_ms: int) -> Sequence[Tagged]:
        """Time passed."""

    def due(self, mono_ms: int) -> bytes:
        """Bytes to write now; asked again until there are none."""

    def written(self, mono_ms: int) -> Sequence[Tagged]:
        """What `due` gave is on the line."""

    def order(self, order: Order, mono_ms: int) -> None: ...

    def leaving(self) -> bytes:
        """Bytes to write before the line is closed for good."""


class LineRunner:
    """Runs an end on a port; `tell` is called from its thread."""

    def __init__(self, path: str, end: End, tell: Tell) -> None:
        self.end = end
        self._tell = tell
        self._inbox: Queue[LineEvent | Order | None] = Queue()
        self._line = SerialLine(path, end.baud, self._inbox)
        self._open = False
        self._thread = threading.Thread(target=self._run, name=f"end {path}", daemon=True)

    def start(self) -> None:
        self._line.start()
        self._thread.start()

    def stop(self) -> None:
        """Shuts the locks if it can, then the line."""
        self._inbox.put(None)
        self._thread.join()
        try:
            self._line.write(self.end.leaving())
        except LinkLost:
            log.warning("left with the line closed path=%s", self._line.path)
        self._line.stop()

    def order(self, order: Order) -> None:
        self._inbox.put(order)

    def _run(self) -> None:
        while True:
            try:
                event = self._inbox.get(timeout=self.end.patience_s)
            except Empty:
                self._say(self.end.turn(mono_ms()))
            else:
                if event is None:
                    return
                self._take(event)
            self._write()

    def _take(self, event: LineEvent | Order) -> None:
        moment = mono_ms()
        match event:
            case Opened():
                self._open = True
                self._say(self.end.opened(moment))
            case Closed(reason=reason):
                self._open = False
                self._say(self.end.lost(reason, moment))
            case Received(piece=piece):
                self._say(self.end.feed(piece, moment))
            case Release() | Hold():
                self.end.order(event, moment)
                if not self._open:
                    self._say(self.end.lost("not open", moment))
        self._say(self.end.turn(moment))

    def _write(self) -> None:
        while self._open and (piece := self.end.due(mono_ms())):
            try:
                self._line.write(piece)
            except LinkLost as error:
                self._say(self.end.lost(str(error), mono_ms()))
                return
            self._say(self.end.written(mono_ms()))

    def _say(self, told: Sequence[Tagged]) -> None:
        for door, what in told:
            self._tell(door, what, mono_ms())


def mono_ms() -> int:
    """Milliseconds of a clock that never jumps."""
    return time.monotonic_ns() // 1_000_000
