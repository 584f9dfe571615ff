"""Small rounds to the proven optimum: class by class, then tier by tier, by OR-Tools' CP-SAT from the search's plan.

One worker and limits in its own count of work, never in seconds: the same input gives the same plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from booking.core.allocation.bounds import everything
from booking.core.allocation.candidates import Prepared
from booking.core.allocation.kernel import Round

WORK_A_MOVE = 1 / 600_000  # of the solver's own count; one unit takes one to three seconds
LEAST_WORK = 0.1


@dataclass
class Exact:
    """The model: a 0/1 variable for each candidate, one for each next event of each section, and the measures as sums.
    `values`: of the best plan known, by measure."""

    prepared: Prepared
    given: Round
    chosen: list[int]
    values: list[int]
    work: float
    model: Any = field(default_factory=cp_model.CpModel)
    events: list[Any] = field(default_factory=list)
    measures: list[Any] = field(default_factory=list)
    proven: set[int] = field(default_factory=set)

    def build(self) -> None:
        self.events = [self.model.new_bool_var("") for _ in range(len(self.prepared.rows))]
        self.cells()
        self.days_and_spaces()
        self.quotas()
        self.coverage()
        self.tiers()

    def cells(self) -> None:
        """Each cell has one holder at most; cells that the same candidates hold count once."""
        holders: dict[int, list[int]] = {}
        for candidate in range(len(self.events)):
            for run in range(self.given.run_at[candidate], self.given.run_at[candidate + 1]):
                for cell in range(*self.given.spans[run]):
                    holders.setdefault(cell, []).append(candidate)
        for group in sorted({tuple(group) for group in holders.values() if len(group) > 1}):
            self.model.add_at_most_one(self.events[candidate] for candidate in group)

    def own(self, section: int) -> range:
        return range(int(self.given.first[section]), int(self.given.first[section + 1]))

    def days_and_spaces(self) -> None:
        """One event a day, and all in one space, where the section says so."""
        for section in range(len(self.given.need)):
            if self.given.single[section]:
                for group in grouped(self.own(section), self.given.day):
                    self.model.add_at_most_one(self.events[candidate] for candidate in group)
            if self.given.one_space[section]:
                places = []
                for group in grouped(self.own(section), self.given.space):
                    places.append(self.model.new_bool_var(""))
                    for candidate in group:
                        self.model.add_implication(self.events[candidate], places[-1])
                self.model.add_at_most_one(places)

    def quotas(self) -> None:
        weights: dict[int, list[tuple[int, int]]] = {}
        for candidate in range(len(self.events)):
            for at in range(self.given.quota_at[candidate], self.given.quota_at[candidate + 1]):
                weights.setdefault(int(self.given.quota[at, 0]), []).append((candidate, int(self.given.quota[at, 1])))
        for row, pairs in weights.items():
            total = sum(weight * self.events[candidate] for candidate, weight in pairs)
            self.model.add(total <= int(self.given.room[row]))

    def coverage(self) -> None:
        """A section has its k-th event only after the one before; the sums by class are the first measures."""
        sums: list[list[Any]] = [[] for _ in self.prepared.worth.ranks]
        for section in range(len(self.given.need)):
            need, at = int(self.given.need[section]), int(self.given.gain_at[section])
            steps = [self.model.new_bool_var("") for _ in range(need)]
            for before, after in pairwise(steps):
                self.model.add_implication(after, before)
            self.model.add(sum(self.events[candidate] for candidate in self.own(section)) == sum(steps))
            level = int(self.given.level[section])
            sums[level] += [int(self.given.gain[at + step]) * variable for step, variable in enumerate(steps)]
        base = self.prepared.worth.base
        self.measures = [sum(terms) + int(base[level]) for level, terms in enumerate(sums)]

    def tiers(self) -> None:
        for tier in range(len(self.prepared.worth.tiers)):
            if tier == self.prepared.worth.fair_tier:
                self.measures.append(sum(self.fairness()))
                continue
            worths = self.given.each[:, tier]
            terms = [int(worths[candidate]) * self.events[candidate] for candidate in np.flatnonzero(worths)]
            self.measures.append(sum(terms))

    def fairness(self) -> list[Any]:
        """What each organisation's share is worth, less what the fixed events alone are."""
        worth, found = self.prepared.worth, []
        for group in range(len(worth.base_units)):
            table = worth.table[worth.table_at[group] : worth.table_at[group + 1]]
            base = int(worth.base_units[group])
            units = self.model.new_int_var(base, len(table) - 1, "")
            share = self.model.new_int_var(0, int(table.max()), "")
            terms = [
                int(self.given.unit[section]) * self.events[candidate]
                for section in np.flatnonzero(worth.group == group)
                for candidate in self.own(int(section))
            ]
            self.model.add(sum(terms) + base == units)
            self.model.add_element(units, [int(value) for value in table], share)
            found.append(share - int(table[base]))
        return found

    def solve(self) -> None:
        """Raises each measure as far as it goes, those before it held."""
        for place, measure in enumerate(self.measures):
            if not self.trivial(place, measure):
                self.raise_measure(place, measure)
            if not isinstance(measure, int):
                self.model.add(measure == self.values[place])

    def trivial(self, place: int, measure: Any) -> bool:
        """Whether the measure cannot be raised, as everybody has everything, or as there is nothing to raise."""
        if isinstance(measure, int):
            self.proven.add(place)
            return True
        levels = len(self.prepared.worth.ranks)
        return place < levels and self.values[place] >= everything(self.prepared, self.given, place)

    def raise_measure(self, place: int, measure: Any) -> None:
        self.model.clear_hints()
        at = set(self.chosen)
        for candidate, variable in enumerate(self.events):
            self.model.add_hint(variable, candidate in at)
        self.model.maximize(measure)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.max_deterministic_time = max(LEAST_WORK, self.work)
        status = solver.solve(self.model)
        self.work -= solver.response_proto.deterministic_time
        if status == cp_model.OPTIMAL:
            self.proven.add(place)
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) and round(solver.objective_value) >= self.values[place]:
            self.chosen = [number for number, variable in enumerate(self.events) if solver.value(variable)]
            self.values = [value if isinstance(value, int) else int(solver.value(value)) for value in self.measures]


def grouped(candidates: Sequence[int], trait: np.ndarray[Any, Any]) -> list[list[int]]:
    found: dict[int, list[int]] = {}
    for candidate in candidates:
        found.setdefault(int(trait[candidate]), []).append(candidate)
    return list(found.values())


def improved(
    prepared: Prepared, given: Round, chosen: list[int], values: list[int], moves: int
) -> tuple[list[int], set[int]]:
    """The plan raised as far as the work that so many moves stand for goes, and which measures are proven optimal with
    those before them held as they are. `values`: the measure of the plan given."""
    exact = Exact(prepared, given, chosen, values, moves * WORK_A_MOVE)
    exact.build()
    exact.solve()
    return exact.chosen, exact.proven
