"""OSDP readers (IEC 60839-11-5) in our words: commands for them, what they tell, and when to try them again. Pure.

The bus itself (devices/osdp_bus.py) is spoken by libosdp. What libosdp 3.2.9 was found to do: docs/drivers.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, TypeAlias

from devices.credentials import card
from devices.drivers import wiegand
from devices.drivers.told import CardShown, Garbled, KeyPressed, Told, Warned

Command: TypeAlias = Mapping[str, Any]

KEY_BYTES = 16
LONGEST_TIMED_MS = 25_500  # the binding keeps eight bits of tenths: 30 s would be 4.4 s
SHORTEST_CARD, LONGEST_CARD = 16, 256
WELL_KNOWN_KEY = bytes(range(0x30, 0x40))  # SCBK-D of the standard: whoever reads it has it


class Kind(IntEnum):
    """Commands, as libosdp numbers them."""

    OUTPUT = 1
    LED = 2
    BUZZER = 3
    STATUS = 9


class Capability(IntEnum):
    """What a reader says of itself, as OSDP numbers it."""

    INPUTS = 1
    OUTPUTS = 2
    LED = 4
    BUZZER = 5


NEEDS: Mapping[Kind, Capability] = {
    Kind.OUTPUT: Capability.OUTPUTS,
    Kind.LED: Capability.LED,
    Kind.BUZZER: Capability.BUZZER,
    Kind.STATUS: Capability.INPUTS,
}
_CARD_READ, _KEY_PRESS, _STATUS = 1, 2, 4
_INPUTS, _LOCAL = 0, 2
_WIEGAND_FORMATS = (0, 1)  # bits without a name, and Wiegand
_OFF, _ON, _TIMED = 1, 2, 5
_RED, _GREEN, _AMBER = 1, 2, 3
_KEYS = {0x0D: "#", 0x23: "#", 0x7F: "*", 0x2A: "*"} | {0x30 + digit: str(digit) for digit in range(10)}


@dataclass(frozen=True, slots=True)
class Member:
    """One reader on a bus. `key` is its own secure-channel key; `output` is 1 for its first output, None where the lock
    hangs on a relay board; inputs count from 1 too. `closed_active`: the contact's input is on while the leaf is
    closed."""

    address: int
    key: bytes = field(repr=False)
    output: int | None = 1
    contact: int | None = None
    exit: int | None = None
    closed_active: bool = True

    @property
    def has_inputs(self) -> bool:
        return self.contact is not None or self.exit is not None


class Light(StrEnum):
    """What the person before the reader is told."""

    GRANTED = "granted"
    DENIED = "denied"
    PENDING = "pending"


def lights(light: Light) -> tuple[Command, ...]:
    """Green for two seconds; red and three beeps; amber, blinking for ten seconds, and a beep."""
    match light:
        case Light.GRANTED:
            return _led(_GREEN, on=20, off=0, tenths=20), _beep(on=2, off=1, times=1)
        case Light.DENIED:
            return _led(_RED, on=2, off=2, tenths=15), _beep(on=1, off=1, times=3)
        case Light.PENDING:
            return _led(_AMBER, on=3, off=3, tenths=100), _beep(on=1, off=1, times=1)


def output(number: int, *, on: bool, left_ms: int, held: bool) -> Command:
    """Switch an output. A short opening ends in the reader itself; a longer one, and one held, is ended by us."""
    timed = on and not held and left_ms <= LONGEST_TIMED_MS
    code = _TIMED if timed else _ON if on else _OFF
    return {
        "command": int(Kind.OUTPUT),
        "output_no": number - 1,
        "control_code": code,
        "timer_count": max(1, -(-left_ms // 100)) if timed else 0,
    }


def ask_inputs() -> Command:
    """How contact and exit button are."""
    return {"command": int(Kind.STATUS), "type": _INPUTS, "report": b""}


@dataclass(frozen=True, slots=True)
class Inputs:
    """All inputs as a reader told them, first first."""

    on: tuple[bool, ...]

    def at(self, number: int | None) -> bool:
        return number is not None and number <= len(self.on) and self.on[number - 1]


def told_of(event: Mapping[str, Any]) -> tuple[Told | Inputs, ...]:
    """What an event of libosdp says; nothing for what we do not use."""
    match event.get("event"):
        case code if code == _CARD_READ:
            return (_card(event),)
        case code if code == _KEY_PRESS:
            return tuple(KeyPressed(_KEYS[byte]) for byte in bytes(event.get("data", b"")) if byte in _KEYS)
        case code if code == _STATUS and event.get("type") == _LOCAL:
            return (Warned("tamper"),) if any(bytes(event.get("report", b""))[:1]) else ()
        case code if code == _STATUS and event.get("type") == _INPUTS:
            return (Inputs(tuple(bool(each) for each in bytes(event.get("report", b"")))),)
    return ()


def _card(event: Mapping[str, Any]) -> Told:
    """Bits stand from the left in the bytes; a card of a known length must have its parity."""
    length, octets = int(event.get("length", 0)), bytes(event.get("data", b""))
    if event.get("format") not in _WIEGAND_FORMATS:
        return Garbled("form")
    if not SHORTEST_CARD <= length <= LONGEST_CARD or len(octets) * 8 < length:
        return Garbled("length")
    bits = "".join(f"{octet:08b}" for octet in octets)[:length]
    if length in wiegand.PARITIES:
        return wiegand.read(bits)
    return CardShown(card("wiegand", length, int(bits, 2)))


def _led(colour: int, *, on: int, off: int, tenths: int) -> Command:
    return {
        "command": int(Kind.LED),
        "reader": 0,
        "led_number": 0,
        "control_code": 2,
        "on_count": on,
        "off_count": off,
        "on_color": colour,
        "off_color": 0,
        "temporary": True,
        "timer_count": tenths,
    }


def _beep(*, on: int, off: int, times: int) -> Command:
    return {
        "command": int(Kind.BUZZER),
        "reader": 0,
        "control_code": 2,
        "on_count": on,
        "off_count": off,
        "rep_count": times,
    }


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds. A reader is `silent` when nothing was heard of it; one that says nothing after `answer` is tried
    again after `probe` (for each such reader on the bus), one that answers but makes no secure channel in `secure`
    after `first_rest`, doubling to `longest_rest`. `grace`: a channel back within it was never gone, as far as people
    are told. Readings within `stale` of a new channel may be from before it.
    """

    silent: int = 3000
    answer: int = 400
    probe: int = 300
    secure: int = 2000
    first_rest: int = 1000
    longest_rest: int = 30_000
    grace: int = 1000
    stale: int = 1000


