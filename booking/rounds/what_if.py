"""What differs in a scenario from its round as it stands, worked into the instance: a space closed, another order of
classes, no quotas, another measure of fairness, no history; and what officials pinned and excluded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from booking.core.allocation.instance import Exclusion, Fairness, HistoryMode, Instance, Pin, Slot

Change = Callable[[Instance, Any], Instance]


def changed(built: Instance, changes: Mapping[str, Any]) -> Instance:
    """The instance with the changes of a scenario, in the order of CHANGES."""
    for name, change in CHANGES.items():
        if changes.get(name):
            built = change(built, changes[name])
    return built


def close(built: Instance, refs: Any) -> Instance:
    """These spaces, and what shares a part with them, are never open."""
    gone = {atom for space in built.spaces if space.id in refs for atom in space.atoms}
    spaces = (replace(one, open=()) if gone & set(one.atoms) else one for one in built.spaces)
    return replace(built, spaces=tuple(spaces))


def reorder(built: Instance, ids: Any) -> Instance:
    """The classes in this order; those not named keep theirs after them."""
    named = {id_: place for place, id_ in enumerate(ids)}
    ordered = sorted(built.classes, key=lambda one: (named.get(one.id, len(named)), one.rank))
    return replace(built, classes=tuple(replace(one, rank=rank) for rank, one in enumerate(ordered, start=1)))


def no_quota(built: Instance, _yes: Any) -> Instance:
    return replace(built, quotas=())


def fairness(built: Instance, measure: Any) -> Instance:
    return replace(built, policy=replace(built.policy, fairness=Fairness(measure)))


def no_history(built: Instance, _yes: Any) -> Instance:
    sections = tuple(replace(one, history=()) for one in built.sections)
    return replace(built, sections=sections, policy=replace(built.policy, history=HistoryMode.NONE))


def pin(built: Instance, rows: Any) -> Instance:
    """Pins that officials set, where the section still takes part."""
    known, rooms = {one.id for one in built.sections}, {one.id for one in built.spaces}
    pins = (Pin(row["section"], slot_from(row), str(row.get("reason", ""))) for row in rows)
    there = {(one.section, one.slot) for one in built.pins}
    kept = [one for one in pins if one.section in known and one.slot.space in rooms]
    return replace(built, pins=(*built.pins, *(one for one in kept if (one.section, one.slot) not in there)))


def exclude(built: Instance, rows: Any) -> Instance:
    """What officials excluded, where it speaks of something that takes part."""
    known, rooms = {one.id for one in built.sections}, {one.id for one in built.spaces}
    kept = tuple(
        Exclusion(**row) for row in rows if row.get("section") in {None, *known} and row.get("space") in {None, *rooms}
    )
    return replace(built, exclusions=(*built.exclusions, *kept))


def keep_plan(built: Instance, rows: Any) -> Instance:
    """The plan before, to change as little of it as possible."""
    known, rooms = {one.id for one in built.sections}, {one.id for one in built.spaces}
    before = tuple((row["section"], slot_from(row)) for row in rows)
    return replace(
        built,
        incumbent=tuple(one for one in before if one[0] in known and one[1].space in rooms),
    )


def stay(built: Instance, worth: Any) -> Instance:
    return replace(built, policy=replace(built.policy, stability=int(worth)))


def slot_from(row: Mapping[str, Any]) -> Slot:
    return Slot(str(row["space"]), int(row["weekday"]), int(row["start_min"]), int(row["end_min"]))


def slot_facts(slot: Slot) -> dict[str, Any]:
    """A slot as JSON."""
    return {"space": slot.space, "weekday": slot.weekday, "start_min": slot.start_min, "end_min": slot.end_min}


CHANGES: Mapping[str, Change] = {
    "close": close,
    "classes": reorder,
    "no_quota": no_quota,
    "fairness": fairness,
    "no_history": no_history,
    "pins": pin,
    "exclusions": exclude,
    "incumbent": keep_plan,
    "stability": stay,
}
