"""One group's part of an application: what is asked, what is wrong with it, and how it is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as some
from typing import Any

from booking.core.span import MINUTES_IN_DAY
from booking.ids import GroupId
from booking.models import Group
from booking.rounds.models import Section, SectionOption, SectionWindow
from booking.rounds.offered import Offered, Where, joined
from booking.rulebooks import words

WEEKS = ("every", "A", "B")
COUNTS = ("under_18", "under_20", "residents", "under_18_residents")
MOST_EVENTS, MOST_WINDOWS, MOST_OPTIONS, MOST_SHARED = 7, 28, 20, 10
LONGEST_NAME = 80
Asked = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class WindowWish:
    """When a group could come: local minutes of a weekday, 24:00 is 1440. `preference`: 1 wished, 2 also possible."""

    weekday: int
    start_min: int
    end_min: int
    preference: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionWish:
    """What a group asks for. `group`: the ref of a group of the organisation, or none; `options`: the most wished
    first; `audience`: as a booking's; `periods`: keys of the round's, none for the whole season."""

    name: str
    purpose: str
    people: int
    events: int = 1
    min_minutes: int = 60
    max_minutes: int = 60
    windows: tuple[WindowWish, ...] = ()
    options: tuple[Where, ...] = ()
    group: str = ""
    audience: Mapping[str, Any] = some(default_factory=dict)
    periods: tuple[str, ...] = ()
    weeks: str = "every"
    equipment: tuple[str, ...] = ()
    step_free: bool = False
    same_space: bool = False
    shared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: a field, a stable word, and facts. A draft may be kept with those that are `later`: they only
    stand against sending it."""

    field: str
    problem: str
    facts: Mapping[str, Any] = some(default_factory=dict)
    later: bool = False

    def told(self) -> Asked:
        return {"field": self.field, "problem": self.problem, **self.facts}


def faults(wish: SectionWish, round_: Offered, groups: Collection[str] = ()) -> list[Fault]:
    """Everything wrong with a section; `groups`: refs of the organisation's groups."""
    found = [*_plain(wish, groups), *_lengths(wish, round_.round.grid_min), *_windows(wish, round_.round.grid_min)]
    return [*found, *_options(wish, round_), *_choices(wish, round_)]


def _plain(wish: SectionWish, groups: Collection[str]) -> Iterator[Fault]:
    if not wish.name.strip() or len(wish.name) > LONGEST_NAME:
        yield Fault("name", "too_long" if wish.name.strip() else "missing")
    if wish.purpose not in words()["activity_purpose"]:
        yield Fault("purpose", "not_one_of")
    if wish.people < 1:
        yield Fault("people", "too_small")
    if wish.group and wish.group not in groups:
        yield Fault("group", "not_one_of")
    yield from _people(wish)


def _people(wish: SectionWish) -> Iterator[Fault]:
    for name in COUNTS:
        if (wish.audience.get(name) or 0) > wish.people:
            yield Fault(name, "more_than_people")
    if wish.audience.get("group") is not None and wish.audience["group"] not in words()["audience_group"]:
        yield Fault("audience_group", "not_one_of")
    if len(wish.shared) > MOST_SHARED or any(len(name) > LONGEST_NAME for name in wish.shared):
        yield Fault("shared", "too_long")


def _lengths(wish: SectionWish, grid: int) -> Iterator[Fault]:
    if not 1 <= wish.events <= MOST_EVENTS:
        yield Fault("events", "events", {"limit": MOST_EVENTS})
    for name in ("min_minutes", "max_minutes"):
        if not 0 < getattr(wish, name) <= MINUTES_IN_DAY or getattr(wish, name) % grid:
            yield Fault(name, "round_grid", {"limit": grid})
    if wish.max_minutes < wish.min_minutes:
        yield Fault("max_minutes", "below_shortest")


def _windows(wish: SectionWish, grid: int) -> Iterator[Fault]:
    if not wish.windows:
        yield Fault("windows", "windows_missing", later=True)
        return
    if len(wish.windows) > MOST_WINDOWS:
        yield Fault("windows", "too_many", {"limit": MOST_WINDOWS})
    wrong = [one for window in wish.windows for one in _window(window, grid)]
    yield from wrong or _together(wish)


def _window(window: WindowWish, grid: int) -> Iterator[Fault]:
    day = {"weekday": window.weekday}
    if not 0 <= window.weekday <= 6 or window.preference not in (1, 2):
        yield Fault("windows", "not_one_of")
    elif not 0 <= window.start_min < window.end_min <= MINUTES_IN_DAY:
        yield Fault("windows", "time_order", day)
    elif window.start_min % grid or window.end_min % grid:
        yield Fault("windows", "round_grid", {"limit": grid, **day})


