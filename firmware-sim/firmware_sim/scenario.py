"""A scenario file (README.md): which doors there are, what goes wrong when, and who taps when. TOML in, values out."""

import random
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from firmware_sim import shapes
from firmware_sim.weather import Faults

Number = float | int
STARTS_AT = datetime(2026, 1, 12, 6, tzinfo=UTC)
KINDS = ("network", "cut", "power", "torn", "clock", "flash", "contact", "input", "broker")


class BadScenario(ValueError):
    """Says where in the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class DoorsWanted:
    """`doors` doors `{name}-0001` … with this hardware; a pair is a range from which each door draws."""

    name: str
    doors: int
    drift_ppm: Number | tuple[Number, Number] = 0
    contact: bool = True
    rtc: bool = True
    events: int = 10_000
    rights: int = 1500
    flash: int | None = None


@dataclass(frozen=True, slots=True)
class Which:
    """Doors whose name fits, and of those this part, drawn once."""

    pattern: str = "*"
    part: float = 1.0

    def of(self, doors: list[str], dice: random.Random) -> list[str]:
        """In their order."""
        fitting = [door for door in doors if fnmatchcase(door, self.pattern)]
        if self.part >= 1:
            return fitting
        drawn = set(dice.sample(range(len(fitting)), round(self.part * len(fitting))))
        return [door for n, door in enumerate(fitting) if n in drawn]


@dataclass(frozen=True, slots=True)
class Fault:
    """From `at_s` on, for `for_s` (None: it stays); `how` are the keys of its kind."""

    kind: str
    at_s: float
    for_s: float | None
    which: Which
    how: Mapping[str, Any] = field(default_factory=dict)

    @property
    def network(self) -> Faults:
        """Of kind `network`."""
        return faults(self.how)


@dataclass(frozen=True, slots=True)
class Taps:
    """`times` taps at each door, `every_s` apart, the first within `spread_s` of `at_s`."""

    at_s: float
    which: Which
    credential: Mapping[str, Any]
    times: int = 1
    every_s: float = 10.0
    spread_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ListGiven:
    """In virtual time: this list to these doors. `rights`: card or pin, from_s and until_s after the start."""

    at_s: float
    which: Which
    rights: tuple[Mapping[str, Any], ...]
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything of a file."""

    seed: int = 1
    jitter_s: float = 0.0
    memory: str = "ram"
    starts_at: datetime = STARTS_AT
    ends_s: float | None = None
    sites: tuple[DoorsWanted, ...] = ()
    serial: tuple[Mapping[str, str], ...] = ()
    faults: tuple[Fault, ...] = ()
    taps: tuple[Taps, ...] = ()
    lists: tuple[ListGiven, ...] = ()


