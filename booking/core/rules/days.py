"""Named days and seasons of a rulebook: dated spans, and spans of every year that may cross its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeAlias

DayOfYear: TypeAlias = tuple[int, int]  # month and day


@dataclass(frozen=True, slots=True)
class DaySpan:
    """First to last day, both inclusive: dated, or the same every year as month and day."""

    first: date | DayOfYear
    last: date | DayOfYear
    name: Mapping[str, str] = field(default_factory=dict)

    def holds(self, day: date) -> bool:
        first, last = self.first, self.last
        if isinstance(first, date) and isinstance(last, date):
            return first <= day <= last
        of_year = (day.month, day.day)
        assert isinstance(first, tuple)
        assert isinstance(last, tuple)
        if first <= last:
            return first <= of_year <= last
        return of_year >= first or of_year <= last

    @property
    def samples(self) -> tuple[date, date]:
        """A day inside and the day after, for who looks for an example."""
        if isinstance(self.last, date):
            return self.last, min(self.last, date.max - timedelta(days=1)) + timedelta(days=1)
        month, of_month = self.last
        last = date(2027, month, 28 if (month, of_month) == (2, 29) else of_month)
        return last, last + timedelta(days=1)

    def begins(self, day: date) -> date:
        """The first day of the run of days that a day it holds is in."""
        if isinstance(self.first, date):
            return self.first
        year = day.year if (day.month, day.day) >= self.first else day.year - 1
        month, of_month = self.first
        return date(year, month, 28 if (month, of_month) == (2, 29) and year % 4 else of_month)


Spans: TypeAlias = tuple[DaySpan, ...]


def span_of(spans: Iterable[DaySpan], day: date) -> DaySpan | None:
    return next((span for span in spans if span.holds(day)), None)
