"""Lock, contact and card reader as things (door-protocol.md 8.3, 9.4, 9.5). Times in milliseconds since boot."""

from dataclasses import dataclass, field

SAME_READING_MS = 3000


@dataclass
class Lock:
    """A strike that locks again by itself."""

    until_ms: int | None = None

    def released(self, mono_ms: int) -> bool:
        """At the end itself no more."""
        return self.until_ms is not None and mono_ms < self.until_ms

    def release(self, mono_ms: int, unlock_s: int) -> int:
        """For the longer of what is left and this; gives the end."""
        self.until_ms = max(self.until_ms or 0, mono_ms + unlock_s * 1000)
        return self.until_ms

    def relock(self, mono_ms: int) -> bool:
        """True when the time is over and was not before."""
        if self.until_ms is None or self.released(mono_ms):
            return False
        self.until_ms = None
        return True


@dataclass
class Contact:
    """`opened_ms`: since when it is open; None: closed."""

    fitted: bool
    opened_ms: int | None = None
    told: bool = False

    @property
    def state(self) -> str:
        """open, closed or none (not fitted)."""
        if not self.fitted:
            return "none"
        return "closed" if self.opened_ms is None else "open"

    def due_ms(self, held_open_s: int) -> int | None:
        """When it is to be said that the door is held open; None when it is closed or that was said."""
        return None if self.opened_ms is None or self.told else self.opened_ms + held_open_s * 1000


@dataclass
class Reader:
    """Knows a card that still lies on it: each card has its own 3 s, and a repeat begins them again."""

    _seen_ms: dict[str, int] = field(default_factory=dict)

    def same_reading(self, cred: str, mono_ms: int) -> bool:
        """True when this card was read less than 3 s ago."""
        self._seen_ms = {card: at for card, at in self._seen_ms.items() if mono_ms - at < SAME_READING_MS}
        lying = cred in self._seen_ms
        self._seen_ms[cred] = mono_ms
        return lying
