"""Joining equal events under a flood (door-protocol.md 11.5), so that a forged-read storm cannot fill the memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JOIN_MS = 10_000
AT_ONCE = {"denied": 10, "list_refused": 1, "command_refused": 1, "mode_refused": 1}


@dataclass
class _Window:
    ends_ms: int
    written: int = 0
    joined: int = 0
    latest: Mapping[str, Any] = field(default_factory=dict)


class Flood:
    """One window of 10 s for each kind of event that can flood, by (kind, medium, reason). Milliseconds since boot."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str, str], _Window] = {}

    def admits(self, kind: str, facts: Mapping[str, Any], mono_ms: int) -> bool:
        """True: write this one now. False: it is counted, and comes out of `ended` later. Call `ended` first."""
        key = (kind, facts.get("medium", ""), facts["reason"])
        window = self._windows.setdefault(key, _Window(ends_ms=mono_ms + JOIN_MS))
        if window.written < AT_ONCE[kind]:
            window.written += 1
            return True
        window.joined += 1
        window.latest = facts
        return False

    def ended(self, mono_ms: int) -> list[tuple[str, dict[str, Any]]]:
        """Kind and facts, with their count, of the joined events whose 10 s are over."""
        over = [key for key, window in self._windows.items() if window.ends_ms <= mono_ms]
        closed = [(key[0], self._windows.pop(key)) for key in over]
        return [(kind, {**window.latest, "count": window.joined}) for kind, window in closed if window.joined]

    def due_ms(self) -> int | None:
        """When the next window ends."""
        return min((window.ends_ms for window in self._windows.values()), default=None)
