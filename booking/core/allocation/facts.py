"""Hard facts about one event alone: in which weeks of the season it could run, and what speaks against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from booking.core.allocation.instance import Exclusion, Instance, Option, Section, Slot, Space
from booking.core.allocation.weeks import Calendar, calendar

Masks = NDArray[np.uint64]
MINUTES = 1440
ALL_BITS = (1 << 64) - 1


@dataclass(frozen=True)
class Facts:
    """An instance with what is looked up again and again."""

    instance: Instance

    @cached_property
    def calendar(self) -> Calendar:
        return calendar(self.instance)

    @cached_property
    def spaces(self) -> Mapping[str, Space]:
        return {space.id: space for space in self.instance.spaces}

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Each space's place in the list."""
        return {space.id: number for number, space in enumerate(self.instance.spaces)}

    @cached_property
    def by_atom(self) -> Mapping[str, list[Space]]:
        found: dict[str, list[Space]] = {}
        for space in self.instance.spaces:
            for atom in space.atoms:
                found.setdefault(atom, []).append(space)
        return found

    @cached_property
    def by_trait(self) -> Mapping[tuple[str, str], list[int]]:
        """The numbers of the spaces of each kind, premises and district."""
        found: dict[tuple[str, str], list[int]] = {}
        for number, space in enumerate(self.instance.spaces):
            for trait in ("kind", "premises", "district"):
                found.setdefault((trait, getattr(space, trait)), []).append(number)
        return found

    def sharing(self, space: Space) -> Iterator[Space]:
        """The space and every other one that has an atom of it."""
        seen = {near.id: near for atom in space.atoms for near in self.by_atom[atom]}
        yield from seen.values()

    def own(self, section: Section, weekday: int) -> int:
        """The weeks in which the section would come on this weekday."""
        return self.calendar.mask(weekday, section.periods, section.weeks)

    def running(self, section: Section, slot: Slot) -> int:
        """The weeks in which the slot really runs for the section: its own ones in which the space is open then and
        nothing bars it."""
        space = self.spaces[slot.space]
        mask = self.own(section, slot.weekday) & ~closed(self.calendar, space, slot.weekday)
        mask &= met(opened(self.calendar, space, slot.weekday)[slot.start_min : slot.end_min])
        first, end = held(space, slot.start_min, slot.end_min, self.instance.grid_min)
        for near in self.sharing(space):
            mask &= ~joint(barred(self.calendar, near, slot.weekday)[first:end])
        return mask


