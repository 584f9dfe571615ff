"""Counting heads: how many of the people told are of a kind, at the least and at the most."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from booking.core.rules.fact_types import Facts, HeadGroup

Bounds: TypeAlias = tuple[int, int]
OLDEST = 150


class AgeOn(StrEnum):
    """The day ages are counted on: that of use, the first of the season, the last of the year, or by year of birth."""

    USE = "use"
    SEASON_START = "season_start"
    YEAR_END = "year_end"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Which people: all that is set must be true of one and the same person. Ages in whole years, both inclusive;
    `under` is exclusive; born from and to are years or days, both inclusive."""

    under: int | None = None
    from_age: int | None = None
    to_age: int | None = None
    born_from: date | None = None
    born_to: date | None = None
    resident: bool | None = None
    leader: bool | None = None
    kind: str | None = None

    @property
    def ages(self) -> tuple[int, int]:
        """The youngest and oldest age asked for."""
        tops = [top for top in (self.to_age, None if self.under is None else self.under - 1) if top is not None]
        return self.from_age or 0, min(tops, default=OLDEST)

    @property
    def asks_birth(self) -> bool:
        return self.born_from is not None or self.born_to is not None


EVERYBODY = Who()


def both(one: Who, other: Who) -> Who:
    """People who are of both kinds. Where one field is asked twice, the second must be the same as the first."""
    low, high = max(one.ages[0], other.ages[0]), min(one.ages[1], other.ages[1])
    return Who(
        from_age=low or None,
        to_age=None if high == OLDEST else high,
        born_from=max((day for day in (one.born_from, other.born_from) if day), default=None),
        born_to=min((day for day in (one.born_to, other.born_to) if day), default=None),
        resident=other.resident if one.resident is None else one.resident,
        leader=other.leader if one.leader is None else one.leader,
        kind=other.kind if one.kind is None else one.kind,
    )


def clash(one: Who, other: Who) -> bool:
    """Whether nobody can be of both kinds, because they say opposite things."""
    return any(
        getattr(one, name) is not None and getattr(other, name) not in (None, getattr(one, name))
        for name in ("resident", "leader", "kind")
    )


def of_people(people: Iterable[HeadGroup], who: Who, reference: date | None, but: Who | None = None) -> Bounds:
    """How many of the groups told are surely of this kind, and not of the kind `but`; and how many may be."""
    least = most = 0
    asks = who.leader is not None or (but is not None and but.leader is not None)
    for group in leaders_told(tuple(people)) if asks else people:
        answer = matches(group, who, reference)
        if but is not None and answer is not False:
            other = matches(group, but, reference)
            answer = False if other else answer if other is False else None
        least += group.heads if answer is True else 0
        most += group.heads if answer is not False else 0
    return least, most


def leaders_told(people: tuple[HeadGroup, ...]) -> tuple[HeadGroup, ...]:
    """Where it is told of nobody whether they lead, nobody does; where it is told of some, the others stay untold."""
    if any(group.leader is not None for group in people):
        return people
    return tuple(replace(group, leader=False) for group in people)


def matches(group: HeadGroup, who: Who, reference: date | None) -> bool | None:
    """Whether a group is of this kind; None where it is not told."""
    answers = [
        None if told is None else told == asked
        for told, asked in ((group.resident, who.resident), (group.leader, who.leader), (group.kind, who.kind))
        if asked is not None
    ]
    if who.ages != (0, OLDEST):
        answers.append(inside(ages_of(group, reference), who.ages))
    if who.asks_birth:
        years = birth_of(group, reference)
        low = (who.born_from or date.min).toordinal()
        answers.append(inside(years, (low, (who.born_to or date.max).toordinal())))
    if False in answers:
        return False
    return None if None in answers else True


def inside(told: Bounds, asked: Bounds) -> bool | None:
    """Whether a value known to lie between two bounds lies in a range."""
    if asked[0] <= told[0] and told[1] <= asked[1]:
        return True
    return False if told[1] < asked[0] or told[0] > asked[1] else None


def ages_of(group: HeadGroup, reference: date | None) -> Bounds:
    """The least and greatest age; born in a year, somebody is of one of two ages until the year ends."""
    if group.age_from is not None or group.age_to is not None:
        return group.age_from or 0, OLDEST if group.age_to is None else group.age_to
    if group.born is None or reference is None:
        return 0, OLDEST
    if isinstance(group.born, int):
        age = reference.year - group.born
        return (age if (reference.month, reference.day) == (12, 31) else age - 1), age
    had = (reference.month, reference.day) >= (group.born.month, group.born.day)
    age = reference.year - group.born.year - (0 if had else 1)
    return age, age


def birth_of(group: HeadGroup, reference: date | None) -> Bounds:
    """The first and last day somebody can have been born, as ordinals."""
    if isinstance(group.born, int):
        return date(group.born, 1, 1).toordinal(), date(group.born, 12, 31).toordinal()
    if group.born is not None:
        return group.born.toordinal(), group.born.toordinal()
    low, high = ages_of(group, reference)
    if reference is None or high == OLDEST:
        return 0, date.max.toordinal()
    return date(reference.year - high - 1, 1, 2).toordinal(), date(reference.year - low, 12, 31).toordinal()


# --- from counts that were told ---


