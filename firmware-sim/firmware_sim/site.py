"""All simulated doors of one process, by name, with the loop and the diallers they share."""

import random
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from firmware_sim.controller import SUBSCRIBED
from firmware_sim.door import Door
from firmware_sim.flash import Flash, FolderFlash, RamFlash
from firmware_sim.loop import Loop
from firmware_sim.provisioning import Broker, Record
from firmware_sim.store import Store
from firmware_sim.tcp_line import TcpLine
from firmware_sim.transport import Dial, Ends, Line

DIALLERS = 4


MakeFlash = Callable[[str], Flash]


def in_folders(state: Path, *, sync: bool = True) -> MakeFlash:
    """Each door's lasting memory in a folder of its own name, made when it has something to keep."""
    return lambda door: FolderFlash(state / door, sync=sync)


def in_ram(_door: str) -> Flash:
    """Lasting memory that lasts as long as the process."""
    return RamFlash()


class Bench(Protocol):
    """What stands on the bench under one name: an MQTT door, or a reader and a relay on serial lines."""

    def view(self) -> dict[str, Any]:
        """Its state, for GET /doors."""


class Site:
    """Start it, use `ask` from any thread, stop it."""

    def __init__(
        self,
        records: Iterable[Record],
        flash: MakeFlash,
        *,
        broker: Broker,
        seed: int | None,
        jitter_s: float = 0.0,
    ) -> None:
        """`broker`: for the records that name none, and for what a record does not say (user, ca). `jitter_s`: doors
        dial at random within so many seconds, at the start and after a lost connection."""
        self.loop = Loop()
        self._jitter_s = jitter_s
        self._dialler = ThreadPoolExecutor(DIALLERS, thread_name_prefix="dial")
        self._benches: dict[str, Bench] = {}
        for n, record in enumerate(records):
            store = Store(flash(record.door))
            dial = self._dial(record, _account(record.broker or broker, broker))
            self._benches[record.door] = Door(record, store, self.loop, dial, None if seed is None else seed + n)

    def add(self, name: str, bench: Bench) -> None:
        """Something else on the bench."""
        self._benches[name] = bench

    @property
    def benches(self) -> Mapping[str, Bench]:
        """By name."""
        return self._benches

    def start(self) -> None:
        """Power on for all."""
        self.loop.start()
        for door in self._doors():
            self.loop.post(door.power_on)

    def stop(self) -> None:
        """Every door leaves in good order."""
        for door in self._doors():
            self.loop.call(door.leave)
        self._dialler.shutdown(wait=True, cancel_futures=True)
        self.loop.stop()

    def _doors(self) -> list[Door]:
        return [bench for bench in self._benches.values() if isinstance(bench, Door)]

    def _dial(self, record: Record, broker: Broker) -> Dial:
        def line(ends: Ends, dice: random.Random) -> Line:
            return TcpLine(self.loop, self._dialler, broker, record.door, SUBSCRIBED, ends, dice, self._jitter_s)

        return line


def _account(own: Broker, common: Broker) -> Broker:
    return Broker(own.host, own.port, own.tls, common.user or own.user, own.password or common.password, common.ca)
