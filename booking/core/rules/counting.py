"""From elapsed minutes to what is charged for: started hours, steps, minimums, days, nights and times of day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias

from booking.core.rules.facts import Facts
from booking.core.rules.formulas import DayCount, Formula, Unit

DAY = 1440
BEFORE, LAST = "part.minutes_before", "part.last"  # among the facts of a part: what came before it, and whether it ends
Count: TypeAlias = Callable[[Facts, int], int]


def up_to(minutes: int, block: int) -> int:
    """Minutes rounded up to whole blocks: a started one counts in full."""
    return -(-minutes // block) * block


def steps(formula: Formula, minutes: int) -> int:
    """The first stretch in full, then every started step."""
    beyond = max(0, minutes - formula.first_minutes)
    return formula.first_minutes + up_to(beyond, formula.step_minutes)


ROUNDED: Mapping[Unit, Callable[[Formula, int], int]] = {
    Unit.HOUR: lambda _, minutes: minutes,
    Unit.STARTED_HOUR: lambda _, minutes: up_to(minutes, 60),
    Unit.STARTED_BLOCK: lambda formula, minutes: up_to(minutes, formula.block_minutes),
    Unit.STEP: steps,
}


def minute_count(formula: Formula) -> Count:
    """How many minutes are charged for so many elapsed ones. What is free is taken off first, then it is rounded up.

    The minimum is for the whole use: of one in parts, its last part makes up what the others have not reached."""
    rounded = ROUNDED.get(formula.unit, ROUNDED[Unit.HOUR])
    shift = formula.extra_minutes - formula.free_minutes
    least, most = formula.minimum_minutes, formula.maximum_minutes

    def count(facts: Facts, minutes: int) -> int:
        used = minutes + shift
        if used <= 0:
            return 0
        charged = max(rounded(formula, used), least if BEFORE not in facts else left(facts, least))
        return min(charged, most) if most else charged

    return count


def left(facts: Facts, least: int) -> int:
    """What a part must make up of a minimum."""
    before = facts[BEFORE]
    return max(0, least - before) if facts.get(LAST) and isinstance(before, int) else 0


def minutes_of(facts: Facts) -> int | None:
    """The elapsed minutes, if told."""
    told = facts.get("time.minutes")
    return told if type(told) is int else None


def start_of(facts: Facts) -> int | None:
    """The local minute of the day on which it begins, if told."""
    told = facts.get("time.start_minute")
    return told if type(told) is int else None


def wall_minutes(facts: Facts, minutes: int) -> int:
    """Minutes as the clock on the wall shows them: an hour more or less on the nights when clocks change."""
    start, end = start_of(facts), facts.get("time.end_minute")
    if start is None or type(end) is not int:
        return minutes
    return minutes + (end - start - minutes + DAY // 2) % DAY - DAY // 2


def days_of(facts: Facts, day_counts: DayCount) -> int | None:
    """Dates of the calendar touched, or started 24 hours. A whole day asked for is one where no length is told."""
    minutes = minutes_of(facts)
    if minutes is None:
        return 1 if facts.get("time.whole_day") is True else None
    if day_counts is DayCount.DAY_AND_NIGHT:
        return up_to(minutes, DAY) // DAY
    return up_to((start_of(facts) or 0) + wall_minutes(facts, minutes), DAY) // DAY


def nights_of(facts: Facts) -> int | None:
    """The nights told, else the midnights between start and end."""
    told, minutes, start = facts.get("time.nights"), minutes_of(facts), start_of(facts)
    if type(told) is int:
        return told
    return None if minutes is None or start is None else (start + wall_minutes(facts, minutes)) // DAY


def by_date(start: int, minutes: int) -> Iterator[int]:
    """The minutes that fall on each date."""
    end = start + minutes
    while start < end:
        midnight = up_to(start + 1, DAY)
        yield min(end, midnight) - start
        start = midnight


Piece: TypeAlias = tuple[int, int, int]  # from, to (minutes of the day), the number of its band


def pieces(bands: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    """Bands in the order of the day; one that goes over midnight as two pieces."""
    cut: list[Piece] = []
    for number, (first, last) in enumerate(bands):
        if first < last:
            cut.append((first, last, number))
        else:
            cut += [(first, DAY, number), (0, last, number)]
    return tuple(sorted(piece for piece in cut if piece[0] < piece[1]))


def colliding(bands: Sequence[tuple[int, int]]) -> bool:
    """Whether two bands hold the same minute of the day."""
    cut = pieces(bands)
    return any(before[1] > after[0] for before, after in pairwise(cut))


def banded(cut: tuple[Piece, ...], start: int, minutes: int) -> dict[int, int]:
    """Minutes by band, in the order they come; -1 for those in no band. Their sum is all the minutes."""
    found: dict[int, int] = {}
    at, left = start % DAY, minutes
    while left > 0:
        number, until = band_at(cut, at)
        taken = min(left, until - at)
        found[number] = found.get(number, 0) + taken
        left -= taken
        at = until % DAY
    return found


def band_at(cut: tuple[Piece, ...], minute: int) -> tuple[int, int]:
    """The band of a minute (-1: none) and the minute until which it lasts."""
    for first, last, number in cut:
        if minute < first:
            return -1, first
        if minute < last:
            return number, last
    return -1, DAY


def hours(minutes: int) -> str:
    """Minutes as people read them: `2 h`, `75 min`."""
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def number(value: Fraction) -> str:
    """A quantity as people read it: `2`, `0.5`, `1/3`."""
    if value.denominator == 1:
        return str(value.numerator)
    if 1000 % value.denominator:
        return f"{value.numerator}/{value.denominator}"
    return f"{Decimal(value.numerator) / Decimal(value.denominator):f}"
