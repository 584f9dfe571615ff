"""One lock behind a relay or an output: what it should be, what was written, and who waits for the proof. Pure.

The state that is wanted is compared with the one written, so a device that restarts, a line that comes back and a
process that begins anew all end in the same: shut, unless an opening still runs or the door is held open.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Strike:
    """Times are milliseconds of a clock that never jumps."""

    until_ms: int | None = None
    held: bool = False
    written: bool | None = None
    _refs: list[str] = field(default_factory=list)
    _sent: list[str] = field(default_factory=list)
    _again: bool = False

    def release(self, seconds: int, mono_ms: int, ref: str) -> None:
        """Open for so long; of two openings that overlap the one that ends later counts."""
        self.until_ms = max(self.until_ms or 0, mono_ms + seconds * 1000)
        self._refs.append(ref)
        self._again = True

    def hold(self, *, on: bool) -> None:
        """Held open until told otherwise; off ends running openings too."""
        self.held = on
        if not on:
            self.until_ms = None

    def wants(self, mono_ms: int) -> bool:
        return self.held or self.left_ms(mono_ms) > 0

    def left_ms(self, mono_ms: int) -> int:
        """What is left of the opening that runs."""
        return 0 if self.until_ms is None else max(0, self.until_ms - mono_ms)

    def due(self, mono_ms: int) -> bool | None:
        """The state to write now; None when all is as it should be."""
        wanted = self.wants(mono_ms)
        return wanted if self._again or wanted is not self.written else None

    def sending(self) -> None:
        """What was due goes out now; openings that come meanwhile wait for the next."""
        self._sent, self._refs, self._again = [*self._sent, *self._refs], [], False

    def took(self, *, state: bool) -> list[str]:
        """The device has this state; gives whose openings are proved by it."""
        self.written = state
        proved, self._sent = self._sent, []
        return proved

    def failed(self) -> list[str]:
        """The device did not take it: openings that nobody saw begin must not begin later. Gives whose they were."""
        lost, self._sent, self._refs, self._again = [*self._sent, *self._refs], [], [], False
        if lost and self.written is not True:
            self.until_ms = None
        return lost

    def forget(self) -> None:
        """The device or its line began anew: what it holds is not known."""
        self.written = None
