"""Proposing: the slots of the chosen scenario become grants that applicants answer; and what was declined goes again.

Proposing twice makes nothing new: a section is never proposed the same slot twice in a round, unless it was undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.ids import PersonId
from booking.refusals import BadInput, NotNow
from booking.rounds import scenarios
from booking.rounds.decision_models import RoundStepKind
from booking.rounds.granted import chosen, loaded, lock_round, note, of_round, require_state
from booking.rounds.models import Round, RoundState
from booking.rounds.plan_models import GrantState, Placement, Scenario, ScenarioState, SlotGrant

Key = tuple[int, int, int, int, int]  # section, space, weekday, start, end
FROM = (RoundState.PUBLISHED, RoundState.ALLOCATING, RoundState.PROPOSED, RoundState.DECIDED)
GIVEN_UP = (GrantState.DECLINED.value, GrantState.LAPSED.value)


@dataclass(frozen=True, slots=True)
class Proposed:
    """What proposing made: grants that were not proposed before, and how many of the scenario had been already."""

    new: tuple[SlotGrant, ...]
    before: int


def key_of(row: Placement | SlotGrant) -> Key:
    return row.section_id, row.space_id, row.weekday, row.start_min, row.end_min


def propose(session: Session, round_: Round, *, answer_by_at: datetime, by: PersonId, now: datetime) -> Proposed:
    """Make the slots of the scenario chosen last into proposals, to be answered by an instant.

    Raises NotNow when no scenario is chosen or the round is not that far, BadInput for a deadline that has passed."""
    lock_round(session, round_)
    require_state(session, round_, *FROM)
    if answer_by_at <= now:
        raise BadInput(field="answer_by", problem="deadline_past")
    found = chosen(session, round_)
    if not found:
        raise NotNow(state="none_chosen", reason="none_chosen")
    placed = list(session.scalars(select(Placement).where(Placement.scenario_id == found[-1].id)))
    known = {key_of(row): row for row in of_round(session, round_)}
    rows = [_proposed(session, round_, one, known.get(key_of(one)), answer_by_at, now) for one in placed]
    new = [row for row in rows if row is not None]
    session.flush()
    round_.state, round_.answer_by_at = RoundState.PROPOSED.value, answer_by_at
    note(session, round_, RoundStepKind.PROPOSED, by=by, now=now, said=found[-1].name)
    body = {"scenario": found[-1].ref, "plan": found[-1].plan_hash, "proposed": len(new), "answer_by_at": answer_by_at}
    tell(session, Act(ActKind.ROUND_PROPOSED, now, by, round_.ref, body))
    return Proposed(tuple(_again(session, new)), len(placed) - len(new))


def _proposed(
    session: Session, round_: Round, one: Placement, known: SlotGrant | None, answer_by_at: datetime, now: datetime
) -> SlotGrant | None:
    """The grant of a slot; None when the section has been proposed it already."""
    if known is not None and known.state != GrantState.UNDONE:
        return None
    row = known or SlotGrant(round_id=round_.id, section_id=one.section_id, space_id=one.space_id, weekday=one.weekday)
    row.scenario_id, row.start_min, row.end_min = one.scenario_id, one.start_min, one.end_min
    row.state, row.proposed_at, row.answer_by_at = GrantState.PROPOSED.value, now, answer_by_at
    row.answer = row.reply = row.problem = ""
    row.answered_by = row.answered_at = row.decided_at = row.ended_at = row.shut_at = None
    row.booking_id = row.decision_id = None
    row.left_out, row.problem_facts = [], {}
    session.add(row)
    return row


def _again(session: Session, rows: Sequence[SlotGrant]) -> list[SlotGrant]:
    """The same grants with all that letters say of them."""
    ids = [row.id for row in rows]
    found = session.scalars(loaded().where(SlotGrant.id.in_(ids)).order_by(SlotGrant.section_id, SlotGrant.weekday))
    return list(found)


def given_up(session: Session, round_: Round) -> list[SlotGrant]:
    """What was declined or lapsed, and stands open for somebody else."""
    return of_round(session, round_, GIVEN_UP)


def second(session: Session, round_: Round, *, name: str, by: PersonId, now: datetime) -> Scenario:
    """Have what was declined granted again: a second run, in which everything that stands is pinned (building.py).

    Raises NotNow when nothing was declined, or such a run is under way already."""
    lock_round(session, round_)
    require_state(session, round_, RoundState.PROPOSED)
    back = given_up(session, round_)
    if not back:
        raise NotNow(state="none_declined", reason="none_declined")
    _none_running(session, round_)
    changes = {"declined": [slot_facts(row) for row in back]}
    before = chosen(session, round_)[-1]
    made = scenarios.ask(session, round_, name=name, by=by, now=now, phase="second", changes=changes, based_on=before)
    note(session, round_, RoundStepKind.SECOND, by=by, now=now, said=made.name)
    return made


def _none_running(session: Session, round_: Round) -> None:
    busy = (ScenarioState.QUEUED.value, ScenarioState.RUNNING.value)
    query = select(Scenario.id).where(Scenario.round_id == round_.id, Scenario.phase == "second")
    if session.scalar(query.where(Scenario.state.in_(busy)).limit(1)) is not None:
        raise NotNow(state="running", reason="second_running")


def slot_facts(row: SlotGrant) -> dict[str, Any]:
    """A slot as scenarios and the audit log tell it; its section and space are loaded."""
    return {
        "section": row.section.ref,
        "space": row.space.ref,
        "weekday": row.weekday,
        "start_min": row.start_min,
        "end_min": row.end_min,
    }


def by_applicant(rows: Iterable[SlotGrant]) -> Mapping[int, list[SlotGrant]]:
    """Grants by the application they are of."""
    found: dict[int, list[SlotGrant]] = {}
    for row in rows:
        found.setdefault(row.section.application_id, []).append(row)
    return found


def placements_of(session: Session, scenario: Scenario) -> list[Placement]:
    query = select(Placement).where(Placement.scenario_id == scenario.id).options(joinedload(Placement.section))
    return list(session.scalars(query))
