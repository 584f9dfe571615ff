"""Small rounds for laws: hypothesis draws spaces that share atoms, sections that contest them, pins, quotas, and
seasons of two terms, A/B weeks and single closed days."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from booking.core.allocation.instance import (
    Blocked,
    BlockedDay,
    Exclusion,
    Held,
    Instance,
    Option,
    Period,
    Pin,
    Policy,
    PriorityClass,
    Quota,
    Section,
    Slot,
    Space,
    Tier,
    WeeklyTime,
    Weeks,
    Window,
)

FIRST = date(2026, 8, 31)  # a Monday
SEASON = Period(FIRST, FIRST + timedelta(days=27))  # four weeks
AUTUMN = Period(FIRST, FIRST + timedelta(days=16))  # ends on the third Wednesday
WINTER = Period(FIRST + timedelta(days=16), FIRST + timedelta(days=27))  # begins on that same Wednesday
CLASSES = (PriorityClass("youth", 1, "3.1"), PriorityClass("adults", 2, "3.2"), PriorityClass("other", 3, "3.3"))
EVENING = (17 * 60, 20 * 60)
DAYS = (0, 2)  # Monday and Wednesday


def space(name: str = "gym", atoms: tuple[str, ...] = (), **more: object) -> Space:
    """A gym open 17–20 every day."""
    told: dict[str, object] = {
        "capacity": 30,
        "open": tuple(WeeklyTime(day, *EVENING) for day in range(7)),
        "kind": "gym",
        "premises": "school",
        "district": "centre",
    }
    return Space(id=name, atoms=atoms or (name,), **{**told, **more})  # type: ignore[arg-type]


def section(name: str, **more: object) -> Section:
    """A group that comes once a week for an hour, on Monday or Wednesday evening, to the gym."""
    told: dict[str, object] = {
        "organisation": "club",
        "class_id": "youth",
        "events": 1,
        "min_minutes": 60,
        "max_minutes": 60,
        "windows": tuple(Window(day, *EVENING) for day in DAYS),
        "options": (Option(1, space="gym"),),
    }
    return Section(id=name, **{**told, **more})  # type: ignore[arg-type]


def instance(*sections: Section, **more: object) -> Instance:
    """A round of one gym on an hourly grid."""
    told: dict[str, object] = {"spaces": (space(),), "season": SEASON, "grid_min": 60, "classes": CLASSES}
    return Instance(id="round", sections=tuple(sections), **{**told, **more})  # type: ignore[arg-type]


def slots(spaces: tuple[str, ...] = ("hall", "left", "right", "gym")) -> st.SearchStrategy[Slot]:
    return st.builds(
        lambda name, day, start, hours: Slot(name, day, start * 60, (start + hours) * 60),
        st.sampled_from(spaces),
        st.sampled_from(DAYS),
        st.integers(16, 19),
        st.integers(1, 2),
    )


@st.composite
def hilly(draw: st.DrawFn) -> tuple[Space, ...]:
    """A hall of two parts that are also let alone, and a gym with set-up time, some of them barred at times."""
    blocked = draw(st.lists(st.builds(barred, st.sampled_from(DAYS), st.integers(17, 19), st.sampled_from(list(Weeks))),
                            max_size=1))  # fmt: skip
    single = draw(st.lists(st.sampled_from([FIRST, FIRST + timedelta(days=2)]), max_size=1))
    rest = draw(st.sampled_from((0, 0, 10)))
    return (
        space("hall", ("left", "right"), capacity=60),
        space("left", ("left",), blocked=tuple(blocked)),
        space("right", ("right",), blocked_days=tuple(BlockedDay(day, 17 * 60, 19 * 60) for day in single)),
        space("gym", after_min=rest),
    )


def barred(day: int, hour: int, weeks: Weeks) -> Blocked:
    return Blocked(WeeklyTime(day, hour * 60, (hour + 1) * 60, (), weeks))


@st.composite
def wishing(draw: st.DrawFn, name: str, most_events: int = 2) -> Section:
    """A group with one or two spaces it would take and windows of either preference."""
    start = draw(st.integers(17, 18))
    windows = [Window(day, start * 60, draw(st.integers(start + 1, 20)) * 60, draw(st.sampled_from((1, 1, 2))))
               for day in draw(st.sampled_from((DAYS, DAYS[:1], DAYS[1:])))]  # fmt: skip
    names = draw(st.lists(st.sampled_from(("hall", "left", "right", "gym")), min_size=1, max_size=2, unique=True))
    hours = draw(st.sampled_from((1, 1, 2)))
    return section(
        name,
        organisation=draw(st.sampled_from(("club", "school"))),
        class_id=draw(st.sampled_from([each.id for each in CLASSES])),
        events=draw(st.integers(1, most_events)),
        min_minutes=60 * hours,
        max_minutes=60 * draw(st.integers(hours, 2)),
        windows=tuple(windows),
        options=tuple(Option(rank, space=chosen) for rank, chosen in enumerate(names, 1)),
        people=draw(st.sampled_from((10, 10, 40))),
        order=draw(st.none() | st.integers(1, 5)),
        periods=draw(st.sampled_from(((), (), (AUTUMN,), (WINTER,)))),
        weeks=draw(st.sampled_from((Weeks.EVERY, Weeks.EVERY, Weeks.A, Weeks.B))),
        same_space=draw(st.sampled_from((False, False, True))),
        same_day_allowed=draw(st.sampled_from((False, False, True))),
        shared=draw(st.sampled_from(((), (), ("coach",)))),
        history=draw(st.lists(slots(), max_size=1).map(lambda old: tuple(held(one) for one in old))),
    )


def held(slot: Slot) -> Held:
    return Held(slot.space, slot.weekday, slot.start_min, slot.end_min)


QUOTAS = (
    Quota(id="hours", most_minutes=120, each_organisation=True),
    Quota(id="adults", most_minutes=60, classes=frozenset({"adults"})),
    Quota(id="half", most_percent=50, organisations=frozenset({"club"}), spaces=frozenset({"gym"})),
)


@st.composite
def rounds(draw: st.DrawFn, most_sections: int = 4, most_events: int = 2) -> Instance:
    """A small round with everything that a round may have, now and then."""
    asking = [draw(wishing(f"s{number}", most_events)) for number in range(draw(st.integers(1, most_sections)))]
    names = [one.id for one in asking]
    pins = draw(st.lists(st.builds(Pin, st.sampled_from(names), slots()), max_size=2))
    excluded = st.builds(Exclusion, section=st.sampled_from(names), weekday=st.sampled_from(DAYS))
    tiers = draw(st.sampled_from(((), (Tier.ORDER,))))
    return instance(
        *asking,
        spaces=draw(hilly()),
        quotas=tuple(draw(st.lists(st.sampled_from(QUOTAS), max_size=1))),
        pins=tuple(pins),
        exclusions=tuple(draw(st.lists(excluded, max_size=1))),
        policy=Policy(tiers=(Tier.COVERAGE, *tiers, *Policy().tiers[1:])),
        public_draw=str(draw(st.integers(0, 99))),
    )
