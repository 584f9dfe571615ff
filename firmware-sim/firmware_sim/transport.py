"""A door's line to the broker, of whatever it is made: when it dials, and what the network does to its messages."""

import random
from collections.abc import Callable
from functools import partial
from typing import Protocol

from firmware_sim import mqtt
from firmware_sim.effects import Publish
from firmware_sim.loop import Timers
from firmware_sim.weather import CALM, LONGEST_HELD_MS, Faults, Weather

LONGEST_WAIT_S = 60


class Ends(Protocol):
    """Who is told what the line brings."""

    def will(self) -> Publish:
        """Asked before each connection."""

    def line_up(self) -> None:
        """Connected and subscribed."""

    def line_down(self) -> None:
        """No longer connected."""

    def message(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """What the broker delivers."""


class Line:
    """Dials while plugged in; loses, doubles, delays and shuffles what the network's faults say."""

    def __init__(self, loop: Timers, ends: Ends, dice: random.Random, jitter_s: float) -> None:
        """`jitter_s`: the first try, also after a lost connection, comes at random within so many seconds."""
        self._loop = loop
        self._ends = ends
        self._dice = dice
        self._jitter_s = jitter_s
        self._failures = 0
        self._call = 0  # counts connections: what belongs to an old one never reaches a new one
        self._up: Weather[Publish] = Weather(dice)
        self._down: Weather[mqtt.Message] = Weather(dice)
        self.plugged = False
        self.up = False

    @property
    def state(self) -> str:
        """unplugged, up, or connecting (dialling, or waiting to)."""
        if not self.plugged:
            return "unplugged"
        return "up" if self.up else "connecting"

    def plug(self) -> None:
        """Dials at once, or within `jitter_s`."""
        if not self.plugged:
            self.plugged = True
            self._failures = 0
            self._later(self._dice.uniform(0, self._jitter_s))

    def unplug(self) -> None:
        """Without a word: the broker sends the last will."""
        self.plugged = False
        self._hang_up()

    def leave(self) -> None:
        """In good order, so that no last will is sent."""
        self.plugged = False
        if self.up:
            self._say_goodbye()
        self._hang_up()

    def weather(self, faults: Faults = CALM) -> None:
        """What the network does from now on."""
        self._up.faults = self._down.faults = faults
        for side, carry in ((self._up, self._carry_up), (self._down, self._carry_down)):
            if side.holding and not faults.reorder:
                carry()

    def publish(self, message: Publish) -> None:
        """Sent if the line is up, else lost."""
        if not self.up:
            return
        if self._up.calm:
            self._send(message)
            return
        for delay_ms, each in self._up.take(message):
            self._in(delay_ms, partial(self._send, each))
        if self._up.holding:
            self._in(LONGEST_HELD_MS, self._carry_up)

    def flush(self) -> None:
        """After anything was published."""

    def _arrived(self, message: mqtt.Message) -> None:
        if self._down.calm:
            self._hear(message)
            return
        for delay_ms, each in self._down.take(message):
            self._in(delay_ms, partial(self._hear, each))
        if self._down.holding:
            self._in(LONGEST_HELD_MS, self._carry_down)

    def _carry_up(self) -> None:
        for delay_ms, each in self._up.release():
            self._in(delay_ms, partial(self._send, each))

    def _carry_down(self) -> None:
        for delay_ms, each in self._down.release():
            self._in(delay_ms, partial(self._hear, each))

    def _hear(self, message: mqtt.Message) -> None:
        self._ends.message(message.topic, message.payload, retained=message.retained)
        self.flush()

    def _in(self, delay_ms: int, job: Callable[[], None]) -> None:
        """Later on this connection, or not at all."""
        call = self._call

        def still() -> None:
            if call == self._call and self.up:
                job()
                self.flush()

        if delay_ms <= 0:
            still()
        else:
            self._loop.after(delay_ms / 1000, still)

    def _answered(self) -> None:
        self._failures = 0
        self.up = True
        self._ends.line_up()

    def _lost(self) -> None:
        self._hang_up()
        if self.plugged:
            self._failures += 1
            longest_s = min(LONGEST_WAIT_S, 2 ** min(self._failures, 6))
            self._later(self._dice.uniform(0, max(longest_s, self._jitter_s)))

    def _later(self, wait_s: float) -> None:
        call = self._call
        if wait_s <= 0:
            self._dial()
        else:
            self._loop.after(wait_s, lambda: self._dial() if call == self._call else None)

    def _hang_up(self) -> None:
        was_up, self.up = self.up, False
        self._call += 1
        self._up.clear()
        self._down.clear()
        self._close()
        if was_up:
            self._ends.line_down()

    def _dial(self) -> None:
        raise NotImplementedError

    def _send(self, message: Publish) -> None:
        raise NotImplementedError

    def _say_goodbye(self) -> None:
        raise NotImplementedError

    def _close(self) -> None:
        raise NotImplementedError


Dial = Callable[[Ends, random.Random], Line]
