"""On which days a weekly slot of a round runs: the season, the section's periods, A and B weeks, the round's hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from booking.rounds.models import Round, RoundHours, Section

WEEK = timedelta(days=7)


def days_of(round_: Round, section: Section, weekday: int) -> list[date]:
    """The local days of a weekday in the section's periods (none: the whole season) and weeks. Week A is that of the
    season's first day."""
    first = round_.first_on + timedelta(days=(weekday - round_.first_on.weekday()) % 7)
    every = [first + n * WEEK for n in range(((round_.last_on - first).days // 7) + 1)]
    spans = periods_of(round_, section)
    return [day for day in every if in_weeks(round_, section.weeks, day) and any(a <= day <= b for a, b in spans)]


def periods_of(round_: Round, section: Section) -> list[tuple[date, date]]:
    """The section's parts of the season, first and last day inclusive."""
    named = [one for one in round_.periods if one["key"] in section.periods]
    spans = [(date.fromisoformat(one["first_on"]), date.fromisoformat(one["last_on"])) for one in named]
    return spans or [(round_.first_on, round_.last_on)]


def in_weeks(round_: Round, weeks: str, day: date) -> bool:
    if weeks == "every":
        return True
    monday = round_.first_on - timedelta(days=round_.first_on.weekday())
    return ((day - monday).days // 7) % 2 == (0 if weeks == "A" else 1)


def can_be_applied_for(hours: Iterable[RoundHours], day: date, start_min: int, end_min: int) -> bool:
    """Whether the round's hours of the space, joined where they touch, hold a time on a day. `hours`: those of the
    space and weekday; a slot that officials put where the round has none at all is theirs to answer for."""
    of_space = list(hours)
    if not of_space:
        return True
    valid = [row for row in of_space if (row.first_on or day) <= day <= (row.last_on or day)]
    reached = start_min
    for row in sorted(valid, key=lambda one: one.opens_min):
        if row.opens_min <= reached:
            reached = max(reached, row.closes_min)
    return reached >= end_min
