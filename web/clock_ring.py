"""The ring of the annual clock as shapes: arcs of a circle, January at the top, the year clockwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import cos, pi, sin

from booking.rounds.annual_clock import ClockDay
from web.words_of_rounds import clock_group

CENTRE, OUTER, STEP = 200.0, 170.0, 26.0
RINGS = ("round", "season", "rule", "term")  # from the outside in


@dataclass(frozen=True, slots=True)
class Arc:
    """One arc as an SVG path, and its group, which gives the colour."""

    path: str
    group: str


@dataclass(frozen=True, slots=True)
class Ring:
    """Arcs, ticks between months, and where the names of months stand."""

    arcs: tuple[Arc, ...]
    ticks: tuple[tuple[float, float, float, float], ...]
    names: tuple[tuple[float, float, date], ...]


def arcs(days: Iterable[ClockDay], year: int) -> Ring:
    made = [Arc(_path(one, year), clock_group(one)) for one in days]
    firsts = [date(year, month, 1) for month in range(1, 13)]
    ticks = tuple((*_point(_turn(day, year), 80), *_point(_turn(day, year), OUTER + 8)) for day in firsts)
    names = tuple((*_point(_turn(day, year) + 1 / 24, OUTER + 18), day) for day in firsts)
    return Ring(tuple(made), ticks, names)


def _turn(day: date, year: int) -> float:
    """How much of the year has passed at the start of a day, 0 to 1."""
    whole = (date(year + 1, 1, 1) - date(year, 1, 1)).days
    return min(max((day - date(year, 1, 1)).days / whole, 0.0), 1.0)


def _point(turn: float, radius: float) -> tuple[float, float]:
    angle = 2 * pi * turn - pi / 2
    return round(CENTRE + radius * cos(angle), 1), round(CENTRE + radius * sin(angle), 1)


def _path(one: ClockDay, year: int) -> str:
    """An arc from the first to the last day, at least four days long so that it is seen."""
    radius = OUTER - STEP * RINGS.index(clock_group(one))
    start = _turn(one.first_on, year)
    end = min(max(_turn(one.last_on, year) + 1 / 365, start + 4 / 365), start + 0.9999)
    (x1, y1), (x2, y2) = _point(start, radius), _point(end, radius)
    return f"M{x1} {y1} A{radius} {radius} 0 {int(end - start > 0.5)} 1 {x2} {y2}"
