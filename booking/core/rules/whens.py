"""Conditions on the time of use: bands of the day, named days, seasons."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from booking.core.rules.comparisons import lacking
from booking.core.rules.days import Spans, span_of
from booking.core.rules.fact_types import Facts, FactType
from booking.core.rules.logic import (
    Condition,
    ConditionError,
    Truth,
    Vocabulary,
    assumed,
    known_fact,
    nearest,
)

DAY = 1440
CLOCK = re.compile(r"^([01]\d|2[0-4]):([0-5]\d)$")
# start and end of the use against start and end of the band, in minutes on one line
PLACES: Mapping[str, Callable[[int, int, int, int], bool]] = {
    "within": lambda start, end, first, last: first <= start and end <= last,
    "starts_in": lambda start, _, first, last: first <= start < last,
    "ends_in": lambda _, end, first, last: first < end <= last,
    "overlaps": lambda start, end, first, last: start < last and first < end,
}
SPAN = ("time.start_minute", "time.end_minute")


def clock(written: object) -> int:
    """Minutes of the day of "18:00"; "24:00" is 1440. Raises ConditionError."""
    match = CLOCK.match(written) if isinstance(written, str) else None
    minutes = int(match[1]) * 60 + int(match[2]) if match else DAY + 1
    if minutes > DAY:
        raise ConditionError(f'a time of day is written as "18:00", at most "24:00", not {written!r}')
    return minutes


def compile_band(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    """The local time of use against a band of the day, which may cross midnight and comes every day."""
    del vocabulary
    written = spec["band"]
    if not isinstance(written, list) or len(written) != 2:
        raise ConditionError('"band" takes two times of day: ["16:00", "21:00"]')
    first, last = (clock(each) for each in written)
    last += DAY if last <= first else 0
    if str(spec.get("is")) not in PLACES:
        raise ConditionError(f'a band is compared by one of {", ".join(PLACES)}; "is" says {spec.get("is")!r}')
    place, if_not_told = PLACES[spec["is"]], assumed(spec)

    def holds(facts: Facts) -> Truth:
        start, end = facts.get(SPAN[0]), facts.get(SPAN[1])
        if not isinstance(start, int) or not isinstance(end, int):
            return if_not_told
        days = range(-1, max(end, start) // DAY + 1)
        return any(place(start, end, first + DAY * day, last + DAY * day) for day in days)

    tries = {SPAN[0]: (first, first - 60, last), SPAN[1]: (min(first + 60, last), last, last + 60)}
    return Condition(holds, lacking(if_not_told, *SPAN), frozenset(SPAN), tries=tries)


def compile_days(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    """The day of use, or another day fact, is one of a named list of days."""
    name, fact = str(spec["days"]), str(spec.get("fact", "time.use_on"))
    if name not in vocabulary.days:
        raise ConditionError(f'no days named "{name}" under [days]{nearest(name, vocabulary.days)}')
    if known_fact(fact, vocabulary).type is not FactType.DAY:
        raise ConditionError(f"{fact} is no day")
    return in_spans(vocabulary.days[name], fact, assumed(spec))


def in_spans(spans: Spans, fact: str, if_not_told: Truth) -> Condition:
    def holds(facts: Facts) -> Truth:
        day = facts.get(fact)
        return span_of(spans, day) is not None if isinstance(day, date) else if_not_told

    days = tuple(day for span in spans for day in span.samples)
    return Condition(holds, lacking(if_not_told, fact), frozenset({fact}), tries={fact: days})


def compile_season(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    """The day of use is in a season of the rulebook; or the season is told to be it."""
    name = str(spec["season"])
    if name not in vocabulary.seasons:
        raise ConditionError(f'no season named "{name}" under [seasons]{nearest(name, vocabulary.seasons)}')
    by_day = in_spans(vocabulary.seasons[name], "time.use_on", None)
    if_not_told = assumed(spec)

    def holds(facts: Facts) -> Truth:
        answer = by_day.holds(facts)
        told = facts.get("time.season")
        if answer is not None or told is None:
            return if_not_told if answer is None else answer
        return told == name

    def missing(facts: Facts) -> frozenset[str]:
        return frozenset({"time.use_on"}) if holds(facts) is None else frozenset()

    return Condition(holds, missing, frozenset({"time.use_on", "time.season"}), tries=by_day.tries)
