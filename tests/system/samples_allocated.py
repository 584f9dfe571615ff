"""Samples of allocations, as the demo's seed made them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.rounds.models import Round, Section
from booking.rounds.plan_models import Placement, Scenario


def allocated(session: Session) -> dict[str, str]:
    """The past round with its chosen allocation and another, a group of it and a time that one has."""
    [other, chosen] = session.scalars(select(Scenario).where(Scenario.result.is_not(None)).order_by(Scenario.chosen))
    slots = list(session.scalars(select(Placement).where(Placement.scenario_id == chosen.id)))
    return {
        "past_round_ref": session.get_one(Round, chosen.round_id).ref,
        "scenario_ref": chosen.ref,
        "other_ref": other.ref,
        "asking_ref": session.get_one(Section, slots[0].section_id).ref,
        "slot_ref": slots[0].ref,
    }
