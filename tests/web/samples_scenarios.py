"""Samples of allocations: one in which the troop's group has one time, and another beside it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.rounds.models import Section
from booking.rounds.plan_models import Scenario
from tests.booking.rounds import make_rounds
from tests.web.samples_apply import the_section
from tests.web.samples_rounds import the_round
from tests.web.town import Town


def the_scenario(session: Session, town: Town, name: str = "Luonnos") -> Scenario:
    """Made the first time it is asked for."""
    round_ = the_round(session, town)
    found = session.scalar(select(Scenario).where(Scenario.round_id == round_.id, Scenario.name == name))
    section = session.scalars(select(Section).where(Section.ref == the_section(session, town))).one()
    return found or make_rounds.a_scenario(session, round_, [(section, town.space, 0, 1020, 1080)], name=name)


SAMPLES: dict[str, Callable[[Session, Town], str]] = {
    "scenario_ref": lambda session, town: the_scenario(session, town).ref,
    "other_ref": lambda session, town: the_scenario(session, town, "Toinen").ref,
    "slot_ref": lambda session, town: make_rounds.placements(session, the_scenario(session, town))[0].ref,
    "act_id": lambda session, town: "1",
}
