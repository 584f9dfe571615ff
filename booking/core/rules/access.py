"""What the rules say of the door: how one gets in, how early and late, and what must be in order first."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from booking.core.rules.rows import Citation, Row


class Mode(StrEnum):
    """How the door opens."""

    SUPERVISOR_OPENS = "supervisor_opens"
    OWN_KEY = "own_key"
    TAG = "tag"
    PIN = "pin"
    PHONE = "phone"
    CONTACT_HANDS_OVER = "contact_hands_over"
    OPEN = "open"


class End(StrEnum):
    """Whether the very instant is inside."""

    OPEN = "open"
    CLOSED = "closed"


class Who(StrEnum):
    """Who may be given access."""

    HOLDER = "holder"
    GROUP = "group"
    NAMED = "named"


class FirstIn(StrEnum):
    """Who may go in first."""

    ANYONE = "anyone"
    RESPONSIBLE = "responsible"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRule:
    """One row of [[access]]: the first that holds counts. `needs`: prepayment, no_ban, verified, no_debt or
    commitment:NAME; `revoke_on`: kinds of events; `lost_key`: euros, where `lost_key_at_cost` is false."""

    row: Row
    mode: Mode
    before_minutes: int = 0
    after_minutes: int = 0
    start: End = End.CLOSED
    end: End = End.OPEN
    keys: int | None = None
    who: Who | None = None
    first_in: FirstIn | None = None
    outer_door: str | None = None
    remote_open: str | None = None
    leave_by_minutes: int | None = None
    needs: tuple[str, ...] = ()
    duty_contact: str | None = None
    revoke_on: tuple[str, ...] = ()
    key_return: str | None = None
    lost_key: Decimal | None = None
    lost_key_at_cost: bool = False
    guest_book: bool = False
    inspection: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessVerdict:
    """What the door layer gets: the rule that counts and whether its holder may be let in at all.

    `allowed`: None while a fact in `missing` is not told. `because`: needs not met, and rows that stand against it."""

    row: Citation | None
    rule: AccessRule | None
    allowed: bool | None
    because: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
