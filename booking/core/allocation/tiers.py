"""What the goals after coverage say of an exchange: one section gets a slot, those who hold it lose theirs.

The formulas are those of docs/allocation-format.md, in whole numbers, written apart from the solver's."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cached_property
from math import isqrt

from booking.core.allocation.instance import Fairness, HistoryMode, Section, Slot, Tier
from booking.core.allocation.rivals import Event, Plan
from booking.core.allocation.truth import metres_squared, preference

HUNDRED = 100
FAR = 10_000  # metres from which on nearness is worth nothing
WHOLE = 10_000
Group = tuple[str, str]


def lot(seed: str, section: str) -> int:
    """0–65535, the greater goes before the smaller: the first two bytes of HMAC-SHA256 by the seed of the id."""
    return int.from_bytes(hmac.new(seed.encode(), section.encode(), hashlib.sha256).digest()[:2])


class Tiers:
    """The later goals over a plan."""

    def __init__(self, plan: Plan, seed: str) -> None:
        self.plan, self.seed = plan, seed
        self.policy = plan.truth.instance.policy

    def deciding(self, section: Section, slot: Slot, rivals: Sequence[Event]) -> tuple[str, int]:
        """The first goal that tells the two apart, and by how much the exchange would raise it; the lot last."""
        for tier in self.policy.tiers[1:]:
            if tier is Tier.DURATION:
                continue
            change = self._change(tier, section, slot, rivals)
            if change:
                return tier.value, change
        return "lot", lot(self.seed, section.id) - sum(lot(self.seed, one.section.id) for one in rivals)

    def _change(self, tier: Tier, section: Section, slot: Slot, rivals: Sequence[Event]) -> int:
        if tier is Tier.FAIRNESS:
            return self._fairness(section, rivals)
        worth = {Tier.ORDER: self.order, Tier.PREFERENCE: self.preference, Tier.HISTORY: self.history}[tier]
        return worth(section, slot) - sum(worth(one.section, one.slot) for one in rivals)

    # --- goals that are sums over events

    @cached_property
    def places(self) -> dict[int, int]:
        told = {one.order for one in self.plan.truth.instance.sections if one.order is not None}
        return {order: place for place, order in enumerate(sorted(told, reverse=True), start=1)}

    def order(self, section: Section, slot: Slot) -> int:
        del slot
        return 0 if section.order is None else self.places[section.order]

    def preference(self, section: Section, slot: Slot) -> int:
        truth, policy = self.plan.truth, self.policy
        rank = truth.rank_of(section, truth.spaces[slot.space]) or 1
        found = policy.rank_worth * HUNDRED // rank
        found += policy.primary_worth * HUNDRED * (preference(section, slot) == 1)
        found += policy.distance_worth * self.nearness(section, slot)
        if Tier.HISTORY not in policy.tiers:
            found += policy.history_worth * HUNDRED * self.history(section, slot)
        return found

    def nearness(self, section: Section, slot: Slot) -> int:
        squared = metres_squared(section.place, self.plan.truth.spaces[slot.space].place)
        return 0 if squared is None else max(0, HUNDRED - isqrt(squared) * HUNDRED // FAR)

    def history(self, section: Section, slot: Slot) -> int:
        """1 where it covers at least half of a slot of last season that was used enough."""
        if self.policy.history is HistoryMode.NONE:
            return 0
        return int(keeps(section, slot, self.policy.least_use_percent))

    # --- fairness between organisations

    @cached_property
    def groups(self) -> dict[Group, list[int]]:
        """Of each organisation in each class: units held, units asked, people."""
        found: dict[Group, list[int]] = defaultdict(lambda: [0, 0, 0])
        for one in self.plan.truth.instance.sections:
            row = found[one.organisation, one.class_id]
            row[0] += self.plan.granted(one) * self.unit(one)
            row[1] += one.events * self.unit(one)
            row[2] += one.people
        return found

    def unit(self, section: Section) -> int:
        """What one event counts: itself, or the cells of the grid that it takes at its least."""
        if self.policy.fairness is Fairness.SHARE:
            return 1
        return -(-section.min_minutes // self.plan.truth.instance.grid_min)

    def _fairness(self, section: Section, rivals: Sequence[Event]) -> int:
        if self.policy.fairness is Fairness.NONE:
            return 0
        moved: Counter[Group] = Counter({(section.organisation, section.class_id): self.unit(section)})
        for one in rivals:
            moved[one.section.organisation, one.section.class_id] -= self.unit(one.section)
        return sum(self._worth(group, by) - self._worth(group, 0) for group, by in moved.items() if by)

    def _worth(self, group: Group, by: int) -> int:
        held, asked, people = self.groups[group]
        if self.policy.fairness is Fairness.SHARE:
            return isqrt(WHOLE**2 * min(held + by, asked) // asked)
        members = self.policy.members.get(group[0]) or max(1, people)
        return isqrt(WHOLE * HUNDRED * (held + by) * self.plan.truth.instance.grid_min // members)


def keeps(section: Section, slot: Slot, least_use_percent: int) -> bool:
    """Whether a slot covers at least half of one that its section had last season and used enough."""
    return any(
        one.use_percent >= least_use_percent
        and (one.space, one.weekday) == (slot.space, slot.weekday)
        and 2 * (min(one.end_min, slot.end_min) - max(one.start_min, slot.start_min)) >= one.end_min - one.start_min
        for one in section.history
    )
