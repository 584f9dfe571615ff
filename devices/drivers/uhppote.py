"""UHPPOTE boards (UT0311-L0x, UDP port 60000): 64-byte packets, little-endian numbers, times in BCD. Pure.

The boards decide alone, by whole days of their own local time; hours are kept by the service, which puts a card in when
its time begins and takes it out when it ends (access/uhppote_doors.py). Events are kept by number and pulled, so none
is lost unless the board's memory wraps.
"""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import TypeAlias

PORT = 60_000
LENGTH = 64
HEAD, HEAD_6_62 = 0x17, 0x19
NO_CARD, DELETED_CARD = 0, 0xFFFFFFFF  # behind the last place of its memory; a place that is free again
OVERWRITTEN = 255
_SURE = 0x55AAAA55  # what the board wants to see before it forgets things


class Function(IntEnum):
    """The second byte."""

    STATUS = 0x20
    SET_TIME = 0x30
    GET_TIME = 0x32
    OPEN_DOOR = 0x40
    PUT_CARD = 0x50
    DELETE_CARD = 0x52
    DELETE_CARDS = 0x54
    COUNT_CARDS = 0x58
    GET_CARD = 0x5A
    GET_CARD_AT = 0x5C
    SET_DOOR = 0x80
    GET_EVENT = 0xB0
    SET_EVENT_INDEX = 0xB2
    GET_EVENT_INDEX = 0xB4
    SPECIAL_EVENTS = 0x8E
    SET_LISTENER = 0x90


@dataclass(frozen=True, slots=True)
class Done:
    """The board took a command, or did not."""

    board: int
    function: Function
    ok: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """A number asked for: of cards, or the event index."""

    board: int
    function: Function
    number: int


@dataclass(frozen=True, slots=True)
class CardOf:
    """A card as the board holds it; `number` 0: it holds none. Days in its local time, both ends counted in."""

    board: int
    number: int
    first_on: date | None
    last_on: date | None
    doors: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the board's memory. `number` counts up; `at` is the board's local time without zone. `kind` 1: a
    card was shown; 2: a door or button; 255: overwritten."""

    board: int
    number: int
    kind: int
    granted: bool
    door: int
    entering: bool
    card: int
    at: datetime | None
    reason: int


@dataclass(frozen=True, slots=True)
class Status:
    """How the board is: its newest event (None: it has none), its local time, which doors' leaves are open."""

    board: int
    event: Event | None
    at: datetime | None
    open: tuple[bool, bool, bool, bool]


@dataclass(frozen=True, slots=True)
class Clock:
    """The board's local time."""

    board: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class BadPacket:
    """No packet of these boards, or one this codec does not know."""

    fault: str


Answer: TypeAlias = Done | Counted | CardOf | Event | Status | Clock | BadPacket


def open_door(board: int, door: int) -> bytes:
    """Opens one door for as long as the board is set to."""
    return _packet(board, Function.OPEN_DOOR, bytes([_door(door)]))


def put_card(board: int, card: int, first_on: date, last_on: date, doors: tuple[int, int, int, int]) -> bytes:
    """A card for these days. For each door 0: no, 1: always, 2 to 254: a time profile. The board's PIN stays unset."""
    if not all(0 <= each <= 254 for each in doors) or first_on > last_on:
        raise ValueError("no such card")
    return _packet(board, Function.PUT_CARD, _u32(card) + _bcd(first_on) + _bcd(last_on) + bytes(doors))


def delete_card(board: int, card: int) -> bytes:
    """A card taken from the board."""
    return _packet(board, Function.DELETE_CARD, _u32(card))


def delete_cards(board: int) -> bytes:
    """All cards taken from the board."""
    return _packet(board, Function.DELETE_CARDS, _u32(_SURE))


def get_card(board: int, card: int) -> bytes:
    """Asks what the board holds of a card."""
    return _packet(board, Function.GET_CARD, _u32(card))


def count_cards(board: int) -> bytes:
    """Asks how many cards the board holds."""
    return _packet(board, Function.COUNT_CARDS)


def get_card_at(board: int, place: int) -> bytes:
    """Asks for the card at a place of the board's memory, from 1; a card of number 0 is behind the last."""
    return _packet(board, Function.GET_CARD_AT, _u32(place))


def status(board: int) -> bytes:
    """Asks how the board is."""
    return _packet(board, Function.STATUS)


