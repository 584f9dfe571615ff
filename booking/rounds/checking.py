"""Plain hints while an application is written: what cannot come true, what is contested, what asks for much."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as some
from typing import Any

from booking.models import Space
from booking.rounds.models import Section, SectionWindow
from booking.rounds.offered import Offered, Stretch
from booking.rounds.rivals import Rivals
from booking.rounds.sections import SectionWish, by_day


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing worth knowing, with facts for its sentence. `stops`: as it is, nothing can be granted. `field`: where
    it belongs in the form."""

    code: str
    field: str
    facts: Mapping[str, Any] = some(default_factory=dict)
    stops: bool = False


def hints(
    round_: Offered, wish: SectionWish, rivals: Callable[[], Rivals], *, others: Iterable[Section] = ()
) -> list[Hint]:
    """Everything worth saying of one section. `rivals` are asked for only where they matter; `others`: the other
    sections of the application."""
    meant = round_.meant(wish.options)
    if not meant:
        return []
    fit, found = fitting(wish, meant, round_)
    found += list(_opening(wish, fit, round_))
    found += list(_short_windows(wish))
    found += list(_coaches(wish, others))
    if fit:
        found += contested(wish, fit, round_, rivals())
    return found


def fitting(wish: SectionWish, meant: list[Space], round_: Offered) -> tuple[list[Space], list[Hint]]:
    """Of the spaces meant those that fit the group, and what is said of the others."""
    found: list[Hint] = []
    large = [space for space in meant if space.capacity >= wish.people]
    if not large:
        most = max(space.capacity for space in meant)
        anywhere = max(space.capacity for space in round_.spaces)
        facts = {"people": wish.people, "most": most, "anywhere": anywhere}
        return [], [Hint("no_space_fits", "people", facts, stops=True)]
    if len(large) < len(meant):
        found.append(Hint("some_too_small", "people", {"people": wish.people, "spaces": _refs(meant, large)}))
    fit = large
    for word in wish.equipment:
        having = [space for space in fit if word in space.equipment]
        if not having:
            return [], [*found, Hint("none_has", "equipment", {"equipment": word}, stops=True)]
        fit = having
    if wish.step_free:
        reached = [space for space in fit if space.step_free and space.premises.step_free]
        if not reached:
            return [], [*found, Hint("none_step_free", "step_free", stops=True)]
        fit = reached
    return fit, found


def _refs(every: list[Space], some: list[Space]) -> list[str]:
    return [space.ref for space in every if space not in some]


def _opening(wish: SectionWish, fit: list[Space], round_: Offered) -> Iterator[Hint]:
    """Spaces whose hours in the round leave no room in any window."""
    days = by_day(wish)
    if not fit or not days:
        return
    shut = [space for space in fit if not _room(days, round_.hours[space.id], wish.min_minutes)]
    if len(shut) == len(fit):
        yield Hint("no_hours", "windows", {"minutes": wish.min_minutes}, stops=True)
    elif shut and len(shut) <= len(wish.options):
        yield Hint("some_shut", "options", {"spaces": [space.ref for space in shut]})


def _room(days: Mapping[int, list[Stretch]], hours: Mapping[int, list[Stretch]], minutes: int) -> bool:
    return any(
        min(end, closes) - max(start, opens) >= minutes
        for day, windows in days.items()
        for start, end in windows
        for opens, closes in hours.get(day, [])
    )


def _short_windows(wish: SectionWish) -> Iterator[Hint]:
    """Windows in which the shortest time has no room; where none has, that is a fault of the section."""
    days = by_day(wish)
    short = [(day, one) for day, some in days.items() for one in some if one[1] - one[0] < wish.min_minutes]
    if len(short) < sum(len(some) for some in days.values()):
        for day, (start, end) in short:
            yield Hint("window_short", "windows", {"weekday": day, "start_min": start, "end_min": end})


def _coaches(wish: SectionWish, others: Iterable[Section]) -> Iterator[Hint]:
    """Coaches named in another section whose windows meet these: they will be given different times."""
    mine = by_day(wish)
    for other in others:
        for name in sorted(set(wish.shared).intersection(other.shared)):
            if any(_meets(mine.get(one.weekday, []), one) for one in other.windows):
                yield Hint("same_coach", "shared", {"name": name, "other": other.name})


def _meets(stretches: list[Stretch], window: SectionWindow) -> bool:
    return any(start < window.end_min and window.start_min < end for start, end in stretches)


def contested(wish: SectionWish, fit: list[Space], round_: Offered, rivals: Rivals) -> list[Hint]:
    """How many sent sections of others want the same spaces, for each day: only numbers, never who."""
    spaces = round_.sharing(fit)
    counted = {day: rivals.count(day, stretches, spaces) for day, stretches in by_day(wish).items()}
    return [Hint("contested", "windows", {"weekday": day, "count": n}) for day, n in counted.items() if n]
