"""Price formulas as they are written: a unit, where its amount comes from, and what bounds and rounds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from booking.core.money import Rounding


class Unit(StrEnum):
    """What a price is counted by."""

    ZERO = "zero"
    UNKNOWN = "unknown"
    HOUR = "hour"
    STARTED_HOUR = "started_hour"
    STARTED_BLOCK = "started_block"
    STEP = "step"
    DAY = "day"
    EVENT = "event"
    PERSON = "person"
    EACH = "each"
    SLEEPER_NIGHT = "sleeper_night"
    WEEK_HOUR = "week_hour"
    SEASON = "season"
    PACKAGE = "package"
    TIERS = "tiers"
    PERCENT = "percent"
    SHARE_OF_NORMAL = "share_of_normal"
    SUM = "sum"
    HIGHEST = "highest"
    LOWEST = "lowest"


BY_TIME = frozenset({Unit.HOUR, Unit.STARTED_HOUR, Unit.STARTED_BLOCK, Unit.STEP})
WHOLE_SEASON = frozenset({Unit.WEEK_HOUR, Unit.SEASON})
UNCOUNTED = frozenset({Unit.ZERO, Unit.UNKNOWN})
TOGETHER = frozenset({Unit.SUM, Unit.HIGHEST, Unit.LOWEST})


class DayPrice(StrEnum):
    """When a price for the whole day counts: only when the day is asked for, or as a ceiling of its own accord."""

    ASKED = "asked"
    CAP = "cap"


class DayCount(StrEnum):
    """What a day is where a price goes by days: a date of the calendar, or a started 24 hours."""

    DATES = "dates"
    DAY_AND_NIGHT = "24h"


class TiersBy(StrEnum):
    """Whether the whole length picks one tier, or each tier prices the stretch that lies in it."""

    LENGTH = "length"
    MARGINAL = "marginal"


class Per(StrEnum):
    """What a fixed addition is added for."""

    EVENT = "event"
    HOUR = "hour"
    STARTED_HOUR = "started_hour"
    DAY = "day"
    PERSON = "person"
    SLEEPER = "sleeper"
    SLEEPER_NIGHT = "sleeper_night"


Cell: TypeAlias = tuple[str, ...]  # what a matrix row wants of one fact: any of these; "*" is anything
Line: TypeAlias = tuple[tuple[Cell, ...], Decimal | None]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Amounts by several facts. The first row that fits counts; where none does, `otherwise`. None is unknown."""

    by: tuple[str, ...]
    rows: tuple[Line, ...]
    otherwise: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Amounts:
    """Euros: by a matrix, else by kind of space, else one for all. None is unknown."""

    amount: Decimal | None = None
    amounts: Mapping[str, Decimal | None] = field(default_factory=dict)
    matrix: Matrix | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """A price for a time of day, in local minutes; one that ends before it begins goes over midnight."""

    from_minute: int
    to_minute: int
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Tier:
    """A formula for a length up to and including so many minutes; None for any length."""

    up_to_minutes: int | None
    formula: Formula


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A price as written. Amounts are euros, times minutes; 0 for a bound that is not set."""

    unit: Unit
    amounts: Amounts = Amounts()
    per_block: bool = False  # the amount is for a block and not for an hour
    block_minutes: int = 60
    first_minutes: int = 0
    step_minutes: int = 0
    minimum_minutes: int = 0
    maximum_minutes: int = 0
    free_minutes: int = 0
    extra_minutes: int = 0
    day_minutes: int = 0  # what a whole day costs, as so much time
    day: DayPrice = DayPrice.ASKED
    day_counts: DayCount = DayCount.DATES
    bands: tuple[Band, ...] = ()
    tiers: tuple[Tier, ...] = ()
    tiers_by: TiersBy = TiersBy.LENGTH
    terms: tuple[Formula, ...] = ()
    package: str | None = None
    extra_hour: Decimal | None = None
    percent: Decimal | None = None
    of: str | None = None
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    round_to: Decimal | None = None
    round: Rounding = Rounding.HALF_UP
