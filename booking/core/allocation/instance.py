"""An allocation as values: spaces, sections and policy in, weekly slots with their reasons out.

Local days, minutes of day 0–1440 (24:00 is 1440), weekdays with Monday 0, both days of a period inclusive. Every text
form of these values is docs/allocation-format.md; nothing here reads a clock, a file or a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Weeks(StrEnum):
    """In which weeks a slot runs. A is the week of the season's first day and every second one after it."""

    EVERY = "every"
    A = "A"
    B = "B"


class HistoryMode(StrEnum):
    """What last season's slots are worth: nothing, a preference among equals, or kept before anything else."""

    NONE = "none"
    TIE_BREAK = "tie_break"
    PIN = "pin"


class Fairness(StrEnum):
    """The declared measure between organisations of one class: the share of the asked weekly events that each gets,
    the weekly hours for each active member, or none."""

    SHARE = "share_of_asked"
    MEMBERS = "hours_per_member"
    NONE = "none"


class Tier(StrEnum):
    """One goal of a policy, in the order of its list. Coverage is always first and goes class by class."""

    COVERAGE = "coverage"
    ORDER = "order"
    FAIRNESS = "fairness"
    PREFERENCE = "preference"
    HISTORY = "history"
    DURATION = "duration"


@dataclass(frozen=True, slots=True)
class Period:
    """Local days, both inclusive."""

    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class WeeklyTime:
    """A time of one weekday, in the weeks and periods in which it counts (no periods: the whole season).
    `end_min` may reach 1440."""

    weekday: int
    start_min: int
    end_min: int
    periods: tuple[Period, ...] = ()
    weeks: Weeks = Weeks.EVERY


@dataclass(frozen=True, slots=True)
class Blocked:
    """A weekly time that is not to be had, and why: an existing booking, own use, a running two-year grant."""

    time: WeeklyTime
    reason: str = "booked"


@dataclass(frozen=True, slots=True)
class BlockedDay:
    """A stretch of one local day that is not to be had: a single booking or a closure."""

    day: date
    start_min: int
    end_min: int
    reason: str = "booked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """What can be granted. `atoms`: the indivisible parts it occupies (a hall's are those of its thirds); two spaces
    exclude each other where they share an atom. `before_min`, `after_min`: set-up and turnaround held around every
    event. `blocked` and `blocked_days` of one space count for all that share its atoms."""

    id: str
    atoms: tuple[str, ...]
    capacity: int
    open: tuple[WeeklyTime, ...]
    blocked: tuple[Blocked, ...] = ()
    blocked_days: tuple[BlockedDay, ...] = ()
    closed: tuple[Period, ...] = ()
    before_min: int = 0
    after_min: int = 0
    kind: str = ""
    premises: str = ""
    district: str = ""
    equipment: frozenset[str] = frozenset()
    step_free: bool = False
    place: tuple[int, int] | None = None  # metres east and north of any one point, for distances


@dataclass(frozen=True, slots=True)
class Window:
    """When a section could come. `preference`: 1 wished, 2 also possible. Windows of one weekday that touch join; an
    event is of the worst preference that it touches."""

    weekday: int
    start_min: int
    end_min: int
    preference: int = 1


@dataclass(frozen=True, slots=True)
class Option:
    """Where a section would go: one space by name, or every space that is of this kind, premises or district. `rank`: 1
    is wished most. The equipment and access a section needs hold for every option."""

    rank: int
    space: str | None = None
    kind: str | None = None
    premises: str | None = None
    district: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A slot of last season; `use_percent`: how much of it was really used."""

    space: str
    weekday: int
    start_min: int
    end_min: int
    use_percent: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One group of an organisation asking for `events` weekly times on different weekdays.

    `class_id`: its priority class, `rule`: the rulebook's row that put it there; `order`: its place by the rulebook's
    tie-breaks among all, the smallest first, None where they say nothing; `shared`: coaches, or anybody else who can be
    in one place only, by a name of the organisation's own."""

    id: str
    organisation: str
    class_id: str
    events: int
    min_minutes: int
    max_minutes: int
    windows: tuple[Window, ...]
    options: tuple[Option, ...]
    people: int = 1
    name: str = ""
    rule: str = ""
    order: int | None = None
    periods: tuple[Period, ...] = ()
    weeks: Weeks = Weeks.EVERY
    equipment: frozenset[str] = frozenset()
    step_free: bool = False
    same_space: bool = False
    same_day_allowed: bool = False
    shared: tuple[str, ...] = ()
    district: str = ""
    audience: str = ""  # children, youth, adults, seniors, disabled…: for quotas and figures
    place: tuple[int, int] | None = None
    history: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class PriorityClass:
    """A class of the rulebook: the smaller `rank` goes before everything of a greater one."""

    id: str
    rank: int
    rule: str = ""
    name: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Slot:
    """Where and when one weekly event is."""

    space: str
    weekday: int
    start_min: int
    end_min: int


@dataclass(frozen=True, slots=True)
class Pin:
    """A decision of the officials: this section has this slot. It never moves; it may lie outside the section's own
    wishes but not outside hard facts."""

    section: str
    slot: Slot
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A decision of the officials: no slot that fits all that is told here is granted."""

    section: str | None = None
    organisation: str | None = None
    space: str | None = None
    weekday: int | None = None
    start_min: int = 0
    end_min: int = 1440
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """At most so much for those it names (all that is told must hold), in these weekly times (none: always). Minutes
    are those of an average week of the season. `most_percent`: of the bookable minutes of these spaces and times; a
    least share for some is written as a most share for the others."""

    id: str
    most_minutes: int | None = None
    most_percent: int | None = None
    each_organisation: bool = False
    classes: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    districts: frozenset[str] = frozenset()
    spaces: frozenset[str] = frozenset()
    times: tuple[WeeklyTime, ...] = ()
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is aimed at. `need_curve`: worth of a section's first, second, … weekly event, falling, so that everybody's
    first comes before anybody's second; `least_dates_percent`: a slot runs on at least so many of its section's own
    dates; `stability`: how much an incumbent's slot is worth keeping (0 nothing, 100 before all but coverage)."""

    tiers: tuple[Tier, ...] = (Tier.COVERAGE, Tier.FAIRNESS, Tier.PREFERENCE, Tier.HISTORY, Tier.DURATION)
    need_curve: tuple[int, ...] = (100, 58, 42, 32, 26, 22, 19)
    fairness: Fairness = Fairness.SHARE
    members: Mapping[str, int] = field(default_factory=dict)  # active members by organisation
    history: HistoryMode = HistoryMode.TIE_BREAK
    least_use_percent: int = 80
    least_dates_percent: int = 50
    rank_worth: int = 40
    primary_worth: int = 30
    history_worth: int = 20
    distance_worth: int = 10
    stability: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A whole round as the solver sees it. `rulebook`: the version in force, `public_draw`: the number drawn in public
    after the deadline; both enter the seed and the hash."""

    id: str
    season: Period
    grid_min: int
    classes: tuple[PriorityClass, ...]
    spaces: tuple[Space, ...]
    sections: tuple[Section, ...]
    policy: Policy = field(default_factory=Policy)
    quotas: tuple[Quota, ...] = ()
    pins: tuple[Pin, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    incumbent: tuple[tuple[str, Slot], ...] = ()
    rulebook: str = ""
    public_draw: str = ""
