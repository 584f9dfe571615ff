"""The lockout of a keypad that the service minds: five wrong PINs in five minutes, a minute's rest (9.3). Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST, WITHIN_MS, REST_MS = 5, 300_000, 60_000


@dataclass(slots=True)
class WrongPins:
    """One keypad; times are milliseconds of a clock that never jumps."""

    _wrong_ms: list[int] = field(default_factory=list)
    _until_ms: int | None = None

    def is_out(self, mono_ms: int) -> bool:
        return self._until_ms is not None and mono_ms < self._until_ms

    def granted(self) -> None:
        self._wrong_ms.clear()

    def wrong(self, mono_ms: int) -> bool:
        """One more; True when it is the one that locks the keypad."""
        self._wrong_ms = [*self._wrong_ms, mono_ms][-MOST:]
        if len(self._wrong_ms) < MOST or mono_ms - self._wrong_ms[0] > WITHIN_MS:
            return False
        self._wrong_ms.clear()
        self._until_ms = mono_ms + REST_MS
        return True
