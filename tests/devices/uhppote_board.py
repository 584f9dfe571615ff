"""A stand-in for a UHPPOTE board on a real UDP port, written from what is known of the boards and not from our code.

It decides by whole days, keeps cards and numbered events in a memory that wraps, and forgets neither when its power is
cut; its clock may be lost. `work` answers what came, through a line that may lose, double and delay.
"""

from __future__ import annotations

import random
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

Card = tuple[date, date, list[int]]


@dataclass
class UhppoteBoard:
    """`local`: gives its wall clock, to which `off` is added."""

    local: Callable[[], datetime]
    serial: int = 405419896
    room: int = 1000  # events it keeps
    off: timedelta = timedelta()
    on: bool = True
    cards: dict[int, Card] = field(default_factory=dict)
    freed: int = 0  # places at the beginning of its memory whose card was deleted
    events: list[tuple[int, bytes]] = field(default_factory=list)
    counted: int = 0
    special: bool = False
    listener: tuple[str, int] | None = None
    open: list[bool] = field(default_factory=lambda: [False] * 4)
    opened: list[int] = field(default_factory=list)
    held: list[tuple[bytes, tuple[str, int]]] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(0))
    loss: float = 0.0
    double: float = 0.0
    _socket: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", 0))

    @property
    def address(self) -> str:
        return "{}:{}".format(*self._socket.getsockname())

    def close(self) -> None:
        self._socket.close()

    def work(self) -> None:
        """Answers all that came; what was held back of the answers before comes now, late."""
        late, self.held = self.held, []
        for packet, sender in late:
            self._out(packet, sender)
        while True:
            try:
                packet, sender = self._socket.recvfrom(100)
            except OSError:
                return
            if self.on and len(packet) == 64 and self.dice.random() >= self.loss:
                answer = self._answer(packet)
                if answer is not None and self.dice.random() >= self.loss:
                    self._say(answer, sender)

    def swipe(self, number: int, door: int = 1) -> bool:
        """A card before the reader of a door: whole days, both counted in, and the doors of its record."""
        first_on, last_on, doors = self.cards.get(number, (date.max, date.min, [0] * 4))
        granted = first_on <= self._now().date() <= last_on and doors[door - 1] == 1
        self._event(1, number, door, 1 if granted else 6, granted=granted)
        return granted

    def leaf(self, door: int, *, is_open: bool) -> None:
        self.open[door - 1] = is_open
        if self.special:
            self._event(2, 0, door, 23 if is_open else 24, granted=True)

    def button(self, door: int) -> None:
        if self.special:
            self._event(2, 0, door, 20, granted=True)

    def power_cut(self, *, clock_lost: bool = False) -> None:
        """Off; `on` again by hand. What was under way is lost."""
        self.on, self.held = False, []
        if clock_lost:
            self.off = datetime(2009, 1, 1) - self.local()  # noqa: DTZ001 - it knows no zone

    def wiped(self) -> None:
        """As it came from the factory."""
        self.cards, self.events, self.counted, self.freed = {}, [], 0, 0

    def _now(self) -> datetime:
        return self.local() + self.off

    def _say(self, answer: bytes, sender: tuple[str, int]) -> None:
        if self.dice.random() < self.double:
            self.held.append((answer, sender))
        self._out(answer, sender)

    def _out(self, packet: bytes, sender: tuple[str, int]) -> None:
        try:
            self._socket.sendto(packet, sender)
        except OSError:
            return

    def _event(self, kind: int, card: int, door: int, reason: int, *, granted: bool) -> None:
        self.counted += 1
        when = bytes.fromhex(f"{self._now():%Y%m%d%H%M%S}")
        body = struct.pack("<LBBBBL", self.counted, kind, granted, door, 1, card) + when + bytes([reason])
        self.events = [*self.events, (self.counted, body)][-self.room :]
        if self.listener and self.on and self.dice.random() >= self.loss:
            self._out(self._status(), self.listener)

    def _packet(self, function: int, body: bytes = b"") -> bytes:
        return (bytes([0x17, function, 0, 0]) + struct.pack("<L", self.serial) + body).ljust(64, b"\0")

    def _status(self) -> bytes:
        packet = bytearray(self._packet(0x20, self.events[-1][1] if self.events else b""))
        packet[28:32] = bytes(self.open)
        packet[37:40] = bytes.fromhex(f"{self._now():%H%M%S}")
        packet[51:54] = bytes.fromhex(f"{self._now():%y%m%d}")
        return bytes(packet)

    def _answer(self, asked: bytes) -> bytes | None:
        if asked[0] != 0x17 or struct.unpack_from("<L", asked, 4)[0] != self.serial:
            return None
        number: int = struct.unpack_from("<L", asked, 8)[0]
        if asked[1] in (0x20, 0x5A, 0x5C, 0xB0):
            return self._packet(asked[1], self._asked(asked[1], number))
        return self._packet(asked[1], self._told(asked, number))

    def _asked(self, function: int, number: int) -> bytes:
        if function == 0x20:
            return self._status()[8:]
        if function == 0x5A:
            return self._record(number)
        return self._place(number) if function == 0x5C else self._remembered(number)

    def _told(self, asked: bytes, number: int) -> bytes:
        match asked[1]:
            case 0x30:
                told = datetime.strptime(asked[8:15].hex(), "%Y%m%d%H%M%S")  # noqa: DTZ007 - it knows no zone
                self.off = told - self.local()
                return asked[8:15]
            case 0x40:
                self.opened.append(asked[8])
            case 0x50:
                self.cards[number] = (_day(asked[12:16]), _day(asked[16:20]), list(asked[20:24]))
            case 0x52:
                gone = self.cards.pop(number, None)
                self.freed += gone is not None
                return bytes([gone is not None])
            case 0x80:
                return asked[8:11]
            case 0x8E:
                self.special = asked[8] == 1
            case 0x90:
                self.listener = socket.inet_ntoa(asked[8:12]), struct.unpack_from("<H", asked, 12)[0]
        return b"\1"

    def _record(self, number: int) -> bytes:
        if number not in self.cards:
            return b""
        first_on, last_on, doors = self.cards[number]
        days = bytes.fromhex(f"{first_on:%Y%m%d}{last_on:%Y%m%d}")
        return struct.pack("<L", number) + days + bytes(doors)

    def _place(self, place: int) -> bytes:
        if place <= self.freed:
            return b"\xff" * 4
        numbers = sorted(self.cards)
        return self._record(numbers[place - self.freed - 1]) if place - self.freed <= len(numbers) else b""

    def _remembered(self, number: int) -> bytes:
        """0: the oldest; one that was overwritten is said to be."""
        if not self.events:
            return b""
        if number == 0:
            return self.events[0][1]
        if number < self.events[0][0]:
            return struct.pack("<LB", number, 255)
        return dict(self.events).get(number, b"")


def _day(bcd: bytes) -> date:
    return datetime.strptime(bcd.hex(), "%Y%m%d").date()  # noqa: DTZ007 - it knows no zone
