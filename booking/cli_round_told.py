"""What `vuoro round` prints: results, reasons and differences in a line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from booking.core.allocation.differing import Change, Difference
from booking.core.allocation.explaining import Explained
from booking.core.allocation.instance import Slot
from booking.core.allocation.result import Result
from booking.core.allocation.verifying import Fault
from booking.core.allocation.writing import plain

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
REASONS = {
    "not_open": "not open then, or the wished time is shorter than the event",
    "too_small": "too small for the group",
    "no_equipment": "lacks equipment that the group needs",
    "not_step_free": "not step-free",
    "closed_dates": "runs on too few of the group's dates",
    "one_per_day": "the group has an event on that day",
    "own_event": "the group has an event at that time",
    "same_space": "the group's events are all in another space",
    "excluded": "excluded by the officials",
    "quota": "a quota is used up",
    "pinned_other": "fixed for another by the officials or kept from last season",
    "higher_class": "held by a class that goes before",
    "same_class_need": "held within the class, where one less would be worth more than one more here",
    "same_class_preference": "held within the class by a group that wished it more",
    "same_class_order": "held within the class by a group that comes before by the rulebook's order",
    "lottery": "held within the class by a group whose lot goes before",
    "system_total": "giving it here would cost others more in all",
    "same_person": "somebody of the group is elsewhere at that time",
    "no_such_space": "no such space is offered",
}


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def when(slot: Slot | Mapping[str, Any]) -> str:
    """A weekly slot as people read it."""
    told = plain(slot) if isinstance(slot, Slot) else slot
    where = f"{told['space']} " if "space" in told else ""
    return f"{where}{DAYS[told['weekday']]} {clock(told['start_min'])}–{clock(told['end_min'])}"


def fault_line(fault: Fault) -> str:
    """`code: section slot facts`."""
    told = [fault.section, when(fault.slot) if fault.slot else None, f"with {fault.other}" if fault.other else None]
    facts = [f"{name}={value}" for name, value in fault.facts.items()]
    return f"{fault.code}: " + " ".join([*filter(None, told), *facts])


def fault_json(fault: Fault) -> dict[str, Any]:
    told = asdict(fault)
    return {name: value for name, value in told.items() if value not in (None, {})}


def summary(result: Result) -> Iterator[str]:
    """How good a result is, class by class, and what it is known by."""
    for one in result.certificates:
        bound = f"bound {one.bound}, gap {one.gap_percent:.2f} % ({one.method})"
        yield f"class {one.class_id}: coverage {one.coverage}, {bound}"
    sections = len({grant.section for grant in result.grants})
    yield f"{len(result.grants)} weekly events for {sections} sections; {len(result.pin_problems)} pins left out"
    run = result.run
    yield f"engine {run.engine}, method {run.method}, seed {run.seed}"
    yield f"iterations {run.iterations}, restarts {run.restarts}" + (", stopped" if run.stopped else "")
    yield f"input {run.input_hash}"
    yield f"plan  {result.plan_hash}"


def explained_lines(explained: Explained) -> Iterator[str]:
    yield f"{explained.section}: {explained.granted} of {explained.asked} events"
    for reason in explained.reasons:
        yield f"  {when(reason)}: {REASONS.get(reason['code'], reason['code'])}{_cited(reason)}"
    for offer in explained.offers:
        yield f"  free: {when(offer)}{_differs(offer['difference'])}"


def _cited(reason: Mapping[str, Any]) -> str:
    told = {"class": "class", "rule": "rule", "quota": "quota"}
    cited = [f"{word} {reason[key]}" for key, word in told.items() if key in reason]
    detail = reason["detail"]
    if "of_dates" in detail:
        cited.append(f"{detail['dates']} of {detail['of_dates']} dates")
    if reason["blockers"]:
        cited.append(f"{reason['blockers']} events")
    return f" ({', '.join(cited)})" if cited else ""


def _differs(difference: Mapping[str, Any]) -> str:
    metres = difference["metres"]
    told = [
        "another day" if difference["day"] else "",
        f"{difference['minutes']} min outside the wished time" if difference["minutes"] else "",
        "another space" if difference["space"] else "",
        "" if metres is None else f"{metres} m away",
        "shorter" if difference["shorter"] else "",
    ]
    return f" ({', '.join(filter(None, told))})" if any(told) else ""


def difference_lines(found: Difference) -> Iterator[str]:
    for kind, changes in (("gains", found.gains), ("loses", found.loses), ("moved", found.moved)):
        for change in changes:
            yield f"{kind}: {change.section}: {_slots(change.before)} -> {_slots(change.after)}"
    counts = f"{len(found.gains)} gain, {len(found.loses)} lose, {len(found.moved)} are moved"
    yield f"{counts}, {found.unchanged} keep everything; {found.events_moved} events are elsewhere"


def _slots(slots: tuple[Slot, ...]) -> str:
    return ", ".join(when(slot) for slot in slots) or "–"


def difference_json(found: Difference) -> dict[str, Any]:
    changes = {"gains": found.gains, "loses": found.loses, "moved": found.moved}
    told: dict[str, Any] = {name: [_change(one) for one in rows] for name, rows in changes.items()}
    return told | {"unchanged": found.unchanged, "events_moved": found.events_moved}


def _change(change: Change) -> dict[str, Any]:
    return {
        "section": change.section,
        "events": change.events,
        "kept": change.kept,
        "before": [plain(slot) for slot in change.before],
        "after": [plain(slot) for slot in change.after],
    }
