"""The serial lines of this process: which readers, boards and buses its doors need, opened, changed and closed.

Doors may share a board or a bus. What hangs on one line is one plan; a plan that changes is stopped and begun anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from access.models import Door, Driver
from devices.drivers.line_runner import LineRunner, Order, Tell
from devices.drivers.osdp import Light, Member, Times
from devices.drivers.osdp_bus import OsdpBus, Show
from devices.drivers.reader_ends import READER, ReaderKind, SpeakingReader, reader_end
from devices.drivers.registry import ON_WIRES
from devices.drivers.relay_boards import RELAY, LcBoard, ModbusBoard, Place
from devices.drivers.shared_port import SharedPort

KINDS: Mapping[str, ReaderKind] = {
    Driver.RDM6300_RELAY: ReaderKind.RDM6300,
    Driver.ID12LA_RELAY: ReaderKind.ID12LA,
    Driver.PN532_RELAY: ReaderKind.PN532,
    Driver.WIEGAND_TEXT_RELAY: ReaderKind.WIEGAND_TEXT,
}
LC, MODBUS, OWN = "lc", "modbus", "reader"
assert {driver.value for driver in KINDS} | {Driver.OSDP.value} == ON_WIRES  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class ReaderPlan:
    """One reader that speaks, or is asked, on a line of its own."""

    path: str
    kind: ReaderKind
    door: str

    def runner(self, tell: Tell, _times: Times) -> LineRunner:
        return LineRunner(self.path, reader_end(self.kind, self.door), tell)


@dataclass(frozen=True, slots=True)
class SharedPlan:
    """Reader and LC board of one door on one port."""

    path: str
    kind: ReaderKind
    door: str
    place: Place

    def runner(self, tell: Tell, _times: Times) -> LineRunner:
        reader = reader_end(self.kind, self.door)
        assert isinstance(reader, SpeakingReader)
        return LineRunner(self.path, SharedPort(reader, LcBoard({self.door: self.place})), tell)


@dataclass(frozen=True, slots=True)
class BoardPlan:
    """One relay board, or several units on one Modbus line."""

    path: str
    kind: str
    places: tuple[tuple[str, Place], ...]

    def runner(self, tell: Tell, _times: Times) -> LineRunner:
        places = dict(self.places)
        return LineRunner(self.path, ModbusBoard(places) if self.kind == MODBUS else LcBoard(places), tell)


@dataclass(frozen=True, slots=True)
class BusPlan:
    """One OSDP bus."""

    path: str
    baud: int
    members: tuple[tuple[str, Member], ...]

    def runner(self, tell: Tell, times: Times) -> OsdpBus:
        return OsdpBus(self.path, self.baud, dict(self.members), tell, times=times)


Plan: TypeAlias = ReaderPlan | SharedPlan | BoardPlan | BusPlan


def needs(door: Door) -> frozenset[str]:
    """The ends that must be there for this door to work."""
    return frozenset((READER,)) if lock_of(door) == OWN else frozenset((READER, RELAY))


def lock_of(door: Door) -> str:
    """What the lock hangs on: lc, modbus, or the reader's own output."""
    found = door.settings.get("lock" if door.driver == Driver.OSDP.value else "board", LC)
    return str(found)


def plans(doors: Iterable[Door], keys: Mapping[str, bytes]) -> frozenset[Plan]:
    """All lines these doors need. `keys`: of OSDP readers, by door; one without is left out, and its lock too."""
    usable = [door for door in doors if door.driver != Driver.OSDP.value or door.controller_id in keys]
    readers = {_reader(door) for door in usable if door.driver in KINDS}
    boards = _boards(door for door in usable if not shares_port(door))
    return frozenset(readers | boards | _buses(usable, keys))


def shares_port(door: Door) -> bool:
    """Whether reader and board have one port between them."""
    return door.driver in KINDS and door.relay_path in ("", door.reader_path)


def _reader(door: Door) -> Plan:
    kind = KINDS[door.driver]
    if shares_port(door):
        return SharedPlan(door.reader_path, kind, door.controller_id, _place(door))
    return ReaderPlan(door.reader_path, kind, door.controller_id)


