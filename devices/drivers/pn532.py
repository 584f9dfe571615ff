"""PN532 readers on a serial line (HSU, 115200 8N1) for ISO 14443 A cards: frames, and the host's side of talking. Pure.

Frame: 00 00 FF LEN LCS TFI … DCS 00, where LEN + LCS and the sum from TFI to DCS are 0 modulo 256. ACK is
00 00 FF 00 FF 00, and comes within 15 ms. Long frames: 00 00 FF FF FF LENhi LENlo LCS …
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from devices.credentials import card
from devices.drivers.told import CardShown, Garbled, Reachable, Told

BAUD = 115_200
WAKE = b"\x55\x55" + bytes(14)
ACK = b"\x00\x00\xff\x00\xff\x00"
NACK = b"\x00\x00\xff\xff\x00\x00"
TO_READER, TO_HOST, FAILED = 0xD4, 0xD5, 0x7F
LONGEST = 265
_SPEAKS_14443_4 = 0x20
_START = b"\x00\xff"
_SHORT, _EXTENDED = 4, 7


class Code(StrEnum):
    """Frames without content."""

    ACK = "ack"
    NACK = "nack"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Said:
    """A frame with content: direction (TFI), command code (an answer's is one higher), and what follows."""

    direction: int
    command: int
    body: bytes


Frame: TypeAlias = Said | Code | Garbled


def command(code: int, body: bytes = b"") -> bytes:
    """The frame that gives the reader a command."""
    return framed(bytes([TO_READER, code]) + body)


def framed(content: bytes) -> bytes:
    """Content (TFI first) as a frame, long form where it must be."""
    if not 1 <= len(content) <= LONGEST:
        raise ValueError("does not fit a frame")
    if len(content) > 0xFF:
        length = len(content).to_bytes(2, "big")
        head = b"\xff\xff" + length + bytes([-sum(length) & 0xFF])
    else:
        head = bytes([len(content), -len(content) & 0xFF])
    return b"\x00" + _START + head + content + bytes([-sum(content) & 0xFF, 0])


@dataclass(slots=True)
class Decoder:
    """Finds frames in whatever pieces the line gives. After 50 ms of silence the caller calls `silence`."""

    _held: bytearray = field(default_factory=bytearray)

    def feed(self, piece: bytes) -> tuple[Frame, ...]:
        """The frames that are complete with this piece, in order."""
        self._held += piece
        found: list[Frame] = []
        while (step := self._step()) is not None:
            found += step
        return tuple(found)

    def silence(self) -> tuple[Frame, ...]:
        """The line fell silent: what is held was never a whole frame. Preamble zeros are none either."""
        torn = bool(self._held.strip(b"\x00"))
        self._held.clear()
        return (Garbled("cut_short"),) if torn else ()

    def _step(self) -> list[Frame] | None:
        """One step onwards: the frames it gave, or None while more bytes are needed."""
        start = self._held.find(_START)
        if start < 0:
            del self._held[: len(self._held) - self._held.endswith(b"\x00")]
            return None
        del self._held[:start]
        if len(self._held) < _SHORT:
            return None
        empty = {b"\x00\xff": Code.ACK, b"\xff\x00": Code.NACK}.get(bytes(self._held[2:4]))
        return self._took(_SHORT, empty) if empty else self._with_content()

    def _with_content(self) -> list[Frame] | None:
        long = self._held[2:4] == b"\xff\xff"
        head = _EXTENDED if long else _SHORT
        if len(self._held) < head:
            return None
        length = int.from_bytes(self._held[4:6], "big") if long else self._held[2]
        if sum(self._held[4:7] if long else self._held[2:4]) & 0xFF or not 1 <= length <= LONGEST:
            return self._took(2, Garbled("length"))
        if len(self._held) < head + length + 1:
            return None
        content = bytes(self._held[head : head + length + 1])
        # After a wrong sum only the start is dropped: a whole frame may stand inside what a torn one claimed.
        return self._took(2, Garbled("checksum")) if sum(content) & 0xFF else self._content(content[:-1], head)

    def _content(self, content: bytes, head: int) -> list[Frame]:
        direction, *rest = content
        known = direction in (TO_READER, TO_HOST) and rest
        frame: Frame = Said(direction, rest[0], bytes(rest[1:])) if known else Code.FAILED
        return self._took(head + len(content) + 1, frame)

    def _took(self, length: int, frame: Frame) -> list[Frame]:
        del self._held[:length]
        return [frame]


class Step(StrEnum):
    """What the host asks."""

    SAM = "sam"
    RETRIES = "retries"
    CARD = "card"


SAM_CONFIGURATION, RF_CONFIGURATION, IN_LIST = 0x14, 0x32, 0x4A
_ASKED = {
    Step.SAM: (SAM_CONFIGURATION, b"\x01\x00\x00"),
    Step.RETRIES: (RF_CONFIGURATION, b"\x05\xff\x01\x02"),  # a look for cards ends by itself
    Step.CARD: (IN_LIST, b"\x01\x00"),
}
_NEXT = {Step.SAM: Step.RETRIES, Step.RETRIES: Step.CARD, Step.CARD: Step.CARD}
PAUSE_MS, PATIENCE_MS = 100, 1000


@dataclass(slots=True)
class Host:
    """Our side: wakes the reader, asks for cards again and again, and begins anew when it falls silent.

    The caller writes what `due` gives, at least every 50 ms, and feeds what comes. Times are milliseconds of a clock
    that never jumps.
    """

    decoder: Decoder = field(default_factory=Decoder)
    online: bool | None = None
    _next: Step = Step.SAM
    _not_before_ms: int = 0
    _asked: Step | None = None
    _asked_ms: int = 0

    def due(self, mono_ms: int) -> bytes:
        """Bytes to write now."""
        if self._asked and not self._late(mono_ms):
            return b""
        if self._asked:
            self._next, self._not_before_ms = Step.SAM, mono_ms
        return self._ask(self._next, mono_ms) if mono_ms >= self._not_before_ms else b""

    def feed(self, piece: bytes, mono_ms: int) -> tuple[Told, ...]:
        """Cards shown, and that the reader is there."""
        return tuple(told for frame in self.decoder.feed(piece) for told in self._take(frame, mono_ms))

    def silent(self, mono_ms: int) -> tuple[Told, ...]:
        """Reachable(False), once, when the reader did not answer in time. Ask before `due`."""
        if self.online is False or not self._asked or not self._late(mono_ms):
            return ()
        self.online = False
        return (Reachable(online=False),)

    def _late(self, mono_ms: int) -> bool:
        return mono_ms - self._asked_ms >= PATIENCE_MS

    def _ask(self, step: Step, mono_ms: int) -> bytes:
        if step is Step.SAM:
            self.decoder = Decoder()
        self._asked, self._asked_ms = step, mono_ms
        return (WAKE if step is Step.SAM else b"") + command(*_ASKED[step])

    def _take(self, frame: Frame, mono_ms: int) -> list[Told]:
        if isinstance(frame, Garbled):
            return [frame]
        step = self._asked
        if step is None or not isinstance(frame, Said) or not _answers(frame, step):
            return []
        told: list[Told] = [] if self.online else [Reachable(online=True)]
        told += cards(frame.body) if step is Step.CARD else []
        self.online, self._asked, self._next = True, None, _NEXT[step]
        self._not_before_ms = mono_ms + (PAUSE_MS if step is Step.CARD else 0)
        return told


def _answers(frame: Said, step: Step) -> bool:
    return (frame.direction, frame.command) == (TO_HOST, _ASKED[step][0] + 1)


def cards(body: bytes) -> list[Told]:
    """The card in an answer to InListPassiveTarget: count, number, ATQA, SAK, length of UID, UID, and for cards of
    ISO 14443-4 the ATS. All lengths must agree: the sum does not notice a zero byte that was lost."""
    if body[:1] == b"\0":
        return []
    uid, rest = (body[6 : 6 + body[5]], body[6 + body[5] :]) if len(body) > 5 else (b"", b"")
    has_ats = len(body) > 4 and bool(body[4] & _SPEAKS_14443_4)
    fits = body[:2] == b"\1\1" and len(uid) in (4, 7, 10) and (rest[:1] == bytes([len(rest)]) if has_ats else not rest)
    if not fits:
        return [Garbled("uid")]
    return [CardShown(card("iso14443a", len(uid) * 8, int.from_bytes(uid, "big")), lasting=not is_random(uid))]


def is_random(uid: bytes) -> bool:
    """Four bytes from 08 are drawn anew each time (ISO 14443-3): phones and passports do so."""
    return len(uid) == 4 and uid[0] == 0x08
