"""What hardware of other makers tells, in one set of words for all drivers. Pure values.

A codec gives these for bytes or payloads, never raises for what comes from a wire, and says `Unread` for what it does
not understand. State that is said again tells nothing new.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias


class LockState(StrEnum):
    """A lock as it says it is."""

    LOCKED = "locked"
    LOCKING = "locking"
    UNLOCKED = "unlocked"
    UNLOCKING = "unlocking"
    JAMMED = "jammed"
    UNKNOWN = "unknown"


class Means(StrEnum):
    """How somebody worked a lock."""

    PIN = "pin"
    CARD = "card"
    FINGER = "finger"
    BY_HAND = "by_hand"
    BUTTON = "button"
    NETWORK = "network"
    AUTOMATIC = "automatic"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CardShown:
    """A card in its normal spelling. `lasting` False: its number is drawn anew each time and must not be enrolled."""

    card: str
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """One key of a keypad: 0 to 9, * or #."""

    key: str


@dataclass(frozen=True, slots=True)
class PinTyped:
    """A whole PIN from a keypad; it stays out of logs."""

    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ExitPressed:
    """Somebody inside asks to leave: button or motion detector."""


@dataclass(frozen=True, slots=True)
class Garbled:
    """Bytes that began as a frame and were none; `fault` is for the log."""

    fault: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A payload of the device that its codec does not understand; `why` is for the log, and never the content."""

    why: str


@dataclass(frozen=True, slots=True)
class Reachable:
    """The device, or the bridge before it, is in the network or not."""

    online: bool


@dataclass(frozen=True, slots=True)
class EndUp:
    """One end of a door on wires is there: `which` is reader or relay."""

    which: str


@dataclass(frozen=True, slots=True)
class EndDown:
    """One end of a door on wires is gone; it is tried again by itself. `reason` is for the log."""

    which: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LockSaid:
    """The lock's state."""

    state: LockState


@dataclass(frozen=True, slots=True)
class ContactSaid:
    """The door leaf."""

    open: bool


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A device's answer to a command; `ref` is empty where it does not say to which. `code` is its own word."""

    ref: str
    ok: bool
    code: str = ""


@dataclass(frozen=True, slots=True)
class CodeSaid:
    """A lock says that it holds a code in this slot, or none. The code itself is never told."""

    slot: int
    held: bool


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """A code in a lock's own list: its number and name there, and its window; None where it has none or is off. The
    code itself is never told."""

    code_id: int
    name: str
    window: tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True)
class CodesListed:
    """A lock's own list of its codes. `whole` False: the bridge may have left some out."""

    entries: tuple[CodeEntry, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Passed:
    """Somebody worked the lock, or was refused. `who` is a slot, code id or uid; empty where the lock does not say."""

    granted: bool
    means: Means
    who: str = ""
    code: str = ""
    at_s: int | None = None  # the device's own Unix seconds, where it tells them


@dataclass(frozen=True, slots=True)
class ClockSaid:
    """The device's clock, Unix seconds. It is there, too: this is told each time."""

    at_s: int


@dataclass(frozen=True, slots=True)
class CardListed:
    """A card as the device has it, with its window in Unix seconds, both ends counted in."""

    uid: str
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Restarted:
    """The device started anew: what it does not keep must be sent again."""


@dataclass(frozen=True, slots=True)
class Warned:
    """Something a person should look at: tampering, a weak battery, a late reading. `what` is for words_of_doors."""

    what: str


Told: TypeAlias = (
    CardShown
    | KeyPressed
    | PinTyped
    | ExitPressed
    | EndUp
    | EndDown
    | Garbled
    | Unread
    | Reachable
    | LockSaid
    | ContactSaid
    | Acknowledged
    | CodeSaid
    | CodesListed
    | Passed
    | Restarted
    | Warned
    | ClockSaid
    | CardListed
)

DOUBLE_MS = 1000


@dataclass(slots=True)
class Memory:
    """What one device said last, so that what is delivered twice is told once.

    State is news when it differs. A happening without a number of its own is a double within a second; one with a
    number (`ref`) is a double whenever it comes again among the last 64.
    """

    _states: dict[str, Told] = field(default_factory=dict)
    _happened: dict[object, int] = field(default_factory=dict)
    _refs: deque[object] = field(default_factory=lambda: deque(maxlen=64))

    def state(self, key: str, told: Told) -> tuple[Told, ...]:
        """The state if it is news under this key."""
        if self._states.get(key) == told:
            return ()
        self._states[key] = told
        return (told,)

    def happening(self, told: Told, mono_ms: int, *, key: object = None) -> tuple[Told, ...]:
        """The happening, unless the same was told within a second."""
        key = told if key is None else key
        self._happened = {old: at for old, at in self._happened.items() if mono_ms - at < DOUBLE_MS}
        double = key in self._happened
        self._happened[key] = mono_ms
        return () if double else (told,)

    def ask(self) -> None:
        """Something was asked of the device: what it says next is an answer to that, and no double."""
        self._happened.clear()

    def numbered(self, ref: object, told: Told) -> tuple[Told, ...]:
        """The happening, unless this number was told before."""
        if ref in self._refs:
            return ()
        self._refs.append(ref)
        return (told,)


def json_object(payload: bytes) -> dict[str, Any] | None:
    """The JSON object in a payload; None for anything else, however deep or torn."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def plain(payload: bytes) -> str:
    """A payload as text; bytes that are no UTF-8 show as question marks and match nothing."""
    return payload.decode("utf-8", "replace").strip()


def dumps(body: object) -> bytes:
    """JSON as these devices take it: compact UTF-8."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
