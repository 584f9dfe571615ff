"""When a section could come: its windows joined, and how well an event is wished."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from booking.core.allocation.instance import Section

Wished = NDArray[np.int64]
MINUTES = 1440


def minutes_of(section: Section, weekday: int) -> Wished:
    """By minute of the weekday the best preference that a window gives; 0 where there is none."""
    found = np.zeros(MINUTES, np.int64)
    for window in sorted(section.windows, key=lambda window: -window.preference):
        if window.weekday == weekday:
            found[window.start_min : window.end_min] = window.preference
    return found


def preference(section: Section, weekday: int, start_min: int, end_min: int) -> int:
    """The preference of an event: the worst that it touches; 0 where it leaves the windows."""
    minutes = minutes_of(section, weekday)[start_min:end_min]
    return 0 if not len(minutes) or minutes.min() == 0 else int(minutes.max())


def cells_of(section: Section, grid_min: int) -> Wished:
    """By weekday and cell of the grid the worst preference in it; 0 where it is not wholly in the windows."""
    found = np.zeros((7, MINUTES // grid_min), np.int64)
    for day in {window.weekday for window in section.windows}:
        if all(aligned(window.start_min, window.end_min, grid_min) for window in section.windows):
            minutes = minutes_of(section, day)[::grid_min]
            found[day] = minutes
        else:
            parts = minutes_of(section, day).reshape(-1, grid_min)
            found[day] = np.where(parts.min(axis=1) == 0, 0, parts.max(axis=1))
    return found


def aligned(start_min: int, end_min: int, grid_min: int) -> bool:
    return start_min % grid_min == 0 and end_min % grid_min == 0
