"""What a door is to hold, as typed values (door-protocol.md 7 and 8): its list, its rules, its mode. Unix seconds UTC.

`parse_…` takes a body as it came and raises BadField; `.body()` gives it back for sealing. Commands: devices/orders.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from devices import canonical
from devices.canonical import Body, Json
from devices.fields import (
    BadField,
    boolean,
    exactly,
    hexadecimal,
    integer,
    many,
    maybe,
    one_of,
    text,
)

DOOR = r"[a-z0-9-]{3,40}"
RIGHT_ID = r"[a-z0-9-]{1,40}"
HOLDER = RIGHT_ID
COMMAND_ID = r"[a-z0-9-]{1,64}"
CODE = r"[a-z0-9_]{1,40}"
FIRMWARE = r".{0,40}"
MOST_RIGHTS = 1500  # in one message
MOST_RIGHTS_PAGED = 10_000
MOST_PAGES = 99
MOST_FREE = 200
MOST_EVENTS = 50
MOST_UNLOCK_S = 600
MOST_USES = 1000


class Medium(StrEnum):
    """How a credential is presented."""

    CARD = "card"
    PIN = "pin"


class Reader(StrEnum):
    """On which side of the door: IN lets people enter."""

    IN = "in"
    OUT = "out"


class Clock(StrEnum):
    """How far a door may trust its clock (6.2)."""

    SYNCED = "synced"
    HOLDOVER = "holdover"
    UNKNOWN = "unknown"


class DoorMode(StrEnum):
    """What a door does beside its list (7.11)."""

    NORMAL = "normal"
    FREE = "free"
    LOCKED = "locked"
    LOCKDOWN = "lockdown"


class ApbKind(StrEnum):
    """How a door minds that a card comes in twice and never went out (9, row 12)."""

    HARD = "hard"
    SOFT = "soft"
    TIMED = "timed"


DURESS = "duress"
EXEMPT_APB = "exempt_apb"
FIRST_IN = "first_in"
LONG_OPEN = "long_open"
SURVIVES_LOCKDOWN = "survives_lockdown"
SURVIVES_STALE = "survives_stale"
FLAGS = (DURESS, EXEMPT_APB, FIRST_IN, LONG_OPEN, SURVIVES_LOCKDOWN, SURVIVES_STALE)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where an event stands in the life of its door (11.2)."""

    boot_epoch: int
    seq: int

    def body(self) -> Body:
        return {"boot_epoch": self.boot_epoch, "seq": self.seq}


@dataclass(frozen=True, slots=True, order=True)
class ListVersion:
    """Which access list, or which mode; a higher one replaces a lower one (7.4)."""

    epoch: int
    version: int

    def body(self) -> Body:
        return {"epoch": self.epoch, "version": self.version}


@dataclass(frozen=True, slots=True)
class Right:
    """One credential, by its hash at this door, opens in [`starts`, `ends`); both None: always (staff).

    `holder`: opaque, the same for all credentials of one person at this door; without it each credential is its own.
    `uses`: how often it opens, None: as often as one likes.
    """

    id: str
    cred: str
    kind: Medium
    starts: int | None
    ends: int | None
    flags: tuple[str, ...] = ()
    holder: str = ""
    uses: int | None = None

    def __post_init__(self) -> None:
        if not self.holder:
            object.__setattr__(self, "holder", self.cred[:40])

    def body(self) -> Body:
        return {
            "id": self.id,
            "cred": self.cred,
            "kind": self.kind.value,
            "from": self.starts,
            "until": self.ends,
            "flags": list(self.flags),
            "holder": self.holder,
            "uses": self.uses,
        }


@dataclass(frozen=True, slots=True)
class Apb:
    """Anti-passback; `minutes` is for TIMED only."""

    kind: ApbKind
    minutes: int = 0

    def body(self) -> Body:
        return {"kind": self.kind.value, "minutes": self.minutes}


@dataclass(frozen=True, slots=True)
class DoorRules:
    """What a door asks beside a right (7.8). The defaults ask nothing."""

    apb: Apb | None = None
    factors: int = 1
    interlock: bool = False
    two_person_s: int = 0
    long_open_s: int = 600

    def body(self) -> Body:
        return {
            "apb": None if self.apb is None else self.apb.body(),
            "factors": self.factors,
            "interlock": self.interlock,
            "two_person_s": self.two_person_s,
            "long_open_s": self.long_open_s,
        }


@dataclass(frozen=True, slots=True)
class FreeWindow:
    """The door stands open in [`starts`, `ends`); `first_in`: only once somebody entitled has come."""

    starts: int
    ends: int
    first_in: bool = False

    def body(self) -> Body:
        return {"from": self.starts, "until": self.ends, "first_in": self.first_in}


@dataclass(frozen=True, slots=True)
class AccessList:
    """All that opens one door (7.1). Rights are in order of id, no id twice. `pages`: hashes of the pages on which the
    rights come instead (devices/pages.py); None: they are here."""

    epoch: int
    version: int
    issued: int
    not_after: int
    unlock_s: int
    held_open_s: int
    rights: tuple[Right, ...]
    rules: DoorRules = DoorRules()
    free: tuple[FreeWindow, ...] = ()
    pages: tuple[str, ...] | None = None

    @property
    def ref(self) -> ListVersion:
        return ListVersion(self.epoch, self.version)

    @property
    def hash(self) -> str:
        """7.3: what the door reports back to prove that it holds this list."""
        return canonical.digest(self.body())

    def body(self) -> Body:
        return {
            "epoch": self.epoch,
            "version": self.version,
            "issued": self.issued,
            "not_after": self.not_after,
            "unlock_s": self.unlock_s,
            "held_open_s": self.held_open_s,
            "rights": [right.body() for right in self.rights],
            "rules": self.rules.body(),
            "free": [window.body() for window in self.free],
            "pages": None if self.pages is None else list(self.pages),
        }


