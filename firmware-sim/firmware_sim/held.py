"""What a door holds, ready for deciding: rights, free windows, rules, and what it believes of the time. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

EARLY_AT_MOST_S = 60


@dataclass(frozen=True, slots=True)
class Belief:
    """What the door thinks the time is: whole Unix seconds, clock state, uncertainty in seconds (None: unknown)."""

    now: int
    state: str
    u: int | None

    @property
    def doubt(self) -> int:
        """u, and 0 when the clock is unknown: then `now` is a lower bound."""
        return 0 if self.u is None or self.state == "unknown" else self.u


def covers(start: int, until: int, now: int, u: int) -> bool:
    """9.1: when the end may have passed it does not, when the start may have come it does."""
    return start - min(u, EARLY_AT_MOST_S) <= now and now + u < until


@dataclass(frozen=True, slots=True)
class Right:
    """`[start, until)` in Unix seconds UTC; None, None: no window."""

    id: str
    cred: str
    kind: str
    start: int | None
    until: int | None
    flags: frozenset[str]
    holder: str
    uses: int | None

    def covers(self, now: int, u: int) -> bool:
        """Without a window always."""
        return self.start is None or self.until is None or covers(self.start, self.until, now, u)

    def spans(self, now: int) -> bool:
        """The window holds `now` as it is believed, uncertainty aside."""
        return self.start is not None and self.until is not None and self.start <= now < self.until


@dataclass(frozen=True, slots=True)
class FreeWindow:
    """The door stands open to everybody in [start, until); `first_in`: once somebody entitled has come."""

    start: int
    until: int
    first_in: bool

    def covers(self, now: int, u: int) -> bool:
        """As a right does."""
        return covers(self.start, self.until, now, u)


@dataclass(frozen=True, slots=True)
class Rules:
    """7.3. `apb`: None, hard, soft or timed."""

    apb: str | None
    apb_ms: int
    factors: int
    interlock: bool
    two_person_s: int
    long_open_s: int


@dataclass(frozen=True, slots=True)
class AccessList:
    """7.1, in force at this door. `limited`: the rights that open only so often."""

    epoch: int
    version: int
    not_after: int
    unlock_s: int
    held_open_s: int
    rights: Mapping[tuple[str, str], tuple[Right, ...]]
    count: int
    limited: frozenset[str]
    rules: Rules
    free: tuple[FreeWindow, ...]


def access_list(body: Mapping[str, Any], rights: Sequence[Mapping[str, Any]] | None = None) -> AccessList:
    """From a body that passed `shapes.access_list`; `rights`: those of its pages, when it has any."""
    entries = body["rights"] if rights is None else rights
    found: dict[tuple[str, str], list[Right]] = {}
    for entry in entries:
        found.setdefault((entry["kind"], entry["cred"]), []).append(_right(entry))
    return AccessList(
        epoch=body["epoch"],
        version=body["version"],
        not_after=body["not_after"],
        unlock_s=body["unlock_s"],
        held_open_s=body["held_open_s"],
        rights={key: tuple(rights) for key, rights in found.items()},
        count=len(entries),
        limited=frozenset(entry["id"] for entry in entries if entry["uses"] is not None),
        rules=_rules(body["rules"]),
        free=tuple(FreeWindow(each["from"], each["until"], each["first_in"]) for each in body["free"]),
    )


def _rules(body: Mapping[str, Any]) -> Rules:
    apb = body["apb"] or {"kind": None, "minutes": 0}
    kept = ("factors", "interlock", "two_person_s", "long_open_s")
    return Rules(apb=apb["kind"], apb_ms=apb["minutes"] * 60_000, **{key: body[key] for key in kept})


def _right(entry: Mapping[str, Any]) -> Right:
    return Right(
        id=entry["id"],
        cred=entry["cred"],
        kind=entry["kind"],
        start=entry["from"],
        until=entry["until"],
        flags=frozenset(entry["flags"]),
        holder=entry["holder"],
        uses=entry["uses"],
    )
