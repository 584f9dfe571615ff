"""A door without a controller: RDM6300 reader and LC relay board on two serial ports. The service decides, online.

The caller owns one thread: it calls `poll` when woken or at least every `PATIENCE_S`, and `open` when it decided so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import TypeAlias

from devices.drivers import rdm6300, relay_lc
from devices.failures import LinkLost
from devices.repeats import Repeats
from devices.serial_line import Closed, LineEvent, Opened, Received, SerialLine

PATIENCE_S = 0.2


@dataclass(frozen=True, slots=True)
class LineUp:
    """`which` is reader or relay."""

    which: str


@dataclass(frozen=True, slots=True)
class LineDown:
    """`which` is reader or relay; the line is tried again by itself."""

    which: str
    reason: str


SerialDoorEvent: TypeAlias = rdm6300.CardRead | rdm6300.Garbled | LineUp | LineDown


@dataclass(slots=True)
class SerialDoor:
    """Reader, relay and the time the lock has left."""

    reader: SerialLine
    relay: SerialLine
    pulse: relay_lc.Pulse = field(default_factory=relay_lc.Pulse)
    decoder: rdm6300.Decoder = field(default_factory=rdm6300.Decoder)
    repeats: Repeats = field(default_factory=Repeats)

    def start(self) -> None:
        self.reader.start()
        self.relay.start()

    def stop(self) -> None:
        """Closes the lock if it can, then both lines."""
        if self.pulse.off_at_ms is not None:
            self._write(relay_lc.frame(self.pulse.channel, on=False))
        self.reader.stop()
        self.relay.stop()

    def poll(self, mono_ms: int) -> tuple[SerialDoorEvent, ...]:
        """What happened since the last call; closes the lock when its time is over. A card lying there comes once."""
        told = [event for line in _waiting(self.reader.inbox) for event in self._from_reader(line, mono_ms)]
        told += [event for line in _waiting(self.relay.inbox) for event in self._from_relay(line, mono_ms)]
        closing = self.pulse.due(mono_ms)
        if closing and self._write(closing):
            self.pulse.closed()
        return tuple(told)

    def open(self, unlock_s: int, mono_ms: int) -> None:
        """Releases the lock. LinkLost when the board does not take it: then nothing was opened."""
        before = self.pulse.off_at_ms
        try:
            self.relay.write(self.pulse.open(unlock_s, mono_ms))
        except LinkLost:
            self.pulse.off_at_ms = before
            raise

    def _from_reader(self, event: LineEvent, mono_ms: int) -> list[SerialDoorEvent]:
        if not isinstance(event, Received):
            self.decoder = rdm6300.Decoder()
            return [_line("reader", event)]
        frames = self.decoder.feed(event.piece)
        return [each for each in frames if isinstance(each, rdm6300.Garbled) or self._is_new(each, mono_ms)]

    def _is_new(self, read: rdm6300.CardRead, mono_ms: int) -> bool:
        return self.repeats.is_new(read.normal, mono_ms)

    def _from_relay(self, event: LineEvent, mono_ms: int) -> list[SerialDoorEvent]:
        if isinstance(event, Received):
            return []  # some boards answer; the answer says nothing the command did not
        if isinstance(event, Opened):
            self._write(self.pulse.after_reopening(mono_ms))
        return [_line("relay", event)]

    def _write(self, piece: bytes) -> bool:
        try:
            self.relay.write(piece)
        except LinkLost:
            return False
        return True


def serial_door(reader_path: str, relay_path: str, *, wake: Callable[[], None] | None = None) -> SerialDoor:
    """A door on these two ports; `wake` is called from the reading threads when `poll` has something."""
    reader = SerialLine(reader_path, rdm6300.BAUD, Queue(), after=wake)
    relay = SerialLine(relay_path, relay_lc.BAUD, Queue(), after=wake)
    return SerialDoor(reader, relay)


def _waiting(inbox: Queue[LineEvent]) -> list[LineEvent]:
    found: list[LineEvent] = []
    while True:
        try:
            found.append(inbox.get_nowait())
        except Empty:
            return found


def _line(which: str, event: Opened | Closed) -> LineUp | LineDown:
    return LineDown(which, event.reason) if isinstance(event, Closed) else LineUp(which)
