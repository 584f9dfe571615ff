"""Why a section did not get a slot it wished: the first thing that stands against it, in the order in which the rules
are asked (docs/allocation-format.md, "Reasons")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from booking.core.allocation.instance import Section, Slot, Space
from booking.core.allocation.rivals import Event, Plan, wished_spaces, wishes
from booking.core.allocation.tiers import Tiers

CODES = {
    "order": "same_class_order",
    "preference": "same_class_preference",
    "history": "same_class_preference",
    "lot": "lottery",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """One wished slot that was not granted: the code of why, the events that hold it, and what else is known."""

    slot: Slot
    code: str
    blockers: tuple[Event, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)


class Standing:
    """A plan, asked of one section at a time."""

    def __init__(self, plan: Plan, seed: str) -> None:
        self.plan = plan
        self.tiers = Tiers(plan, seed)
        self.truth = plan.truth
        self.policy = plan.truth.instance.policy

    def spaces(self, section: Section) -> Iterator[tuple[Space, int, str | None]]:
        """The wished spaces with their ranks and what they lack for the section."""
        for name, rank in wished_spaces(self.truth, section).items():
            space = self.truth.spaces[name]
            yield space, rank, self.truth.lacks(section, space)

    def refused(self, section: Section) -> Iterator[Refused]:
        """Every wished slot of a section in a space that does for it, with why it was not granted; its own events are
        left out."""
        for rows in self.by_space(section).values():
            yield from rows

    def by_space(self, section: Section) -> dict[str, list[Refused]]:
        """As `refused`, by the space."""
        own = {
            (one.slot.space, one.slot.weekday, one.slot.start_min) for one in self.plan.of_section.get(section.id, ())
        }
        return {
            space.id: [
                self.of_slot(section, slot)
                for slot in wishes(self.truth, section, space)
                if (slot.space, slot.weekday, slot.start_min) not in own
            ]
            for space, _, lack in self.spaces(section)
            if lack is None
        }

    def of_slot(self, section: Section, slot: Slot) -> Refused:
        """Why this slot was not granted: first the hard facts, then what the section itself has, then who holds it."""
        dates = self.truth.dates(section, slot)
        code = self._hard(section, slot, dates) or self.plan.against_own(section, slot)
        if code:
            return Refused(slot, code, detail=self._dates(section, slot, dates) if code == "closed_dates" else {})
        people = self.plan.same_people(section, slot, dates)
        holders = self.plan.holders(slot, dates)
        blockers = tuple({one.number: one for one in (*holders, *people)}.values())
        if quota := self._quota(section, slot, dates, blockers):
            return Refused(slot, "quota", blockers, {"quota": quota})
        if any(one.fixed for one in blockers):
            return Refused(slot, "pinned_other", blockers)
        if people and not holders:
            return Refused(slot, "same_person", blockers)
        return self._against(section, slot, blockers) if blockers else Refused(slot, "idle")

    def _hard(self, section: Section, slot: Slot, dates: int) -> str | None:
        if not self.truth.open_days(slot):
            return "not_open"
        if not self.truth.enough_dates(section, dates, slot.weekday):
            return "closed_dates"
        return "excluded" if self.truth.excluded(section, slot) else None

    def _dates(self, section: Section, slot: Slot, dates: int) -> dict[str, int]:
        own = self.truth.own_days(section, slot.weekday)
        return {"dates": dates.bit_count(), "of_dates": own.bit_count()}

    def _quota(self, section: Section, slot: Slot, dates: int, blockers: tuple[Event, ...]) -> str | None:
        """The quota that the slot would break even if those who hold it gave it up."""
        limits = self.plan.limits
        for one in blockers:
            limits.use(one.section, one.slot, one.dates, times=-1)
        broken = limits.broken_by(section, slot, dates)
        for one in blockers:
            limits.use(one.section, one.slot, one.dates)
        return broken

    # --- against those who hold it

    def _against(self, section: Section, slot: Slot, blockers: tuple[Event, ...]) -> Refused:
        mine = self.truth.ranks[section.class_id]
        ranks = {one.number: self.truth.ranks[one.section.class_id] for one in blockers}
        higher = [one for one in blockers if ranks[one.number] < mine]
        if higher:
            first = min(higher, key=lambda one: ranks[one.number]).section
            return Refused(slot, "higher_class", blockers, {"class": first.class_id, "rule": first.rule})
        gain = self.worth_of_next(section)
        if gain <= 0:
            return Refused(slot, "system_total", blockers)
        equals = tuple(one for one in blockers if ranks[one.number] == mine)
        if not equals:
            return Refused(slot, "class_envy", blockers)
        return self._among_equals(section, slot, blockers, equals, self.loss(equals) - gain)

    def _among_equals(
        self, section: Section, slot: Slot, blockers: tuple[Event, ...], equals: tuple[Event, ...], over: int
    ) -> Refused:
        """Among one class: by need, then by what lower classes would lose, then by the later goals, then by lot."""
        if over > 0:
            held = max(self.plan.granted(one.section) for one in equals)
            return Refused(slot, "same_class_need", blockers, {"holder_events": held, "loss": over})
        if over < 0:
            return Refused(slot, "system_total", blockers, {"tier": "coverage", "improving": True})
        if len(equals) < len(blockers):
            return Refused(slot, "system_total", blockers, {"tier": "coverage"})
        return self._by_later_tiers(section, slot, equals)

    def worth_of_next(self, section: Section) -> int:
        """What one event more would add to the coverage of its class."""
        have = self.plan.granted(section)
        return self.policy.need_curve[have] if have < section.events else 0

    def loss(self, events: tuple[Event, ...]) -> int:
        """What the coverage of a class loses without these events."""
        total, curve = 0, self.policy.need_curve
        for section_id, count in Counter(one.section.id for one in events).items():
            section = self.truth.sections[section_id]
            have = self.plan.granted(section)
            total += sum(curve[: min(have, section.events)]) - sum(curve[: min(have - count, section.events)])
        return total

    def _by_later_tiers(self, section: Section, slot: Slot, equals: tuple[Event, ...]) -> Refused:
        """The first goal by which those who hold it go before decides; where the exchange would raise one, another
        sum over all would fall."""
        tier, change = self.tiers.deciding(section, slot, equals)
        if change > 0:
            return Refused(slot, "system_total", equals, {"tier": tier})
        return Refused(slot, CODES.get(tier, "system_total"), equals, {"tier": tier})