def read(path: Path) -> Scenario:
    """Raises BadScenario, OSError."""
    try:
        return scenario(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise BadScenario(f"{path.name}: {error}") from error
    except BadScenario as error:
        raise BadScenario(f"{path.name}: {error}") from error


Test = Callable[[object], bool]


@dataclass(frozen=True, slots=True)
class Key:
    """What a value must be, in words and as a test."""

    words: str
    fits: Test
    required: bool = False


def number(low: float, high: float) -> Test:
    """A number from low to high, no truth value."""
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _range_of(test: Test) -> Test:
    return lambda value: test(value) or (isinstance(value, list) and len(value) == 2 and all(test(x) for x in value))


YEAR_S = 366 * 86400
_when = Key("seconds after the start", number(0, YEAR_S), required=True)
_span = Key("seconds", number(0, YEAR_S))
_part = Key("a part, 0 to 1", number(0, 1))
_flag = Key("true or false", lambda value: isinstance(value, bool))
_words = Key("text", lambda value: isinstance(value, str) and bool(value))
_tables = Key("tables", lambda value: isinstance(value, list) and all(isinstance(each, dict) for each in value))
_count = Key("a whole number from 1 to 100000", shapes.integer(1, 100_000))
_which = {"doors": _words, "part": _part}
_credential = {
    "card": _words,
    "pin": _words,
    "format": _words,
    "bits": Key("a whole number from 1 to 64", shapes.integer(1, 64)),
}
TOP: Mapping[str, Key] = {
    "seed": Key("a whole number", shapes.integer(0, 2**63)),
    "jitter_s": _span,
    "memory": Key('"ram" or "files"', shapes.one_of("ram", "files")),
    "starts_at": Key(
        "a date and time with its offset", lambda value: isinstance(value, datetime) and bool(value.tzinfo)
    ),
    "ends_s": _span,
    "sites": _tables,
    "serial": _tables,
    "faults": _tables,
    "taps": _tables,
    "lists": _tables,
}
SITE: Mapping[str, Key] = {
    "name": Key("3 to 30 of a-z, 0-9, -", shapes.matches(r"[a-z0-9-]{3,30}"), required=True),
    "doors": Key("a whole number from 1 to 100000", shapes.integer(1, 100_000), required=True),
    "drift_ppm": Key("a number or a range [low, high], at most 100000", _range_of(number(-100_000, 100_000))),
    "contact": _flag,
    "rtc": _flag,
    "events": Key("a whole number from 200 to 1000000", shapes.integer(200, 1_000_000)),
    "rights": Key("a whole number from 1 to 10000", shapes.integer(1, 10_000)),
    "flash": Key("bytes, at least 20000", shapes.integer(20_000, 2**40)),
}
SERIAL: Mapping[str, Key] = {
    "name": Key("text", shapes.matches(r"[a-z0-9-]{3,40}"), required=True),
    "reader": Key('"rdm6300", "id12la" or "wiegand-text"', shapes.one_of("rdm6300", "id12la", "wiegand-text")),
}
FAULT: Mapping[str, Key] = {
    "kind": Key(f"one of {', '.join(KINDS)}", shapes.one_of(*KINDS), required=True),
    "at_s": _when,
    "for_s": _span,
    **_which,
}
HOW: Mapping[str, Mapping[str, Key]] = {
    "network": {
        "loss": _part,
        "duplicate": _part,
        "copies": Key("a whole number from 2 to 20", shapes.integer(2, 20)),
        "reorder": Key("a whole number from 2 to 1000", shapes.integer(2, 1000)),
        "delay_ms": Key("milliseconds or a range [low, high]", _range_of(shapes.integer(0, 600_000))),
    },
    "cut": {},
    "power": {"rtc_lost": _flag},
    "torn": {"after": Key("bytes or a range [low, high]", _range_of(shapes.integer(0, 1_000_000)), required=True)},
    "clock": {
        "jump_s": Key("seconds", number(-YEAR_S, YEAR_S)),
        "offset_s": Key("seconds", number(-YEAR_S, YEAR_S)),
        "state": Key('"synced" or "unknown"', shapes.one_of("synced", "unknown")),
    },
    "flash": {"bytes": Key("bytes, at least 1000", shapes.integer(1000, 2**40), required=True)},
    "contact": {"open": _flag},
    "input": {
        "name": Key('"fire", "interlock" or "rex"', shapes.one_of("fire", "interlock", "rex"), required=True),
        "active": _flag,
    },
    "broker": {"forgets": _flag},
}
TAPS: Mapping[str, Key] = {"at_s": _when, **_which, **_credential, "times": _count, "every_s": _span, "spread_s": _span}
LIST: Mapping[str, Key] = {
    "at_s": _when,
    **_which,
    "version": Key("a whole number from 1", shapes.integer(1)),
    "rights": Key("tables", _tables.fits, required=True),
}
RIGHT: Mapping[str, Key] = {
    **_credential,
    "from_s": Key("seconds after the start, may be negative", number(-YEAR_S, YEAR_S)),
    "until_s": Key("seconds after the start", number(-YEAR_S, YEAR_S)),
}


def scenario(table: Mapping[str, Any]) -> Scenario:
    """Raises BadScenario."""
    check("", table, TOP)
    return Scenario(
        **{key: table[key] for key in ("seed", "jitter_s", "memory", "starts_at", "ends_s") if key in table},
        sites=_each(table, "sites", _site),
        serial=_each(table, "serial", _serial),
        faults=_each(table, "faults", _fault),
        taps=_each(table, "taps", _taps),
        lists=_each(table, "lists", _list),
    )


def faults(how: Mapping[str, Any]) -> Faults:
    """Of the keys of kind `network`."""
    low, high = _pair(how.get("delay_ms", 0))
    facts = {key: how[key] for key in ("loss", "duplicate", "copies", "reorder") if key in how}
    return Faults(**facts, delay_ms=(int(low), int(high)))


def _each(table: Mapping[str, Any], key: str, make: Callable[[str, Mapping[str, Any]], Any]) -> tuple[Any, ...]:
    return tuple(make(f"{key} {n}", entry) for n, entry in enumerate(table.get(key, ()), 1))


def _site(where: str, entry: Mapping[str, Any]) -> DoorsWanted:
    check(where, entry, SITE)
    drift = entry.get("drift_ppm", 0)
    return DoorsWanted(**{**entry, "drift_ppm": tuple(drift) if isinstance(drift, list) else drift})


def _serial(where: str, entry: Mapping[str, Any]) -> Mapping[str, str]:
    check(where, entry, SERIAL)
    return {"reader": "rdm6300", **entry}


def _fault(where: str, entry: Mapping[str, Any]) -> Fault:
    kind = entry.get("kind")
    more = HOW.get(kind, {}) if isinstance(kind, str) else {}
    check(where, entry, {**FAULT, **more})
    return Fault(
        entry["kind"],
        entry["at_s"],
        entry.get("for_s"),
        _which_of(entry),
        {key: value for key, value in entry.items() if key in more},
    )


def _taps(where: str, entry: Mapping[str, Any]) -> Taps:
    check(where, entry, TAPS)
    facts = {key: entry[key] for key in ("times", "every_s", "spread_s") if key in entry}
    return Taps(entry["at_s"], _which_of(entry), _credential_of(where, entry), **facts)


def _list(where: str, entry: Mapping[str, Any]) -> ListGiven:
    check(where, entry, LIST)
    for n, right in enumerate(entry["rights"], 1):
        check(f"{where}, right {n}", right, RIGHT)
        _credential_of(f"{where}, right {n}", right)
    return ListGiven(entry["at_s"], _which_of(entry), tuple(entry["rights"]), entry.get("version"))


def _which_of(entry: Mapping[str, Any]) -> Which:
    return Which(entry.get("doors", "*"), entry.get("part", 1.0))


def _credential_of(where: str, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    if ("card" in entry) == ("pin" in entry):
        raise BadScenario(f'{where}: either "card" or "pin"')
    return {key: entry[key] for key in _credential if key in entry}


def _pair(value: Any) -> tuple[Number, Number]:
    return (value[0], value[1]) if isinstance(value, list | tuple) else (value, value)


def check(where: str, table: Mapping[str, Any], keys: Mapping[str, Key]) -> None:
    """Raises BadScenario for a key that is unknown, missing or wrong."""
    at = f"{where}: " if where else ""
    for key in table:
        if key not in keys:
            raise BadScenario(f'{at}unknown key "{key}"; there are: {", ".join(keys)}')
    for key, wanted in keys.items():
        if key not in table:
            if wanted.required:
                raise BadScenario(f'{at}"{key}" is missing')
        elif not wanted.fits(table[key]):
            raise BadScenario(f'{at}"{key}" must be {wanted.words}')