def _together(wish: SectionWish) -> Iterator[Fault]:
    """What is wrong with windows that are right one by one."""
    for one, after in zip(sorted(wish.windows), sorted(wish.windows)[1:], strict=False):
        if one.weekday == after.weekday and after.start_min < one.end_min:
            yield Fault("windows", "windows_overlap", {"weekday": one.weekday})
    days = days_with_room(wish)
    if not days:
        yield Fault("windows", "no_room", {"minutes": wish.min_minutes}, later=True)
    elif wish.events > len(days):
        yield Fault("events", "too_few_days", {"limit": len(days)}, later=True)


def days_with_room(wish: SectionWish) -> list[int]:
    """The weekdays on which the shortest time fits; windows that touch are one."""
    return [day for day, some in by_day(wish).items() if any(end - start >= wish.min_minutes for start, end in some)]


def by_day(wish: SectionWish) -> dict[int, list[tuple[int, int]]]:
    """The windows of each weekday, joined."""
    days = sorted({one.weekday for one in wish.windows})
    return {day: joined([(one.start_min, one.end_min) for one in wish.windows if one.weekday == day]) for day in days}


def _options(wish: SectionWish, round_: Offered) -> Iterator[Fault]:
    if not wish.options:
        yield Fault("options", "options_missing", later=True)
    if len(wish.options) > MOST_OPTIONS:
        yield Fault("options", "too_many", {"limit": MOST_OPTIONS})
    if len(set(wish.options)) < len(wish.options):
        yield Fault("options", "option_twice")
    for number, option in enumerate(wish.options, 1):
        if option == Where() or not round_.known(option):
            yield Fault("options", "not_in_round", {"number": number})


def _choices(wish: SectionWish, round_: Offered) -> Iterator[Fault]:
    if wish.weeks not in WEEKS:
        yield Fault("weeks", "not_one_of")
    if set(wish.periods) - set(round_.periods):
        yield Fault("periods", "not_one_of")
    if set(wish.equipment) - set(round_.equipment):
        yield Fault("equipment", "not_in_any_space")


def fill(row: Section, wish: SectionWish, round_: Offered, group: GroupId | None) -> None:
    """Put a wish without faults into a row; windows and options are made anew."""
    for name in ("purpose", "people", "events", "min_minutes", "max_minutes", "weeks", "step_free", "same_space"):
        setattr(row, name, getattr(wish, name))
    row.name, row.group_id, row.audience = wish.name.strip(), group, dict(wish.audience)
    for name in ("periods", "equipment", "shared"):
        setattr(row, name, list(dict.fromkeys(getattr(wish, name))))
    row.windows = [_window_row(one) for one in sorted(wish.windows)]
    row.options = [_option_row(rank, one, round_) for rank, one in enumerate(wish.options, 1)]


def _window_row(one: WindowWish) -> SectionWindow:
    return SectionWindow(weekday=one.weekday, start_min=one.start_min, end_min=one.end_min, preference=one.preference)


def _option_row(rank: int, one: Where, round_: Offered) -> SectionOption:
    space, house = round_.by_ref.get(one.space), round_.premises.get(one.premises)
    return SectionOption(
        rank=rank,
        space_id=space.id if space else None,
        space_kind=one.kind or None,
        premises_id=house.id if house else None,
        district=one.district or None,
    )


def wish_of(row: Section, group: Group | None = None) -> SectionWish:
    """The wish a row holds. Its windows, and options with space and premises, are loaded."""
    plain: Asked = {name: getattr(row, name) for name in PLAIN}
    several: Asked = {name: tuple(getattr(row, name)) for name in ("periods", "equipment", "shared")}
    windows = tuple(WindowWish(one.weekday, one.start_min, one.end_min, one.preference) for one in row.windows)
    return SectionWish(
        **plain,
        **several,
        audience=dict(row.audience),
        group=group.ref if group else "",
        windows=windows,
        options=tuple(where_of(one) for one in row.options),
    )


PLAIN = (
    "name",
    "purpose",
    "people",
    "events",
    "min_minutes",
    "max_minutes",
    "weeks",
    "step_free",
    "same_space",
)


def where_of(option: SectionOption) -> Where:
    return Where(
        option.space.ref if option.space else "",
        option.space_kind or "",
        option.premises.ref if option.premises else "",
        option.district or "",
    )