def held(space: Space, start_min: int, end_min: int, grid_min: int) -> tuple[int, int]:
    """The minutes that an event keeps from others, set-up and turnaround included, outwards to the grid."""
    first = (start_min - space.before_min) // grid_min * grid_min
    end = -(-(end_min + space.after_min) // grid_min) * grid_min
    return max(0, first), min(MINUTES, end)


def met(masks: Masks) -> int:
    """The weeks set in every minute."""
    return int(np.bitwise_and.reduce(masks)) if len(masks) else ALL_BITS


def joint(masks: Masks) -> int:
    """The weeks set in any minute."""
    return int(np.bitwise_or.reduce(masks)) if len(masks) else 0


def opened(weeks: Calendar, space: Space, weekday: int) -> Masks:
    """For each minute of the weekday the weeks in which the space is open."""
    minutes = np.zeros(MINUTES, np.uint64)
    for time in space.open:
        if time.weekday == weekday:
            mask = weeks.mask(weekday, time.periods, time.weeks)
            minutes[time.start_min : time.end_min] |= np.uint64(mask)
    return minutes


def barred(weeks: Calendar, space: Space, weekday: int) -> Masks:
    """For each minute of the weekday the weeks in which something else has the space."""
    minutes = np.zeros(MINUTES, np.uint64)
    for blocked in space.blocked:
        time = blocked.time
        if time.weekday == weekday:
            minutes[time.start_min : time.end_min] |= np.uint64(weeks.barred(time))
    for single in space.blocked_days:
        if single.day.weekday() == weekday:
            minutes[single.start_min : single.end_min] |= np.uint64(weeks.of_day(single.day))
    return minutes


def closed(weeks: Calendar, space: Space, weekday: int) -> int:
    """The weeks whose day of this weekday the space is closed."""
    found = 0
    for period in space.closed:
        found |= weeks.touching(weeks.stretch(weekday, period))
    return found


def options(facts: Facts, section: Section) -> dict[int, int]:
    """The numbers of the spaces that a section would take and that fit it, each with the rank of its best option."""
    found: dict[int, int] = {}
    for option in section.options:
        for number in named(facts, option):
            if option.rank < found.get(number, option.rank + 1) and fits(facts.instance.spaces[number], section):
                found[number] = option.rank
    return found


def named(facts: Facts, option: Option) -> list[int]:
    """The numbers of the spaces that an option means; all that it tells must hold."""
    if option.space is not None:
        return [facts.numbers[option.space]] if option.space in facts.numbers else []
    told = [(trait, getattr(option, trait)) for trait in ("kind", "premises", "district")]
    lists = [facts.by_trait.get((trait, value), []) for trait, value in told if value is not None]
    if not lists:
        return []
    return [number for number in lists[0] if all(number in more for more in lists[1:])]


def fits(space: Space, section: Section) -> bool:
    return not unfit(space, section)


def unfit(space: Space, section: Section) -> list[str]:
    """The codes of what the space lacks for the section."""
    found = []
    if space.capacity < section.people:
        found.append("too_small")
    if not section.equipment <= space.equipment:
        found.append("no_equipment")
    if section.step_free and not space.step_free:
        found.append("not_step_free")
    return found


def excludes(exclusion: Exclusion, section: Section, slot: Slot) -> bool:
    """Whether the officials' exclusion means this slot of this section: all that it tells holds, its time touches."""
    told: tuple[tuple[Any, Any], ...] = (
        (exclusion.section, section.id),
        (exclusion.organisation, section.organisation),
        (exclusion.space, slot.space),
        (exclusion.weekday, slot.weekday),
    )
    if any(wanted is not None and wanted != value for wanted, value in told):
        return False
    return exclusion.start_min < slot.end_min and slot.start_min < exclusion.end_min


def hard_faults(instance: Instance, section: Section, slot: Slot, *, pinned: bool = False) -> list[str]:
    """What speaks against one event, the others left out of sight; none: it may be. Slow, and exact to the minute.
    A pin needs only one date; anything else as many as the policy says."""
    return faults(Facts(instance), section, slot, pinned=pinned)


def faults(facts: Facts, section: Section, slot: Slot, *, pinned: bool = False) -> list[str]:
    """As `hard_faults`, with what was looked up before."""
    space = facts.spaces.get(slot.space)
    if space is None:
        return ["no_such_space"]
    found = unfit(space, section)
    if any(excludes(exclusion, section, slot) for exclusion in facts.instance.exclusions):
        found.append("excluded")
    if not 0 <= slot.start_min < slot.end_min <= MINUTES:
        return [*found, "not_open"]
    if not ever_open(facts, space, slot):
        return [*found, "not_open"]
    own = facts.calendar.dates(facts.own(section, slot.weekday))
    runs = facts.calendar.dates(facts.running(section, slot))
    if runs < 1 or not (pinned or enough(runs, own, facts.instance.policy.least_dates_percent)):
        found.append("closed_dates")
    return found


def ever_open(facts: Facts, space: Space, slot: Slot) -> bool:
    return met(opened(facts.calendar, space, slot.weekday)[slot.start_min : slot.end_min]) != 0


def enough(runs: int, own: int, least_percent: int) -> bool:
    """Whether a slot runs on as many of the section's own dates as the policy asks, and on one at least."""
    return runs >= 1 and runs * 100 >= least_percent * own
