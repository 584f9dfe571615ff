"""What a controller asks of the world around it, in the order it must happen: lasting memory, lock, network. No I/O."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Save:
    """Replace one file of lasting memory at once: after a power cut the old or the new content, never a mix."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Append:
    """Add one line to a file of lasting memory; a torn last line is no line."""

    name: str
    line: bytes


@dataclass(frozen=True, slots=True)
class Publish:
    """QoS 1. Lost without a trace when there is no connection."""

    topic: str
    payload: bytes
    retain: bool


@dataclass(frozen=True, slots=True)
class Release:
    """The strike opens now and stays open until this many milliseconds since boot."""

    until_ms: int


@dataclass(frozen=True, slots=True)
class Hold:
    """The strike stays open for as long as it is held, whatever `Release` says; or it is held no more."""

    held: bool


@dataclass(frozen=True, slots=True)
class Relock:
    """The strike shuts now, unless it is held."""


@dataclass(frozen=True, slots=True)
class SetRtc:
    """The battery-backed clock is set to this, Unix milliseconds."""

    at_ms: int


Effect: TypeAlias = Save | Append | Publish | Release | Hold | Relock | SetRtc
Emit: TypeAlias = Callable[[Effect], None]
