"""The facts of a request by their dotted names, with what follows from them: local day, weekday, notice, heads."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from typing import Any

from booking.core.rules.fact_types import Fact, Facts, FactType, FactValue, HeadGroup, Part
from booking.core.rules.people import EVERYBODY, OLDEST, Who, ages_of, of_people
from booking.core.rules.request import (
    GROUPS,
    NOTHING_TOLD,
    Activity,
    Applicant,
    Audience,
    Happening,
    History,
    Place,
    Request,
    Timing,
)

__all__ = [
    "FACTS",
    "Activity",
    "Applicant",
    "Audience",
    "Fact",
    "FactType",
    "FactValue",
    "Facts",
    "Happening",
    "HeadGroup",
    "History",
    "Part",
    "Place",
    "Request",
    "Timing",
    "bounds",
    "facts_of",
    "whole_months",
]

FACTS: Mapping[str, Fact] = {
    f"{group}.{one.name}": one.metadata["fact"]
    for group, written in GROUPS.items()
    for one in fields(written)
    if "fact" in one.metadata
}
NAMES: Mapping[str, tuple[str, ...]] = {
    group: tuple(name for name in FACTS if name.startswith(f"{group}.")) for group in GROUPS
}
UNTOLD: Mapping[str, FactValue] = dict.fromkeys(FACTS)


def reader(group: str) -> Callable[[Any], tuple[FactValue, ...]]:
    """Reads a group's fields in the order of the catalogue, at the speed of C: facts are built for every question."""
    return attrgetter(*(name.partition(".")[2] for name in NAMES[group]))


# for each group: how it is taken from a request, the one in which nothing is told, its facts, and how they are read
READERS = tuple((attrgetter(group), NOTHING_TOLD[group], NAMES[group], reader(group)) for group in GROUPS)


def facts_of(request: Request) -> dict[str, FactValue]:
    """Every fact by its dotted name, not-told ones as None, with what follows from the others added."""
    facts = dict(UNTOLD)
    for taken, untold, names, read in READERS:
        group = taken(request)
        if group is not untold:
            facts.update(zip(names, read(group), strict=True))
    if request.time.span is not None:
        add_span(facts, request.time)
    add_day(facts)
    if request.activity.phase is not None or request.time.parts is not None:
        add_main_phase(facts)
    if request.event.on is not None or request.event.at is not None:
        add_notice(facts, request.time)
    if request.audience.people is not None:
        add_heads(facts, request.audience.people)
    if request.own:
        facts.update(request.own)
    return facts


def add(facts: dict[str, FactValue], name: str, value: FactValue) -> None:
    """A fact worked out, unless it was told."""
    if facts[name] is None:
        facts[name] = value


def add_span(facts: dict[str, FactValue], time: Timing) -> None:
    """Elapsed minutes, and the local day and minutes of the day; the end counts on past midnight."""
    assert time.span is not None
    add(facts, "time.minutes", time.span.minutes)
    if time.applied_at is not None:
        add(facts, "time.lead_hours", whole_hours(time.applied_at, time.span.starts_at))
    if time.zone is None:
        return
    start, end = time.span.starts_at.astimezone(time.zone), time.span.ends_at.astimezone(time.zone)
    days = end.toordinal() - start.toordinal()
    add(facts, "time.use_on", start.date())
    add(facts, "time.start_minute", start.hour * 60 + start.minute)
    add(facts, "time.end_minute", days * 1440 + end.hour * 60 + end.minute)
    if time.applied_at is not None:
        add(facts, "time.applied_on", time.applied_at.astimezone(time.zone).date())


def whole_hours(first: datetime, last: datetime) -> int:
    """Whole elapsed hours from one instant to another; negative when the second is earlier."""
    return (last.astimezone(UTC) - first.astimezone(UTC)) // timedelta(hours=1)


