"""One RS-485 bus of OSDP readers, spoken by libosdp in a thread of our own; only secure channels count.

libosdp keeps the frames, the encryption and the sequence numbers. Ours are the port, the time, who is reached
(devices/drivers/osdp.py), and that nothing is sent that a reader cannot do: a NAK to a command parks it for 300 s.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import Any, TypeAlias

import osdp

from devices.drivers.line_runner import Hold, Release, Tell, mono_ms
from devices.drivers.osdp import (
    NEEDS,
    Command,
    Inputs,
    Kind,
    Light,
    Member,
    News,
    Reach,
    Step,
    Times,
    ask_inputs,
    lights,
    output,
    told_of,
)
from devices.drivers.osdp_frames import Decoder
from devices.drivers.reader_ends import READER, Entries
from devices.drivers.told import (
    Acknowledged,
    CardShown,
    ContactSaid,
    EndDown,
    EndUp,
    ExitPressed,
    KeyPressed,
    Told,
    Warned,
)
from devices.failures import LinkLost
from devices.serial_line import Closed, LineEvent, Opened, Received, SerialLine
from devices.strikes import Strike

log = logging.getLogger(__name__)

TICK_S, CLOSED_TICK_S = 0.005, 0.2
_DONE = 0


@dataclass(frozen=True, slots=True)
class Show:
    """Tell the person before this reader."""

    door: str
    light: Light


Order: TypeAlias = Release | Hold | Show


class Wire:
    """The open port as libosdp reads it, in whole frames, shared by the readers of a bus."""

    def __init__(self, line: SerialLine) -> None:
        self._line = line
        self._decoder = Decoder()
        self._held = bytearray()

    def came(self, piece: bytes) -> None:
        for frame in self._decoder.feed(piece):
            self._held += frame

    def clear(self) -> None:
        self._decoder.silence()
        self._held.clear()

    def take(self, most: int) -> bytes:
        piece = bytes(self._held[:most])
        del self._held[:most]
        return piece

    def put(self, piece: bytes) -> int:
        with contextlib.suppress(LinkLost):  # the line says Closed, and opens itself again
            self._line.write(piece)
        return len(piece)


class Ear(osdp.Channel):  # type: ignore[misc]
    """One reader's view of the wire: libosdp reads it while it is this reader's turn, so what comes is its answer."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire
        self.heard_ms: int | None = None

    def read(self, max_bytes: int) -> bytes:
        piece = self._wire.take(max_bytes)
        if piece:
            self.heard_ms = mono_ms()
        return piece

    def write(self, buf: bytes) -> int:
        return self._wire.put(bytes(buf))

    def flush(self) -> None:
        """What is left of an answer that was given up."""
        self._wire.clear()


@dataclass(slots=True)
class Station:
    """One reader on the bus, and how it stands."""

    door: str
    member: Member
    reach: Reach
    ear: Ear
    strike: Strike = field(default_factory=Strike)
    entries: Entries = field(default_factory=Entries)
    outputs: deque[bool] = field(default_factory=deque)  # switchings under way
    refused: set[int] = field(default_factory=set)  # commands it once answered by NAK: never again
    inputs: tuple[bool, bool] | None = None


