"""Last days that law sets: counted from the day after, and moved on from a day on which offices are shut."""

from __future__ import annotations

from datetime import date, timedelta

from booking.core.opening import public_holidays

SATURDAY = 5


def works(day: date) -> bool:
    """Whether a last day may fall on it. Source: laki säädettyjen määräaikain laskemisesta (150/1930), 5 §: not on a
    Saturday, Sunday or public holiday, Independence Day, May Day, nor on Christmas or Midsummer Eve."""
    eves = (day.month, day.day) == (12, 24) or (day.month == 6 and 19 <= day.day <= 25 and day.weekday() == 4)
    return day.weekday() < SATURDAY and day not in public_holidays(day.year) and not eves


def last_day(begins_on: date, days: int) -> date:
    """The last day of so many days, the first of which is the day after `begins_on` (150/1930, 2 §)."""
    day = begins_on + timedelta(days=days)
    while not works(day):
        day += timedelta(days=1)
    return day
