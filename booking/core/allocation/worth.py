"""What plans are compared by: coverage class by class, then the policy's tiers, as whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from booking.core.allocation.facts import Facts
from booking.core.allocation.fixing import Taken, lot
from booking.core.allocation.instance import Fairness, Held, HistoryMode, Section, Space, Tier

Numbers = NDArray[np.int64]
SECTION, SPACE, DAY, START, LENGTH, RANK, PREFERENCE, DATES = range(8)
PARTS = 100  # a worth of the policy counts in hundredths
KEPT, LOT = "kept", "lot"
FAR_METRES = 10_000  # from here on a distance is worth nothing
WHOLE_SHARE = 10_000


@dataclass(frozen=True, slots=True)
class Worth:
    """`ranks`: of the classes that have sections, best first; `level`: each section's place among them. `need`: events
    that each may still get, `gain[gain_at[s] + k]`: coverage of its next one when it has k of the search's.
    `tiers`: names after coverage; `each[c, t]`: what candidate c adds to tier t (fairness is not a sum over events:
    `table[table_at[g] + units]` of each group of sections, where an event of section s adds `unit[s]`)."""

    ranks: tuple[int, ...]
    level: Numbers
    need: Numbers
    gain: Numbers
    gain_at: Numbers
    base: Numbers
    tiers: tuple[str, ...]
    each: NDArray[np.int32]
    group: Numbers
    unit: Numbers
    table: Numbers
    table_at: Numbers
    base_units: Numbers

    @property
    def fair_tier(self) -> int:
        """The place of fairness among the tiers; −1 where it is none of them."""
        return self.tiers.index(Tier.FAIRNESS) if Tier.FAIRNESS in self.tiers else -1


def worth(facts: Facts, taken: Taken, rows: Numbers, seed: str, kept: NDArray[np.bool_]) -> Worth:
    instance = facts.instance
    ranks_of = {each.id: each.rank for each in instance.classes}
    ranks = tuple(sorted({ranks_of[section.class_id] for section in instance.sections}))
    level = np.array([ranks.index(ranks_of[section.class_id]) for section in instance.sections], np.int64)
    done = np.zeros(len(instance.sections), np.int64)
    for fixed in taken.fixed:
        done[fixed.section] += 1
    asked = np.array([section.events for section in instance.sections], np.int64)
    need = np.maximum(asked - done, 0)
    gain, gain_at = gains(instance.policy.need_curve, np.minimum(done, asked), need)
    base = np.zeros(len(ranks), np.int64)
    for number in np.flatnonzero(done):
        base[level[number]] += sum(instance.policy.need_curve[: min(done[number], asked[number])])
    tiers = tier_names(facts)
    each = np.zeros((len(rows), len(tiers)), np.int32)
    for place, tier in enumerate(tiers):
        each[:, place] = column(facts, tier, rows, seed, kept)
    return Worth(ranks, level, need, gain, gain_at, base, tiers, each, *fairness(facts, done))


def gains(curve: tuple[int, ...], done: Numbers, need: Numbers) -> tuple[Numbers, Numbers]:
    """What each next event of each section adds to coverage; nothing beyond the end of the curve."""
    at = np.concatenate([np.zeros(1, np.int64), np.cumsum(need)])
    steps = np.concatenate([np.arange(begun, begun + more) for begun, more in zip(done, need, strict=True)] or [done])
    worths = np.array([*curve, 0], np.int64)
    return worths[np.minimum(steps, len(curve))] if len(steps) else steps, at


def tier_names(facts: Facts) -> tuple[str, ...]:
    """The tiers after coverage that the search knows; an incumbent fully worth keeping goes before the others, and the
    lot decides last. Minutes above the least come in a pass of their own."""
    policy = facts.instance.policy
    left_out = {Tier.COVERAGE, Tier.DURATION} | ({Tier.FAIRNESS} if policy.fairness is Fairness.NONE else set())
    first = (KEPT,) if facts.instance.incumbent and policy.stability >= 100 else ()
    return (*first, *(tier for tier in dict.fromkeys(policy.tiers) if tier not in left_out), LOT)


def column(facts: Facts, tier: str, rows: Numbers, seed: str, kept: NDArray[np.bool_]) -> Numbers:
    """What each candidate adds to one tier."""
    sections = facts.instance.sections
    if tier == KEPT:
        return kept.astype(np.int64)
    if tier == LOT:
        return np.array([lot(seed, section.id) for section in sections], np.int64)[rows[:, SECTION]]
    if tier == Tier.ORDER:
        return places(sections)[rows[:, SECTION]]
    if tier == Tier.HISTORY:
        return as_last_season(facts, rows)
    if tier == Tier.PREFERENCE:
        return preferences(facts, rows, kept)
    return np.zeros(len(rows), np.int64)


def places(sections: tuple[Section, ...]) -> Numbers:
    """The earlier the place by the rulebook's order, the more; nothing for those it says nothing about."""
    told = sorted({section.order for section in sections if section.order is not None}, reverse=True)
    worths = {order: place for place, order in enumerate(told, start=1)}
    return np.array(
        [worths.get(section.order, 0) if section.order is not None else 0 for section in sections], np.int64
    )


