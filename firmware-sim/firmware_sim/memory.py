"""What a controller finds in its lasting memory at start, and how it writes it: small canonical JSON files. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from firmware_sim import canonical
from firmware_sim.clock import Clock, after_power_cut
from firmware_sim.effects import Save
from firmware_sim.eventlog import Position, plain
from firmware_sim.keypad import Keypad, after_restart
from firmware_sim.trusted import Key

CORE = "core"
CLOCK = "clock"
KEYPAD = "keypad"
MODE = "mode"
PASSAGE = "passage"
KEYS = "keys"
LIST = "list"


@dataclass(frozen=True, slots=True)
class Found:
    """`clock_at`: the last event written before the clock was saved."""

    boot_epoch: int
    command_counter: int
    synced_ms: int | None
    floor_ms: int
    clock_at: Position
    keypad: Keypad
    applied: dict[str, Any] | None
    mode: dict[str, Any] | None
    passage: dict[str, Any] | None
    keys: tuple[Key, ...] | None

    def clock(self, *, last: Position | None, last_at: int, rtc_ms: int | None) -> Clock:
        """As it stands after a power cut. The last event raises the floor unless the clock was saved later (6.3)."""
        later = last is not None and last > self.clock_at
        floor_ms = max(self.floor_ms, last_at * 1000) if later else self.floor_ms
        return after_power_cut(floor_ms=floor_ms, synced_ms=self.synced_ms, rtc_ms=rtc_ms)


def found(files: Mapping[str, bytes]) -> Found:
    """What an empty memory lacks stands at its beginning."""
    core = _json(files, CORE) or {"boot_epoch": 0, "command_counter": 0}
    clock = _json(files, CLOCK) or {"synced_ms": None, "floor_ms": 0, "after": {"boot_epoch": 0, "seq": 0}}
    keypad = _json(files, KEYPAD) or {"wrong": 0, "locked_out": False}
    return Found(
        boot_epoch=core["boot_epoch"],
        command_counter=core["command_counter"],
        synced_ms=clock["synced_ms"],
        floor_ms=clock["floor_ms"],
        clock_at=Position(**clock["after"]),
        keypad=after_restart(**keypad),
        applied=_json(files, LIST),
        mode=_json(files, MODE),
        passage=_json(files, PASSAGE),
        keys=_keys(_json(files, KEYS)),
    )


def save_core(*, boot_epoch: int, command_counter: int) -> Save:
    """Written before the first event of a start, and before a command is acted on."""
    return Save(CORE, canonical.encode({"boot_epoch": boot_epoch, "command_counter": command_counter}))


def save_clock(clock: Clock, last: Position | None) -> Save:
    """When it was last set, and the floor."""
    after = plain(last or Position(0, 0))
    return Save(
        CLOCK, canonical.encode({"synced_ms": clock.synced_ms, "floor_ms": max(0, clock.floor_ms), "after": after})
    )


def save_keypad(keypad: Keypad) -> Save:
    """The count and whether it is locked out; a restart must not clear them."""
    state = {"wrong": len(keypad.wrong_ms), "locked_out": keypad.until_ms is not None}
    return Save(KEYPAD, canonical.encode(state))


def save_list(applied: Mapping[str, Any]) -> Save:
    """The list in force, whole."""
    return Save(LIST, canonical.encode(dict(applied)))


def save_mode(applied: Mapping[str, Any]) -> Save:
    """The mode in force."""
    return Save(MODE, canonical.encode(dict(applied)))


def save_passage(lasting: Mapping[str, Any]) -> Save:
    """Fire, who is inside, what was used (9.8)."""
    return Save(PASSAGE, canonical.encode(dict(lasting)))


def save_keys(keys: Iterable[Key]) -> Save:
    """The service keys trusted now; without this file those of the provisioning record are."""
    return Save(KEYS, canonical.encode({"keys": [key._asdict() for key in keys]}))


def _keys(found: dict[str, Any] | None) -> tuple[Key, ...] | None:
    return None if found is None else tuple(Key(**key) for key in found["keys"])


def _json(files: Mapping[str, bytes], name: str) -> dict[str, Any] | None:
    return canonical.parse(files[name]) if name in files else None
