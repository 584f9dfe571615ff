"""Rounds of an invented city: as many spaces, groups and organisations as a size says, the same for the same seed.

What it is like (shares of kinds, lengths, windows, classes) follows what Nordic cities publish of their rounds; the
evenings that are not offered are chosen so that the peak, Monday to Friday 17–21, is asked 1.6 times over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from booking.core.allocation.dice import Dice
from booking.core.allocation.generating_demand import CLASSES, demand, history, organisations
from booking.core.allocation.instance import (
    Blocked,
    BlockedDay,
    Instance,
    Period,
    Policy,
    Section,
    Space,
    WeeklyTime,
)

SIZES = {"XS": (15, 80, 13), "S": (50, 300, 50), "M": (200, 1500, 250), "L": (600, 6000, 1000)}
SEASON = Period(date(2026, 8, 10), date(2027, 5, 30))
CHRISTMAS = Period(date(2026, 12, 21), date(2027, 1, 6))
SCHOOL_HOLIDAYS = (Period(date(2026, 10, 12), date(2026, 10, 18)), Period(date(2027, 2, 15), date(2027, 2, 21)))
PEAK = (17 * 60, 21 * 60)
PASSES = 3  # who finds nothing offered asks elsewhere, which moves the ratio a little
# kind: share of all, opening on school days, at weekends, capacity from and to
KINDS = {
    "gym": (48, (16, 22), (9, 20), (25, 60)),
    "hall": (14, (8, 22), (8, 22), (90, 180)),
    "classroom": (25, (15, 21), (10, 18), (20, 35)),
    "studio": (13, (9, 22), (9, 20), (15, 40)),
}
EQUIPMENT = {"gym": ("goals", "mats", "rings"), "hall": ("goals", "scoreboard", "rinkboards"),
             "classroom": ("piano", "screen"), "studio": ("mirrors", "piano", "barre")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """Premises of the city: a name, a district and where they are."""

    name: str
    district: str
    place: tuple[int, int]


def generate(size: str, seed: int, ratio: float = 1.6) -> Instance:
    """A round of this size (XS, S, M, L) whose peak is asked `ratio` times over."""
    spaces, sections, orgs = SIZES[size]
    dice = Dice(seed * 1_000_003 + spaces)
    offered = _spaces(dice, _sites(dice, spaces), spaces)
    applicants = organisations(dice, orgs, sorted({one.district for one in offered}))
    every, asked = offered, demand(seed, sections, applicants, offered)
    for _ in range(PASSES):
        foreseen = _round("", every, asked)
        offered = list(_narrowed(Dice(seed * 9_000_011), foreseen, ratio))
        asked = demand(seed, sections, applicants, offered)
    asked = [replace(one, history=held) for one, held in zip(asked, history(dice, asked, offered), strict=True)]
    return replace(_round(f"city-{size}-{seed}", offered, asked), public_draw=str(seed))


def _round(name: str, offered: list[Space], asked: list[Section]) -> Instance:
    members: dict[str, int] = defaultdict(int)
    for one in asked:
        members[one.organisation] += one.people
    return Instance(
        id=name,
        season=SEASON,
        grid_min=30,
        classes=CLASSES,
        spaces=tuple(offered),
        sections=tuple(asked),
        policy=Policy(members=dict(members)),
        rulebook="city-2026-01",
    )


def _sites(dice: Dice, spaces: int) -> list[Site]:
    """Premises of three spaces on average in districts of twelve, a district three kilometres wide."""
    districts = max(3, spaces // 12)
    across = next(side for side in range(1, 100) if side * side >= districts)
    found = []
    for at in range(max(3, spaces // 3)):
        district = dice.below(districts)
        east, north = district % across * 3000, district // across * 3000
        place = (east + dice.below(3000), north + dice.below(3000))
        found.append(Site(f"premises-{at + 1:03}", f"district-{district + 1:02}", place))
    return found


def _spaces(dice: Dice, sites: list[Site], count: int) -> list[Space]:
    kinds = list(KINDS)
    found: list[Space] = []
    for at in range(count):
        kind = kinds[dice.weighted([KINDS[name][0] for name in kinds])]
        found.extend(_space_with_parts(dice, f"space-{at + 1:03}", kind, dice.one(sites)))
    return found


def _space_with_parts(dice: Dice, name: str, kind: str, site: Site) -> list[Space]:
    """A space and the parts that can be had of it alone: one gym in four halves, a hall has thirds or halves."""
    _, school_days, weekends, (least, most) = KINDS[kind]
    parts = {"gym": 2 if dice.percent(25) else 1, "hall": 3 if dice.percent(60) else 2}.get(kind, 1)
    atoms = tuple(f"{name}-{part}" for part in "abc"[:parts]) if parts > 1 else (name,)
    whole = Space(
        id=name,
        atoms=atoms,
        capacity=dice.between(least, most),
        open=tuple(_opening(day, school_days if day < 5 else weekends) for day in range(7)),
        blocked_days=_single_days(dice),
        closed=(CHRISTMAS, *(SCHOOL_HOLIDAYS if kind in ("gym", "classroom") else ())),
        after_min=15 if kind == "classroom" and dice.percent(20) else 0,
        kind=kind,
        premises=site.name,
        district=site.district,
        equipment=frozenset(one for one in EQUIPMENT[kind] if dice.percent(60)),
        step_free=dice.percent(60),
        place=site.place,
    )
    of_parts = [replace(whole, id=atom, atoms=(atom,), capacity=whole.capacity // parts, kind=f"{kind}_part")
                for atom in atoms if parts > 1]  # fmt: skip
    return [whole, *of_parts]


def _opening(weekday: int, hours: tuple[int, int]) -> WeeklyTime:
    return WeeklyTime(weekday, hours[0] * 60, hours[1] * 60)


def _single_days(dice: Dice) -> tuple[BlockedDay, ...]:
    """Up to three single occasions of the owner's own in a season."""
    days = (SEASON.last_on - SEASON.first_on).days
    return tuple(BlockedDay(SEASON.first_on + timedelta(dice.below(days)), 8 * 60, 22 * 60, "own_use")
                 for _ in range(dice.below(4)))  # fmt: skip