def named(who: Who) -> tuple[str, ...]:
    """The facts that count exactly these people, if such are told: audience.under_18_residents, audience.leaders …"""
    if who.kind is not None or who.asks_birth or False in (who.resident, who.leader):
        return ()
    low, high = who.ages
    more = [name for name, asked in (("residents", who.resident), ("leaders", who.leader)) if asked]
    names = ("_".join([*([age] if age else []), *more]) for age in called(low, high))
    return tuple(f"audience.{name or 'total'}" for name in names)


def called(low: int, high: int) -> tuple[str, ...]:
    """What counts of people between two ages are called; everybody has no name; none for other ranges."""
    if low and high < OLDEST:
        return ()
    if low:
        return f"from_{low}", f"over_{low - 1}"
    return ("",) if high == OLDEST else (f"under_{high + 1}",)


def of_counts(facts: Facts, who: Who) -> Bounds | None:
    """How many people of a kind there can be, from the counts told; None when there is no upper bound."""
    return counter(who, facts)(facts)


def counter(who: Who, known: Iterable[str]) -> Callable[[Facts], Bounds | None]:
    """As of_counts, with what it looks for found out beforehand. `known`: the names of all facts there are."""
    names, known = named(who), tuple(known)
    singles = tuple(counter_of_one(one, known) for one in one_by_one(who))

    def read(facts: Facts) -> Bounds | None:
        if (number := first_told(facts, names)) is not None:
            return number, number
        total = first_told(facts, TOTAL)
        return together([single(facts, total) for single in singles], total)

    return read


TOTAL = ("audience.total",)
Open: TypeAlias = tuple[int, int | None]  # bounds of which the upper one may be missing


def first_told(facts: Facts, names: tuple[str, ...]) -> int | None:
    """The first of these counts that is told."""
    for name in names:
        number = facts.get(name)
        if isinstance(number, int):
            return number
    return None


def together(singles: list[Open], total: int | None) -> Bounds | None:
    """How many people have every one of some properties: at most the fewest, at least what must overlap."""
    tops = [high for _, high in singles if high is not None] + ([] if total is None else [total])
    if not tops:
        return None
    least = 0
    if singles and (total is not None or len(singles) == 1):
        least = max(0, sum(low for low, _ in singles) - (len(singles) - 1) * (total or 0))
    return least, max(least, min(tops))


def one_by_one(who: Who) -> list[Who]:
    """The kind taken apart into people of one property each."""
    low, high = who.ages
    parts = [Who(under=high + 1)] if high < OLDEST else []
    parts += [Who(from_age=low)] if low else []
    parts += [Who(resident=who.resident)] if who.resident is not None else []
    parts += [Who(leader=who.leader)] if who.leader is not None else []
    parts += [Who(kind=who.kind)] if who.kind is not None else []
    return parts + ([Who(born_from=who.born_from, born_to=who.born_to)] if who.asks_birth else [])


def counter_of_one(who: Who, known: tuple[str, ...]) -> Callable[[Facts, int | None], Open]:
    """Bounds of people of one property, from the counts told and the total."""
    names = named(who)
    rest = rest_of(who, known)

    def read(facts: Facts, total: int | None) -> Open:
        number = first_told(facts, names)
        return rest(facts, total) if number is None else (number, number)

    return read


def rest_of(who: Who, known: tuple[str, ...]) -> Callable[[Facts, int | None], Open]:
    """Bounds where the property itself has not been counted: from its opposite, or from other ages."""
    if who.resident is False or who.leader is False:
        others = named(Who(resident=who.resident is False or None, leader=who.leader is False or None))
        return lambda facts, total: complement(first_told(facts, others), total)
    if who.ages != (0, OLDEST):
        return counter_of_age(who, known)
    return lambda _, total: (0, total)


def complement(number: int | None, total: int | None) -> Open:
    return (0, total) if number is None or total is None else (total - number, total - number)


def counter_of_age(who: Who, known: tuple[str, ...]) -> Callable[[Facts, int | None], Open]:
    """Bounds of those under an age from the counts under other ages, and of those from an age as their complement."""
    low, high = who.ages
    limit = high + 1 if high < OLDEST else low
    counted = [(int(name[15:]), name) for name in known if name.startswith("audience.under_") and name[15:].isdigit()]
    below = tuple(name for age, name in counted if age <= limit)
    above = tuple(name for age, name in counted if age >= limit)

    def read(facts: Facts, total: int | None) -> Open:
        least, most = under(facts, limit, total, below, above)
        if high < OLDEST:
            return least, most
        return (0 if total is None or most is None else total - most), (None if total is None else total - least)

    return read


def under(facts: Facts, limit: int, total: int | None, below: tuple[str, ...], above: tuple[str, ...]) -> Open:
    """Bounds of those under an age, from counts of those under lower and under higher ages, and the ages told."""
    numbers = [number for name in below if isinstance(number := facts.get(name), int)]
    tops = [number for name in above if isinstance(number := facts.get(name), int)]
    youngest, oldest = facts.get("audience.youngest"), facts.get("audience.oldest")
    if isinstance(youngest, int) and youngest >= limit:
        tops.append(0)
    if isinstance(oldest, int) and oldest < limit and total is not None:
        numbers.append(total)
    least, most = max(numbers, default=0), min(tops, default=total)
    return (least if most is None else min(least, most)), most
