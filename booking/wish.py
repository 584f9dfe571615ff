"""What somebody wishes to book, before it is asked whether it can be had; or would wish, for what is booked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from booking.core.pattern import Pattern
from booking.core.span import MINUTES_IN_DAY
from booking.ids import GroupId, OrganisationId, PersonId, SpaceId
from booking.models import Booking, Occurrence


@dataclass(frozen=True, slots=True)
class Wish:
    """One act of booking before it is one. `purpose` is a word of the rulebook's activity purposes, `people` how many
    come, `audience` what is told of them and, by dotted name, of anything else the rules ask (docs/rulebook.md),
    `holder` who answers for the group and gets in. `exceeding`: why somebody of the house lets it exceed limits."""

    space: SpaceId
    organisation: OrganisationId
    holder: PersonId
    pattern: Pattern
    title: str
    purpose: str
    people: int
    audience: Mapping[str, Any] = field(default_factory=dict)
    regular: bool = False
    exceeding: str = ""
    group: GroupId | None = None


def wish_of(booking: Booking, row: Occurrence) -> Wish:
    """The wish that would make this one date again as it stands."""
    zone = ZoneInfo(row.space.premises.zone)
    start, end = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
    first = start.hour * 60 + start.minute
    last = (end.date() - start.date()).days * MINUTES_IN_DAY + end.hour * 60 + end.minute
    return Wish(
        space=row.space_id,
        organisation=booking.organisation_id,
        holder=booking.holder_id,
        pattern=Pattern.once(start.date(), first, last),
        title=booking.title,
        purpose=booking.purpose,
        people=booking.people,
        audience=booking.audience,
        regular=booking.kind == "regular",
        group=booking.group_id,
    )


def pattern_of(booking: Booking) -> Pattern | None:
    """The pattern of a series as it was booked; None for a single time."""
    told = booking.pattern
    if told is None:
        return None
    first_on, last_on = date.fromisoformat(told["first_on"]), date.fromisoformat(told["last_on"])
    return Pattern(first_on, last_on, told["start_min"], told["end_min"], tuple(told["weekdays"]), told["every_weeks"])