def set_listener(board: int, address: str, port: int) -> bytes:
    """Where the board shall send each event by itself."""
    return _packet(board, Function.SET_LISTENER, ipaddress.IPv4Address(address).packed + struct.pack("<HB", port, 0))


def get_event(board: int, number: int) -> bytes:
    """Asks for one event of the board's memory."""
    return _packet(board, Function.GET_EVENT, _u32(number))


def get_event_index(board: int) -> bytes:
    """Asks which event was marked as read last."""
    return _packet(board, Function.GET_EVENT_INDEX)


def set_event_index(board: int, number: int) -> bytes:
    """Marks the events up to this one as read: after they are committed."""
    return _packet(board, Function.SET_EVENT_INDEX, _u32(number) + _u32(_SURE))


def special_events(board: int, *, on: bool) -> bytes:
    """Whether doors and exit buttons are events too."""
    return _packet(board, Function.SPECIAL_EVENTS, bytes([on]))


def set_time(board: int, local: datetime) -> bytes:
    """Sets the board's clock to this local time; give it the zone's wall clock."""
    return _packet(board, Function.SET_TIME, bytes.fromhex(f"{local:%Y%m%d%H%M%S}"))


def get_time(board: int) -> bytes:
    """Asks for the board's clock."""
    return _packet(board, Function.GET_TIME)


def set_door(board: int, door: int, *, unlock_s: int) -> bytes:
    """A door under the board's control, open for so many seconds each time."""
    if not 1 <= unlock_s <= 255:
        raise ValueError("no such time")
    return _packet(board, Function.SET_DOOR, bytes([_door(door), 3, unlock_s]))


def read(packet: bytes) -> Answer:
    """What a board sent: an answer, or an event it pushed by itself."""
    if len(packet) != LENGTH:
        return BadPacket("length")
    if packet[0] != HEAD and packet[:2] != bytes([HEAD_6_62, Function.STATUS]):
        return BadPacket("head")
    try:
        function = Function(packet[1])
    except ValueError:
        return BadPacket("function")
    return _read(function, _number(packet, 4), packet)


def _read(function: Function, board: int, packet: bytes) -> Answer:
    if function is Function.STATUS:
        return _status(board, packet)
    if function is Function.GET_EVENT:
        return _event(board, packet)
    if function in (Function.GET_CARD, Function.GET_CARD_AT):
        doors = packet[20], packet[21], packet[22], packet[23]
        return CardOf(board, _number(packet, 8), _date(packet[12:16]), _date(packet[16:20]), doors)
    if function in (Function.COUNT_CARDS, Function.GET_EVENT_INDEX):
        return Counted(board, function, _number(packet, 8))
    if function in (Function.SET_TIME, Function.GET_TIME):
        return Clock(board, _moment(packet[8:15]))
    if function is Function.SET_DOOR:
        return Done(board, function, ok=packet[8] != 0)
    return Done(board, function, ok=packet[8] == 1)


def _status(board: int, packet: bytes) -> Status:
    event = _event(board, packet) if _number(packet, 8) else None
    at = _moment(b"\x20" + packet[51:54] + packet[37:40])
    return Status(board, event, at, (packet[28] != 0, packet[29] != 0, packet[30] != 0, packet[31] != 0))


def _event(board: int, packet: bytes) -> Event:
    return Event(
        board,
        _number(packet, 8),
        packet[12],
        packet[13] != 0,
        packet[14],
        packet[15] == 1,
        _number(packet, 16),
        _moment(packet[20:27]),
        packet[27],
    )


def _packet(board: int, function: Function, body: bytes = b"") -> bytes:
    return (bytes([HEAD, function, 0, 0]) + _u32(board) + body).ljust(LENGTH, b"\0")


def _door(door: int) -> int:
    if not 1 <= door <= 4:
        raise ValueError("no such door")
    return door


def _u32(number: int) -> bytes:
    if not 0 <= number < 1 << 32:
        raise ValueError("does not fit")
    return struct.pack("<L", number)


def _number(packet: bytes, at: int) -> int:
    found: int = struct.unpack_from("<L", packet, at)[0]
    return found


def _bcd(day: date) -> bytes:
    return bytes.fromhex(f"{day:%Y%m%d}")


def _date(bcd: bytes) -> date | None:
    moment = _moment(bcd + b"\0\0\0")
    return moment.date() if moment else None


def _moment(bcd: bytes) -> datetime | None:
    try:
        return datetime.strptime(bcd.hex(), "%Y%m%d%H%M%S")  # noqa: DTZ007 - the board knows no zone
    except ValueError:
        return None