def add_day(facts: dict[str, FactValue]) -> None:
    """What follows from the local day of use, and the lead from the application."""
    use_on, applied_on, weekday = facts["time.use_on"], facts["time.applied_on"], facts["time.weekday"]
    if not isinstance(use_on, date):
        if isinstance(weekday, int):
            add(facts, "time.day_kind", day_kind(weekday, facts["time.holiday"]))
        return
    add(facts, "time.weekday", use_on.weekday())
    add(facts, "time.month", use_on.month)
    add(facts, "time.day_kind", day_kind(use_on.weekday(), facts["time.holiday"]))
    if isinstance(applied_on, date):
        add(facts, "time.lead_days", (use_on - applied_on).days)
        add(facts, "time.lead_months", whole_months(applied_on, use_on))


def day_kind(weekday: int, holiday: FactValue) -> str | None:
    """A public holiday goes before the weekday it falls on; None while it is not told whether it is one."""
    if holiday is None:
        return None
    return "holiday" if holiday else {5: "saturday", 6: "sunday"}.get(weekday, "weekday")


LEAVING = ("left", "overrun")  # events whose moment is that of going out
BESIDE = ("setup", "takedown", "overrun")  # phases around what the use is for


def add_main_phase(facts: dict[str, FactValue]) -> None:
    """What the whole use is: its phase, else that of its longest part that is neither before, after nor over it."""
    told, parts = facts["activity.phase"], facts["time.parts"]
    if told is None and isinstance(parts, tuple):
        real = [part for part in parts if isinstance(part, Part) and part.phase not in BESIDE]
        told = max(real, key=lambda part: part.minutes).phase if real else None
    add(facts, "activity.main_phase", told)


def add_notice(facts: dict[str, FactValue], time: Timing) -> None:
    """How long before the use an event happened: local days, and elapsed whole hours where told to the minute."""
    at, use_on = facts["event.at"], facts["time.use_on"]
    if isinstance(at, datetime):
        if time.zone is not None:
            add(facts, "event.on", at.astimezone(time.zone).date())
        if time.span is not None:
            add(facts, "event.notice_hours", whole_hours(at, time.span.starts_at))
        if time.span is not None and facts["event.kind"] in LEAVING:
            late = at.astimezone(UTC) - time.span.ends_at.astimezone(UTC)
            add(facts, "event.minutes_late", max(0, -(-late // timedelta(minutes=1))))
    on = facts["event.on"]
    if isinstance(on, date) and isinstance(use_on, date):
        add(facts, "event.notice_days", (use_on - on).days)


HEADS: Mapping[str, Who] = {
    "audience.total": EVERYBODY,
    "audience.under_18": Who(under=18),
    "audience.under_20": Who(under=20),
    "audience.over_65": Who(from_age=66),
    "audience.residents": Who(resident=True),
    "audience.under_18_residents": Who(under=18, resident=True),
    "audience.leaders": Who(leader=True),
}


def add_heads(facts: dict[str, FactValue], people: tuple[HeadGroup, ...]) -> None:
    """The counts that the people told leave no doubt about. Ages: on the day told for them, else on that of use."""
    told, use_on = facts["time.age_reference"], facts["time.use_on"]
    reference = told if isinstance(told, date) else use_on if isinstance(use_on, date) else None
    for name, who in HEADS.items():
        least, most = of_people(people, who, reference)
        if least == most:
            add(facts, name, least)
    ages = [ages_of(group, reference) for group in people]
    if ages and all(high < OLDEST for _, high in ages):
        add(facts, "audience.youngest", min(low for low, _ in ages))
        add(facts, "audience.oldest", max(high for _, high in ages))


def whole_months(first: date, last: date) -> int:
    """Whole calendar months from one local day to another: 15.1. to 14.2. is none, to 15.2. one.

    The last day of a shorter month ends the month too: 31.1. to 28.2. is one."""
    months = (last.year - first.year) * 12 + last.month - first.month
    short = last.day < first.day and last.day < monthrange(last.year, last.month)[1]
    return months - (1 if short else 0)


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
