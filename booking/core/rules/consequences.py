"""What follows when something happens to a booking: fees, lost slots, warnings, bans, and whether a swap counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from booking.core.rules.rows import Citation, OutcomeKind, Row, Texts


class Fee(StrEnum):
    """How a fee is reckoned: nothing, the price, a part of it, the price of a class, a sum, or what it cost."""

    NONE = "none"
    PRICE = "price"
    PERCENT = "percent"
    CLASS = "class"
    AMOUNT = "amount"
    ACTUAL_COST = "actual_cost"


class Slot(StrEnum):
    """What becomes of the slot."""

    KEPT = "kept"
    LOST = "lost"
    MAY_BE_CANCELLED = "may_be_cancelled"
    ALL_LOST = "all_lost"


class SanctionKind(StrEnum):
    """The steps of a ladder."""

    NOTICE = "notice"
    WARNING = "warning"
    BAN = "ban"
    SLOTS_CANCELLED = "slots_cancelled"
    REAPPLY = "reapply"
    PRICE_CLASS = "price_class"


class Reach(StrEnum):
    """What a sanction speaks of."""

    ALL = "all"
    HOLIDAYS = "holidays"
    PREMISES = "premises"
    SPACE_KIND = "space_kind"
    KEYS = "keys"


class Until(StrEnum):
    """What ends a sanction, where it is no number of days."""

    PAID = "paid"
    SEASON_END = "season_end"
    DECISION = "decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sanction:
    """A sanction and how long it lasts. `after`: from the how-manieth repeat on (event.repeat)."""

    kind: SanctionKind
    scope: Reach = Reach.ALL
    days: int | None = None
    months: int | None = None
    until: Until | None = None
    after: int = 1
    price_class: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """One row of [[consequences]]: all that it says follows. The first row of a topic that holds wins.

    `times`: the fee multiplied; `less_relet`: what letting the time again brought is taken off; `waived`: the price of
    the use is credited; `deadline_days`, `deadline_months`: from the day it happened; `compensation_cents`: paid to
    the user, `compensation_price`: as much as the price."""

    row: Row
    topic: str = "fee"
    fee: Fee | None = None
    percent: Decimal | None = None
    class_id: str | None = None
    times: Fraction = Fraction(1)
    amount: Decimal | None = None
    less_relet: bool = False
    waived: bool = False
    valid: bool | None = None
    slot: Slot | None = None
    sanction: Sanction | None = None
    price_class: str | None = None
    substitute: bool = False
    deadline_days: int | None = None
    deadline_months: int | None = None
    compensation_cents: int | None = None
    compensation_price: bool = False


# --- the answer ---


@dataclass(frozen=True, slots=True, kw_only=True)
class EventVerdict:
    """What follows from an event. Fee and credit in cents; None is unknown. `fee_class`: the price
    class the fee is reckoned by, where it is one; `result`: granted, or what a human decides.

    `missing`: facts without which a topic stays open."""

    kind: str
    fee_cents: int | None = None
    fee_known: bool = False
    fee_class: str | None = None
    credit_cents: int | None = 0
    compensation_cents: int | None = 0
    valid: bool | None = None
    slot: Slot | None = None
    sanctions: tuple[Sanction, ...] = ()
    price_class: str | None = None
    substitute: bool = False
    deadline: date | None = None
    result: OutcomeKind = OutcomeKind.GRANTED
    ask: str | None = None
    question: Texts = field(default_factory=dict)
    reasons: tuple[Citation, ...] = ()
    missing: tuple[str, ...] = ()
