"""What a plan is like in numbers, as docs/allocation-format.md defines each: coverage by class, shares between the
organisations of a class, envy, history, how far wishes were met. Shares are per cent to two decimals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from booking.core.allocation.instance import Instance, Section
from booking.core.allocation.result import Certificate, Grant, Result
from booking.core.allocation.rivals import Event, Plan
from booking.core.allocation.tiers import keeps
from booking.core.allocation.truth import Truth, metres, preference
from booking.core.allocation.unserved import Audit, audit


def coverages(instance: Instance, grants: Iterable[Grant]) -> dict[str, int]:
    """By class in order: the sum over its sections of the worths of their events, the first to the last."""
    counts = Counter(one.section for one in grants)
    curve = instance.policy.need_curve
    found = {one.id: 0 for one in sorted(instance.classes, key=lambda one: one.rank)}
    for section in instance.sections:
        found[section.class_id] += sum(curve[: min(counts[section.id], section.events)])
    return found


def figures(instance: Instance, result: Result) -> dict[str, Any]:
    plan = Plan(Truth(instance), result.grants)
    return figures_of(plan, result, audit(plan, result.run.seed))


def figures_of(plan: Plan, result: Result, audited: Audit) -> dict[str, Any]:
    """The figures of a plan that was looked through already. `measure` is the solver's own word, carried over."""
    return {
        "total": _sums(plan, plan.truth.instance.sections),
        "classes": _classes(plan, result),
        "organisations": _organisations(plan),
        "envy": audited.counts(),
        "history": _history(plan),
        "wishes": _wishes(plan),
        "audiences": _audiences(plan),
        "pins": {"kept": sum(one.fixed for one in plan.events), "left_out": len(result.pin_problems)},
    } | {name: told for name, told in result.figures.items() if name == "measure"}


def percent(part: int, whole: int) -> float | None:
    """None where there is nothing to take a part of."""
    return round(100 * part / whole, 2) if whole else None


# --- by class and by audience


def _sums(plan: Plan, sections: Sequence[Section]) -> dict[str, Any]:
    """How many sections got none, some or all of what they asked, and the minutes of a week and of the season."""
    granted = [min(plan.granted(one), one.events) for one in sections]
    asked = [one.events for one in sections]
    events = [event for one in sections for event in plan.of_section.get(one.id, ())]
    return {
        "sections": len(sections),
        "none": sum(not got for got in granted),
        "some": sum(0 < got < wanted for got, wanted in zip(granted, asked, strict=True)),
        "all": sum(got == wanted for got, wanted in zip(granted, asked, strict=True)),
        "events_asked": sum(asked),
        "events_granted": len(events),
        "minutes_week": sum(_minutes(one) for one in events),
        "minutes_season": sum(_minutes(one) * one.dates.bit_count() for one in events),
    }


def _minutes(event: Event) -> int:
    return event.slot.end_min - event.slot.start_min


def _classes(plan: Plan, result: Result) -> dict[str, Any]:
    """By class: coverage, the bound with its method, and the sums."""
    certificates = {one.class_id: one for one in result.certificates}
    members: dict[str, list[Section]] = defaultdict(list)
    for section in plan.truth.instance.sections:
        members[section.class_id].append(section)
    return {
        class_id: {"coverage": coverage} | _bound(certificates.get(class_id)) | _sums(plan, members[class_id])
        for class_id, coverage in coverages(plan.truth.instance, result.grants).items()
    }


def _bound(certificate: Certificate | None) -> dict[str, Any]:
    if certificate is None:
        return {"bound": None, "gap_percent": None, "method": None}
    gap = round(certificate.gap_percent, 4)
    return {"bound": certificate.bound, "gap_percent": gap, "method": certificate.method}


def _audiences(plan: Plan) -> dict[str, Any]:
    members: dict[str, list[Section]] = defaultdict(list)
    for section in plan.truth.instance.sections:
        members[section.audience].append(section)
    return {name: _sums(plan, members[name]) for name in sorted(members)}


# --- between organisations


def _organisations(plan: Plan) -> dict[str, Any]:
    """By class: how the fulfilled shares of its organisations lie, and the weekly minutes for each active member."""
    asked: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for section in plan.truth.instance.sections:
        row = asked[section.class_id, section.organisation]
        events = plan.of_section.get(section.id, ())
        row[0] += min(len(events), section.events)
        row[1] += section.events
        row[2] += sum(_minutes(one) for one in events)
    members = plan.truth.instance.policy.members
    return {one.id: _between(asked, one.id, members) for one in plan.truth.instance.classes}


def _between(
    asked: Mapping[tuple[str, str], Sequence[int]], class_id: str, members: Mapping[str, int]
) -> dict[str, Any]:
    rows = {name: row for (of_class, name), row in asked.items() if of_class == class_id}
    shares = sorted(Fraction(100 * got, wanted) for got, wanted, _ in rows.values())
    each = sorted(Fraction(row[2], members[name]) for name, row in rows.items() if members.get(name))
    return {
        "organisations": len(shares),
        "share": _spread(shares),
        "gini": None if not shares or not sum(shares) else round(float(gini(shares)), 4),
        "minutes_per_member": _spread(each),
    }


def _spread(values: Sequence[Fraction]) -> dict[str, float] | None:
    """Least, tenth and half by nearest rank, most, and the most less the least."""
    if not values:
        return None
    tenth, half = values[-(-len(values) // 10) - 1], values[-(-len(values) // 2) - 1]
    told = {"min": values[0], "p10": tenth, "median": half, "max": values[-1], "spread": values[-1] - values[0]}
    return {name: round(float(value), 2) for name, value in told.items()}


def gini(values: Sequence[Fraction]) -> Fraction:
    """Half the mean difference between two, by the mean; the values in order. 0: all alike."""
    count = len(values)
    weighted = sum(((2 * at - count + 1) * value for at, value in enumerate(values)), Fraction(0))
    return weighted / (count * sum(values, Fraction(0)))


# --- last season, and how far wishes were met


def _history(plan: Plan) -> dict[str, Any]:
    """Slots of last season that were used enough and how many of them somebody keeps; and what newcomers got."""
    least = plan.truth.instance.policy.least_use_percent
    sections = plan.truth.instance.sections
    slots = sum(one.use_percent >= least for section in sections for one in section.history)
    kept = sum(keeps(event.section, event.slot, least) for event in plan.events)
    newcomers = [one for one in sections if not one.history]
    got = sum(min(plan.granted(one), one.events) for one in newcomers)
    asked = sum(one.events for one in newcomers)
    return {
        "slots": slots,
        "kept": kept,
        "kept_percent": percent(kept, slots),
        "newcomers": len(newcomers),
        "newcomers_percent": percent(got, asked),
        "newcomers_of_granted_percent": percent(got, len(plan.events)),
    }


def _wishes(plan: Plan) -> dict[str, Any]:
    """Of all events, how many are in wished hours and in a space of the first rank; the median way in metres."""
    truth = plan.truth
    first = sum(truth.rank_of(one.section, truth.spaces[one.slot.space]) == _first_rank(one) for one in plan.events)
    wished = sum(preference(one.section, one.slot) == 1 for one in plan.events)
    ways = sorted(
        way for one in plan.events if (way := metres(one.section.place, truth.spaces[one.slot.space].place)) is not None
    )
    return {
        "primary_percent": percent(wished, len(plan.events)),
        "first_rank_percent": percent(first, len(plan.events)),
        "median_metres": ways[(len(ways) - 1) // 2] if ways else None,
    }


def _first_rank(event: Event) -> int | None:
    return min((one.rank for one in event.section.options), default=-1)