def preferences(facts: Facts, rows: Numbers, kept: NDArray[np.bool_]) -> Numbers:
    """How well each candidate is wished: rank of its space, wished or only possible time, distance."""
    policy = facts.instance.policy
    found = policy.rank_worth * PARTS // np.maximum(rows[:, RANK], 1)
    found = found + policy.primary_worth * PARTS * (rows[:, PREFERENCE] == 1)
    found = found + policy.distance_worth * PARTS * nearness(facts, rows) // PARTS
    if Tier.HISTORY not in policy.tiers:
        found = found + policy.history_worth * PARTS * as_last_season(facts, rows)
    if policy.stability < 100:
        found = found + policy.stability * PARTS * kept
    whole: Numbers = found.astype(np.int64)
    return whole


def nearness(facts: Facts, rows: Numbers) -> Numbers:
    """100 at the door, 0 from ten kilometres on or where a place is not known; as the bird flies, in whole metres."""
    if not len(rows):
        return np.zeros(0, np.int64)
    home = np.array([place_of(section) for section in facts.instance.sections], np.int64)[rows[:, SECTION]]
    there = np.array([place_of(space) for space in facts.instance.spaces], np.int64)[rows[:, SPACE]]
    squared = (home[:, 1] - there[:, 1]) ** 2 + (home[:, 2] - there[:, 2]) ** 2
    steps = np.array([(step * FAR_METRES // PARTS) ** 2 for step in range(1, PARTS + 1)], np.int64)
    passed = np.searchsorted(steps, squared, side="right")
    return np.where((home[:, 0] == 1) & (there[:, 0] == 1), PARTS - passed, 0)


def place_of(one: Section | Space) -> tuple[int, int, int]:
    return (1, *one.place) if one.place is not None else (0, 0, 0)


def as_last_season(facts: Facts, rows: Numbers) -> Numbers:
    """1 for each candidate that covers half or more of a slot of last season which was used enough."""
    found = np.zeros(len(rows), np.int64)
    policy, grid = facts.instance.policy, facts.instance.grid_min
    if policy.history is HistoryMode.NONE:
        return found
    bounds = np.searchsorted(rows[:, SECTION], np.arange(len(facts.instance.sections) + 1))
    for number, section in enumerate(facts.instance.sections):
        own = slice(bounds[number], bounds[number + 1])
        for old in section.history:
            if old.use_percent >= policy.least_use_percent and old.space in facts.numbers:
                found[own] |= covers_half(rows[own], old, facts.numbers[old.space], grid)
    return found


def covers_half(rows: Numbers, old: Held, space: int, grid: int) -> Numbers:
    first, end = np.maximum(rows[:, START] * grid, old.start_min), (rows[:, START] + rows[:, LENGTH]) * grid
    minutes = np.minimum(end, old.end_min) - first
    same = (rows[:, SPACE] == space) & (rows[:, DAY] == old.weekday)
    found: Numbers = (same & (2 * minutes >= old.end_min - old.start_min)).astype(np.int64)
    return found


def fairness(facts: Facts, done: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers, Numbers]:
    """Group and units of each section, the groups' tables of what so many units are worth, and the units fixed."""
    sections, grid = facts.instance.sections, facts.instance.grid_min
    by_members = facts.instance.policy.fairness is Fairness.MEMBERS
    groups: dict[tuple[str, str], int] = {}
    group = [groups.setdefault((one.organisation, one.class_id), len(groups)) for one in sections]
    unit = [-(-section.min_minutes // grid) if by_members else 1 for section in sections]
    asked, people = np.zeros((2, len(groups)), np.int64), np.zeros(len(groups), np.int64)
    for number, section in enumerate(sections):
        asked[0, group[number]] += section.events * unit[number]
        asked[1, group[number]] += max(section.events, int(done[number])) * unit[number]
        people[group[number]] += section.people
    base = np.zeros(len(groups), np.int64)
    np.add.at(base, np.array(group, np.int64), done * np.array(unit, np.int64))
    tables = []
    for (organisation, _), number in groups.items():
        most = range(int(asked[1, number]) + 1)
        if by_members:
            members = facts.instance.policy.members.get(organisation) or max(1, int(people[number]))
            tables.append([isqrt(WHOLE_SHARE * PARTS * units * grid // members) for units in most])
        else:
            tables.append([of_share(units, int(asked[0, number])) for units in most])
    at = np.concatenate([np.zeros(1, np.int64), np.cumsum([len(table) for table in tables])]).astype(np.int64)
    whole = np.array([worth for table in tables for worth in table], np.int64)
    return np.array(group, np.int64), np.array(unit, np.int64), whole, at, base


def of_share(units: int, asked: int) -> int:
    """What a share is worth to an organisation: its root, so that the least served gain most; 10 000 for all asked."""
    return isqrt(WHOLE_SHARE**2 * min(units, asked) // asked) if asked else 0
