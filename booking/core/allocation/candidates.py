"""Everything that could be granted, as arrays: all admissible events at their least length, what each holds, and what
it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from booking.core.allocation.emitting import emit
from booking.core.allocation.facts import Facts, excludes, faults, hard_faults, options
from booking.core.allocation.fixing import Fixed, Taken, fix
from booking.core.allocation.holding import Holding, holding
from booking.core.allocation.instance import Instance, Section, Slot
from booking.core.allocation.quotas import Quotas
from booking.core.allocation.result import Origin, PinProblem
from booking.core.allocation.timetable import Timetable, timetable
from booking.core.allocation.weeks import DAYS
from booking.core.allocation.wishes import cells_of, preference
from booking.core.allocation.worth import Worth, worth

__all__ = ["Prepared", "hard_faults", "prepare"]

Numbers = NDArray[np.int64]
SECTION, SPACE, DAY, START, LENGTH, RANK, PREFERENCE, DATES = range(8)


@dataclass(frozen=True)
class Prepared:
    """A round ready for the search. `rows`: a candidate each, sorted by section: section, space, weekday, start and
    length in cells, rank, preference, dates; `masks`: the weeks in which it runs; `first`: where each section's
    candidates begin; `kept`: which are slots of the incumbent."""

    facts: Facts
    quotas: Quotas
    seed: str
    taken: Taken
    rows: Numbers
    masks: NDArray[np.uint64]
    first: Numbers
    kept: NDArray[np.bool_]
    table: Timetable
    holding: Holding
    worth: Worth

    @property
    def instance(self) -> Instance:
        return self.facts.instance

    @property
    def fixed(self) -> list[Fixed]:
        return self.taken.fixed

    @property
    def pin_problems(self) -> list[PinProblem]:
        return self.taken.problems

    def slot(self, candidate: int) -> Slot:
        """The candidate as people see it."""
        row, grid = self.rows[candidate], self.instance.grid_min
        start, end = int(row[START]) * grid, int(row[START] + row[LENGTH]) * grid
        return Slot(self.instance.spaces[row[SPACE]].id, int(row[DAY]), start, end)


def prepare(instance: Instance, seed: str = "") -> Prepared:
    """All admissible candidates of a round, with the pins and kept slots already placed."""
    facts = Facts(instance)
    quotas = Quotas(facts)
    taken = fix(facts, quotas, seed)
    table = timetable(facts, taken.fixed)
    rows, masks = found(facts, table)
    rows, masks, kept = with_incumbent(facts, taken, rows, masks)
    allowed = admissible(facts, taken, rows, masks)
    rows, masks, kept = rows[allowed], masks[allowed], kept[allowed]
    first = np.searchsorted(rows[:, SECTION], np.arange(len(instance.sections) + 1)).astype(np.int64)
    held = holding(facts, taken, rows, masks)
    valued = worth(facts, taken, rows, seed, kept)
    return Prepared(facts, quotas, seed, taken, rows, masks, first, kept, table, held, valued)


def found(facts: Facts, table: Timetable) -> tuple[Numbers, NDArray[np.uint64]]:
    """Every event at its least length that the hard facts and what is fixed leave, sorted."""
    instance, grid = facts.instance, facts.instance.grid_min
    pairs = [
        (number, space, rank)
        for number, section in enumerate(instance.sections)
        for space, rank in sorted(options(facts, section).items())
    ]
    before = np.array([space.before_min for space in instance.spaces], np.int64)
    after = np.array([space.after_min for space in instance.spaces], np.int64)
    lengths = np.array([least_cells(section, grid) for section in instance.sections], np.int64)
    wished = np.array([cells_of(section, grid) for section in instance.sections], np.int64)
    own = np.array([[facts.own(section, day) for day in DAYS] for section in instance.sections], np.uint64)
    spaces = (table.opened, table.barred, table.taken, before, after)
    rules = (grid, instance.policy.least_dates_percent, np.array(facts.calendar.weights, np.int64))
    told = np.array(pairs, np.int64).reshape(-1, 3)
    rows, masks = np.zeros((0, 8), np.int64), np.zeros(0, np.uint64)
    if not len(told):
        return rows, masks
    for _ in range(2):  # once to count, once to fill
        count = emit(told, lengths, wished, own, spaces, rules, rows, masks)
        if count == len(rows):
            break
        rows, masks = np.zeros((count, 8), np.int64), np.zeros(count, np.uint64)
    return rows, masks


def least_cells(section: Section, grid_min: int) -> int:
    """The section's least length in cells; 0 where none on the grid is both long and short enough."""
    cells = -(-section.min_minutes // grid_min)
    return cells if cells * grid_min <= section.max_minutes else 0


def with_incumbent(
    facts: Facts, taken: Taken, rows: Numbers, masks: NDArray[np.uint64]
) -> tuple[Numbers, NDArray[np.uint64], NDArray[np.bool_]]:
    """The candidates and those slots of the incumbent that are longer than the least; which are the incumbent's."""
    wanted = incumbent_rows(facts)
    kept = np.zeros(len(rows), np.bool_)
    more: list[tuple[list[int], int]] = []
    codes = coded(rows)
    for row, slot, section in wanted:
        at = int(np.searchsorted(codes, coded(np.array([row], np.int64))[0]))
        if at < len(rows) and tuple(rows[at, :5].tolist()) == tuple(row[:5]):
            kept[at] = True
        elif not faults(facts, section, slot) and not meets_fixed(facts, taken, row[SECTION], slot):
            mask = facts.running(section, slot)
            more.append(([*row, facts.calendar.dates(mask)], mask))
    if not more:
        return rows, masks, kept
    rows = np.concatenate([rows, np.array([row for row, _ in more], np.int64)])
    masks = np.concatenate([masks, np.array([mask for _, mask in more], np.uint64)])
    kept = np.concatenate([kept, np.ones(len(more), np.bool_)])
    order = np.lexsort(tuple(rows[:, column] for column in (LENGTH, START, DAY, SPACE, SECTION)))
    return rows[order], masks[order], kept[order]


def coded(rows: Numbers) -> Numbers:
    """Section, space, weekday, start and length of each row as one number, in the order that rows are sorted by."""
    found = rows[:, SECTION]
    for column, most in ((SPACE, 1 << 20), (DAY, 8), (START, 512), (LENGTH, 512)):
        found = found * most + rows[:, column]
    return found


def incumbent_rows(facts: Facts) -> list[tuple[list[int], Slot, Section]]:
    """The incumbent's slots that the sections still wish, on the grid."""
    grid, numbers = facts.instance.grid_min, {one.id: at for at, one in enumerate(facts.instance.sections)}
    wanted = []
    for name, slot in dict.fromkeys(facts.instance.incumbent):
        if name not in numbers or slot.space not in facts.numbers or slot.start_min % grid or slot.end_min % grid:
            continue
        section = facts.instance.sections[numbers[name]]
        rank = options(facts, section).get(facts.numbers[slot.space])
        worst = preference(section, slot.weekday, slot.start_min, slot.end_min)
        minutes = slot.end_min - slot.start_min
        if rank is not None and worst and section.min_minutes <= minutes <= section.max_minutes:
            space, cells = facts.numbers[slot.space], (slot.start_min // grid, minutes // grid)
            wanted.append(([numbers[name], space, slot.weekday, *cells, rank, worst], slot, section))
    return wanted


def meets_fixed(facts: Facts, taken: Taken, section: int, slot: Slot) -> bool:
    """Whether what is fixed holds a part of this slot."""
    mask = facts.running(facts.instance.sections[section], slot)
    return taken.clash(Fixed(section, slot, mask, Origin.SOLVER)) is not None


def admissible(facts: Facts, taken: Taken, rows: Numbers, masks: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which candidates neither an exclusion nor what is fixed for the same section or people forbids."""
    allowed = np.ones(len(rows), np.bool_)
    sections: set[int] = {fixed.section for fixed in taken.fixed}
    people = {key[1:3] for key in taken.stretches if key[0] == "person"}
    for number, section in enumerate(facts.instance.sections):
        if any((section.organisation, person) in people for person in section.shared):
            sections.add(number)
        if any(touches(exclusion, section) for exclusion in facts.instance.exclusions):
            sections.add(number)
    bounds = np.searchsorted(rows[:, SECTION], np.arange(len(facts.instance.sections) + 1))
    for number in sorted(sections):
        for candidate in range(bounds[number], bounds[number + 1]):
            allowed[candidate] = may_be(facts, taken, rows[candidate], int(masks[candidate]))
    return allowed


def touches(exclusion: object, section: Section) -> bool:
    """Whether an exclusion could mean the section at all."""
    named: Sequence[tuple[object, object]] = (
        (getattr(exclusion, "section", None), section.id),
        (getattr(exclusion, "organisation", None), section.organisation),
    )
    return all(told is None or told == value for told, value in named)


def may_be(facts: Facts, taken: Taken, row: Numbers, mask: int) -> bool:
    grid, section = facts.instance.grid_min, facts.instance.sections[row[SECTION]]
    start, end = int(row[START]) * grid, int(row[START] + row[LENGTH]) * grid
    slot = Slot(facts.instance.spaces[row[SPACE]].id, int(row[DAY]), start, end)
    if any(excludes(exclusion, section, slot) for exclusion in facts.instance.exclusions):
        return False
    return taken.clash(Fixed(int(row[SECTION]), slot, mask, Origin.SOLVER)) is None
