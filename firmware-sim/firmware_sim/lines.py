"""How doors get their lines: sockets to a real broker."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from firmware_sim.controller import SUBSCRIBED
from firmware_sim.loop import Loop, Timers
from firmware_sim.provisioning import Broker, Record
from firmware_sim.tcp_line import TcpLine
from firmware_sim.transport import Ends, Line

LOOKING_UP = 4


class Lines(Protocol):
    """The time a site lives in, and a line for each of its doors."""

    @property
    def loop(self) -> Timers:
        """Shared by all."""

    def line(self, record: Record, ends: Ends, dice: random.Random) -> Line:
        """Of this door."""

    def close(self) -> None:
        """After all doors have left."""


class TcpLines:
    """To the broker of each record."""

    def __init__(self, broker: Broker, *, jitter_s: float = 0.0) -> None:
        """`broker`: for the records that name none, and for what a record does not say (user, ca). `jitter_s`: doors
        dial at random within so many seconds, at the start and after a lost connection."""
        self.loop = Loop()
        self._broker = broker
        self._jitter_s = jitter_s
        self._names = ThreadPoolExecutor(LOOKING_UP, thread_name_prefix="names")

    def line(self, record: Record, ends: Ends, dice: random.Random) -> Line:
        broker = _account(record.broker or self._broker, self._broker)
        return TcpLine(self.loop, self._names, broker, record.door, SUBSCRIBED, ends, dice, self._jitter_s)

    def close(self) -> None:
        self._names.shutdown(wait=True, cancel_futures=True)


def _account(own: Broker, common: Broker) -> Broker:
    return Broker(own.host, own.port, own.tls, common.user or own.user, own.password or common.password, common.ca)
