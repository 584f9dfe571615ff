"""LC relay boards with a CH340 chip, 9600 8N1: A0, channel, on/off, sum of the three. Pure.

The board keeps its relay as it is when we fall silent, so the pulse is timed here and the relay is switched off
whenever the line opens again. What remains: our host dying within a pulse leaves the door open until it is back.
"""

from __future__ import annotations

from dataclasses import dataclass

BAUD = 9600
_HEAD = 0xA0


def frame(channel: int, *, on: bool) -> bytes:
    """The four bytes that switch one relay: A0 01 01 A2 on, A0 01 00 A1 off. Channels are 1 to 8."""
    if not 1 <= channel <= 8:
        raise ValueError("no such relay")
    three = (_HEAD, channel, int(on))
    return bytes([*three, sum(three) & 0xFF])


@dataclass(slots=True)
class Pulse:
    """One relay and until when it is on; times are milliseconds of a clock that never jumps."""

    channel: int = 1
    off_at_ms: int | None = None

    def open(self, unlock_s: int, mono_ms: int) -> bytes:
        """Bytes that release the lock; of two openings that overlap, the one that ends later counts."""
        self.off_at_ms = max(self.off_at_ms or 0, mono_ms + unlock_s * 1000)
        return frame(self.channel, on=True)

    def due(self, mono_ms: int) -> bytes:
        """Bytes to write now: off when the time is over, else none; the same again until `closed` is called."""
        over = self.off_at_ms is not None and mono_ms >= self.off_at_ms
        return frame(self.channel, on=False) if over else b""

    def closed(self) -> None:
        """What `due` gave is written."""
        self.off_at_ms = None

    def after_reopening(self, mono_ms: int) -> bytes:
        """Bytes for a line just opened: the state we believe in, off unless a pulse still runs."""
        runs = self.off_at_ms is not None and mono_ms < self.off_at_ms
        return frame(self.channel, on=runs)
