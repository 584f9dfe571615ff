"""The decision at the door (door-protocol.md 9): a pure function of the list, what was presented, and the clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

EARLY_AT_MOST_S = 60


@dataclass(frozen=True, slots=True)
class Right:
    """`[start, until)` in Unix seconds UTC; None, None: no window."""

    id: str
    cred: str
    kind: str
    start: int | None
    until: int | None
    survives_stale: bool

    def covers(self, now: int, u: int) -> bool:
        """9.1: when the end may have passed it does not, when the start may have come it does."""
        if self.start is None or self.until is None:
            return True
        return self.start - min(u, EARLY_AT_MOST_S) <= now and now + u < self.until

    def spans(self, now: int) -> bool:
        """The window holds `now` as it is believed, uncertainty aside."""
        return self.start is not None and self.until is not None and self.start <= now < self.until


@dataclass(frozen=True, slots=True)
class AccessList:
    """7.1, in force at this door."""

    epoch: int
    version: int
    not_after: int
    unlock_s: int
    held_open_s: int
    rights: Mapping[tuple[str, str], tuple[Right, ...]]
    count: int


@dataclass(frozen=True, slots=True)
class Belief:
    """What the door thinks the time is: whole Unix seconds, clock state, uncertainty in seconds (None: unknown)."""

    now: int
    state: str
    u: int | None


@dataclass(frozen=True, slots=True)
class Decision:
    """`right`: the id of the right that opened, else None."""

    granted: bool
    reason: str
    right: str | None = None


def access_list(body: Mapping[str, Any]) -> AccessList:
    """From a body that passed `shapes.access_list`."""
    rights: dict[tuple[str, str], tuple[Right, ...]] = {}
    for entry in body["rights"]:
        key = (entry["kind"], entry["cred"])
        rights[key] = (*rights.get(key, ()), _right(entry))
    return AccessList(
        epoch=body["epoch"],
        version=body["version"],
        not_after=body["not_after"],
        unlock_s=body["unlock_s"],
        held_open_s=body["held_open_s"],
        rights=rights,
        count=len(body["rights"]),
    )


def decide(held: AccessList | None, medium: str, cred: str, at: Belief, *, locked_out: bool) -> Decision:
    """Table 9, first row that applies. `medium`: card or pin. `locked_out`: the keypad is."""
    if held is None:
        return Decision(granted=False, reason="no_list")
    if medium == "pin" and locked_out:
        return Decision(granted=False, reason="locked_out")
    rights = held.rights.get((medium, cred), ())
    if not rights:
        return Decision(granted=False, reason="unknown_credential")
    u = 0 if at.u is None or at.state == "unknown" else at.u
    if at.now + u >= held.not_after:
        rights = tuple(right for right in rights if right.survives_stale)
        if not rights:
            return Decision(granted=False, reason="list_stale")
    if at.state == "unknown":
        rights = tuple(right for right in rights if right.start is None)
        if not rights:
            return Decision(granted=False, reason="clock_unknown")
    return _by_window(rights, at.now, u)


def _by_window(rights: tuple[Right, ...], now: int, u: int) -> Decision:
    covering = [right for right in rights if right.covers(now, u)]
    if covering:
        return Decision(granted=True, reason="granted", right=min(covering, key=_latest_first).id)
    if any(right.spans(now) for right in rights):
        return Decision(granted=False, reason="clock_uncertain")
    if any(right.start is not None and now < right.start for right in rights):
        return Decision(granted=False, reason="too_early")
    return Decision(granted=False, reason="expired")


def _latest_first(right: Right) -> tuple[bool, int, str]:
    # 9.2: no window counts as the latest end; among equals the smallest id
    return right.until is not None, -(right.until or 0), right.id


def _right(entry: Mapping[str, Any]) -> Right:
    return Right(
        id=entry["id"],
        cred=entry["cred"],
        kind=entry["kind"],
        start=entry["from"],
        until=entry["until"],
        survives_stale="survives_stale" in entry["flags"],
    )
