"""Broker and lines without a network, in virtual time: what is retained, last wills, and a broker that can be down."""

import random
from collections.abc import Callable

from firmware_sim import mqtt
from firmware_sim.codec import topic_of
from firmware_sim.controller import SUBSCRIBED
from firmware_sim.effects import Publish
from firmware_sim.loop import VirtualTime
from firmware_sim.provisioning import Record
from firmware_sim.transport import Ends, Line

LATENCY_MS = 5
Hear = Callable[[str, bytes], None]


class Air:
    """One broker for all doors. `hear` is told topic and payload of what doors publish."""

    def __init__(self, loop: VirtualTime, *, jitter_s: float = 0.0) -> None:
        self.loop = loop
        self.jitter_s = jitter_s
        self.down = False
        self.hear: Hear = lambda _topic, _payload: None
        self._retained: dict[str, bytes] = {}
        self._lines: dict[str, AirLine] = {}

    def line(self, record: Record, ends: Ends, dice: random.Random) -> "AirLine":
        return AirLine(self, record.door, ends, dice)

    def close(self) -> None:
        self._lines.clear()

    def stop(self, *, forgets: bool) -> None:
        """The broker is killed; `forgets`: with all it retained."""
        self.down = True
        for line in list(self._lines.values()):
            line.cut()
        if forgets:
            self._retained.clear()

    def start(self) -> None:
        """The broker is there again."""
        self.down = False

    def publish(self, door: str, ending: str, payload: bytes, *, retain: bool = False) -> None:
        """From the service."""
        topic = topic_of(door, ending)
        if self.down:
            return
        if retain:
            self._retained[topic] = payload
        line = self._lines.get(door)
        if line is not None:
            line.deliver(mqtt.Message(topic, payload, retained=False))

    # --- from the lines ---

    def joined(self, door: str, line: "AirLine") -> None:
        """Subscribed, in the order of the protocol: what is retained comes."""
        self._lines[door] = line
        for ending in SUBSCRIBED:
            prefix = topic_of(door, ending.removesuffix("+"))
            for topic, payload in sorted(self._retained.items()):
                if topic == prefix or (ending.endswith("+") and topic.startswith(prefix)):
                    line.deliver(mqtt.Message(topic, payload, retained=True))

    def left(self, door: str, will: Publish | None) -> None:
        """`will` None: said goodbye."""
        if self._lines.pop(door, None) is not None and will is not None and not self.down:
            self.take(will)

    def take(self, message: Publish) -> None:
        """From a door."""
        if not self.down:
            self.hear(message.topic, message.payload)


class AirLine(Line):
    """A door's line to the broker in the air."""

    def __init__(self, air: Air, door: str, ends: Ends, dice: random.Random) -> None:
        super().__init__(air.loop, ends, dice, air.jitter_s)
        self._air = air
        self._door = door
        self._will: Publish | None = None

    def deliver(self, message: mqtt.Message) -> None:
        """From the broker, a moment later."""
        self._in(LATENCY_MS, lambda: self._arrived(message))

    def cut(self) -> None:
        """The broker is gone."""
        self._lost()

    def _dial(self) -> None:
        if not self.plugged or self.up:
            return
        if self._air.down:
            self._lost()
            return
        self._will = self._ends.will()
        self._answered()
        self._air.joined(self._door, self)

    def _send(self, message: Publish) -> None:
        self._in(LATENCY_MS, lambda: self._air.take(message))

    def _say_goodbye(self) -> None:
        self._will = None

    def _close(self) -> None:
        self._air.left(self._door, self._will)
