"""What two plans of one round make different: who gets more, who gets less, who is moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from booking.core.allocation.instance import Instance, Slot
from booking.core.allocation.result import Grant, Result


@dataclass(frozen=True, slots=True)
class Change:
    """One section's weekly slots in either plan, without those that it has in both; `kept`: how many these are."""

    section: str
    before: tuple[Slot, ...]
    after: tuple[Slot, ...]
    kept: int

    @property
    def events(self) -> int:
        """How many events more, or below 0 fewer, it has in the other plan."""
        return len(self.after) - len(self.before)


@dataclass(frozen=True, slots=True)
class Difference:
    """Sections that gain events, that lose some, and that keep their number but not their slots."""

    gains: tuple[Change, ...]
    loses: tuple[Change, ...]
    moved: tuple[Change, ...]
    unchanged: int

    @property
    def events_moved(self) -> int:
        """How many weekly events are elsewhere though their section lost none."""
        return sum(min(len(one.before), len(one.after)) for one in (*self.gains, *self.moved))


def difference(one: Result, other: Result) -> Difference:
    before, after = _by_section(one.grants), _by_section(other.grants)
    changes = [_change(name, before.get(name, []), after.get(name, [])) for name in sorted({*before, *after})]
    changed = [change for change in changes if change.before or change.after]
    return Difference(
        gains=tuple(change for change in changed if change.events > 0),
        loses=tuple(change for change in changed if change.events < 0),
        moved=tuple(change for change in changed if change.events == 0),
        unchanged=len(changes) - len(changed),
    )


def _by_section(grants: Iterable[Grant]) -> dict[str, list[Slot]]:
    found: dict[str, list[Slot]] = defaultdict(list)
    for grant in grants:
        found[grant.section].append(grant.slot)
    return found


def _change(section: str, before: Sequence[Slot], after: Sequence[Slot]) -> Change:
    kept = [slot for slot in before if slot in after]
    return Change(
        section,
        tuple(slot for slot in before if slot not in kept),
        tuple(slot for slot in after if slot not in kept),
        len(kept),
    )


def by_class(instance: Instance, found: Difference) -> Mapping[str, Mapping[str, int]]:
    """For each class how many of its sections gain, lose and are moved."""
    classes = {one.id: one.class_id for one in instance.sections}
    counts: dict[str, dict[str, int]] = {one.id: {"gains": 0, "loses": 0, "moved": 0} for one in instance.classes}
    for kind, changes in (("gains", found.gains), ("loses", found.loses), ("moved", found.moved)):
        for change in changes:
            if change.section in classes:
                counts[classes[change.section]][kind] += 1
    return counts
