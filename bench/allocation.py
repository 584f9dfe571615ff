"""Season rounds of an invented city, solved: what a class and an organisation get, how far from the best possible, in
what time and memory, beside the two plain ways in the same run."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.figures import progress, rounded
from booking.core.allocation.candidates import SECTION, Prepared, prepare
from booking.core.allocation.generating import generate
from booking.core.allocation.greedy import greedy_round, greedy_swap
from booking.core.allocation.instance import Instance
from booking.core.allocation.result import Result
from booking.core.allocation.solving import solve

SEED = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way of solving one size. `served`, `fully`: per cent of the sections with any, with all of their events;
    `tenth`: the share of its events that the organisation gets which nine in ten are ahead of; `gap`: per cent that the
    first class in want is at most below the best possible; `more`: per cent more events than the officer's turns."""

    size: str
    way: str
    seconds: float
    memory_mb: int
    asked: int
    events: int
    more: float
    hours: float
    served: float
    fully: float
    tenth: float
    coverage: dict[str, int]
    gaps: dict[str, float]
    contested: str | None
    gap: float | None
    same_again: bool | None


def measure(sizes: Sequence[str], seconds: int, *, again: bool = False) -> list[Outcome]:
    """All ways for each size; `again` solves once more and compares the grants."""
    solve(generate("XS", SEED), iterations=1)  # so that compiling is not counted
    return [outcome for size in sizes for outcome in of_size(size, seconds, again=again)]


def of_size(size: str, seconds: int, *, again: bool) -> list[Outcome]:
    instance = generate(size, SEED)
    progress(f"{size}: {len(instance.sections)} sections, {len(instance.spaces)} spaces")
    begun = time.perf_counter()
    prepared = prepare(instance, "bench")
    preparing = time.perf_counter() - begun
    found: list[Outcome] = []
    for way, plan_of in (("officer: by turns", greedy_round), ("officer: with swaps", greedy_swap)):
        begun = time.perf_counter()
        plan = plan_of(prepared)
        taken = time.perf_counter() - begun + preparing
        names = [instance.sections[int(prepared.rows[candidate, SECTION])].id for candidate in plan]
        hours = sum(minutes(prepared, candidate) for candidate in plan) / 60
        found.append(outcome(instance, size, way, taken, names, hours, found))
    begun = time.perf_counter()
    result = solve(instance, seconds=seconds)
    taken = time.perf_counter() - begun
    same = again_same(instance, result, seconds) if again else None
    found.append(solved(instance, size, taken, result, found, same))
    return found


def minutes(prepared: Prepared, candidate: int) -> int:
    slot = prepared.slot(candidate)
    return slot.end_min - slot.start_min


def again_same(instance: Instance, result: Result, seconds: int) -> bool:
    progress("the same once more")
    return solve(instance, seconds=seconds).plan_hash == result.plan_hash


def solved(
    instance: Instance,
    size: str,
    taken: float,
    result: Result,
    before: list[Outcome],
    same: bool | None,  # noqa: FBT001
) -> Outcome:
    names = [grant.section for grant in result.grants]
    hours = sum(grant.slot.end_min - grant.slot.start_min for grant in result.grants) / 60
    gaps = {one.class_id: rounded(one.gap_percent) for one in result.certificates}
    contested = next(
        (one.class_id for one in result.certificates if one.method != "trivial" and short(instance, one)), None
    )
    way = f"{result.run.method}, {result.run.iterations:,} moves".replace(",", " ", 1)
    return outcome(instance, size, way, taken, names, hours, before, gaps, contested, same)


def short(instance: Instance, proof: object) -> bool:
    """Whether a class lacks more than a tenth of what it asks: the first such one is the first contested."""
    curve = instance.policy.need_curve
    class_id, has = getattr(proof, "class_id", ""), int(getattr(proof, "coverage", 0))
    most = sum(sum(curve[: one.events]) for one in instance.sections if one.class_id == class_id)
    return has * 10 < most * 9


def outcome(
    instance: Instance,
    size: str,
    way: str,
    taken: float,
    names: Iterable[str],
    hours: float,
    before: Sequence[Outcome],
    gaps: dict[str, float] | None = None,
    contested: str | None = None,
    same: bool | None = None,  # noqa: FBT001 - a column
) -> Outcome:
    got = dict.fromkeys((one.id for one in instance.sections), 0)
    for name in names:
        got[name] += 1
    events, sections = sum(got.values()), instance.sections
    return Outcome(
        size=size,
        way=way,
        seconds=rounded(taken),
        memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        asked=sum(one.events for one in sections),
        events=events,
        more=rounded(100 * (events / before[0].events - 1)) if before else 0.0,
        hours=rounded(hours),
        served=rounded(100 * sum(1 for one in sections if got[one.id]) / len(sections)),
        fully=rounded(100 * sum(1 for one in sections if got[one.id] >= one.events) / len(sections)),
        tenth=rounded(tenth(instance, got)),
        coverage=coverage(instance, got),
        gaps=gaps or {},
        contested=contested,
        gap=(gaps or {}).get(contested) if contested else None,
        same_again=same,
    )


def tenth(instance: Instance, got: dict[str, int]) -> float:
    """The share of its events of the organisation at the tenth part from below."""
    asked: dict[str, int] = {}
    has: dict[str, int] = {}
    for one in instance.sections:
        asked[one.organisation] = asked.get(one.organisation, 0) + one.events
        has[one.organisation] = has.get(one.organisation, 0) + got[one.id]
    return float(np.quantile([has[name] / asked[name] for name in asked], 0.1))


def coverage(instance: Instance, got: dict[str, int]) -> dict[str, int]:
    found = {each.id: 0 for each in instance.classes}
    for one in instance.sections:
        found[one.class_id] += sum(instance.policy.need_curve[: got[one.id]])
    return found
