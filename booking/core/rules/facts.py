"""What a rule may ask about a request: five groups of facts, each of which may be not told (None)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from booking.core.span import Span

FactValue: TypeAlias = str | int | bool | date | tuple[str, ...] | None
Facts: TypeAlias = Mapping[str, FactValue]


class FactType(StrEnum):
    """How a fact may be compared."""

    WORD = "word"
    WORDS = "words"
    TEXT = "text"
    TEXTS = "texts"
    NUMBER = "number"
    YES_NO = "yes_no"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact a condition may name. `words`: the list in words.toml its values come from."""

    type: FactType
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """Who asks. `domicile`: the registered home; `works_in`: where it acts; `grants`: boards whose grant it holds."""

    kind: str | None = None
    domicile: str | None = None
    works_in: tuple[str, ...] | None = None
    registered: bool | None = None
    for_profit: bool | None = None
    purposes: tuple[str, ...] | None = None
    grants: tuple[str, ...] | None = None
    relation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What is done there. `complements`: a judgement that it significantly complements the owner's own services."""

    purpose: str | None = None
    non_profit: bool | None = None
    complements: bool | None = None
    guided: bool | None = None
    entry_fee: bool | None = None
    consents: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who comes, in heads. `under_18_residents` counts people who are both; `residents` live in the municipality."""

    total: int | None = None
    under_18: int | None = None
    under_20: int | None = None
    residents: int | None = None
    under_18_residents: int | None = None
    group: str | None = None
    targets_residents: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The space asked for and the premises it is in."""

    kind: str | None = None
    premises_kind: str | None = None
    premises: str | None = None
    supervised: bool | None = None
    area_m2: int | None = None
    capacity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When, and as what type of booking. `occasion`: the how-manieth single time of this user in the season, from 1."""

    booking_type: str | None = None
    span: Span | None = None
    zone: ZoneInfo | None = None
    occasion: int | None = None
    applied_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Everything told of one asked occurrence. What is None was not told, which is never the same as "no"."""

    applicant: Applicant = field(default_factory=Applicant)
    activity: Activity = field(default_factory=Activity)
    audience: Audience = field(default_factory=Audience)
    space: Place = field(default_factory=Place)
    time: Timing = field(default_factory=Timing)


FACTS: Mapping[str, Fact] = {
    "applicant.kind": Fact(FactType.WORD, "applicant_kind"),
    "applicant.domicile": Fact(FactType.TEXT),
    "applicant.works_in": Fact(FactType.TEXTS),
    "applicant.registered": Fact(FactType.YES_NO),
    "applicant.for_profit": Fact(FactType.YES_NO),
    "applicant.purposes": Fact(FactType.WORDS, "applicant_purpose"),
    "applicant.grants": Fact(FactType.WORDS, "board"),
    "applicant.relation": Fact(FactType.WORD, "relation"),
    "activity.purpose": Fact(FactType.WORD, "activity_purpose"),
    "activity.non_profit": Fact(FactType.YES_NO),
    "activity.complements": Fact(FactType.YES_NO),
    "activity.guided": Fact(FactType.YES_NO),
    "activity.entry_fee": Fact(FactType.YES_NO),
    "activity.consents": Fact(FactType.WORDS, "role"),
    "audience.total": Fact(FactType.NUMBER),
    "audience.under_18": Fact(FactType.NUMBER),
    "audience.under_20": Fact(FactType.NUMBER),
    "audience.residents": Fact(FactType.NUMBER),
    "audience.under_18_residents": Fact(FactType.NUMBER),
    "audience.group": Fact(FactType.WORD, "audience_group"),
    "audience.targets_residents": Fact(FactType.YES_NO),
    "space.kind": Fact(FactType.WORD, "space_kind"),
    "space.premises_kind": Fact(FactType.WORD, "premises_kind"),
    "space.premises": Fact(FactType.TEXT),
    "space.supervised": Fact(FactType.YES_NO),
    "space.area_m2": Fact(FactType.NUMBER),
    "space.capacity": Fact(FactType.NUMBER),
    "time.booking_type": Fact(FactType.WORD, "booking_type"),
    "time.occasion": Fact(FactType.NUMBER),
    "time.applied_on": Fact(FactType.DAY),
    "time.use_on": Fact(FactType.DAY),
    "time.minutes": Fact(FactType.NUMBER),
    "time.weekday": Fact(FactType.NUMBER),
    "time.start_minute": Fact(FactType.NUMBER),
    "time.lead_days": Fact(FactType.NUMBER),
    "time.lead_months": Fact(FactType.NUMBER),
}


def facts_of(request: Request) -> dict[str, FactValue]:
    """Every fact by its dotted name, not-told ones as None, with what follows from the span added."""
    told: dict[str, FactValue] = {}
    for group in fields(request):
        part: Any = getattr(request, group.name)
        told |= {f"{group.name}.{name.name}": getattr(part, name.name) for name in fields(part)}
    del told["time.span"], told["time.zone"]
    return told | span_facts(request.time)


def span_facts(time: Timing) -> dict[str, FactValue]:
    """Local day, weekday (Monday 0) and minute of the start, elapsed minutes, and the lead from the application."""
    names = ("minutes", "use_on", "weekday", "start_minute", "lead_days", "lead_months")
    if time.span is None or time.zone is None:
        untold: dict[str, FactValue] = dict.fromkeys(f"time.{name}" for name in names)
        return untold | {"time.minutes": None if time.span is None else time.span.minutes}
    start = time.span.starts_at.astimezone(time.zone)
    return {
        "time.minutes": time.span.minutes,
        "time.use_on": start.date(),
        "time.weekday": start.weekday(),
        "time.start_minute": start.hour * 60 + start.minute,
        "time.lead_days": None if time.applied_on is None else (start.date() - time.applied_on).days,
        "time.lead_months": None if time.applied_on is None else whole_months(time.applied_on, start.date()),
    }


def whole_months(first: date, last: date) -> int:
    """Whole calendar months from one local day to another: 15.1. to 14.2. is none, to 15.2. one."""
    months = (last.year - first.year) * 12 + last.month - first.month
    return months - (1 if last.day < first.day else 0)


def bounds(facts: Facts, name: str) -> tuple[int, int] | None:
    """The least and most a head count can be; None when not told.

    People who are both under 18 and resident can be bounded from the two counts and the total.
    """
    number = facts.get(name)
    if isinstance(number, int):
        return number, number
    if name != "audience.under_18_residents":
        return None
    parts = [facts.get(f"audience.{part}") for part in ("total", "under_18", "residents")]
    total, under_18, residents = (part if isinstance(part, int) else None for part in parts)
    if under_18 is None or residents is None:
        return None
    least = 0 if total is None else max(0, under_18 + residents - total)
    return least, min(under_18, residents)
