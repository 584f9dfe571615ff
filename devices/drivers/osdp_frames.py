"""Where OSDP frames begin and end on the wire. Pure.

libosdp 3.2.9 takes what one read gives for a whole frame and drops a part of one, so it is given whole frames only.
Frame: an FF that may be there, 53, address, length (two bytes, low first, all but the FF), control …, CRC-16 or sum.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BEGIN = 0x53
SHORTEST, LONGEST = 7, 1440
_HEAD, _CONTROL, _WITH_CRC = 5, 4, 0x04


def crc16(piece: bytes) -> int:
    """Polynomial 0x1021, start 0x1D0F; sent low byte first."""
    crc = 0x1D0F
    for byte in piece:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


def is_whole(frame: bytes) -> bool:
    """Whether the check at its end holds."""
    if frame[_CONTROL] & _WITH_CRC:
        return crc16(frame[:-2]) == int.from_bytes(frame[-2:], "little")
    return sum(frame) & 0xFF == 0


@dataclass(slots=True)
class Decoder:
    """Finds whole frames in whatever pieces the line gives. After silence the caller calls `silence`."""

    _held: bytearray = field(default_factory=bytearray)

    def feed(self, piece: bytes) -> tuple[bytes, ...]:
        """The frames that are complete with this piece, in order."""
        self._held += piece
        found: list[bytes] = []
        while (frame := self._step()) is not None:
            found += [frame] if frame else []
        return tuple(found)

    def silence(self) -> tuple[bytes, ...]:
        """What is held was never a whole frame."""
        self._held.clear()
        return ()

    def _step(self) -> bytes | None:
        """A frame, nothing where a byte that begins none was dropped, or None while more bytes are needed."""
        start = self._held.find(BEGIN)
        if start < 0:
            self._held.clear()
            return None
        del self._held[:start]
        if len(self._held) < _HEAD:
            return None
        length = int.from_bytes(self._held[2:4], "little")
        if SHORTEST <= length <= LONGEST and len(self._held) < length:
            return None
        frame = bytes(self._held[:length])
        if len(frame) < SHORTEST or length > LONGEST or not is_whole(frame):
            del self._held[:1]  # a whole frame may stand inside what this one claimed
            return b""
        del self._held[:length]
        return frame
