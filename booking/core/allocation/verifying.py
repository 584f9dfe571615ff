"""An independent checker: whether a result is what it says, by the instance and the calendar alone.

Nothing of the solver is used here: days are counted one by one, events are laid side by side, sums are made anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from booking.core.allocation.figures import coverages, figures_of
from booking.core.allocation.instance import Instance, Pin, Section, Slot
from booking.core.allocation.result import Grant, Origin, PinProblem, Result
from booking.core.allocation.rivals import Event, Plan
from booking.core.allocation.truth import Truth, preference
from booking.core.allocation.unserved import Audit, audit
from booking.core.allocation.writing import input_hash, plan_hash


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: a code, whose, which slot, which other section, and the facts as values."""

    code: str
    section: str | None = None
    slot: Slot | None = None
    other: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def verify(instance: Instance, result: Result) -> list[Fault]:
    """Every fault of a result; none: each promise of docs/allocation-format.md holds."""
    truth = Truth(instance)
    plan = Plan(truth, result.grants)
    found = [*_hashes(instance, result), *_unknown(truth, result)]
    for event in plan.events:
        found.extend(_alone(truth, event, result.grants[event.number]))
    found.extend(_together(plan))
    found.extend(_of_sections(plan, result))
    found.extend(_quotas(plan))
    found.extend(_pins(plan, result))
    audited = audit(plan, result.run.seed)
    found.extend(_declared(plan, result, audited))
    found.extend(_left_undone(audited))
    return found


def _hashes(instance: Instance, result: Result) -> Iterator[Fault]:
    if result.run.input_hash != (its := input_hash(instance)):
        yield Fault("input_hash", facts={"declared": result.run.input_hash, "counted": its})
    if result.plan_hash != (its := plan_hash(result.grants)):
        yield Fault("plan_hash", facts={"declared": result.plan_hash, "counted": its})
    order = [(one.section, one.slot.weekday, one.slot.start_min) for one in result.grants]
    for here, before, grant in zip(order[1:], order, result.grants[1:], strict=False):
        if here < before:
            yield Fault("order", grant.section, grant.slot)


def _unknown(truth: Truth, result: Result) -> Iterator[Fault]:
    for grant in result.grants:
        if grant.section not in truth.sections:
            yield Fault("no_such_section", grant.section, grant.slot)
        elif grant.slot.space not in truth.spaces:
            yield Fault("no_such_space", grant.section, grant.slot)


# --- one event by itself


def _alone(truth: Truth, event: Event, grant: Grant) -> Iterator[Fault]:
    pinned = grant.origin is Origin.PIN
    codes = [*_hard(truth, event.section, event.slot, event.dates, pinned=pinned)]
    if not pinned:
        codes.extend(_wishes(truth, event.section, event.slot))
    for code in codes:
        yield Fault(code, event.section.id, event.slot)
    counted = (event.dates.bit_count(), truth.own_days(event.section, event.slot.weekday).bit_count())
    if (grant.dates, grant.of_dates) != counted:
        facts = {"declared": [grant.dates, grant.of_dates], "counted": list(counted)}
        yield Fault("wrong_dates", event.section.id, event.slot, facts=facts)


def _hard(truth: Truth, section: Section, slot: Slot, dates: int, *, pinned: bool) -> Iterator[str]:
    """The hard facts against an event; a pin needs but one date."""
    if lack := truth.lacks(section, truth.spaces[slot.space]):
        yield lack
    if truth.excluded(section, slot):
        yield "excluded"
    if slot.end_min > 1440 or not truth.open_days(slot):
        yield "not_open"
    elif not dates or not (pinned or truth.enough_dates(section, dates, slot.weekday)):
        yield "closed_dates"


def _wishes(truth: Truth, section: Section, slot: Slot) -> Iterator[str]:
    """What an event that is no pin must be to its section's own wishes."""
    grid, length = truth.instance.grid_min, slot.end_min - slot.start_min
    if slot.start_min % grid or length % grid:
        yield "off_grid"
    if length < section.min_minutes:
        yield "too_short"
    if length > section.max_minutes:
        yield "too_long"
    if preference(section, slot) is None:
        yield "outside_windows"
    if truth.rank_of(section, truth.spaces[slot.space]) is None:
        yield "no_option"


# --- events together


def _together(plan: Plan) -> Iterator[Fault]:
    told: set[tuple[int, int]] = set()
    for code, lists in (("taken", plan.of_atom), ("same_person", plan.of_person)):
        for events in lists.values():
            for one, two in combinations(events, 2):
                pair = (one.number, two.number)
                if pair not in told and one.section.id != two.section.id and _clash(one, two, code):
                    told.add(pair)
                    yield Fault(code, two.section.id, two.slot, one.section.id)


def _clash(one: Event, two: Event, code: str) -> bool:
    if not one.dates & two.dates:
        return False
    if code == "taken":
        return one.first < two.last and two.first < one.last
    return _overlap(one.slot, two.slot)


def _overlap(one: Slot, two: Slot) -> bool:
    return one.start_min < two.end_min and two.start_min < one.end_min


def _of_sections(plan: Plan, result: Result) -> Iterator[Fault]:
    pinned = Counter(one.section for one in result.grants if one.origin is Origin.PIN)
    for section_id, events in plan.of_section.items():
        section = events[0].section
        if len(events) > max(section.events, pinned[section_id]):
            facts = {"granted": len(events), "asked": section.events}
            yield Fault("too_many", section_id, events[-1].slot, facts=facts)
        if section.same_space and len({one.slot.space for one in events}) > 1:
            yield Fault("same_space", section_id, events[-1].slot)
        yield from _own_days(section, events, plan)


