"""Lock, contact and card reader as things (door-protocol.md 8.3, 9.4, 9.5). Times in milliseconds since boot."""

from dataclasses import dataclass, field

SAME_READING_MS = 3000


@dataclass
class Lock:
    """A strike that locks again by itself. `held`: released for as long as it lasts (fire, free)."""

    until_ms: int | None = None
    held: bool = False

    def released(self, mono_ms: int) -> bool:
        """At the end itself no more."""
        return self.held or (self.until_ms is not None and mono_ms < self.until_ms)

    def release(self, mono_ms: int, unlock_s: int) -> int:
        """For the longer of what is left and this; gives the end."""
        self.until_ms = max(self.until_ms or 0, mono_ms + unlock_s * 1000)
        return self.until_ms

    def relock(self, mono_ms: int) -> bool:
        """True when the time is over and was not before."""
        if self.until_ms is None or mono_ms < self.until_ms:
            return False
        self.until_ms = None
        return not self.held


@dataclass
class Contact:
    """`opened_ms`: since when it is open; None: closed. `told`: how much of its being open was said."""

    fitted: bool
    opened_ms: int | None = None
    told: int = 0

    @property
    def state(self) -> str:
        """open, closed or none (not fitted)."""
        if not self.fitted:
            return "none"
        return "closed" if self.opened_ms is None else "open"

    def due_ms(self, held_open_s: int) -> int | None:
        """When it is next to be said that the door is, or soon is, held open; None: closed, or all is said."""
        steps = self._steps(held_open_s)
        return None if self.opened_ms is None or self.told >= len(steps) else self.opened_ms + steps[self.told][0]

    def says(self, held_open_s: int, mono_ms: int) -> str | None:
        """The next to say now (9.5)."""
        due_ms = self.due_ms(held_open_s)
        if due_ms is None or mono_ms < due_ms:
            return None
        self.told += 1
        return self._steps(held_open_s)[self.told - 1][1]

    def _steps(self, held_open_s: int) -> tuple[tuple[int, str], ...]:
        return (held_open_s * 800, "held_open_soon"), (held_open_s * 1000, "held_open")


@dataclass
class Reader:
    """Knows a card that still lies on it: each card has its own 3 s at each side, and a repeat begins them again."""

    _seen_ms: dict[tuple[str, str], int] = field(default_factory=dict)

    def same_reading(self, cred: str, side: str, mono_ms: int) -> bool:
        """True when this card was read there less than 3 s ago."""
        self._seen_ms = {card: at for card, at in self._seen_ms.items() if mono_ms - at < SAME_READING_MS}
        lying = (side, cred) in self._seen_ms
        self._seen_ms[side, cred] = mono_ms
        return lying
