"""RDM6300 / RDM630 reader for EM4100 tags, 9600 8N1: bytes in, cards out. Pure.

A frame is STX (02), 10 hex digits (5 bytes), 2 hex digits (XOR of those bytes), ETX (03).
Vector: 62E3086CED, checksum 08.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import reduce
from operator import xor
from typing import TypeAlias

from devices.credentials import card

BAUD = 9600
STX, ETX = 0x02, 0x03
_DIGITS_END = 13
_DIGITS = frozenset(b"0123456789ABCDEFabcdef")


class Fault(StrEnum):
    """What was wrong with a frame."""

    CHECKSUM = "checksum"
    DIGIT = "digit"
    CUT_SHORT = "cut_short"
    NO_END = "no_end"


@dataclass(frozen=True, slots=True)
class CardRead:
    """A tag's 40 bits."""

    value: int

    @property
    def normal(self) -> str:
        """The card's normal spelling, as card:em4100:40:62e3086ced."""
        return card("em4100", 40, self.value)


@dataclass(frozen=True, slots=True)
class Garbled:
    """A frame began and was no frame; its bytes are dropped."""

    fault: Fault


Frame: TypeAlias = CardRead | Garbled


@dataclass(slots=True)
class Decoder:
    """Finds frames in whatever pieces the line gives. `ignored` counts bytes outside frames; `tail` ends a frame."""

    ignored: int = 0
    tail: bytes = bytes([ETX])
    _held: bytearray = field(default_factory=bytearray)

    def feed(self, piece: bytes) -> tuple[Frame, ...]:
        """The frames that are complete with this piece, in order."""
        frames = (self._take(byte) for byte in piece)
        return tuple(frame for frame in frames if frame)

    def _take(self, byte: int) -> Frame | None:
        if byte == STX:
            return self._begin()
        if not self._held:
            self.ignored += 1
            return None
        self._held.append(byte)
        fault = self._fault(byte)
        if fault:
            self._held.clear()
            return Garbled(fault)
        return self._finish() if len(self._held) == _DIGITS_END + len(self.tail) else None

    def _begin(self) -> Garbled | None:
        cut_short = bool(self._held)
        self._held[:] = bytes([STX])
        return Garbled(Fault.CUT_SHORT) if cut_short else None

    def _fault(self, byte: int) -> Fault | None:
        in_tail = len(self._held) - _DIGITS_END
        if in_tail > 0:
            return None if byte == self.tail[in_tail - 1] else Fault.NO_END
        if byte == ETX:
            return Fault.CUT_SHORT
        return None if byte in _DIGITS else Fault.DIGIT

    def _finish(self) -> Frame:
        *tag, checksum = bytes.fromhex(self._held[1:_DIGITS_END].decode("ascii"))
        self._held.clear()
        if reduce(xor, tag) != checksum:
            return Garbled(Fault.CHECKSUM)
        return CardRead(int.from_bytes(bytes(tag), "big"))


def frame_of(value: int, tail: bytes = bytes([ETX])) -> bytes:
    """What the reader sends for a tag: for simulators and tests."""
    tag = value.to_bytes(5, "big")
    digits = (tag + bytes([reduce(xor, tag)])).hex().upper().encode()
    return bytes([STX]) + digits + tail
