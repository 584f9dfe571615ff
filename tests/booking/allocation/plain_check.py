"""A slow check of a plan from the days of the calendar, written without the engine's arrays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from booking.core.allocation.instance import Instance, Period, Section, Slot, Space, WeeklyTime, Weeks
from booking.core.allocation.result import Result

Held = tuple[str, date, int]


def days(period: Period) -> Iterator[date]:
    for step in range((period.last_on - period.first_on).days + 1):
        yield period.first_on + timedelta(days=step)


def in_turn(instance: Instance, day: date, weeks: Weeks) -> bool:
    first = instance.season.first_on
    week = (day - (first - timedelta(days=first.weekday()))).days // 7
    return weeks is Weeks.EVERY or (week % 2 == 0) == (weeks is Weeks.A)


def counts(instance: Instance, time: WeeklyTime, day: date) -> bool:
    within = any(one.first_on <= day <= one.last_on for one in time.periods or (instance.season,))
    return within and day.weekday() == time.weekday and in_turn(instance, day, time.weeks)


def own_dates(instance: Instance, section: Section, weekday: int) -> set[date]:
    return {
        day
        for day in days(instance.season)
        if day.weekday() == weekday
        and in_turn(instance, day, section.weeks)
        and any(one.first_on <= day <= one.last_on for one in section.periods or (instance.season,))
    }


def held(instance: Instance, space: Space, slot: Slot) -> range:
    grid = instance.grid_min
    first = (slot.start_min - space.before_min) // grid * grid
    return range(max(0, first), min(1440, -(-(slot.end_min + space.after_min) // grid) * grid))


def barred(instance: Instance, space: Space, day: date, minute: int) -> bool:
    for near in instance.spaces:
        if set(near.atoms) & set(space.atoms):
            times = [one.time for one in near.blocked if counts(instance, one.time, day)]
            if any(time.start_min <= minute < time.end_min for time in times):
                return True
            if any(one.day == day and one.start_min <= minute < one.end_min for one in near.blocked_days):
                return True
    return False


def running(instance: Instance, section: Section, slot: Slot) -> set[date]:
    """The days on which a slot runs for a section."""
    space = next(one for one in instance.spaces if one.id == slot.space)
    found = set()
    for day in own_dates(instance, section, slot.weekday):
        times = [time for time in space.open if counts(instance, time, day)]
        is_open = all(
            any(time.start_min <= minute < time.end_min for time in times)
            for minute in range(slot.start_min, slot.end_min)
        )
        shut = any(one.first_on <= day <= one.last_on for one in space.closed)
        taken = any(barred(instance, space, day, minute) for minute in held(instance, space, slot))
        if is_open and not shut and not taken:
            found.add(day)
    return found


def overlaps(instance: Instance, result: Result) -> list[tuple[str, str, Held]]:
    """Who holds the same atom or person in the same minute of the same day."""
    sections = {one.id: one for one in instance.sections}
    holders: dict[Held, int] = {}
    found = []
    for number, grant in enumerate(result.grants):
        section, slot = sections[grant.section], grant.slot
        space = next(one for one in instance.spaces if one.id == slot.space)
        minutes = [("atom " + atom, minute) for atom in space.atoms for minute in held(instance, space, slot)]
        people = [f"person {section.organisation} {person}" for person in section.shared] + [f"own {section.id}"]
        minutes += [(name, minute) for name in people for minute in range(slot.start_min, slot.end_min)]
        for day in running(instance, section, slot):
            for name, minute in minutes:
                other = holders.setdefault((name, day, minute), number)
                if other != number:
                    found.append((result.grants[other].section, section.id, (name, day, minute)))
    return found
