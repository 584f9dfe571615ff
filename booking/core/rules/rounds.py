"""Rules of a season round: the annual clock, who comes first within a class, quotas, and what happens to grants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from booking.core.rules.conditions import Condition
from booking.core.rules.days import DayOfYear
from booking.core.rules.rows import Citation, Row


class Direction(StrEnum):
    """Which comes first: the smaller, the greater, those for whom it holds, or those for whom it does not."""

    ASC = "asc"
    DESC = "desc"
    YES_FIRST = "yes_first"
    NO_FIRST = "no_first"


@dataclass(frozen=True, slots=True)
class TieBreak:
    """One step of the order within a priority class: by a fact or by a condition. `points`: for a score."""

    row: Row
    fact: str | None
    condition: Condition | None
    order: Direction
    points: int | None = None


class TiePolicy(StrEnum):
    """How ties within a class are broken: by the tie-breaks in order, by their points, or by lot alone."""

    ORDER = "order"
    SCORE = "score"
    LOT = "lot"


class Acceptance(StrEnum):
    """What a grant is worth before its holder says anything."""

    GRANTED_COUNTS = "granted_counts"
    CONFIRM_OR_LAPSE = "confirm_or_lapse"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationRule:
    """[allocation]: how a round is decided. None: the sources do not say."""

    citation: Citation
    tie_policy: TiePolicy = TiePolicy.ORDER
    accept: Acceptance | None = None
    confirm_days: int | None = None
    grant_years: int | None = None
    left_overs: str | None = None
    swap_reports: int | None = None
    private_never_displaces: bool | None = None
    club_divides: bool | None = None
    match_overrides: bool | None = None
    negotiation: bool | None = None
    alternatives: bool | None = None
    appeal_days: int | None = None
    indicative: bool = False


@dataclass(frozen=True, slots=True)
class AllocationQuota:
    """How much of the hours of a round a priority class gets at most, or at least, before the others."""

    row: Row
    class_id: str | None
    share_percent: Decimal | None
    weekly_hours: Decimal | None
    least: bool


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One date of the annual clock: a day of every year, a dated day, or so many days after something."""

    row: Row
    kind: str
    day: date | DayOfYear | None
    days: int | None
    season: str | None
    name: Mapping[str, str]
