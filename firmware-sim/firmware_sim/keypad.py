"""The keypad's lockout (door-protocol.md 9.3). Times in milliseconds since boot."""

from dataclasses import dataclass, field

WRONG_AT_MOST = 5
WINDOW_MS = 300_000
LOCKOUT_MS = 60_000


@dataclass
class Keypad:
    """`wrong_ms`: when the wrong PINs that still count were typed. `until_ms`: end of the lockout, if any."""

    wrong_ms: list[int] = field(default_factory=list)
    until_ms: int | None = None

    def locked_out(self, mono_ms: int) -> bool:
        """At the end itself no more."""
        return self.until_ms is not None and mono_ms < self.until_ms

    def wrong(self, mono_ms: int) -> bool:
        """Counts a wrong PIN; True when a lockout begins with it. The limit of the window is included."""
        self.wrong_ms = [*self._counting(mono_ms), mono_ms]
        if len(self.wrong_ms) < WRONG_AT_MOST:
            return False
        self.wrong_ms = []
        self.until_ms = mono_ms + LOCKOUT_MS
        return True

    def right(self) -> None:
        """A PIN was granted."""
        self.wrong_ms = []

    def rest(self, mono_ms: int) -> bool:
        """Forgets what no longer counts; True when something did."""
        before = (len(self.wrong_ms), self.until_ms)
        self.wrong_ms = self._counting(mono_ms)
        if not self.locked_out(mono_ms):
            self.until_ms = None
        return before != (len(self.wrong_ms), self.until_ms)

    def due_ms(self) -> int | None:
        """When `rest` has something to forget next."""
        ends = [self.wrong_ms[0] + WINDOW_MS + 1] if self.wrong_ms else []
        return min([*ends, *([self.until_ms] if self.until_ms is not None else [])], default=None)

    def left_s(self, mono_ms: int) -> int:
        """Whole seconds of lockout left, rounded up."""
        return -((mono_ms - self.until_ms) // 1000) if self.until_ms is not None and self.locked_out(mono_ms) else 0

    def _counting(self, mono_ms: int) -> list[int]:
        return [at for at in self.wrong_ms if mono_ms - at <= WINDOW_MS]


def after_restart(*, wrong: int, locked_out: bool) -> Keypad:
    """Counts survive; their times are taken as the moment of the restart, and a running lockout begins in full."""
    return Keypad(wrong_ms=[0] * wrong, until_ms=LOCKOUT_MS if locked_out else None)
