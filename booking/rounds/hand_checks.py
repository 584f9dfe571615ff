"""What stands against a slot that an official wants to set: hard facts only; wishes may be passed over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from booking.core.allocation.instance import Section, Slot
from booking.core.allocation.truth import Truth
from booking.core.span import MINUTES_IN_DAY


@dataclass(frozen=True, slots=True)
class Against:
    """One hard fact against a slot, by its code; `other`: the section that stands in the way."""

    code: str
    other: str | None = None


def against(truth: Truth, section: Section, slot: Slot, plan: Iterable[tuple[str, Slot]]) -> list[Against]:
    """Everything against giving a section this slot beside a plan, of which the slot itself is no part."""
    found = list(_alone(truth, section, slot))
    return found or list(_beside(truth, section, slot, plan))


def _alone(truth: Truth, section: Section, slot: Slot) -> Iterator[Against]:
    if slot.end_min > MINUTES_IN_DAY or slot.start_min >= slot.end_min:
        yield Against("ends_before_start")
        return
    if slot.start_min % truth.instance.grid_min or slot.end_min % truth.instance.grid_min:
        yield Against("off_grid")
    space = truth.spaces[slot.space]
    if lack := truth.lacks(section, space):
        yield Against(lack)
    if truth.excluded(section, slot):
        yield Against("excluded")
    dates = truth.dates(section, slot)
    if not truth.open_days(slot):
        yield Against("not_open")
    elif not truth.enough_dates(section, dates, slot.weekday):
        yield Against("closed_dates")


def _beside(truth: Truth, section: Section, slot: Slot, plan: Iterable[tuple[str, Slot]]) -> Iterator[Against]:
    mine = truth.dates(section, slot)
    for id_, other in plan:
        if other.weekday != slot.weekday or id_ not in truth.sections:
            continue
        their = truth.sections[id_]
        code = _clash(truth, (section, slot), (their, other))
        if code and mine & truth.dates(their, other):
            yield Against(code, id_)


def _clash(truth: Truth, one: tuple[Section, Slot], two: tuple[Section, Slot]) -> str | None:
    """How two events of one weekday clash by place and time of day."""
    (section, slot), (their, other) = one, two
    together = slot.start_min < other.end_min and other.start_min < slot.end_min
    if section.id == their.id:
        return "own_event" if together else None if section.same_day_allowed else "one_per_day"
    atoms = set(truth.spaces[slot.space].atoms)
    (first, last), (begins, ends) = truth.held(slot), truth.held(other)
    if first < ends and begins < last and not atoms.isdisjoint(truth.spaces[other.space].atoms):
        return "taken"
    people = section.organisation == their.organisation and not set(section.shared).isdisjoint(their.shared)
    return "same_person" if people and together else None