def _own_days(section: Section, events: list[Event], plan: Plan) -> Iterator[Fault]:
    for one, two in combinations(events, 2):
        if one.slot.weekday != two.slot.weekday:
            continue
        if not section.same_day_allowed:
            yield Fault("one_per_day", section.id, two.slot)
        elif _overlap(one.slot, two.slot) or (_meet(plan, one, two) and _clash(one, two, "taken")):
            yield Fault("own_event", section.id, two.slot)


def _meet(plan: Plan, one: Event, two: Event) -> bool:
    spaces = plan.truth.spaces
    return not set(spaces[one.slot.space].atoms).isdisjoint(spaces[two.slot.space].atoms)


def _quotas(plan: Plan) -> Iterator[Fault]:
    for (quota, organisation), used, most in plan.limits.broken():
        yield Fault("quota", facts={"quota": quota, "organisation": organisation, "used": used, "most": most})


# --- what the officials set, and what is fixed


def _pins(plan: Plan, result: Result) -> Iterator[Fault]:
    instance = plan.truth.instance
    pins = Counter((one.section, one.slot) for one in instance.pins)
    granted = Counter((one.section, one.slot) for one in result.grants if one.origin is Origin.PIN)
    told = Counter((one.section, one.slot) for one in result.pin_problems)
    for section, slot in (pins - granted) - told:
        yield Fault("pin_missing", section, slot)
    for section, slot in granted - pins:
        yield Fault("no_pin", section, slot)
    for section, slot in told - (pins - granted):
        yield Fault("no_pin", section, slot, facts={"problem": True})
    yield from _problems(plan, result)
    yield from _histories(plan, result)


def _problems(plan: Plan, result: Result) -> Iterator[Fault]:
    """A pin that was left out must really have something against it: of itself, or among the other pins."""
    pins = [one for one in result.grants if one.origin is Origin.PIN]
    pinned = Plan(plan.truth, pins)
    for problem in result.pin_problems:
        if not _stands_against(pinned, problem):
            yield Fault("pin_left_out", problem.section, problem.slot, facts={"code": problem.code})


def _stands_against(pinned: Plan, pin: Pin | PinProblem) -> bool:
    truth, section = pinned.truth, pinned.truth.sections.get(pin.section)
    if section is None or pin.slot.space not in truth.spaces:
        return True
    dates = truth.dates(section, pin.slot)
    return bool(
        list(_hard(truth, section, pin.slot, dates, pinned=True))
        or pinned.holders(pin.slot, dates)
        or pinned.same_people(section, pin.slot, dates)
        or pinned.against_own(section, pin.slot)
        or pinned.limits.broken_by(section, pin.slot, dates)
    )


def _histories(plan: Plan, result: Result) -> Iterator[Fault]:
    """A slot said to be kept from last season must have been held, and used enough."""
    least = plan.truth.instance.policy.least_use_percent
    for event in plan.events:
        if result.grants[event.number].origin is Origin.HISTORY:
            held = [one for one in event.section.history if one.use_percent >= least and one.space == event.slot.space]
            if not any(one.weekday == event.slot.weekday and _within(event.slot, one.start_min, one.end_min,
                       plan.truth.instance.grid_min) for one in held):  # fmt: skip
                yield Fault("no_history", event.section.id, event.slot)


def _within(slot: Slot, start: int, end: int, grid: int) -> bool:
    return start <= slot.start_min < start + grid and slot.end_min <= end


# --- what the result says of itself


def _declared(plan: Plan, result: Result, audited: Audit) -> Iterator[Fault]:
    counted = coverages(plan.truth.instance, result.grants)
    seen = Counter(one.class_id for one in result.certificates)
    for one in result.certificates:
        if one.class_id not in counted or seen[one.class_id] > 1:
            yield Fault("no_such_class", facts={"class": one.class_id})
        elif one.coverage != counted[one.class_id]:
            facts = {"class": one.class_id, "declared": one.coverage, "counted": counted[one.class_id]}
            yield Fault("coverage", facts=facts)
        elif one.bound < one.coverage:
            yield Fault("bound", facts={"class": one.class_id, "bound": one.bound, "coverage": one.coverage})
    asked = {one.class_id for one in plan.truth.instance.sections} if result.certificates else set()
    for class_id in sorted(asked - seen.keys()):
        yield Fault("no_certificate", facts={"class": class_id})
    if result.figures.keys() - {"measure"}:
        yield from _figures(result.figures, figures_of(plan, result, audited))


def _figures(declared: Mapping[str, Any], counted: Mapping[str, Any], path: str = "") -> Iterator[Fault]:
    for key in sorted({*declared, *counted}):
        its, ours, at = declared.get(key), counted.get(key), f"{path}.{key}".lstrip(".")
        if isinstance(its, Mapping) and isinstance(ours, Mapping):
            yield from _figures(its, ours, at)
        elif its != ours:
            yield Fault("figures", facts={"key": at, "declared": its, "counted": ours})


# --- what should have been granted


def _left_undone(audited: Audit) -> Iterator[Fault]:
    """At most one fault for a section: a wished slot left free, or one held by lower classes only."""
    for section_id, rows in audited.refused.items():
        codes = {one.code: one.slot for one in reversed(rows)}
        code = next((code for code in ("idle", "class_envy") if code in codes), None)
        if code:
            yield Fault(code, section_id, codes[code])
