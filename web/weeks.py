"""Weeks as Finns count them (ISO 8601), by which calendars are named and linked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_interval

from booking.core.opening import day_span
from booking.core.span import Span

SKELETONS = {"fi": "yMd"}  # elsewhere the month is written out, as CLDR has no short interval people would say aloud


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO week: Monday to Sunday; the year is that of its Thursday."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Week:
        year, number, _weekday = day.isocalendar()
        return cls(year, number)

    @classmethod
    def read(cls, code: str) -> Week | None:
        """The week that "2026-W48" names, None when it names none."""
        found = re.fullmatch(r"(\d{4})-W(\d{1,2})", code)
        if found is None:
            return None
        try:
            return cls.of(date.fromisocalendar(int(found[1]), int(found[2]), 1))
        except ValueError:
            return None

    @property
    def code(self) -> str:
        return f"{self.year}-W{self.number:02}"

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=n) for n in range(7)]

    def later(self, weeks: int) -> Week:
        return Week.of(self.monday + timedelta(weeks=weeks))

    def span(self, zone: ZoneInfo) -> Span:
        """From Monday 0.00 to Sunday 24.00 in the zone."""
        return Span(day_span(self.days[0], zone).starts_at, day_span(self.days[6], zone).ends_at)

    def interval(self, locale: str) -> str:
        """Its days as written in the locale: 23.–29.11.2026."""
        skeleton = SKELETONS.get(locale[:2], "yMMMd")
        return format_interval(self.days[0], self.days[6], skeleton, locale=locale)
