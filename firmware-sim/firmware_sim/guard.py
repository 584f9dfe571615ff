"""What stands beside the list (door-protocol.md 7.9 to 7.13, 9): mode, inputs, free windows, who is inside. No I/O."""

from dataclasses import replace
from typing import Any

from firmware_sim import memory
from firmware_sim.decide import Situation, free_now, lasting, restored, window_now
from firmware_sim.effects import Emit
from firmware_sim.held import AccessList, Belief, FreeWindow
from firmware_sim.store import FlashFull

REX_MS = 10_000


class Guard:
    """`applied`: what `reported.mode` says. `free`: the free window in force. `next_ms`: when that may change."""

    def __init__(self, emit: Emit, mode: dict[str, Any] | None, passage: dict[str, Any] | None) -> None:
        self._emit = emit
        self._kept = passage or lasting(Situation())
        self.applied = mode
        self.state = restored(self._kept)
        self.fire_input = False
        self.free: FreeWindow | None = None
        self.next_ms: int | None = None
        self._rex_ms: int | None = None

    @property
    def mode(self) -> str:
        """Until one was ordered: normal."""
        return "normal" if self.applied is None else str(self.applied["mode"])

    def order(self, body: dict[str, Any], now: int) -> None:
        """A new mode: in lasting memory before it is acted on. A lockdown forgets who waits and what is armed."""
        self.applied = {"applied_at": now, **{key: body[key] for key in ("epoch", "mode", "version")}}
        self._emit(memory.save_mode(self.applied))
        if self.mode == "lockdown":
            self.state = replace(self.state, armed=False, factor=None, person=None)

    def keep(self, state: Situation) -> None:
        """Remembers; what must survive a power cut is in lasting memory when this returns."""
        self.state = state
        if lasting(state) != self._kept:
            self._kept = lasting(state)
            try:
                self._emit(memory.save_passage(self._kept))
            except FlashFull:
                return  # nobody stays outside for that

    def forget_strangers(self, held: AccessList) -> None:
        """Who and what a new list names no more (7.10)."""
        holders = {right.holder for rights in held.rights.values() for right in rights}
        used = {right: uses for right, uses in self.state.used.items() if right in held.limited}
        self.keep(replace(self.state, inside=self.state.inside & holders, used=used))

    def forgive(self, holder: str | None) -> None:
        """Of one, or of all, it is no longer known where they are and when they came."""
        gone = self.state.inside | self.state.granted_ms.keys() if holder is None else {holder}
        granted_ms = {each: at for each, at in self.state.granted_ms.items() if each not in gone}
        self.keep(replace(self.state, inside=self.state.inside - gone, granted_ms=granted_ms))

    def pressed(self, mono_ms: int) -> None:
        """The exit button."""
        self._rex_ms = mono_ms

    def leaving(self, mono_ms: int) -> bool:
        """Somebody pressed it a moment ago."""
        return self._rex_ms is not None and mono_ms - self._rex_ms <= REX_MS

    def disarm(self, held: AccessList | None, at: Belief) -> bool:
        """When no first-in window covers now; True when it was armed."""
        window = window_now(held, at)
        over = self.state.armed and (window is None or not window.first_in)
        if over:
            self.state = replace(self.state, armed=False)
        return over

    def changes(self, held: AccessList | None, at: Belief) -> list[tuple[str, bool]]:
        """`free_ended` and `free_began`, each with its first_in, that have come true since last asked."""
        before, self.free = self.free, free_now(held, self.mode, at, armed=self.state.armed)
        if before is not None and self.free is None:
            return [("free_ended", before.first_in)]
        return [("free_began", self.free.first_in)] if before is None and self.free is not None else []

    @property
    def holds_open(self) -> bool:
        """The lock is released for as long as this is true."""
        return self.state.fire or self.mode == "free" or self.free is not None


def next_change_ms(held: AccessList | None, at: Belief, at_ms: int) -> int | None:
    """When, by the door's clock, a free window next begins or ends; None when none does."""
    if held is None or at.state == "unknown":
        return None
    starts = [(window.start - min(at.doubt, 60)) * 1000 for window in held.free]
    ends = [(window.until - at.doubt) * 1000 for window in held.free]
    return min((edge for edge in (*starts, *ends) if edge > at_ms), default=None)