@dataclass(frozen=True, slots=True)
class Page:
    """One of several parts of a list's rights (7.7), numbered from 1."""

    epoch: int
    version: int
    page: int
    rights: tuple[Right, ...]

    @property
    def hash(self) -> str:
        return canonical.digest(self.body())

    def body(self) -> Body:
        rights = [right.body() for right in self.rights]
        return {"epoch": self.epoch, "version": self.version, "page": self.page, "rights": rights}


@dataclass(frozen=True, slots=True)
class ModeOrder:
    """The mode a door is to be in (7.11); a higher (epoch, version) replaces a lower one."""

    epoch: int
    version: int
    issued: int
    mode: DoorMode

    @property
    def ref(self) -> ListVersion:
        return ListVersion(self.epoch, self.version)

    def body(self) -> Body:
        return {"epoch": self.epoch, "version": self.version, "issued": self.issued, "mode": self.mode.value}


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether the door is connected (13); a higher `session` is newer."""

    online: bool
    session: int

    def body(self) -> Body:
        return {"online": self.online, "session": self.session}


_POSITION = {"boot_epoch": integer(1, 2**21 - 1), "seq": integer(1)}
_VERSION = {"epoch": integer(1), "version": integer(1)}


def position(value: Json) -> Position:
    """A position, as in `oldest` and in `ev/ack` (11.7)."""
    return Position(**exactly(value, _POSITION))


def list_version(value: Json) -> ListVersion:
    """Epoch and version of a list."""
    return ListVersion(**exactly(value, _VERSION))


def parse_list(body: Json) -> AccessList:
    """The access list in a body of `desired`; BadField for anything 7.1 to 7.9 does not permit."""
    parsed = AccessList(**exactly(body, _LIST))
    _in_order(parsed.rights)
    if parsed.not_after <= parsed.issued:
        raise BadField("not_after not after issued")
    if parsed.pages is not None and parsed.rights:
        raise BadField("rights both here and on pages")
    if any(after.starts < before.ends for before, after in zip(parsed.free, parsed.free[1:], strict=False)):
        raise BadField("free: out of order or overlapping")
    return parsed


def parse_page(body: Json, number: int) -> Page:
    """A page of rights in a body of `desired/{number}`."""
    page = Page(**exactly(body, {**_VERSION, "page": integer(number, min(number, MOST_PAGES)), "rights": _RIGHTS}))
    _in_order(page.rights)
    return page


def parse_mode(body: Json) -> ModeOrder:
    """The mode in a body of `mode`."""
    found = exactly(body, {**_VERSION, "issued": integer(0), "mode": one_of(*DoorMode)})
    return ModeOrder(**{**found, "mode": DoorMode(found["mode"])})


def parse_presence(body: Json) -> Presence:
    """Whether the door is there, from a body of `online`."""
    return Presence(**exactly(body, {"online": boolean, "session": integer(0)}))


def _in_order(rights: tuple[Right, ...]) -> None:
    ids = [right.id for right in rights]
    if ids != sorted(set(ids)):
        raise BadField("rights out of order")


def _right(value: Json) -> Right:
    found = exactly(value, _RIGHT)
    starts, ends = found["from"], found["until"]
    if (starts is None) != (ends is None) or (starts is not None and starts >= ends):
        raise BadField("window")
    medium = Medium(found["kind"])
    return Right(found["id"], found["cred"], medium, starts, ends, found["flags"], found["holder"], found["uses"])


def _flags(value: Json) -> tuple[str, ...]:
    flags = many(one_of(*FLAGS), least=0, most=len(FLAGS))(value)
    if list(flags) != sorted(set(flags)):
        raise BadField("flags out of order")
    return flags


def _rules(value: Json) -> DoorRules:
    return DoorRules(**exactly(value, _RULES))


def _apb(value: Json) -> Apb:
    found = exactly(value, {"kind": one_of(*ApbKind), "minutes": integer(0, 1440)})
    return Apb(ApbKind(found["kind"]), found["minutes"])


def _two_person(value: Json) -> int:
    return 0 if value == 0 and value is not False else integer(5, 60)(value)


def _free(value: Json) -> FreeWindow:
    found = exactly(value, {"from": integer(0), "until": integer(0), "first_in": boolean})
    if found["from"] >= found["until"]:
        raise BadField("window")
    return FreeWindow(found["from"], found["until"], found["first_in"])


_RIGHT = {
    "id": text(RIGHT_ID),
    "cred": hexadecimal(64),
    "kind": one_of(*Medium),
    "from": maybe(integer(0)),
    "until": maybe(integer(0)),
    "flags": _flags,
    "holder": text(HOLDER),
    "uses": maybe(integer(1, MOST_USES)),
}
_RIGHTS = many(_right, least=0, most=MOST_RIGHTS)
_RULES = {
    "apb": maybe(_apb),
    "factors": integer(1, 2),
    "interlock": boolean,
    "two_person_s": _two_person,
    "long_open_s": integer(1, 86_400),
}
_LIST = {
    **_VERSION,
    "issued": integer(0),
    "not_after": integer(1),
    "unlock_s": integer(1, MOST_UNLOCK_S),
    "held_open_s": integer(1, 86_400),
    "rights": _RIGHTS,
    "rules": _rules,
    "free": many(_free, least=0, most=MOST_FREE),
    "pages": maybe(many(hexadecimal(64), least=1, most=MOST_PAGES)),
}
