"""Solving a round: from the instance to grants, the same for the same input, seed and limits on any machine."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from booking.core.allocation.bounds import certificates, everything
from booking.core.allocation.candidates import Prepared, prepare
from booking.core.allocation.closing import audit
from booking.core.allocation.durations import stretched
from booking.core.allocation.granting import grants
from booking.core.allocation.greedy import swap
from booking.core.allocation.instance import Instance, Tier
from booking.core.allocation.kernel import Plan, Round
from booking.core.allocation.repairing import repaired
from booking.core.allocation.result import ENGINE, Certificate, Progress, Result, Run
from booking.core.allocation.schedule import bound_rounds, exp_table, moves_in, stages
from booking.core.allocation.searching import search as search_on
from booking.core.allocation.starting import granted, plan_from, round_of
from booking.core.allocation.writing import canonical, hash_of, plan_hash

Tell = Callable[[Progress], bool]
SHORT_OF = 10  # a class is contested when the greedy plan leaves one part in so many of it unserved
MOST_CANDIDATES = 12_000  # larger rounds are searched and bounded, not solved
SEARCHED = 120  # moves a candidate that a small round is searched with before
REPAIR_ROUNDS = 20  # of prices, for the bounds of a repaired plan: it is wanted soon
SWEEPS = 2  # rounds of the audit over everybody, for the tiers after coverage


def seed_of(instance: Instance, digest: str) -> str:
    """The seed that nobody chooses: of the round, its rulebook, the whole input and the number drawn in public."""
    told = "|".join([instance.id, instance.rulebook, digest, instance.public_draw])
    return hashlib.sha256(told.encode()).hexdigest()


def solve(
    instance: Instance,
    *,
    seed: str | None = None,
    seconds: int = 60,
    iterations: int | None = None,
    restarts: int = 1,
    tell: Tell | None = None,
) -> Result:
    """The grants of a round. `seconds` stand for moves by a fixed table; `iterations` are moves. `tell` hears how far
    it is and stops it, the best kept, by answering False. With an incumbent and a policy that values it the plan is
    repaired instead of made anew."""
    return solved(instance, seed, Limits(seconds, iterations, max(1, restarts)), tell)


def replay(instance: Instance, run: Run, tell: Tell | None = None) -> Result:
    """The same run again, one that was stopped also: it stops at the same move."""
    planned = int(run.method.rpartition(" of ")[2]) if run.stopped else run.iterations
    until = run.iterations if run.stopped else None
    return solved(instance, run.seed, Limits(0, planned, run.restarts, until), tell)


@dataclass(frozen=True, slots=True)
class Limits:
    """`until`: the move at which a stopped run was stopped."""

    seconds: int
    moves: int | None
    restarts: int
    until: int | None = None


@dataclass
class Search:
    """One run: what is given, what is told while it goes, and how far it is."""

    prepared: Prepared
    given: Round
    moves: int
    limits: Limits
    tell: Tell | None
    done: int = 0
    stopped: bool = False
    proven: set[int] = field(default_factory=set)
    begun: float = field(default_factory=time.monotonic)

    def whole(self) -> int:
        return max(1, self.moves * self.limits.restarts)

    def heard(self, stage: str, level: int | None = None, gap: float | None = None) -> bool:
        """Tells how far it is; False once it is to stop."""
        if self.limits.until is not None and self.done >= self.limits.until:
            self.stopped = True
        if self.tell is not None and not self.stopped:
            share = min(1.0, self.done / self.whole() if self.done else 0.0)
            went = time.monotonic() - self.begun
            left = went * (1 - share) / share if share > 0.02 else None
            told = self.class_id(level) if level is not None else None
            self.stopped = not self.tell(Progress(stage, share, told, gap, left))
        return not self.stopped

    def class_id(self, level: int) -> str:
        rank = self.prepared.worth.ranks[level]
        return next(each.id for each in self.prepared.instance.classes if each.rank == rank)


def solved(instance: Instance, seed: str | None, limits: Limits, tell: Tell | None) -> Result:
    instance = canonical(instance)
    digest = hash_of(instance)
    seed = seed or seed_of(instance, digest)
    prepared = prepare(instance, seed)
    moves = (
        limits.moves if limits.moves is not None else moves_in(limits.seconds, len(prepared.rows)) // limits.restarts
    )
    search = Search(prepared, round_of(prepared), moves, limits, tell)
    search.heard("prepare")
    method, plan = found(search)
    used = search.done // limits.restarts if not search.stopped else search.done
    if search.stopped:
        method = f"{method} of {moves}"
    run = Run(engine=ENGINE, input_hash=digest, seed=seed, iterations=used if search.stopped else moves,
              restarts=limits.restarts, method=method, stopped=search.stopped)  # fmt: skip
    return finished(search, run, plan)


def finished(search: Search, run: Run, plan: Plan) -> Result:
    """The plan at full length, with its certificates."""
    prepared = search.prepared
    chosen = granted(plan)
    longer = stretched(prepared, chosen) if Tier.DURATION in prepared.instance.policy.tiers else {}
    rows = grants(prepared, chosen, longer)
    return Result(
        run=run,
        grants=rows,
        pin_problems=tuple(prepared.pin_problems),
        certificates=proofs(search, plan),
        figures={"measure": told(prepared, plan)},
        plan_hash=plan_hash(rows),
    )


def told(prepared: Prepared, plan: Plan) -> dict[str, int]:
    """What the plan is worth by tier after coverage, as plans are compared by."""
    values = plan.measure[len(prepared.worth.ranks) :]
    return {str(name): int(value) for name, value in zip(prepared.worth.tiers, values, strict=True)}


def proofs(search: Search, plan: Plan) -> tuple[Certificate, ...]:
    levels = len(search.prepared.worth.ranks)
    coverage = [int(value) for value in plan.measure[:levels]]
    policy, incumbent = search.prepared.instance.policy, search.prepared.instance.incumbent
    repair = bool(incumbent) and policy.stability > 0
    rounds = REPAIR_ROUNDS if repair else bound_rounds(search.moves, len(search.prepared.rows))
    return certificates(search.prepared, search.given, coverage, rounds, search.proven)


def found(search: Search) -> tuple[str, Plan]:
    """How the plan was made, and the plan."""
    policy, prepared = search.prepared.instance.policy, search.prepared
    if prepared.instance.incumbent and policy.stability > 0:
        return "repair", repaired(prepared, search.given, dice(prepared, 0))
    plans = [searched(search, dice(prepared, 0))]
    for restart in range(1, search.limits.restarts):
        if not search.stopped:
            plans.append(searched(search, dice(prepared, restart)))  # noqa: PERF401 - a stopped run has fewer
    best = max(plans, key=lambda plan: tuple(plan.measure.tolist()))
    if search.stopped or not small(prepared) or not search.heard("exact"):
        return "search", best
    return "exact", exactly(search, best)


def small(prepared: Prepared) -> bool:
    """Whether the round is small enough to be solved to the optimum."""
    return 0 < len(prepared.rows) <= MOST_CANDIDATES


def exactly(search: Search, plan: Plan) -> Plan:
    """The plan raised to the optimum, or as far as the run's work goes."""
    from booking.core.allocation.exact import improved  # noqa: PLC0415 - OR-Tools is large, only small rounds need it

    prepared, given = search.prepared, search.given
    chosen, search.proven = improved(prepared, given, granted(plan), plan.measure.tolist(), search.moves)
    plan = plan_from(prepared, given, chosen, dice(prepared, 0))
    audit(given, plan)
    return plan