class OsdpBus:
    """All readers of one port. `tell` is called from its thread."""

    def __init__(
        self, path: str, baud: int, members: Mapping[str, Member], tell: Tell, *, times: Times | None = None
    ) -> None:
        self._inbox: Queue[LineEvent | Order | None] = Queue()
        self._line = SerialLine(path, baud, self._inbox)
        self._wire = Wire(self._line)
        self._times = times or Times()
        self._tell = tell
        self._stations = [Station(door, each, Reach(self._times), Ear(self._wire)) for door, each in members.items()]
        self._by_door = {station.door: station for station in self._stations}
        self._panel: Any = None
        self._thread = threading.Thread(target=self._run, name=f"osdp {path}", daemon=True)

    def start(self) -> None:
        self._line.start()
        self._thread.start()

    def stop(self) -> None:
        """Shuts the locks if it can, then the line."""
        self._inbox.put(None)
        self._thread.join()
        self._line.stop()

    def order(self, order: Order) -> None:
        self._inbox.put(order)

    def _run(self) -> None:
        while self._gather():
            if self._panel is not None:
                self._turn()
        self._leave()

    def _gather(self) -> bool:
        """Everything that waits, a moment's patience for the first; False when it is time to leave."""
        try:
            event = self._inbox.get(timeout=TICK_S if self._panel else CLOSED_TICK_S)
            while event is not None:
                self._take(event)
                event = self._inbox.get_nowait()
        except Empty:
            return True
        return False

    def _take(self, event: LineEvent | Order) -> None:
        match event:
            case Received(piece=piece):
                self._wire.came(piece)
            case Opened():
                self._begin()
            case Closed(reason=reason):
                self._end(reason)
            case Release() | Hold() | Show():
                self._obey(event)

    def _begin(self) -> None:
        """A panel of its own for each time the port is open: nothing of before is left in it."""
        self._wire.clear()
        flags = [osdp.LibFlag.EnforceSecure]
        found = [
            osdp.PDInfo(each.member.address, each.ear, scbk=each.member.key, flags=flags) for each in self._stations
        ]
        self._panel = osdp.ControlPanel(
            found, log_level=osdp.LogLevel.Critical, command_completion_handler=self._completed
        )
        self._panel.lock = contextlib.nullcontext()  # one thread: ours
        for station in self._stations:
            station.ear.heard_ms = None
            station.reach.begin(mono_ms())

    def _end(self, reason: str) -> None:
        self._panel = None
        for station in self._stations:
            self._lose(station)
            station.reach.up = False
            self._say(station, EndDown(READER, reason))

    def _obey(self, order: Order) -> None:
        station = self._by_door[order.door]
        match order:
            case Show(light=light):
                if station.reach.up:
                    for command in lights(light):
                        self._submit(station, command)
            case Hold(on=on):
                station.strike.hold(on=on)
            case Release(seconds=seconds, ref=ref):
                station.strike.release(seconds, mono_ms(), ref)
                if not station.reach.up or self._panel is None:
                    self._fail(station)
                else:
                    self._switch(station)  # the lock before the lights: people wait for it

    def _turn(self) -> None:
        self._panel.ctx.refresh()
        secure, silent = self._panel.sc_status(), sum(each.reach.is_silent for each in self._stations)
        for number, station in enumerate(self._stations):
            self._look(station, secure=bool(secure & 1 << number), silent=silent)
            self._listen(station)
            self._switch(station)

    def _look(self, station: Station, *, secure: bool, silent: int) -> None:
        address, reach = station.member.address, station.reach
        was_gained_ms = reach.gained_ms
        enabled = bool(self._panel.is_pd_enabled(address))
        step, news = reach.look(
            secure=secure, enabled=enabled, heard_ms=station.ear.heard_ms, silent=silent, mono_ms=mono_ms()
        )
        if step is Step.ENABLE:
            self._panel.enable_pd(address)
        elif step is Step.DISABLE:
            self._panel.disable_pd(address)
            self._lose(station)
        if reach.gained_ms != was_gained_ms:
            self._gained(station)
        for each in news:
            self._say(station, *_WORDS[each])

    def _gained(self, station: Station) -> None:
        station.strike.forget()
        station.entries.keypad.clear()
        if station.member.has_inputs:
            self._submit(station, ask_inputs())

    def _lose(self, station: Station) -> None:
        station.outputs.clear()
        station.inputs = None
        station.strike.forget()
        self._fail(station)

    def _fail(self, station: Station) -> None:
        for ref in station.strike.failed():
            self._say(station, Acknowledged(ref, ok=False))

    def _listen(self, station: Station) -> None:
        """libosdp's queue of events grows for ever unless it is emptied."""
        moment, stale = mono_ms(), station.reach.is_stale(mono_ms())
        while (event := self._panel.get_event(station.member.address, timeout=-1)) is not None:
            for told in told_of(event):
                if isinstance(told, Inputs):
                    self._saw(station, told)
                else:
                    self._entered(station, told, moment, stale=stale)

    def _entered(self, station: Station, told: Told, moment: int, *, stale: bool) -> None:
        if not stale:
            self._say(station, *station.entries.take(told, moment))
            return
        station.entries.keypad.clear()
        if isinstance(told, CardShown) or told == KeyPressed("#"):
            self._say(station, Warned("stale_read"))

    def _saw(self, station: Station, inputs: Inputs) -> None:
        member, before = station.member, station.inputs
        opened = inputs.at(member.contact) is not member.closed_active
        station.inputs = (opened, inputs.at(member.exit))
        if member.contact is not None and (before is None or before[0] is not opened):
            self._say(station, ContactSaid(open=opened))
        if station.inputs[1] and not (before and before[1]):
            self._say(station, ExitPressed())

    def _switch(self, station: Station) -> None:
        strike, number = station.strike, station.member.output
        if number is None or station.outputs or not station.reach.up or not self._is_secure(station):
            return
        state = strike.due(mono_ms())
        if state is None:
            return
        strike.sending()
        command = output(number, on=state, left_ms=strike.left_ms(mono_ms()), held=strike.held)
        if self._submit(station, command):
            station.outputs.append(state)
            return
        self._fail(station)
        strike.took(state=state)  # it cannot: asking for ever changes nothing

    def _is_secure(self, station: Station) -> bool:
        return bool(self._panel.is_sc_active(station.member.address))

    def _submit(self, station: Station, command: Command) -> bool:
        """False for what this reader cannot do, or once refused."""
        kind = Kind(command["command"])
        level, count = self._panel.check_capability(station.member.address, int(NEEDS[kind]))
        able = level > 0 and count > command.get("output_no", 0)
        if not able or kind in station.refused:
            return False
        return bool(self._panel.submit_command(station.member.address, dict(command)))

    def _completed(self, address: int, command: Command, status: int) -> None:
        """libosdp calls this inside refresh, in our thread."""
        station = next(each for each in self._stations if each.member.address == address)
        kind = command.get("command")
        if status != _DONE and kind in (Kind.STATUS, Kind.LED, Kind.BUZZER):
            log.warning("reader refuses a command door=%s command=%s", station.door, kind)
            station.refused.add(int(kind))
        if kind == Kind.OUTPUT and station.outputs:
            state = station.outputs.popleft()
            if status != _DONE:
                self._fail(station)
                return
            for ref in station.strike.took(state=state):
                self._say(station, Acknowledged(ref, ok=True))

    def _leave(self) -> None:
        """Outputs off, in at most half a second."""
        if self._panel is None:
            return
        for station in self._stations:
            station.strike.hold(on=False)
        until = mono_ms() + 500
        while mono_ms() < until and any(each.outputs or each.strike.written for each in self._stations):
            with contextlib.suppress(Empty):
                event = self._inbox.get(timeout=TICK_S)
                if isinstance(event, Received):
                    self._wire.came(event.piece)
            self._turn()

    def _say(self, station: Station, *told: Told) -> None:
        for each in told:
            self._tell(station.door, each, mono_ms())


_WORDS: Mapping[News, tuple[Told, ...]] = {
    News.UP: (EndUp(READER),),
    News.DOWN: (EndDown(READER, "silent"),),
    News.INSECURE: (Warned("reader_insecure"),),
}
