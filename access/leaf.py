"""What a door's contact and exit button mean, where the service itself minds the door (door-protocol.md 9.5). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from devices.events import EventKind

EXIT_MS = 10_000
LATE_MS = 1000  # boards are asked ten times a second, and a leaf opened at the last moment is told a little later

Fact: TypeAlias = tuple[EventKind, Mapping[str, Any]]


@dataclass(slots=True)
class Leaf:
    """One door leaf; times are milliseconds of a clock that never jumps. `open` None: no contact has been heard."""

    open: bool | None = None
    released_until_ms: int = -LATE_MS
    held: bool = False
    _exit_until_ms: int = -LATE_MS
    _opened_ms: int = 0
    _limit_s: int = 0
    _told: int = 0  # of the two words about an open leaf

    def released(self, seconds: int, mono_ms: int) -> None:
        """The lock was released for so long."""
        self.released_until_ms = max(self.released_until_ms, mono_ms + seconds * 1000)

    def exit_pressed(self, mono_ms: int) -> list[Fact]:
        self._exit_until_ms = mono_ms + EXIT_MS
        return [(EventKind.REX, {})]

    def contact(self, *, is_open: bool, mono_ms: int, held_open_s: int) -> list[Fact]:
        """What the contact says; the first word after a start is no event."""
        before, self.open = self.open, is_open
        if is_open and before is not True:
            self._opened_ms, self._limit_s, self._told = mono_ms, held_open_s, 0
        if before is None or before is is_open:
            return []
        if not is_open:
            return [(EventKind.DOOR_CLOSED, {})]
        return [(EventKind.DOOR_OPENED if self._may(mono_ms) else EventKind.FORCED, {})]

    def turn(self, mono_ms: int) -> list[Fact]:
        """Time passed: a leaf open for long is told at four fifths of its time and at the whole, once each."""
        if not self.open or self.held:
            return []
        open_ms, told = mono_ms - self._opened_ms, self._told
        self._told = 2 if open_ms >= self._limit_s * 1000 else max(told, int(open_ms >= self._limit_s * 800))
        words = (EventKind.HELD_OPEN_SOON, EventKind.HELD_OPEN)[told : self._told]
        return [(word, {"open_s": open_ms // 1000}) for word in words]

    def lost(self) -> None:
        """Nothing is heard of it any more."""
        self.open = None

    def _may(self, mono_ms: int) -> bool:
        return self.held or mono_ms < max(self.released_until_ms + LATE_MS, self._exit_until_ms)
