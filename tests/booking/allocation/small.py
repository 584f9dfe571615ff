"""The small town of these tests: one hall in halves, a gym, two classes, and what each test adds."""

from dataclasses import replace
from datetime import date

from booking.core.allocation.instance import (
    Instance,
    Option,
    Period,
    PriorityClass,
    Section,
    Slot,
    Space,
    WeeklyTime,
    Window,
)

SEASON = Period(date(2026, 8, 31), date(2027, 5, 30))  # Monday to Sunday, 39 weeks
CLASSES = (PriorityClass("children", 0, "1"), PriorityClass("adults", 1, "2"))


def always(start_min: int = 8 * 60, end_min: int = 22 * 60) -> tuple[WeeklyTime, ...]:
    return tuple(WeeklyTime(day, start_min, end_min) for day in range(7))


HALL = Space(id="hall", atoms=("hall-a", "hall-b"), capacity=80, open=always())
HALVES = tuple(Space(id=f"hall-{half}", atoms=(f"hall-{half}",), capacity=40, open=always()) for half in "ab")
GYM = Space(id="gym", atoms=("gym",), capacity=30, open=always(), equipment=frozenset({"mats"}), step_free=True)
EVENING = Window(0, 17 * 60, 18 * 60)  # Monday 17–18, one event


def group(name: str, *, of_class: str = "adults", **told: object) -> Section:
    """A group that wishes the gym on Monday at 17, once, unless told otherwise."""
    plain = Section(
        id=name,
        organisation=f"org-{name}",
        class_id=of_class,
        events=1,
        min_minutes=60,
        max_minutes=60,
        windows=(EVENING,),
        options=(Option(rank=1, space="gym"),),
        people=10,
    )
    return replace(plain, **told)


def town(*sections: Section, **told: object) -> Instance:
    plain = Instance(
        id="town",
        season=SEASON,
        grid_min=30,
        classes=CLASSES,
        spaces=(HALL, *HALVES, GYM),
        sections=sections,
        rulebook="town-2026-01",
        public_draw="4711",
    )
    return replace(plain, **told)


def monday(start_min: int = 17 * 60, minutes: int = 60, *, space: str = "gym") -> Slot:
    return Slot(space, 0, start_min, start_min + minutes)
