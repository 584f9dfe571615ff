"""The one decision at a door (door-protocol.md 9): pure, with its reason, the same as every controller takes by itself.

The service asks it for doors without a controller. Vectors: docs/vectors/door-protocol.json, `decisions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devices.events import DoorReason
from devices.messages import SURVIVES_STALE, AccessList, Clock, Medium, Right

MOST_EARLY_S = 60
_FOR_EVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Presented:
    """A credential as one door knows it, by its hash."""

    kind: Medium
    cred: str


@dataclass(frozen=True, slots=True)
class ClockView:
    """What the decider believes: Unix seconds rounded down, and by how many whole seconds that may be wrong."""

    state: Clock
    now: int
    uncertainty_s: int = 0

    @property
    def doubt_s(self) -> int:
        return 0 if self.state is Clock.UNKNOWN else self.uncertainty_s


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the door opens, why, and by which right (its ref) when it does."""

    granted: bool
    reason: DoorReason
    right: str | None = None


def decide(held: AccessList | None, shown: Presented, clock: ClockView, *, locked_out: bool) -> Decision:
    """The first row of the table in section 9 that applies."""
    if held is None:
        return _denied(DoorReason.NO_LIST)
    if shown.kind is Medium.PIN and locked_out:
        return _denied(DoorReason.LOCKED_OUT)
    rights = [right for right in held.rights if right.cred == shown.cred and right.kind is shown.kind]
    if not rights:
        return _denied(DoorReason.UNKNOWN_CREDENTIAL)
    if clock.now + clock.doubt_s >= held.not_after:
        rights = [right for right in rights if SURVIVES_STALE in right.flags]
        if not rights:
            return _denied(DoorReason.LIST_STALE)
    if clock.state is Clock.UNKNOWN:
        rights = [right for right in rights if right.starts is None]
        if not rights:
            return _denied(DoorReason.CLOCK_UNKNOWN)
    return _in_window(rights, clock)


def _in_window(rights: Sequence[Right], clock: ClockView) -> Decision:
    covering = [right for right in rights if _covers(right, clock)]
    if covering:
        # Of several the one that ends last, so that the event names the turn that goes on.
        best = min(covering, key=lambda right: (-(right.ends or _FOR_EVER), right.id))
        return Decision(granted=True, reason=DoorReason.GRANTED, right=best.id)
    if any((right.starts or 0) <= clock.now < (right.ends or _FOR_EVER) for right in rights):
        return _denied(DoorReason.CLOCK_UNCERTAIN)
    early = any(right.starts is not None and clock.now < right.starts for right in rights)
    return _denied(DoorReason.TOO_EARLY if early else DoorReason.EXPIRED)


def _covers(right: Right, clock: ClockView) -> bool:
    """Half open: at its first second yes, at its end no. In doubt about the end it stays shut (9.1)."""
    if right.starts is None or right.ends is None:
        return True
    return right.starts - min(clock.doubt_s, MOST_EARLY_S) <= clock.now and clock.now + clock.doubt_s < right.ends


def _denied(reason: DoorReason) -> Decision:
    return Decision(granted=False, reason=reason)
