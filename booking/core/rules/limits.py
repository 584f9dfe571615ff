"""What a booking must keep to: lead times, lengths, quotas, ages, commitments; and what is said of one request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from booking.core.rules.conditions import Condition
from booking.core.rules.days import DayOfYear
from booking.core.rules.rows import Citation, Effect, Row


class LimitKind(StrEnum):
    """What is limited."""

    LEAD_MIN = "lead_min"
    LEAD_MAX = "lead_max"
    LENGTH_MIN = "length_min"
    LENGTH_MAX = "length_max"
    OCCASIONS = "occasions"
    QUOTA = "quota"
    BOOKER_AGE = "booker_age"
    HEADS_MAX = "heads_max"
    HEADS_MIN = "heads_min"
    COMMITMENT = "commitment"
    PREPAYMENT = "prepayment"
    VERIFIED = "verified"
    NO_BAN = "no_ban"
    NO_DEBT = "no_debt"
    NOTIFY = "notify"
    DECIDE_BEFORE = "decide_before"
    CONFIRM_BY = "confirm_by"
    REQUIRES = "requires"


class LimitUnit(StrEnum):
    """What the value of a limit counts. Days, weeks and months are counted in local dates."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    PEOPLE = "people"
    YEARS = "years"
    OCCASIONS = "occasions"


class NeededFor(StrEnum):
    """What a broken limit stands in the way of."""

    BOOKING = "booking"
    ACCESS = "access"


class Counted(StrEnum):
    """What a quota counts."""

    MINUTES = "minutes"
    BOOKINGS = "bookings"


class Window(StrEnum):
    """Over what a quota counts: the local day, week (from Monday), month, season or year of the use, or all ahead."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    SEASON = "season"
    YEAR = "year"
    AHEAD = "ahead"


class Status(StrEnum):
    """How a request stands to a limit. Unknown: a fact was not told, or it is a date for somebody to keep."""

    KEPT = "kept"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One row of [[limits]]. The effect of its row is what the answer becomes where it is broken.

    `of`: which bookings a quota counts, asked of each booking's own facts; `by`: a day instead of a value and unit."""

    row: Row
    kind: LimitKind
    value: int | None = None
    unit: LimitUnit | None = None
    needed_for: NeededFor = NeededFor.BOOKING
    count: Counted | None = None
    per: str | None = None
    window: Window | None = None
    of: Condition | None = None
    or_responsible: int | None = None
    commitment: str | None = None
    must: Condition | None = None
    otherwise: str | None = None
    by: date | DayOfYear | None = None
    whom: str | None = None
    bans: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitVerdict:
    """How a request stands to one limit that concerns it. `told`: what it told, in the unit of the limit; `deadline`:
    the last local day to apply, to tell, to decide or to confirm; `missing`: facts without which it is unknown."""

    row: Citation
    kind: LimitKind
    status: Status
    needed_for: NeededFor
    value: int | None = None
    unit: LimitUnit | None = None
    told: int | None = None
    deadline: date | None = None
    missing: tuple[str, ...] = ()
    effect: Effect | None = None
