"""A card that lies on the reader is read several times a second and means one reading (door-protocol.md 8.3)."""

from __future__ import annotations

from dataclasses import dataclass

REPEAT_MS = 3000


@dataclass(slots=True)
class Repeats:
    """Remembers the last card of one reader; times are milliseconds of a clock that never jumps."""

    last: str | None = None
    last_ms: int = 0

    def is_new(self, normal: str, mono_ms: int) -> bool:
        """False for the same card within three seconds of its previous reading; each repeat starts them again."""
        again = normal == self.last and mono_ms - self.last_ms < REPEAT_MS
        self.last, self.last_ms = normal, mono_ms
        return not again
