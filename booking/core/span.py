"""Spans of time and local wall time, turned into instants late and compared in UTC only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTES_IN_DAY = 1440


class EmptySpan(ValueError):
    """A span must end after it starts."""


class NoSuchTime(ValueError):
    """The wall time does not exist on that day: clocks jump over it."""

    def __init__(self, day: date, minute: int, zone: ZoneInfo) -> None:
        super().__init__(f"{day} {minute // 60:02}:{minute % 60:02} does not exist in {zone.key}")
        self.day, self.minute, self.zone = day, minute, zone


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open [starts_at, ends_at); both ends are turned into UTC when made.

    Two datetimes in one zone subtract as if the clock never changed, so nothing may subtract before this.
    Raises EmptySpan when the end is not after the start, ValueError for a naive end.
    """

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        for name in ("starts_at", "ends_at"):
            instant: datetime = getattr(self, name)
            if instant.tzinfo is None:
                raise ValueError(f"{name} has no zone")
            object.__setattr__(self, name, instant.astimezone(UTC))
        if self.ends_at <= self.starts_at:
            raise EmptySpan(f"{self.starts_at} … {self.ends_at}")

    @property
    def minutes(self) -> int:
        """Elapsed whole minutes, rounded down: a night across the change of clocks is an hour longer or shorter."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    def overlaps(self, other: Span) -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def covers(self, other: Span) -> bool:
        return self.starts_at <= other.starts_at and other.ends_at <= self.ends_at

    def holds(self, instant: datetime) -> bool:
        return self.starts_at <= instant < self.ends_at

    def widened(self, *, before_min: int, after_min: int) -> Span:
        """The span with elapsed minutes added at both ends."""
        return Span(
            self.starts_at - timedelta(minutes=before_min),
            self.ends_at + timedelta(minutes=after_min),
        )


def local(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall time; minute of day from 0, where 1440 is 24:00 and more is a later day.

    A time that exists twice means the first. Raises NoSuchTime for one that clocks jump over.
    """
    days, rest = divmod(minute, MINUTES_IN_DAY)
    wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), zone)
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise NoSuchTime(day, minute, zone)
    return instant


def local_or_later(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """As `local`, but a time that clocks jump over is read an hour later: for opening hours, never for bookings."""
    days, rest = divmod(minute, MINUTES_IN_DAY)
    return datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), zone).astimezone(UTC)


def is_ambiguous(instant: datetime, zone: ZoneInfo) -> bool:
    """Whether the wall time of this instant exists twice on that day."""
    wall = instant.astimezone(zone)
    return wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()
