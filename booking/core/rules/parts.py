"""The parts of a use: set-up, use, overrun, each with its phase and minutes, and the use as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from booking.core.rules.counting import BEFORE, DAY, LAST, minutes_of, start_of
from booking.core.rules.facts import Facts, FactValue, Part


class Use(NamedTuple):
    """One part of a use by its own facts, for what goes by time; `whole`: as a whole, for what does not."""

    part: Facts
    whole: Facts


def uses(facts: Facts) -> tuple[Use, ...]:
    """The use in its parts; what they leave over of the time told has the phase of the whole."""
    told = facts.get("time.parts")
    if not isinstance(told, tuple) or not told:
        return (Use(facts, facts),)
    pieces = tuple(stretches(facts, tuple(part for part in told if isinstance(part, Part))))
    length = sum(minutes for _, minutes, _ in pieces)
    whole = {**facts, "time.parts": None, "time.minutes": facts.get("time.minutes") or length}
    return tuple(
        Use(placed(facts, after, minutes, phase, last=place == len(pieces)), {**whole, "activity.phase": phase})
        for place, (after, minutes, phase) in enumerate(pieces, start=1)
    )


def stretches(facts: Facts, told: tuple[Part, ...]) -> Iterator[tuple[int, int, FactValue]]:
    """When each part begins, counted from the start, how long it lasts, and its phase."""
    after = 0
    for part in told:
        yield after, part.minutes, part.phase
        after += part.minutes
    left = (minutes_of(facts) or 0) - after
    if left > 0:
        yield after, left, facts.get("activity.phase")


def placed(facts: Facts, after: int, minutes: int, phase: FactValue, *, last: bool) -> Facts:
    """The facts of a stretch that begins so many minutes after the start."""
    start = start_of(facts)
    times: dict[str, FactValue] = {"time.minutes": minutes, "time.parts": None, "activity.phase": phase}
    if start is not None:
        begins = (start + after) % DAY
        times |= {"time.start_minute": begins, "time.end_minute": begins + minutes}
    return {**facts, **times, BEFORE: after, LAST: last}
