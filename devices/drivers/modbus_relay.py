"""Relay boards on Modbus RTU (RS-485, 9600 8N1): coils switched by function 05, inputs read by 02. Pure.

Only boards with a flash-on coil (Waveshare: coil 0x0200 + n, value = 100 ms) close by themselves when we fall silent;
for those `pulse` is one frame. Other boards are switched on and off, and the time is kept by us.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from devices.drivers.told import Garbled

BAUD = 9600
FLASH = 0x0200
LONGEST_PULSE_S = 3276  # 0x7FFF tenths of a second
_WRITE, _READ_COILS, _READ_INPUTS = 5, 1, 2
_LONGEST = 256


@dataclass(frozen=True, slots=True)
class Written:
    """A board took a coil write: it echoes address and value."""

    unit: int
    coil: int
    value: int


@dataclass(frozen=True, slots=True)
class Bits:
    """Coils (function 1) or inputs (function 2) as they are, lowest first; padded to whole bytes."""

    unit: int
    function: int
    bits: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A board's exception: 1 no such function, 2 no such coil, 3 no such value."""

    unit: int
    function: int
    code: int


Frame: TypeAlias = Written | Bits | Refused | Garbled


def crc16(piece: bytes) -> int:
    """Modbus CRC: polynomial 0xA001 reflected, start 0xFFFF; sent low byte first."""
    crc = 0xFFFF
    for byte in piece:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def switch(unit: int, coil: int, *, on: bool) -> bytes:
    """The frame that switches one relay."""
    return _frame(unit, _WRITE, coil, 0xFF00 if on else 0)


def pulse(unit: int, coil: int, unlock_s: int) -> bytes:
    """One frame that switches a relay on and has the board switch it off again."""
    if not 1 <= unlock_s <= LONGEST_PULSE_S:
        raise ValueError("no such time")
    return _frame(unit, _WRITE, FLASH + coil, unlock_s * 10)


def ask_inputs(unit: int, first: int, count: int) -> bytes:
    """The frame that asks for inputs: door contact, exit button."""
    return _frame(unit, _READ_INPUTS, first, count)


def ask_coils(unit: int, first: int, count: int) -> bytes:
    """The frame that asks which relays are on."""
    return _frame(unit, _READ_COILS, first, count)


def sealed(body: bytes) -> bytes:
    """A frame's bytes with their CRC."""
    return body + crc16(body).to_bytes(2, "little")


@dataclass(slots=True)
class Decoder:
    """Finds answers in whatever pieces the line gives. After 50 ms of silence the caller calls `silence`."""

    ignored: int = 0
    _held: bytearray = field(default_factory=bytearray)

    def feed(self, piece: bytes) -> tuple[Frame, ...]:
        """The answers that are complete with this piece, in order."""
        self._held += piece
        found: list[Frame] = []
        while (length := _length(self._held)) is not None and len(self._held) >= length:
            found += self._cut(length)
        return tuple(found)

    def silence(self) -> tuple[Frame, ...]:
        """The line fell silent: what is held was never a whole answer."""
        cut_short = bool(self._held)
        self._held.clear()
        return (Garbled("cut_short"),) if cut_short else ()

    def _cut(self, length: int) -> list[Frame]:
        """One answer, or one byte that cannot begin any."""
        frame = bytes(self._held[:length])
        if length < 2 or crc16(frame[:-2]) != int.from_bytes(frame[-2:], "little"):
            del self._held[:1]
            self.ignored += 1
            return []
        del self._held[:length]
        return [_read(frame)]


def _length(held: bytearray) -> int | None:
    """How long the answer is that begins here; 1 for a byte that begins none, None while too little is known."""
    if len(held) < 2:
        return None
    function = held[1]
    if function & 0x80:
        return 5
    if function == _WRITE:
        return 8
    if function not in (_READ_COILS, _READ_INPUTS):
        return 1
    if len(held) < 3:
        return None
    return 5 + held[2] if held[2] <= _LONGEST - 5 else 1


def _read(frame: bytes) -> Frame:
    unit, function = frame[0], frame[1]
    if function & 0x80:
        return Refused(unit, function & 0x7F, frame[2])
    if function == _WRITE:
        return Written(unit, int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big"))
    bits = tuple(bool(byte >> i & 1) for byte in frame[3:-2] for i in range(8))
    return Bits(unit, function, bits)


def _frame(unit: int, function: int, first: int, value: int) -> bytes:
    if not 1 <= unit <= 247 or not 0 <= first <= 0xFFFF:
        raise ValueError("no such unit or coil")
    return sealed(bytes([unit, function]) + first.to_bytes(2, "big") + value.to_bytes(2, "big"))


EXCEPTIONS: Mapping[int, str] = {1: "no_such_function", 2: "no_such_coil", 3: "no_such_value", 4: "board_fault"}
