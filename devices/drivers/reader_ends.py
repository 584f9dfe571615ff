"""Readers on serial lines in one form: whatever the make, cards and PINs come out under their door. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from devices.drivers import id12la, pn532, rdm6300, wiegand_text
from devices.drivers.line_runner import Order, Tagged
from devices.drivers.told import CardShown, EndDown, EndUp, Garbled, KeyPressed, PinTyped, Reachable, Told
from devices.keypad import Keypad
from devices.repeats import Repeats

READER = "reader"


class ReaderKind(StrEnum):
    """Which reader is on the line."""

    RDM6300 = "rdm6300"
    ID12LA = "id12la"
    PN532 = "pn532"
    WIEGAND_TEXT = "wiegand_text"


class Feeds(Protocol):
    def feed(self, piece: bytes) -> Sequence[rdm6300.Frame | wiegand_text.Frame]: ...


@dataclass(slots=True)
class Entries:
    """Cards and keys of one reader as doors take them: a card that lies there once, keys as whole PINs."""

    repeats: Repeats = field(default_factory=Repeats)
    keypad: Keypad = field(default_factory=Keypad)

    def take(self, told: Told, mono_ms: int) -> list[Told]:
        if isinstance(told, CardShown):
            return [told] if self.repeats.is_new(told.card, mono_ms) else []
        if isinstance(told, KeyPressed):
            digits = self.keypad.press(told.key, mono_ms)
            return [PinTyped(digits)] if digits else []
        return [told]


@dataclass(slots=True)
class SpeakingReader:
    """A reader that sends by itself and takes nothing."""

    door: str
    make: Callable[[], Feeds]
    baud: int = 9600
    patience_s: float = 1.0
    entries: Entries = field(default_factory=Entries)
    _decoder: Feeds | None = None

    def opened(self, _mono_ms: int) -> Sequence[Tagged]:
        self._decoder = self.make()
        return [(self.door, EndUp(READER))]

    def lost(self, reason: str, _mono_ms: int) -> Sequence[Tagged]:
        self._decoder = None
        self.entries.keypad.clear()
        return [(self.door, EndDown(READER, reason))]

    def feed(self, piece: bytes, mono_ms: int) -> Sequence[Tagged]:
        frames = self._decoder.feed(piece) if self._decoder else ()
        return [(self.door, new) for frame in frames for new in self.entries.take(_plain(frame), mono_ms)]

    def turn(self, _mono_ms: int) -> Sequence[Tagged]:
        return ()

    def due(self, _mono_ms: int) -> bytes:
        return b""

    def written(self, _mono_ms: int) -> Sequence[Tagged]:
        return ()

    def order(self, order: Order, mono_ms: int) -> None:
        """A reader opens nothing."""

    def leaving(self) -> bytes:
        return b""


@dataclass(slots=True)
class AskedReader:
    """A PN532: asked for cards again and again; there when it answers."""

    door: str
    baud: int = pn532.BAUD
    patience_s: float = 0.05
    entries: Entries = field(default_factory=Entries)
    host: pn532.Host = field(default_factory=pn532.Host)
    _heard_ms: int = 0

    def opened(self, _mono_ms: int) -> Sequence[Tagged]:
        self.host = pn532.Host()
        return ()

    def lost(self, reason: str, _mono_ms: int) -> Sequence[Tagged]:
        self.host = pn532.Host()
        return [(self.door, EndDown(READER, reason))]

    def feed(self, piece: bytes, mono_ms: int) -> Sequence[Tagged]:
        self._heard_ms = mono_ms
        return self._tagged(self.host.feed(piece, mono_ms), mono_ms)

    def turn(self, mono_ms: int) -> Sequence[Tagged]:
        silent = mono_ms - self._heard_ms >= 50
        torn = self.host.decoder.silence() if silent else ()
        told: list[Told] = [frame for frame in torn if isinstance(frame, Garbled)]
        return self._tagged([*told, *self.host.silent(mono_ms)], mono_ms)

    def due(self, mono_ms: int) -> bytes:
        return self.host.due(mono_ms)

    def written(self, _mono_ms: int) -> Sequence[Tagged]:
        return ()

    def order(self, order: Order, mono_ms: int) -> None:
        """A reader opens nothing."""

    def leaving(self) -> bytes:
        return b""

    def _tagged(self, told: Sequence[Told], mono_ms: int) -> Sequence[Tagged]:
        return [(self.door, _end(new)) for each in told for new in self.entries.take(each, mono_ms)]


def reader_end(kind: ReaderKind, door: str) -> SpeakingReader | AskedReader:
    """The end for this kind of reader at this door."""
    if kind is ReaderKind.PN532:
        return AskedReader(door)
    return SpeakingReader(door, _DECODERS[kind], _BAUDS[kind])


_DECODERS: Mapping[ReaderKind, Callable[[], Feeds]] = {
    ReaderKind.RDM6300: rdm6300.Decoder,
    ReaderKind.ID12LA: id12la.decoder,
    ReaderKind.WIEGAND_TEXT: wiegand_text.Decoder,
}
_BAUDS: Mapping[ReaderKind, int] = {
    ReaderKind.RDM6300: rdm6300.BAUD,
    ReaderKind.ID12LA: id12la.BAUD,
    ReaderKind.WIEGAND_TEXT: wiegand_text.BAUD,
}


def _plain(frame: rdm6300.Frame | wiegand_text.Frame) -> Told:
    if isinstance(frame, rdm6300.CardRead):
        return CardShown(frame.normal)
    return Garbled(frame.fault.value) if isinstance(frame, rdm6300.Garbled) else frame


def _end(told: Told) -> Told:
    if not isinstance(told, Reachable):
        return told
    return EndUp(READER) if told.online else EndDown(READER, "no answer")