def dice(prepared: Prepared, restart: int) -> int:
    """The seed of the dice of one restart."""
    return int.from_bytes(hashlib.sha256(f"{prepared.seed}|{restart}".encode()).digest()[:8])


def searched(search: Search, seed: int) -> Plan:
    """One restart: greedy with swaps, warm moves, cold moves, audit."""
    prepared, given = search.prepared, search.given
    plan, exps = swap(prepared, given, seed), exp_table()
    contested = first_contested(prepared, given, plan)
    moves = min(search.moves, SEARCHED * len(prepared.rows)) if small(prepared) else search.moves
    for stage in stages(moves, given.weight, contested):
        if not search.heard(stage.name, min(stage.level, contested)):
            break
        search_on(given, plan, stage.heat, exps, stage.moves, stage.level, False)
        search.done += stage.moves
    audit(given, plan, sweeps=SWEEPS if search.moves >= len(prepared.rows) // 4 else 0)
    return plan


def first_contested(prepared: Prepared, given: Round, plan: Plan) -> int:
    """The first class of which the greedy plan leaves a good part unserved; the last where there is none."""
    for level in range(len(prepared.worth.ranks)):
        most = everything(prepared, given, level)
        if (most - int(plan.measure[level])) * SHORT_OF > most:
            return level
    return max(0, len(prepared.worth.ranks) - 1)
