"""Relay boards on serial lines, several doors to a board: LC/CH340, and Modbus RTU with inputs. Pure.

A Modbus bus carries one question at a time: an order goes before the next question for inputs, is sent three times at
most, and is proved by the board's echo.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from devices.drivers import modbus_relay, relay_lc
from devices.drivers.line_runner import Hold, Order, Release, Tagged
from devices.drivers.told import Acknowledged, ContactSaid, EndDown, EndUp, ExitPressed, Garbled
from devices.strikes import Strike

RELAY = "relay"
INPUTS = 8
ASK_EVERY_MS, PATIENCE_MS, TRIES, SILENCE_MS = 100, 300, 3, 50
SAY_AGAIN_MS = 5000  # a board that lost its power for a moment forgets that it is held open, and nobody notices


@dataclass(frozen=True, slots=True)
class Place:
    """Where a door's lock is on a board: relay 1 to 8, and on Modbus the unit, whether its board keeps the time
    (flash coil), and the inputs (1 to 8) of contact and exit button. `closed_active`: the contact's input is on while
    the leaf is closed."""

    relay: int = 1
    unit: int = 1
    keeps_time: bool = True
    contact: int | None = None
    exit: int | None = None
    closed_active: bool = True


@dataclass(slots=True)
class LcBoard:
    """Proves only that the bytes went out."""

    places: Mapping[str, Place]
    baud: int = relay_lc.BAUD
    patience_s: float = 0.05
    _strikes: dict[str, Strike] = field(default_factory=dict)
    _writing: tuple[str, bool] | None = None
    _up: bool = False

    def __post_init__(self) -> None:
        self._strikes = {door: Strike() for door in self.places}

    def opened(self, _mono_ms: int) -> Sequence[Tagged]:
        for strike in self._strikes.values():
            strike.forget()
        return ()

    def lost(self, reason: str, _mono_ms: int) -> Sequence[Tagged]:
        self._up = False
        failed = [(door, Acknowledged(ref, ok=False)) for door, each in self._strikes.items() for ref in each.failed()]
        return [*failed, *((door, EndDown(RELAY, reason)) for door in self.places)]

    def feed(self, _piece: bytes, _mono_ms: int) -> Sequence[Tagged]:
        return ()  # some boards answer; the answer says nothing the command did not

    def turn(self, _mono_ms: int) -> Sequence[Tagged]:
        return ()

    def due(self, mono_ms: int) -> bytes:
        for door, strike in self._strikes.items():
            state = strike.due(mono_ms)
            if state is not None:
                self._writing = (door, state)
                strike.sending()
                return relay_lc.frame(self.places[door].relay, on=state)
        return b""

    def written(self, _mono_ms: int) -> Sequence[Tagged]:
        assert self._writing is not None
        door, state = self._writing
        proved: list[Tagged] = [(door, Acknowledged(ref, ok=True)) for ref in self._strikes[door].took(state=state)]
        came = [] if self._up else [(each, EndUp(RELAY)) for each in self.places]
        self._up = True
        return [*came, *proved]

    def order(self, order: Order, mono_ms: int) -> None:
        _obey(self._strikes[order.door], order, mono_ms)

    def leaving(self) -> bytes:
        """Off, whatever was on."""
        on = [door for door, strike in self._strikes.items() if strike.written]
        return b"".join(relay_lc.frame(self.places[door].relay, on=False) for door in on)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question on the bus; `door` is empty for a look at the inputs."""

    frame: bytes
    unit: int
    door: str = ""
    state: bool = False


