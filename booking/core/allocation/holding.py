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
WORD = 64


@dataclass(frozen=True, slots=True)
class Holding:
    """`spans[at[c]:at[c + 1]]`: first cell and end cell of each run of candidate c, no run crossing a word of 64 cells;
    `bits`: the same cells within their word; `cells`: how many there are. `weights[quota_at[c]:quota_at[c + 1]]`: row
    and weight of what c weighs against quotas; `room`: what the fixed events leave of each."""

    at: NDArray[np.int32]
    spans: NDArray[np.int32]
    bits: NDArray[np.uint64]
    cells: int
    quota_at: NDArray[np.int32]
    weights: Numbers
    room: Numbers


def holding(facts: Facts, taken: Taken, rows: Numbers, masks: NDArray[np.uint64]) -> Holding:
    keys = Keys(facts)
    runs = in_layers(np.concatenate([keys.shared_runs(rows), keys.own_runs(rows)]), rows, masks, keys)
    whole = words(runs[:, 0], runs[:, 1], runs[:, 2])
    at = np.searchsorted(whole[:, 0], np.arange(len(rows) + 1)).astype(np.int32)
    quota_at, weights, room = quota_weights(taken, rows, masks)
    cells = -(-(int(whole[:, 2].max(initial=0)) + 1) // WORD) * WORD
    return Holding(at, whole[:, 1:].astype(np.int32), bits_of(whole), cells, quota_at, weights, room)


def in_layers(runs: Numbers, rows: Numbers, masks: NDArray[np.uint64], keys: Keys) -> Numbers:
    """(candidate, first cell, end cell) of (candidate, key, first, end), once in each layer that the candidate runs in.
    What keeps a section's events apart has one layer for all weeks."""
    candidate, key = runs[:, 0], runs[:, 1]
    own = key >= keys.own_from
    group, mask = key * 7 + rows[candidate, DAY], np.where(own, np.uint64(1), masks[candidate])
    bits = layers(group, mask, keys.count * 7)
    depth = np.array([int(each).bit_count() for each in bits], np.int64)
    begins = np.concatenate([np.zeros(1, np.int64), np.cumsum(depth)])
    parts = [np.zeros((0, 3), np.int64)]
    left, layer = bits.copy(), 0
    while left.any():
        lowest = left & (~left + np.uint64(1))
        here = (mask & lowest[group]) != 0
        base = (begins[group[here]] + layer) * keys.width
        parts.append(np.stack([candidate[here], base + runs[here, 2], base + runs[here, 3]], axis=1))
        left &= ~lowest
        layer += 1
    return np.concatenate(parts)


def words(candidate: Numbers, first: Numbers, end: Numbers) -> Numbers:
    """The runs cut where a word of cells ends, in order of candidates."""
    parts = []
    while len(first):
        cut = np.minimum(end, (first // WORD + 1) * WORD)
        parts.append(np.stack([candidate, first, cut], axis=1))
        more = cut < end
        candidate, first, end = candidate[more], cut[more], end[more]
    whole = np.concatenate([np.zeros((0, 3), np.int64), *parts])
    return whole[np.lexsort((whole[:, 1], whole[:, 0]))]


def bits_of(whole: Numbers) -> NDArray[np.uint64]:
    """The cells of each run as bits of its word."""
    first, length = (whole[:, 1] % WORD).astype(np.uint64), (whole[:, 2] - whole[:, 1]).astype(np.uint64)
    ones = ~np.uint64(0) >> (np.uint64(WORD) - np.maximum(length, np.uint64(1)))
    found: NDArray[np.uint64] = ones << first
    return found


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
        self.own_from = len(atoms) + len(people)
        self.count = self.own_from + len(twice)
        self.width = -(-(MINUTES // instance.grid_min) // WORD) * WORD

    def shared_runs(self, rows: Numbers) -> Numbers:
        """(candidate, key, first cell, end cell) of atoms with what is held around the event, of people without."""
        parts = [np.zeros((0, 4), np.int64)]
        first, end = self.around(rows)
        for place in range(max((len(atoms) for atoms in self.atoms), default=0)):
            atom = np.array([atoms[place] if place < len(atoms) else -1 for atoms in self.atoms], np.int64)
            parts.append(run_rows(atom[rows[:, SPACE]], first, end))
        first, end = rows[:, START], rows[:, START] + rows[:, LENGTH]
        for place in range(max((len(people) for people in self.people), default=0)):
            person = np.array([people[place] if place < len(people) else -1 for people in self.people], np.int64)
            parts.append(run_rows(person[rows[:, SECTION]], first, end))
        return np.concatenate(parts)

    def own_runs(self, rows: Numbers) -> Numbers:
        """A section's events never overlap, in whatever weeks they run."""
        keys = np.array([self.own.get(number, -1) for number in range(len(self.people))], np.int64)
        return run_rows(keys[rows[:, SECTION]], rows[:, START], rows[:, START] + rows[:, LENGTH])

    def around(self, rows: Numbers) -> tuple[Numbers, Numbers]:
        """First and end cell of what is held of the space."""
        grid, spaces = self.facts.instance.grid_min, self.facts.instance.spaces
        before = np.array([space.before_min for space in spaces], np.int64)[rows[:, SPACE]]
        after = np.array([space.after_min for space in spaces], np.int64)[rows[:, SPACE]]
        first = (rows[:, START] * grid - before) // grid
        end = -(-((rows[:, START] + rows[:, LENGTH]) * grid + after) // grid)
        return np.maximum(first, 0), np.minimum(end, MINUTES // grid)


def run_rows(keys: Numbers, first: Numbers, end: Numbers) -> Numbers:
    used = np.flatnonzero(keys >= 0)
    return np.stack([used, keys[used], first[used], end[used]], axis=1)


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
