"""Wiegand bridges that print a line for each card: the bits as 0 and 1, or `26:321FFF…` (length, hex). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from devices.drivers import wiegand
from devices.drivers.told import CardShown, Garbled, KeyPressed

BAUD = 9600
LONGEST_LINE = 80
_HEX = re.compile(rb"([0-9]{1,2})[:,; ]\s*(?:0x)?([0-9A-Fa-f]{1,16})\Z")
_BITS = re.compile(rb"[01]{4,64}\Z")

Frame: TypeAlias = CardShown | KeyPressed | Garbled


@dataclass(slots=True)
class Decoder:
    """Finds lines in whatever pieces the line gives; CR, LF or both end one."""

    _held: bytearray = field(default_factory=bytearray)
    _too_long: bool = False

    def feed(self, piece: bytes) -> tuple[Frame, ...]:
        """The cards, keys and faults that are complete with this piece, in order."""
        frames = (self._take(byte) for byte in piece)
        return tuple(frame for frame in frames if frame)

    def _take(self, byte: int) -> Frame | None:
        if byte in b"\r\n":
            return self._end()
        if len(self._held) >= LONGEST_LINE:
            self._too_long = True
            return None
        self._held.append(byte)
        return None

    def _end(self) -> Frame | None:
        line, too_long = bytes(self._held).strip(), self._too_long
        self._held.clear()
        self._too_long = False
        if too_long:
            return Garbled("too_long")
        return read_line(line) if line else None


def read_line(line: bytes) -> Frame:
    """What one line says. A hex value longer than its length is no card."""
    if _BITS.match(line):
        return wiegand.read(line.decode("ascii"))
    found = _HEX.match(line)
    if not found:
        return Garbled("form")
    length, value = int(found[1]), int(found[2], 16)
    if value >> length or length == 0:
        return Garbled("length")
    return wiegand.read(f"{value:0{length}b}")


def line_of(bits: str) -> bytes:
    """What a bridge prints for these bits: for simulators and tests."""
    return f"{len(bits)}:{int(bits, 2):X}\r\n".encode()
