"""All simulated doors of one process, by name, with the time and the lines they share."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from firmware_sim.door import Door
from firmware_sim.flash import Flash, FolderFlash, RamFlash
from firmware_sim.lines import Lines
from firmware_sim.provisioning import Record
from firmware_sim.store import Store

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
    """Start it, use `loop.call` from any thread, stop it."""

    def __init__(self, records: Iterable[Record], flash: MakeFlash, lines: Lines, *, seed: int | None) -> None:
        self._lines = lines
        self.loop = lines.loop
        self._benches: dict[str, Bench] = {}
        self.doors: dict[str, Door] = {}  # those that speak MQTT
        self.flashes: dict[str, Flash] = {}
        for n, record in enumerate(records):
            self.flashes[record.door] = made = flash(record.door)
            dice_seed = None if seed is None else seed + n
            line = lambda ends, dice, record=record: lines.line(record, ends, dice)  # noqa: E731
            self.doors[record.door] = Door(record, Store(made, record.flash), self.loop, line, dice_seed)
        self._benches |= self.doors

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
        for door in self.doors.values():
            self.loop.post(door.power_on)

    def stop(self) -> None:
        """Every door leaves in good order."""
        for door in self.doors.values():
            self.loop.call(door.leave)
        self._lines.close()
        self.loop.stop()
