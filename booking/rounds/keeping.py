"""A result of the allocation as rows: slots, what each section got, and the reasons as they come in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from booking.ids import SpaceId
from booking.models import Space
from booking.rounds.comparing import events_of
from booking.rounds.ids import SectionId
from booking.rounds.judging import sections_of
from booking.rounds.models import Round, RoundHours, Section
from booking.rounds.plan_models import Placement, Scenario, ScenarioState, Served
from booking.rounds.scenarios import packed, unpacked

FEW = 500  # rows in one statement


def keep_result(
    session: Session, scenario: Scenario, result: Mapping[str, Any], *, input_hash: str, now: datetime
) -> None:
    """The result itself, its slots, and a row for every section that asked for something."""
    run = result["run"]
    scenario.result = packed(result)
    scenario.instance_hash, scenario.plan_hash = input_hash, str(result.get("plan_hash", ""))
    scenario.engine, scenario.seed = run["engine"], run["seed"]
    scenario.cut_short = bool(run.get("stopped", False))
    scenario.figures = {
        "figures": result.get("figures", {}),
        "certificates": result.get("certificates", []),
        "pin_problems": result.get("pin_problems", []),
        "run": run,
    }
    for table in (Placement, Served):
        session.execute(delete(table).where(table.scenario_id == scenario.id))
    round_ = session.get_one(Round, scenario.round_id)
    sections = sections_of(session, round_, late=None if scenario.phase == "left_over" else False)
    _placements(session, scenario, result["grants"], {one.ref: one.id for one in sections})
    _served(session, scenario, result["grants"], sections)
    keep_moved(session, scenario)
    scenario.state, scenario.ended_at = ScenarioState.DONE.value, now
    scenario.progress = {"stage": "explaining", "share": 0.0}
    session.flush()


def keep_moved(session: Session, scenario: Scenario) -> None:
    """How many slots of the scenario that this one was solved again from are as they were, and how many are not."""
    before = session.get(Scenario, scenario.based_on_id) if scenario.based_on_id else None
    if before is not None:
        session.flush()
        here, there = set(events_of(session, scenario)), set(events_of(session, before))
        scenario.figures = scenario.figures | {"moved": {"kept": len(here & there), "moved": len(there - here)}}


def _placements(
    session: Session, scenario: Scenario, grants: Iterable[Mapping[str, Any]], sections: Mapping[str, SectionId]
) -> None:
    rooms = spaces_by_ref(session, scenario)
    reasons = {
        (pin["section"], pin["space"], pin["weekday"], pin["start_min"]): str(pin.get("reason", ""))
        for pin in unpacked(scenario.instance).get("pins", ())
    }
    rows = [
        {
            "scenario_id": scenario.id,
            "section_id": sections[one["section"]],
            "space_id": rooms[one["space"]],
            "weekday": one["weekday"],
            "start_min": one["start_min"],
            "end_min": one["end_min"],
            "origin": one["origin"],
            "locked": one["origin"] == "pin",
            "reason": reasons.get((one["section"], one["space"], one["weekday"], one["start_min"]), ""),
            "dates": one.get("dates", 0),
            "of_dates": one.get("of_dates", 0),
        }
        for one in grants
    ]
    if rows:
        session.execute(insert(Placement), rows)


def spaces_by_ref(session: Session, scenario: Scenario) -> dict[str, SpaceId]:
    """The spaces whose hours are in the scenario's round."""
    hours = select(RoundHours.space_id).where(RoundHours.round_id == scenario.round_id)
    rows = session.execute(select(Space.ref, Space.id).where(Space.id.in_(hours)))
    return {row.ref: row.id for row in rows}


def _served(
    session: Session, scenario: Scenario, grants: Iterable[Mapping[str, Any]], sections: Iterable[Section]
) -> None:
    got = Counter(one["section"] for one in grants)
    inside = {one["id"] for one in unpacked(scenario.instance).get("sections", ())}
    rows = [
        {
            "scenario_id": scenario.id,
            "section_id": one.id,
            "asked": one.events,
            "granted": got[one.ref],
            "reasons": [] if one.ref in inside else [{"code": why_outside(one)}],
            "offers": [],
        }
        for one in sections
    ]
    if rows:
        session.execute(insert(Served), rows)


def why_outside(section: Section) -> str:
    """Why a section did not take part at all."""
    if section.excluded_why:
        return "excluded"
    return "no_class" if section.priority_class is None else "no_such_space"


def keep_explained(session: Session, scenario: Scenario, explained: Iterable[Mapping[str, Any]]) -> int:
    """The reasons and offers of some sections. Returns of how many."""
    rows = list(explained)
    refs = [row["section"] for row in rows]
    ids = {one.ref: one.id for one in session.execute(select(Section.id, Section.ref).where(Section.ref.in_(refs)))}
    served = select(Served.id, Served.section_id).where(Served.scenario_id == scenario.id)
    by_section = {
        section: served_id for served_id, section in session.execute(served.where(Served.section_id.in_(ids.values())))
    }
    changes = [
        {"id": by_section[ids[row["section"]]], "reasons": row.get("reasons", []), "offers": row.get("offers", [])}
        for row in rows
        if row["section"] in ids and ids[row["section"]] in by_section
    ]
    if changes:
        session.execute(update(Served), changes)
    return len(rows)
