"""What each candidate holds: cells of atoms, of people and, where a section may come twice a day, of itself.

Cells are numbered so that what is held of one atom on one day in one layer of weeks lies together: a candidate is a few
runs of cells, and two candidates conflict exactly when a run of one meets a run of the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from booking.core.allocation.facts import MINUTES, Facts
from booking.core.allocation.fixing import Taken
from booking.core.allocation.layers import layers

Numbers = NDArray[np.int64]
SECTION, SPACE, DAY, START, LENGTH = range(5)


@dataclass(frozen=True, slots=True)
class Holding:
    """`runs[at[c]:at[c + 1]]`: first cell and end cell of each run of candidate c; `cells`: how many there are.
    `weights[quota_at[c]:quota_at[c + 1]]`: row and weight of what c weighs against quotas; `room`: what the fixed
    events leave of each."""

    at: NDArray[np.int32]
    runs: NDArray[np.int32]
    cells: int
    quota_at: NDArray[np.int32]
    weights: Numbers
    room: Numbers


def holding(facts: Facts, taken: Taken, rows: Numbers, masks: NDArray[np.uint64]) -> Holding:
    keys = Keys(facts)
    per_day = layers(rows[:, DAY], masks)
    deepest = max([1, *(len(bits) for bits in per_day)])
    cells = MINUTES // facts.instance.grid_min
    parts = []
    for day, bits in enumerate(per_day):
        on_day = np.flatnonzero(rows[:, DAY] == day)
        for layer, bit in enumerate(bits):
            runs_then = (masks[on_day] >> np.uint64(bit)) & np.uint64(1) == 1
            parts.append(keys.runs(rows, on_day[runs_then], (day * deepest + layer) * cells, 7 * deepest * cells))
        parts.append(keys.own_runs(rows, on_day, day * deepest * cells, 7 * deepest * cells))
    whole = np.concatenate([np.zeros((0, 3), np.int64), *parts])
    whole = whole[np.argsort(whole[:, 0], kind="stable")]
    at = np.searchsorted(whole[:, 0], np.arange(len(rows) + 1)).astype(np.int32)
    quota_at, weights, room = quota_weights(taken, rows, masks)
    return Holding(at, whole[:, 1:].astype(np.int32), keys.count * 7 * deepest * cells, quota_at, weights, room)


class Keys:
    """Numbers for what can be held by one at a time: atoms, people, sections that may come twice a day."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        instance = facts.instance
        atoms = {atom: number for number, atom in enumerate(facts.by_atom)}
        self.atoms = [[atoms[atom] for atom in dict.fromkeys(space.atoms)] for space in instance.spaces]
        people: dict[tuple[str, str], int] = {}
        self.people = [
            [people.setdefault((section.organisation, name), len(atoms) + len(people)) for name in section.shared]
            for section in instance.sections
        ]
        twice = [number for number, section in enumerate(instance.sections) if section.same_day_allowed]
        self.own = {number: len(atoms) + len(people) + place for place, number in enumerate(twice)}
        self.count = len(atoms) + len(people) + len(twice)

    def runs(self, rows: Numbers, chosen: Numbers, offset: int, stride: int) -> Numbers:
        """(candidate, first cell, end cell) of atoms with what is held around the event, and of people without."""
        parts = [np.zeros((0, 3), np.int64)]
        first, end = self.around(rows[chosen])
        for place in range(max((len(atoms) for atoms in self.atoms), default=0)):
            atom = np.array([atoms[place] if place < len(atoms) else -1 for atoms in self.atoms])[rows[chosen, SPACE]]
            parts.append(run_rows(chosen, atom, first, end, offset, stride))
        first, end = rows[chosen, START], rows[chosen, START] + rows[chosen, LENGTH]
        for place in range(max((len(people) for people in self.people), default=0)):
            person = np.array([people[place] if place < len(people) else -1 for people in self.people])
            parts.append(run_rows(chosen, person[rows[chosen, SECTION]], first, end, offset, stride))
        return np.concatenate(parts)

    def own_runs(self, rows: Numbers, chosen: Numbers, offset: int, stride: int) -> Numbers:
        """A section's events never overlap, in whatever weeks they run."""
        if not self.own:
            return np.zeros((0, 3), np.int64)
        keys = np.array([self.own.get(number, -1) for number in range(len(self.people))])[rows[chosen, SECTION]]
        first, end = rows[chosen, START], rows[chosen, START] + rows[chosen, LENGTH]
        return run_rows(chosen, keys, first, end, offset, stride)

    def around(self, rows: Numbers) -> tuple[Numbers, Numbers]:
        """First and end cell of what is held of the space."""
        grid, spaces = self.facts.instance.grid_min, self.facts.instance.spaces
        before = np.array([space.before_min for space in spaces], np.int64)[rows[:, SPACE]]
        after = np.array([space.after_min for space in spaces], np.int64)[rows[:, SPACE]]
        first = (rows[:, START] * grid - before) // grid
        end = -(-((rows[:, START] + rows[:, LENGTH]) * grid + after) // grid)
        return np.maximum(first, 0), np.minimum(end, MINUTES // grid)


def run_rows(chosen: Numbers, keys: Numbers, first: Numbers, end: Numbers, offset: int, stride: int) -> Numbers:
    used = keys >= 0
    base = keys[used] * stride + offset
    return np.stack([chosen[used], base + first[used], base + end[used]], axis=1)


def quota_weights(taken: Taken, rows: Numbers, masks: NDArray[np.uint64]) -> tuple[NDArray[np.int32], Numbers, Numbers]:
    """What candidates weigh against quotas, and the room that is left in each."""
    quotas, facts = taken.quotas, taken.facts
    found = [np.zeros((0, 3), np.int64)]
    for number, row in enumerate(quotas.rows):
        named = np.array([row.names(section) for section in facts.instance.sections], np.bool_)
        counted = np.array([row.counts(space.id) for space in facts.instance.spaces], np.bool_)
        chosen = np.flatnonzero(named[rows[:, SECTION]] & counted[rows[:, SPACE]])
        weights = weights_of(taken, number, rows[chosen], masks[chosen])
        some = weights > 0
        found.append(np.stack([chosen[some], np.full(some.sum(), number), weights[some]], axis=1))
    whole = np.concatenate(found)
    whole = whole[np.argsort(whole[:, 0], kind="stable")]
    room = np.array([row.limit - taken.used.get(number, 0) for number, row in enumerate(quotas.rows)], np.int64)
    at = np.searchsorted(whole[:, 0], np.arange(len(rows) + 1)).astype(np.int32)
    return at, np.ascontiguousarray(whole[:, 1:]), room


def weights_of(taken: Taken, number: int, rows: Numbers, masks: NDArray[np.uint64]) -> Numbers:
    """The weight of each candidate, those of one weekday and mask together."""
    weights, grid = np.zeros(len(rows), np.int64), taken.facts.instance.grid_min
    for day in range(7):
        for mask in np.unique(masks[rows[:, DAY] == day]):
            alike = (rows[:, DAY] == day) & (masks == mask)
            sums = taken.quotas.summed(taken.quotas.rows[number], day, int(mask))
            start, end = rows[alike, START] * grid, (rows[alike, START] + rows[alike, LENGTH]) * grid
            weights[alike] = sums[end] - sums[start]
    return weights
