"""Calendar files (RFC 5545): one VEVENT per occurrence with stable UID, growing SEQUENCE and the zone's own rules.

Dates of a series stand as events of their own, so that moved, cancelled and refused dates need no exceptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from booking.core.span import Span

UID_HOST = "vuoro.example"
FIRST_RULES, LAST_RULES = date(2020, 1, 1), date(2038, 1, 1)  # the years whose clock changes the VTIMEZONE lists


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One event. `summary` is what the reader may see: the title of an own booking, or just that the time is taken.
    `tentative`: it waits for somebody's decision."""

    ref: str
    span: Span
    summary: str
    place: str
    sequence: int
    cancelled: bool = False
    tentative: bool = False
    description: str = ""
    url: str = ""

    @property
    def status(self) -> str:
        return "CANCELLED" if self.cancelled else "TENTATIVE" if self.tentative else "CONFIRMED"


def calendar_file(
    entries: Sequence[CalendarEntry],
    *,
    name: str,
    zone: ZoneInfo,
    now: datetime,
    method: Literal["PUBLISH", "REQUEST", "CANCEL"] = "PUBLISH",
) -> bytes:
    """The file as bytes; times are local with TZID, and the VTIMEZONE of the zone is in the file."""
    made = Calendar()
    made.add("prodid", "-//Vuoro//Vuoro//FI")
    made.add("version", "2.0")
    made.add("method", method)
    made.add("x-wr-calname", name)
    made.add("x-wr-timezone", zone.key)
    for entry in entries:
        made.add_component(_event(entry, zone, now))
    made.add_missing_timezones(first_date=FIRST_RULES, last_date=LAST_RULES)
    return bytes(made.to_ical())


def _event(entry: CalendarEntry, zone: ZoneInfo, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{entry.ref}@{UID_HOST}")
    event.add("dtstamp", now)
    event.add("dtstart", entry.span.starts_at.astimezone(zone))
    event.add("dtend", entry.span.ends_at.astimezone(zone))
    event.add("summary", entry.summary)
    event.add("location", entry.place)
    event.add("sequence", entry.sequence)
    event.add("status", entry.status)
    if entry.description:
        event.add("description", entry.description)
    if entry.url:
        event.add("url", entry.url)
    return event


@dataclass(frozen=True, slots=True)
class DayEntry:
    """Something of whole local days, both inclusive."""

    ref: str
    first_on: date
    last_on: date
    summary: str
    sequence: int
    description: str = ""
    url: str = ""
    cancelled: bool = False


def day_calendar_file(entries: Sequence[DayEntry], *, name: str, zone: ZoneInfo, now: datetime) -> bytes:
    """A file of all-day events: dates without a time belong to every zone and need no VTIMEZONE."""
    made = Calendar()
    for field, value in (("prodid", "-//Vuoro//Vuoro//FI"), ("version", "2.0"), ("method", "PUBLISH")):
        made.add(field, value)
    made.add("x-wr-calname", name)
    made.add("x-wr-timezone", zone.key)
    for entry in entries:
        made.add_component(_day_event(entry, now))
    return bytes(made.to_ical())


def _day_event(entry: DayEntry, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{entry.ref}@{UID_HOST}")
    event.add("dtstamp", now)
    event.add("dtstart", entry.first_on)
    event.add("dtend", entry.last_on + timedelta(days=1))  # RFC 5545 3.6.1: the end is not part of it
    event.add("summary", entry.summary)
    event.add("sequence", entry.sequence)
    event.add("transp", "TRANSPARENT")
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    if entry.description:
        event.add("description", entry.description)
    event.add("url", entry.url)
    return event
