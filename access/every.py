"""Doing things once in a while."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Every:
    """True once in so many seconds of a clock that never jumps; at once the first time."""

    seconds: float
    _next: float = 0.0

    def due(self) -> bool:
        moment = time.monotonic()
        if moment < self._next:
            return False
        self._next = moment + self.seconds
        return True