class Step(StrEnum):
    """What the bus must do with a reader now."""

    ENABLE = "enable"
    DISABLE = "disable"


class News(StrEnum):
    """What came of it."""

    UP = "up"
    DOWN = "down"
    INSECURE = "insecure"


class _State(StrEnum):
    TRYING = "trying"
    SECURE = "secure"
    RESTING = "resting"


@dataclass(slots=True)
class Reach:
    """Whether one reader is reached by its own secure channel, and what to do when not.

    libosdp gives up on a reader for 300 s; so we disable and enable it, which takes it a tenth of a second.
    """

    times: Times = field(default_factory=Times)
    up: bool | None = None
    gained_ms: int = 0
    refused: int = 0  # tries in a row in which it answered and made no secure channel
    _state: _State = _State.TRYING
    _since_ms: int = 0
    _down_ms: int = 0
    _until_ms: int = 0
    _rest_ms: int = 0

    def begin(self, mono_ms: int) -> None:
        """The bus was opened anew, with the reader enabled."""
        self._trying(mono_ms)
        self._down_ms = mono_ms

    def look(
        self, *, secure: bool, enabled: bool, heard_ms: int | None, silent: int, mono_ms: int
    ) -> tuple[Step | None, list[News]]:
        """`heard_ms`: when bytes of it last came; `silent`: how many readers of this bus say nothing."""
        if self._state is _State.SECURE:
            return self._secure(secure=secure, heard_ms=heard_ms, mono_ms=mono_ms)
        if self._state is _State.TRYING:
            if secure:
                return None, self._gain(mono_ms)
            return self._try(heard_ms=heard_ms, silent=silent, mono_ms=mono_ms)
        return self._rest(enabled=enabled, mono_ms=mono_ms)

    @property
    def is_silent(self) -> bool:
        return self._state is not _State.SECURE and self.refused == 0

    def is_stale(self, mono_ms: int) -> bool:
        """Whether what is read now may be from before the channel was there: OSDP has no time stamps."""
        return self._state is not _State.SECURE or mono_ms - self.gained_ms < self.times.stale

    def _gain(self, mono_ms: int) -> list[News]:
        self._state, self.gained_ms, self.refused, self._rest_ms = _State.SECURE, mono_ms, 0, 0
        fresh, self.up = self.up is not True, True
        return [News.UP] if fresh else []

    def _secure(self, *, secure: bool, heard_ms: int | None, mono_ms: int) -> tuple[Step | None, list[News]]:
        heard = max(heard_ms or 0, self.gained_ms)
        if secure and mono_ms - heard < self.times.silent:
            return None, []
        self._state, self._until_ms = _State.RESTING, mono_ms
        self._down_ms = mono_ms if not secure else heard
        return Step.DISABLE, self._mourn(mono_ms)

    def _try(self, *, heard_ms: int | None, silent: int, mono_ms: int) -> tuple[Step | None, list[News]]:
        answered = heard_ms is not None and heard_ms >= self._since_ms
        if mono_ms - self._since_ms < (self.times.secure if answered else self.times.answer):
            return None, self._mourn(mono_ms)
        self._state = _State.RESTING
        if not answered:
            self.refused, self._rest_ms = 0, 0
            self._until_ms = mono_ms + self.times.probe * max(1, silent)
            return Step.DISABLE, self._mourn(mono_ms)
        self.refused += 1
        self._rest_ms = min(self.times.longest_rest, self._rest_ms * 2 or self.times.first_rest)
        self._until_ms = mono_ms + self._rest_ms
        # Once may be a garbled start; twice is a reader without our key.
        insecure = [News.INSECURE] if self.refused == 2 else []
        return Step.DISABLE, [*self._mourn(mono_ms), *insecure]

    def _rest(self, *, enabled: bool, mono_ms: int) -> tuple[Step | None, list[News]]:
        # libosdp disables only after the exchange that runs; enabling before that is undone by it.
        if mono_ms < self._until_ms or enabled:
            return None, self._mourn(mono_ms)
        self._trying(mono_ms)
        return Step.ENABLE, []

    def _trying(self, mono_ms: int) -> None:
        self._state, self._since_ms = _State.TRYING, mono_ms

    def _mourn(self, mono_ms: int) -> list[News]:
        if self.up is False or mono_ms - self._down_ms < self.times.grace:
            return []
        self.up = False
        return [News.DOWN]
