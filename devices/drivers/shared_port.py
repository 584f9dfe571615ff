"""A reader that only speaks and a relay board that only listens on the two wires of one serial port. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devices.drivers.line_runner import Order, Tagged
from devices.drivers.reader_ends import SpeakingReader
from devices.drivers.relay_boards import LcBoard


@dataclass(slots=True)
class SharedPort:
    """What comes is the reader's, what goes is the board's."""

    reader: SpeakingReader
    board: LcBoard

    @property
    def baud(self) -> int:
        return self.reader.baud

    @property
    def patience_s(self) -> float:
        return self.board.patience_s

    def opened(self, mono_ms: int) -> Sequence[Tagged]:
        return [*self.reader.opened(mono_ms), *self.board.opened(mono_ms)]

    def lost(self, reason: str, mono_ms: int) -> Sequence[Tagged]:
        return [*self.reader.lost(reason, mono_ms), *self.board.lost(reason, mono_ms)]

    def feed(self, piece: bytes, mono_ms: int) -> Sequence[Tagged]:
        return self.reader.feed(piece, mono_ms)

    def turn(self, mono_ms: int) -> Sequence[Tagged]:
        return self.board.turn(mono_ms)

    def due(self, mono_ms: int) -> bytes:
        return self.board.due(mono_ms)

    def written(self, mono_ms: int) -> Sequence[Tagged]:
        return self.board.written(mono_ms)

    def order(self, order: Order, mono_ms: int) -> None:
        self.board.order(order, mono_ms)

    def leaving(self) -> bytes:
        return self.board.leaving()
