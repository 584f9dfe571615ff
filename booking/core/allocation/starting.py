"""A prepared round as the compiled search takes it, and plans to begin with."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from booking.core.allocation.candidates import Prepared
from booking.core.allocation.holding import WORD
from booking.core.allocation.instance import Tier
from booking.core.allocation.kernel import FREE, Plan, Round, put
from booking.core.allocation.worth import KEPT, LOT

Numbers = NDArray[np.int64]
STRICT = 20  # how much more a class weighs than the next while searching: enough for the strict order, see the ADR
POINT = 2000  # weight of a point of coverage of the last class
HIGHEST = 10**12  # no class weighs more, so that nothing overflows
SHARES = {Tier.PREFERENCE: (1, 1), Tier.ORDER: (1, 4), Tier.HISTORY: (1500, 1), LOT: (1, 4096), KEPT: (8000, 1)}
FAIR_SHARE = 10  # weight of a unit of fairness while searching


def weights_of(levels: int) -> Numbers:
    """Of a point of coverage by class, the first class first."""
    strict = STRICT
    while strict > 2 and strict ** max(0, levels - 1) * POINT > HIGHEST:
        strict -= 1
    return np.array([POINT * strict ** (levels - 1 - level) for level in range(levels)], np.int64)


def round_of(prepared: Prepared) -> Round:
    worth, holding, instance = prepared.worth, prepared.holding, prepared.instance
    rows = prepared.rows
    return Round(
        first=prepared.first,
        section=rows[:, 0].astype(np.int32),
        space=rows[:, 1].astype(np.int32),
        day=rows[:, 2].astype(np.int32),
        run_at=holding.at,
        spans=holding.spans,
        bits=holding.bits,
        guide=guide(prepared),
        each=worth.each,
        quota_at=holding.quota_at,
        quota=holding.weights,
        need=worth.need,
        gain_at=worth.gain_at,
        gain=worth.gain,
        level=worth.level,
        group=worth.group,
        unit=worth.unit,
        single=np.array([not section.same_day_allowed for section in instance.sections], np.bool_),
        one_space=np.array([section.same_space for section in instance.sections], np.bool_),
        weight=weights_of(len(worth.ranks)),
        fair=np.array([worth.fair_tier, FAIR_SHARE], np.int64),
        table_at=worth.table_at,
        table=worth.table,
        room=holding.room,
    )


def guide(prepared: Prepared) -> Numbers:
    """What a candidate is worth while searching besides coverage and fairness: little, so that it decides among equals
    and hardly more."""
    found = np.zeros(len(prepared.rows), np.int64)
    for place, tier in enumerate(prepared.worth.tiers):
        times, parts = SHARES.get(tier, (0, 1))
        found += prepared.worth.each[:, place].astype(np.int64) * times // parts
    return found


def empty(prepared: Prepared, seed: int) -> Plan:
    """A plan with nothing but what is fixed. `seed`: of the dice, any whole number."""
    worth, sections = prepared.worth, len(prepared.instance.sections)
    lengths = prepared.holding.spans[:, 1] - prepared.holding.spans[:, 0]
    per_candidate = np.add.reduceat(lengths, prepared.holding.at[:-1]) if len(lengths) else np.zeros(1, np.int64)
    most = int(per_candidate.max()) + 1024
    lacking = np.flatnonzero(worth.need > 0)
    at = np.full(sections, FREE, np.int64)
    at[lacking] = np.arange(len(lacking))
    short = np.zeros(sections + 1, np.int64)
    short[: len(lacking)] = lacking
    return Plan(
        busy=np.zeros(prepared.holding.cells // WORD + 1, np.uint64),
        owner=np.full(prepared.holding.cells + 1, FREE, np.int32),
        events=np.full((sections, max(1, int(worth.need.max(initial=1)))), FREE, np.int32),
        count=np.zeros(sections, np.int64),
        day_of=np.full((sections, 7), FREE, np.int32),
        units=worth.base_units.copy(),
        used=np.zeros(len(prepared.holding.room), np.int64),
        short=short,
        short_at=at,
        measure=np.concatenate([worth.base, np.zeros(len(worth.tiers), np.int64)]),
        energy=np.zeros(1, np.int64),
        log=np.zeros(8 * most, np.int64),
        pushed=np.zeros(most, np.int64),
        sizes=np.array([len(lacking), 0], np.int64),
        dice=np.array([(seed * 0x9E3779B97F4A7C15 + 0x2545F4914F6CDD1D) % (1 << 64) or 1], np.uint64),
    )


def granted(plan: Plan) -> list[int]:
    """The granted candidates, in order."""
    return sorted(int(event) for events, count in zip(plan.events, plan.count, strict=True) for event in events[:count])


def plan_from(prepared: Prepared, given: Round, candidates: Iterable[int], seed: int = 0) -> Plan:
    """A plan of these candidates, which must not conflict."""
    plan = empty(prepared, seed)
    for candidate in candidates:
        put(given, plan, candidate)
    return plan
