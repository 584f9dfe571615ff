"""What a bad network does to messages between broker and door: loses, doubles, delays, shuffles them. No I/O."""

import random
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
LONGEST_HELD_MS = 1000


@dataclass(frozen=True, slots=True)
class Faults:
    """`loss` and `duplicate`: parts of all messages, 0 to 1; `copies` of a doubled one. `reorder`: so many messages are
    gathered and let go in any order. `delay_ms`: each message by so much, from and to."""

    loss: float = 0.0
    duplicate: float = 0.0
    copies: int = 2
    reorder: int = 0
    delay_ms: tuple[int, int] = (0, 0)


CALM = Faults()


@dataclass(slots=True)
class Weather(Generic[T]):
    """One direction of one door's line. `faults` may be changed at any time."""

    dice: random.Random
    faults: Faults = CALM
    _gathered: list[T] = field(default_factory=list)

    @property
    def calm(self) -> bool:
        """Nothing happens to messages and none is held back."""
        return self.faults is CALM and not self._gathered

    def take(self, message: T) -> list[tuple[int, T]]:
        """What travels on now, with the milliseconds after which it arrives; what is gathered comes by `release`."""
        if self.dice.random() < self.faults.loss:
            return []
        copies = self.faults.copies if self.dice.random() < self.faults.duplicate else 1
        self._gathered += [message] * copies
        return self.release() if len(self._gathered) >= self.faults.reorder else []

    def release(self) -> list[tuple[int, T]]:
        """All that was gathered, shuffled. Due at the latest LONGEST_HELD_MS after a `take` that gave nothing."""
        out, self._gathered = self._gathered, []
        if self.faults.reorder:
            self.dice.shuffle(out)
        return [(self.dice.randint(*self.faults.delay_ms), message) for message in out]

    @property
    def holding(self) -> bool:
        """Something was gathered and not yet let go."""
        return bool(self._gathered)

    def clear(self) -> None:
        """The line is cut: what was under way is lost."""
        self._gathered = []
