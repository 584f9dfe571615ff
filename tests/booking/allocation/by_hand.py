"""Plans made without the solver: a careful official with a sorted pile, who fills what is free until nothing is."""

from dataclasses import replace

from booking.core.allocation.figures import coverages, figures
from booking.core.allocation.instance import Instance, Slot
from booking.core.allocation.result import Certificate, Grant, Origin, PinProblem, Result, Run
from booking.core.allocation.rivals import Plan
from booking.core.allocation.standing import Standing
from booking.core.allocation.tiers import Tiers
from booking.core.allocation.truth import Truth
from booking.core.allocation.writing import input_hash, plan_hash


def grant_of(truth: Truth, section: str, slot: Slot, origin: Origin = Origin.SOLVER) -> Grant:
    owner = truth.sections[section]
    own = truth.own_days(owner, slot.weekday)
    return Grant(section, slot, origin, truth.dates(owner, slot).bit_count(), own.bit_count())


def result_of(instance: Instance, grants: list[Grant], problems: tuple[PinProblem, ...] = ()) -> Result:
    """A whole result with these grants: hashes, certificates and figures as they are."""
    ordered = tuple(sorted(grants, key=lambda one: (one.section, one.slot.weekday, one.slot.start_min)))
    asked = {one.id: 0 for one in instance.classes}
    for section in instance.sections:
        asked[section.class_id] += sum(instance.policy.need_curve[: section.events])
    certificates = tuple(Certificate(name, coverage, max(coverage, asked[name]), "trivial")
                         for name, coverage in coverages(instance, ordered).items())  # fmt: skip
    run = Run(engine="by hand", input_hash=input_hash(instance), seed="0", iterations=0, restarts=1, method="hand")
    plain = Result(
        run=run, grants=ordered, pin_problems=problems, certificates=certificates, plan_hash=plan_hash(ordered)
    )
    return replace(plain, figures=figures(instance, plain))


def filled(instance: Instance, pinned: tuple[Grant, ...] = ()) -> Result:
    """Class by class, everybody's first event before anybody's second, each the first wished slot that is free."""
    truth = Truth(instance)
    plan = Plan(truth, ())
    grants: list[Grant] = []

    standing = Standing(plan, "0")

    def give(grant: Grant) -> None:
        plan._add(len(grants), grant)
        grants.append(grant)
        standing.tiers = Tiers(plan, "0")  # it remembers sums

    for grant in pinned:
        give(grant)
    for of_class in sorted(instance.classes, key=lambda one: one.rank):
        mine = [one for one in instance.sections if one.class_id == of_class.id]
        for turn in range(7):
            for section in mine:
                if plan.granted(section) == turn < section.events:
                    free = next((one.slot for one in standing.refused(section) if one.code == "idle"), None)
                    if free is not None:
                        give(grant_of(truth, section.id, free))
    return result_of(instance, grants)