@dataclass(slots=True)
class ModbusBoard:
    """All units on one RS-485 line."""

    places: Mapping[str, Place]
    baud: int = modbus_relay.BAUD
    patience_s: float = 0.02
    decoder: modbus_relay.Decoder = field(default_factory=modbus_relay.Decoder)
    _strikes: dict[str, Strike] = field(default_factory=dict)
    _inputs: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    _up: dict[int, bool | None] = field(default_factory=dict)
    _looked_ms: dict[int, int] = field(default_factory=dict)
    _said_ms: dict[str, int] = field(default_factory=dict)
    _asked: _Asked | None = None
    _sent: bool = False
    _asked_ms: int = 0
    _tries: int = 0
    _heard_ms: int = 0

    def __post_init__(self) -> None:
        self._strikes = {door: Strike() for door in self.places}
        self._up = dict.fromkeys(sorted({place.unit for place in self.places.values()}))

    def opened(self, _mono_ms: int) -> Sequence[Tagged]:
        for strike in self._strikes.values():
            strike.forget()
        self.decoder, self._asked = modbus_relay.Decoder(), None
        return ()

    def lost(self, reason: str, _mono_ms: int) -> Sequence[Tagged]:
        self._asked = None
        return [told for unit in self._up for told in self._gone(unit, reason)]

    def feed(self, piece: bytes, mono_ms: int) -> Sequence[Tagged]:
        self._heard_ms = mono_ms
        return [told for frame in self.decoder.feed(piece) for told in self._answered(frame)]

    def turn(self, mono_ms: int) -> Sequence[Tagged]:
        if mono_ms - self._heard_ms >= SILENCE_MS:
            self.decoder.silence()
        if self._asked is None or not self._sent or mono_ms - self._asked_ms < PATIENCE_MS:
            return ()
        if self._tries < TRIES and self._up[self._asked.unit] is not False:
            self._sent = False  # once more
            return ()
        unit, self._asked = self._asked.unit, None
        return self._gone(unit, "no answer")

    def due(self, mono_ms: int) -> bytes:
        if self._asked is None:
            self._asked, self._sent, self._tries = self._next(mono_ms), False, 0
        if self._asked is None or self._sent:
            return b""
        self._asked_ms, self._tries = mono_ms, self._tries + 1
        return self._asked.frame

    def written(self, _mono_ms: int) -> Sequence[Tagged]:
        self._sent = True
        return ()

    def order(self, order: Order, mono_ms: int) -> None:
        _obey(self._strikes[order.door], order, mono_ms)

    def leaving(self) -> bytes:
        """Off, whatever was on; nobody waits for the echo."""
        on = [self.places[door] for door, strike in self._strikes.items() if strike.written]
        return b"".join(modbus_relay.switch(place.unit, place.relay - 1, on=False) for place in on)

    def _next(self, mono_ms: int) -> _Asked | None:
        """Locks first; units that are silent are only looked for."""
        for door, strike in self._strikes.items():
            if strike.held and mono_ms - self._said_ms.get(door, mono_ms) >= SAY_AGAIN_MS:
                strike.forget()
            state = strike.due(mono_ms)
            if state is not None and self._up[self.places[door].unit]:
                return self._switching(door, strike, state, mono_ms)
        for unit, up in self._up.items():
            if mono_ms - self._looked_ms.get(unit, -1 << 40) >= (ASK_EVERY_MS if up else 5 * ASK_EVERY_MS):
                self._looked_ms[unit] = mono_ms
                return _Asked(modbus_relay.ask_inputs(unit, 0, INPUTS), unit)
        return None

    def _switching(self, door: str, strike: Strike, state: bool, mono_ms: int) -> _Asked:  # noqa: FBT001
        place, self._said_ms[door] = self.places[door], mono_ms
        strike.sending()
        seconds = -(-strike.left_ms(mono_ms) // 1000)
        if state and place.keeps_time and not strike.held and seconds <= modbus_relay.LONGEST_PULSE_S:
            frame = modbus_relay.pulse(place.unit, place.relay - 1, seconds)
        else:
            frame = modbus_relay.switch(place.unit, place.relay - 1, on=state)
        return _Asked(frame, place.unit, door, state)

    def _answered(self, frame: modbus_relay.Frame) -> list[Tagged]:
        asked = self._asked
        if asked is None or isinstance(frame, Garbled) or frame.unit != asked.unit:
            return []  # nobody's, or late: what was asked is asked again
        match frame:
            case modbus_relay.Written():
                return self._switched(asked, frame)
            case modbus_relay.Bits(function=2) if not asked.door:
                self._asked = None
                return [*self._here(asked.unit), *self._saw(asked.unit, frame.bits)]
            case modbus_relay.Refused():
                self._asked = None
                return [*self._here(asked.unit), *self._refused(asked)]
        return []

    def _switched(self, asked: _Asked, frame: modbus_relay.Written) -> list[Tagged]:
        echo = modbus_relay.sealed(
            bytes([frame.unit, 5]) + frame.coil.to_bytes(2, "big") + frame.value.to_bytes(2, "big")
        )
        if echo != asked.frame:
            return []
        self._asked = None
        return [(asked.door, Acknowledged(ref, ok=True)) for ref in self._strikes[asked.door].took(state=asked.state)]

    def _refused(self, asked: _Asked) -> list[Tagged]:
        """A board without these inputs is there all the same; one without the coil opens nothing."""
        if not asked.door:
            return []
        strike = self._strikes[asked.door]
        failed = strike.failed()
        strike.written = asked.state if not failed else False  # asking for ever changes nothing
        return [(asked.door, Acknowledged(ref, ok=False, code="refused")) for ref in failed]

    def _here(self, unit: int) -> list[Tagged]:
        if self._up[unit]:
            return []
        self._up[unit] = True
        for door in self._doors(unit):
            self._strikes[door].forget()  # it may have lost its power
            self._inputs.pop(door, None)
        return [(door, EndUp(RELAY)) for door in self._doors(unit)]

    def _gone(self, unit: int, reason: str) -> list[Tagged]:
        doors = self._doors(unit)
        failed = [(door, Acknowledged(ref, ok=False)) for door in doors for ref in self._strikes[door].failed()]
        fresh = self._up[unit] is not False
        self._up[unit] = False
        return [*failed, *((door, EndDown(RELAY, reason)) for door in doors if fresh)]

    def _doors(self, unit: int) -> list[str]:
        return [door for door, place in self.places.items() if place.unit == unit]

    def _saw(self, unit: int, bits: Sequence[bool]) -> list[Tagged]:
        told: list[Tagged] = []
        for door in self._doors(unit):
            place = self.places[door]
            now = (_bit(bits, place.contact) is not place.closed_active, _bit(bits, place.exit))
            before = self._inputs.get(door)
            self._inputs[door] = now
            if place.contact and (before is None or before[0] is not now[0]):
                told.append((door, ContactSaid(open=now[0])))
            if now[1] and not (before and before[1]):
                told.append((door, ExitPressed()))
        return told


def _obey(strike: Strike, order: Order, mono_ms: int) -> None:
    match order:
        case Release(seconds=seconds, ref=ref):
            strike.release(seconds, mono_ms, ref)
        case Hold(on=on):
            strike.hold(on=on)


def _bit(bits: Sequence[bool], number: int | None) -> bool:
    return number is not None and number <= len(bits) and bits[number - 1]