def _narrowed(dice: Dice, whole: Instance, ratio: float) -> Iterable[Space]:
    """The spaces with so many evenings taken by the owner and by running grants that the peak is asked that often."""
    bases = [one for one in whole.spaces if not one.kind.endswith("_part")]
    wanted = int(peak_demand(whole) / ratio)
    supply = {(one.id, day): _peak_minutes(one.open, day) for one in bases for day in range(5)}
    left, taken = sum(supply.values()), set()
    for evening in dice.some(list(supply), len(supply)):
        if left - supply[evening] // 2 <= wanted:
            break
        taken.add(evening)
        left -= supply[evening]
    for one in whole.spaces:
        rows = [Blocked(WeeklyTime(day, 16 * 60, 22 * 60), "own_use" if dice.percent(60) else "running_grant")
                for day in range(5) if (one.id, day) in taken]  # fmt: skip
        yield replace(one, blocked=tuple(rows)) if rows else one


def _peak_minutes(times: Iterable[WeeklyTime], weekday: int) -> int:
    return sum(
        max(0, min(one.end_min, PEAK[1]) - max(one.start_min, PEAK[0])) for one in times if one.weekday == weekday
    )


def peak_demand(instance: Instance) -> int:
    """Minutes a week that sections ask of whole spaces in the peak: their events at their least length, by how much of
    their wished hours lies in the peak, and by how much of a space their first wish takes."""
    spaces = {one.id: one for one in instance.spaces}
    whole: dict[str, int] = defaultdict(int)
    for space in instance.spaces:
        for atom in space.atoms:
            whole[atom] = max(whole[atom], len(space.atoms))
    return sum(_asked(section, spaces, whole) for section in instance.sections)


def _asked(section: Section, spaces: dict[str, Space], whole: dict[str, int]) -> int:
    wished = [one for one in section.windows if one.preference == 1]
    minutes = sum(one.end_min - one.start_min for one in wished)
    peak = sum(max(0, min(one.end_min, PEAK[1]) - max(one.start_min, PEAK[0])) for one in wished if one.weekday < 5)
    first = min((one for one in section.options if one.space), key=lambda one: one.rank, default=None)
    if first is None or not minutes:
        return 0
    atoms = spaces[first.space or ""].atoms
    return section.events * section.min_minutes * peak * len(atoms) // (minutes * whole[atoms[0]])


def peak_supply(instance: Instance) -> int:
    """Minutes a week of whole spaces that are open and not blocked in the peak."""
    biggest: dict[str, Space] = {}
    for one in sorted(instance.spaces, key=lambda one: len(one.atoms)):
        biggest |= dict.fromkeys(one.atoms, one)
    whole = {one.id: one for one in biggest.values()}.values()
    return sum(_peak_minutes(one.open, day) - _peak_minutes((row.time for row in one.blocked), day)
               for one in whole for day in range(5))  # fmt: skip
