"""Keys of a keypad become PINs: # ends one, * begins anew, ten seconds of rest forget what was typed. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

REST_MS = 10_000
LONGEST = 10


@dataclass(slots=True)
class Keypad:
    """One keypad; times are milliseconds of a clock that never jumps."""

    _typed: str = field(default="", repr=False)
    _last_ms: int = 0
    _too_long: bool = False

    def press(self, key: str, mono_ms: int) -> str | None:
        """The digits when this key ends an entry of 1 to 10 of them, else None."""
        if mono_ms - self._last_ms >= REST_MS:
            self.clear()
        self._last_ms = mono_ms
        if key == "#":
            return self._ended()
        if key == "*":
            self.clear()
        elif key.isdecimal() and key.isascii() and len(key) == 1:
            self._too_long = self._too_long or len(self._typed) == LONGEST
            self._typed = (self._typed + key)[:LONGEST]
        return None

    def clear(self) -> None:
        """Forget what was typed so far."""
        self._typed, self._too_long = "", False

    def _ended(self) -> str | None:
        typed = "" if self._too_long else self._typed
        self.clear()
        return typed or None