def _boards(doors: Iterable[Door]) -> set[Plan]:
    places: dict[tuple[str, str], list[tuple[str, Place]]] = {}
    for door in doors:
        if lock_of(door) != OWN:
            places.setdefault((door.relay_path, lock_of(door)), []).append((door.controller_id, _place(door)))
    return {BoardPlan(path, kind, tuple(sorted(each, key=_name))) for (path, kind), each in places.items()}


def _buses(doors: Iterable[Door], keys: Mapping[str, bytes]) -> set[Plan]:
    members: dict[tuple[str, int], list[tuple[str, Member]]] = {}
    for door in doors:
        if door.driver == Driver.OSDP.value:
            line = (door.reader_path, int(door.settings["baud"]))
            members.setdefault(line, []).append((door.controller_id, _member(door, keys[door.controller_id])))
    return {BusPlan(path, baud, tuple(sorted(each, key=_name))) for (path, baud), each in members.items()}


def _name(pair: tuple[str, object]) -> str:
    return pair[0]


def _place(door: Door) -> Place:
    said = door.settings
    return Place(
        relay=door.relay_channel,
        unit=int(said.get("unit", "1")),
        keeps_time=said.get("keeps_time", "yes") == "yes",
        contact=_input(door, "contact"),
        exit=_input(door, "exit"),
        closed_active=said.get("contact_closed", "on") == "on",
    )


def _member(door: Door, key: bytes) -> Member:
    """Inputs are the board's where the lock hangs on a Modbus board, else the reader's."""
    here = lock_of(door) != MODBUS
    return Member(
        address=int(door.settings["address"]),
        key=key,
        output=door.relay_channel if lock_of(door) == OWN else None,
        contact=_input(door, "contact") if here else None,
        exit=_input(door, "exit") if here else None,
        closed_active=door.settings.get("contact_closed", "on") == "on",
    )


def _input(door: Door, name: str) -> int | None:
    found = door.settings.get(name, "none")
    return None if found == "none" else int(found)


@dataclass(slots=True)
class Wires:
    """The lines in use."""

    tell: Tell
    times: Times = field(default_factory=Times)
    _running: dict[Plan, LineRunner | OsdpBus] = field(default_factory=dict)
    _locks: dict[str, LineRunner | OsdpBus] = field(default_factory=dict)
    _lights: dict[str, OsdpBus] = field(default_factory=dict)

    def refit(self, wanted: frozenset[Plan]) -> frozenset[str]:
        """Close what is wanted no more, open what is new. Gives the doors whose lines were touched."""
        gone, new = self._running.keys() - wanted, wanted - self._running.keys()
        for plan in gone:
            self._running.pop(plan).stop()
        for plan in new:
            self._running[plan] = plan.runner(self.tell, self.times)
            self._running[plan].start()
        self._wire_up()
        return frozenset(door for plan in gone | new for door in _doors(plan))

    def order(self, order: Order) -> bool:
        """False when no lock of this door is on any line."""
        runner = self._locks.get(order.door)
        if runner is None:
            return False
        runner.order(order)
        return True

    def show(self, door: str, light: Light) -> None:
        """Readers without lights show nothing."""
        bus = self._lights.get(door)
        if bus is not None:
            bus.order(Show(door, light))

    def stop(self) -> None:
        self.refit(frozenset())

    def _wire_up(self) -> None:
        self._locks, self._lights = {}, {}
        for plan, runner in self._running.items():
            if isinstance(plan, BoardPlan | SharedPlan):
                self._locks |= dict.fromkeys(_doors(plan), runner)
            if isinstance(plan, BusPlan) and isinstance(runner, OsdpBus):
                self._lights |= dict.fromkeys(_doors(plan), runner)
                self._locks |= {door: runner for door, member in plan.members if member.output is not None}


def _doors(plan: Plan) -> tuple[str, ...]:
    match plan:
        case ReaderPlan(door=door) | SharedPlan(door=door):
            return (door,)
        case BoardPlan(places=pairs) | BusPlan(members=pairs):
            return tuple(door for door, _ in pairs)
