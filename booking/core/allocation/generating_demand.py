"""Who applies in the invented city: organisations by Zipf, their groups with wishes, and a last season drawn by lot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

from booking.core.allocation.dice import Dice
from booking.core.allocation.instance import Held, Option, Period, PriorityClass, Section, Space, Weeks, Window

CLASSES = (
    PriorityClass("arts", 0, "1", {"fi": "Taiteen perusopetus", "sv": "Grundläggande konstundervisning"}),
    PriorityClass("municipal", 1, "2", {"fi": "Kunnan oma toiminta", "sv": "Kommunens egen verksamhet"}),
    PriorityClass("children", 2, "3", {"fi": "Paikalliset lapset ja nuoret", "sv": "Lokala barn och unga"}),
    PriorityClass("adults", 3, "4", {"fi": "Paikalliset aikuiset", "sv": "Lokala vuxna"}),
    PriorityClass("other", 4, "5", {"fi": "Muut", "sv": "Övriga"}),
)
AUTUMN = Period(date(2026, 8, 10), date(2026, 12, 20))
SPRING = Period(date(2027, 1, 7), date(2027, 5, 30))
# kind of organisation: share of all, then the weights of the classes of its groups
ORGANISATIONS = {
    "arts_school": (4, (100, 0, 0, 0, 0)),
    "municipal_unit": (3, (0, 70, 30, 0, 0)),
    "club": (58, (0, 0, 80, 20, 0)),
    "adults_club": (25, (0, 0, 5, 90, 5)),
    "outsider": (10, (0, 0, 0, 0, 100)),
}
# class: audiences with weights, first start and last end of a wished window on school days
AUDIENCES = (
    (("children", 60, 14, 19), ("youth", 40, 15, 20)),
    (("children", 50, 14, 18), ("seniors", 30, 9, 15), ("disabled", 20, 15, 19)),
    (("children", 55, 16, 20), ("youth", 42, 17, 21), ("disabled", 3, 16, 20)),
    (("adults", 85, 17, 22), ("seniors", 15, 9, 16)),
    (("adults", 100, 17, 22),),
)
KINDS = ("gym", "gym_part", "hall", "hall_part", "classroom", "studio")
WANTED = ((0, 0, 0, 0, 50, 50), (30, 10, 5, 10, 35, 10), (44, 16, 9, 16, 5, 10), (38, 14, 7, 12, 15, 14),
          (34, 10, 8, 8, 25, 15))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offered:
    """A space with what is offered of it on each weekday."""

    space: Space
    free: list[list[tuple[int, int]]]

    def days(self, windows: tuple[Window, ...], minutes: int) -> int:
        """On how many weekdays an event of so many minutes could lie in a window and be offered."""
        return len(
            {
                one.weekday
                for one in windows
                for start, end in self.free[one.weekday]
                if min(end, one.end_min) - max(start, one.start_min) >= minutes
            }
        )


@dataclass(frozen=True, slots=True)
class Applicant:
    """An organisation of the city; `weights`: how likely its groups are of each class."""

    name: str
    weights: tuple[int, ...]
    district: str


def organisations(dice: Dice, count: int, districts: Sequence[str]) -> list[Applicant]:
    kinds = list(ORGANISATIONS)
    shares = [ORGANISATIONS[kind][0] for kind in kinds]
    first = {0: "club", 2: "arts_school", 5: "municipal_unit"}  # so that the smallest city has every class
    found = []
    for at in range(count):
        kind = first.get(at) or kinds[dice.weighted(shares)]
        found.append(Applicant(f"org-{at + 1:04}", ORGANISATIONS[kind][1], dice.one(districts)))
    return found


def _whose(dice: Dice, at: int, applicants: list[Applicant]) -> Applicant:
    """Everybody has one group; the rest are shared out by Zipf, the first organisations having the most."""
    orgs = len(applicants)
    if at < orgs:
        return applicants[at]
    return applicants[dice.weighted([100_000 // (place + 4) for place in range(orgs)])]


def demand(seed: int, count: int, applicants: list[Applicant], spaces: list[Space]) -> list[Section]:
    """The sections of a round. Each has dice of its own, so that only where it would go depends on what is offered."""
    offered: dict[str, list[Offered]] = {kind: [] for kind in KINDS}
    for one in spaces:
        offered[one.kind].append(Offered(one, [_free(one, weekday) for weekday in range(7)]))
    return [_section(Dice(seed * 7_000_003 + 31 * at), at, applicants, offered) for at in range(count)]


def _free(space: Space, weekday: int) -> list[tuple[int, int]]:
    """The opening time of a weekday up to what is blocked of it."""
    blocks = [one.time.start_min for one in space.blocked if one.time.weekday == weekday]
    return [(one.start_min, min([one.end_min, *blocks])) for one in space.open if one.weekday == weekday]


def _section(dice: Dice, at: int, applicants: list[Applicant], offered: dict[str, list[Offered]]) -> Section:
    who = _whose(dice, at, applicants)
    rank = dice.weighted(who.weights)
    audience, _, first, last = AUDIENCES[rank][dice.weighted([one[1] for one in AUDIENCES[rank]])]
    events = 1 + dice.weighted((40, 32, 18, 7, 3))
    shortest = (60, 90, 120)[dice.weighted((48, 38, 14))]
    kind = KINDS[dice.weighted(WANTED[rank])]
    people = dice.between(8, 30)
    windows = tuple(_windows(dice, events, first, last, shortest))
    near = _near(dice, who.district, offered[kind], people, (windows, shortest))
    near = near or _near(dice, who.district, list(chain(*offered.values())), people, (windows, shortest))
    found = Section(
        id=f"section-{at + 1:05}",
        organisation=who.name,
        class_id=CLASSES[rank].id,
        rule=CLASSES[rank].rule,
        events=events,
        min_minutes=shortest,
        max_minutes=min(180, shortest + 30 * dice.weighted((50, 30, 20))),
        windows=windows,
        options=tuple(_options(dice, near)),
        people=people,
        name=f"{audience} {at + 1}",
        district=who.district,
        audience=audience,
        place=near[0].place if near else None,
    )
    return _with_rarities(dice, found, near, at)


def _with_rarities(dice: Dice, section: Section, near: list[Space], at: int) -> Section:
    """What some groups have: a part of the season, every second week, one space, equipment, a shared coach."""
    part = dice.below(100)
    period = {0: (AUTUMN,), 1: (SPRING,)}.get(part // 5, ())
    weeks = (Weeks.A, Weeks.B)[part % 2] if 10 <= part < 13 else Weeks.EVERY
    needs = near[0].equipment if near and dice.percent(8) else frozenset()
    return replace(
        section,
        periods=period,
        weeks=weeks,
        equipment=frozenset(sorted(needs)[:1]),
        step_free=bool(near) and near[0].step_free and dice.percent(4),
        same_space=section.events > 1 and dice.percent(10),
        shared=(f"coach-{at % 7}",) if dice.percent(8) else (),
    )


def _near(
    dice: Dice, district: str, offered: list[Offered], people: int, wish: tuple[tuple[Window, ...], int]
) -> list[Space]:
    """Spaces of a kind that are big enough and offered when they are wished, those of the own district first."""
    wanted = 1 + dice.weighted((8, 12, 16, 16, 14, 10, 8, 6, 5, 5))
    days = len({window.weekday for window in wish[0]})
    own = [one for one in offered if one.space.district == district and one.space.capacity >= people]
    others = [one for one in offered if one.space.district != district and one.space.capacity >= people]
    found: list[Space] = []
    for one in chain(dice.drawn(own, 12), dice.drawn(others, 40)):
        if 2 * one.days(*wish) >= days:
            found.append(one.space)
        if len(found) == wanted:
            break
    return found


def _options(dice: Dice, near: list[Space]) -> Iterator[Option]:
    """The spaces in order; a tenth would go to any of the kind in the district of the first as well."""
    for rank, space in enumerate(near, 1):
        yield Option(rank=rank, space=space.id)
    if near and dice.percent(10):
        yield Option(rank=len(near) + 1, kind=near[0].kind, district=near[0].district)


def _windows(dice: Dice, events: int, first: int, last: int, shortest: int) -> Iterator[Window]:
    """One wished window on each of some days; 45 in 100 could come on wider hours or on other days too."""
    days = dice.some(range(5), min(5, events + dice.below(3)))
    if dice.percent(25):
        days.append(5 + dice.below(2))
    long = -(-shortest // 60)
    flexible = dice.percent(45)
    for day in days:
        start = dice.between(first, last - long) if day < 5 else dice.between(9, 15)
        end = min(last if day < 5 else 20, start + long + dice.below(3))
        yield Window(day, start * 60, end * 60)
        if flexible:
            yield Window(day, max(8, start - 1 - dice.below(2)) * 60, min(22, end + 1 + dice.below(2)) * 60, 2)
    if flexible and (other := dice.below(7)) not in days:
        yield Window(other, first * 60, min(22, last + 1) * 60, 2)


def history(dice: Dice, sections: list[Section], spaces: list[Space]) -> list[tuple[Held, ...]]:
    """What each had last season: a plan filled at random, for three groups in five."""
    atoms = {one.id: one.atoms for one in spaces}
    taken: set[tuple[str, int, int]] = set()
    return [tuple(_held(dice, one, atoms, taken)) if dice.percent(60) else () for one in sections]


def _held(
    dice: Dice, section: Section, atoms: dict[str, tuple[str, ...]], taken: set[tuple[str, int, int]]
) -> Iterator[Held]:
    used: set[int] = set()
    for _ in range(2 * section.events):
        options = [one.space for one in section.options if one.space]
        window = dice.one(section.windows)
        if not options or len(used) == section.events or window.weekday in used:
            continue
        space = dice.one(options)
        start = window.start_min + 30 * dice.below(
            1 + max(0, window.end_min - window.start_min - section.min_minutes) // 30
        )
        end = start + section.min_minutes
        cells = {(atom, window.weekday, minute) for atom in atoms[space] for minute in range(start, end, 30)}
        if end <= window.end_min and not cells & taken:
            taken |= cells
            used.add(window.weekday)
            yield Held(space, window.weekday, start, end, 100 - dice.below(61) if dice.percent(40) else 100)
