"""A plan looked through once for what a closing audit must leave at nothing, and for what it may leave."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from booking.core.allocation.instance import Section
from booking.core.allocation.rivals import Plan
from booking.core.allocation.standing import Refused, Standing


@dataclass(frozen=True)
class Audit:
    """By section that got less than it asked: each wished slot with why it was refused."""

    refused: dict[str, list[Refused]]
    same_class: frozenset[str]  # sections of which somebody of their class with more events holds a wish

    def counts(self) -> dict[str, int]:
        """How many sections have a wish left free (idle), one held by lower classes only (class_envy), one whose
        exchange would raise their class (improving), one held by an equal with more events (same_class_envy), and one
        decided by lot (lottery)."""
        codes: Counter[str] = Counter()
        for rows in self.refused.values():
            codes.update({_kind(one) for one in rows})
        told = {name: codes[name] for name in ("idle", "class_envy", "improving", "lottery")}
        return told | {"same_class_envy": len(self.same_class)}


def _kind(refused: Refused) -> str:
    return "improving" if refused.detail.get("improving") else refused.code


def audit(plan: Plan, seed: str) -> Audit:
    standing = Standing(plan, seed)
    refused = {one.id: list(standing.refused(one)) for one in plan.unmet()}
    sections = plan.truth.sections
    envious = {name for name, rows in refused.items() if any(_envied(plan, sections[name], one) for one in rows)}
    return Audit(refused, frozenset(envious))


def _envied(plan: Plan, section: Section, refused: Refused) -> bool:
    """Whether an equal holds it who has more events; never where somebody of a higher class has a part."""
    if refused.code in ("higher_class", "pinned_other"):
        return False
    mine = plan.granted(section)
    return any(
        one.section.class_id == section.class_id and one.section.id != section.id and plan.granted(one.section) > mine
        for one in refused.blockers
    )
