"""Scenarios of a round as rows: asked for, looked up, chosen, deleted; their instance and result as kept."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, defer

from booking.acts import Act, ActKind, tell
from booking.core.allocation.reading import instance_from
from booking.core.allocation.truth import Truth
from booking.ids import PersonId
from booking.refusals import BadInput, NotFound, NotNow
from booking.rounds.ids import RoundId
from booking.rounds.models import Round, RoundState
from booking.rounds.plan_models import OfficialAct, Placement, Scenario, ScenarioState, Served, SlotGrant

UNDER_WAY = (ScenarioState.QUEUED.value, ScenarioState.RUNNING.value)
LONGEST_S = 3600
CLOSED_TO_IT = (RoundState.DRAFT.value, RoundState.CLOSED.value)


def packed(document: Any) -> bytes:
    """JSON as it is kept in a row."""
    return zlib.compress(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(), 6)


def unpacked(kept: bytes | None) -> Any:
    return None if kept is None else json.loads(zlib.decompress(kept))


def scenario_of(session: Session, ref: str, *, whole: bool = False) -> Scenario:
    """The scenario with its round; `whole`: with instance and result too, which are megabytes. Raises NotFound."""
    query = select(Scenario).where(Scenario.ref == ref)
    if not whole:
        query = query.options(defer(Scenario.instance), defer(Scenario.result))
    found = session.scalar(query)
    if found is None:
        raise NotFound(what="scenario")
    return found


def scenarios_of(session: Session, round_id: RoundId) -> list[Scenario]:
    """Those of a round, the newest first, without what is heavy."""
    query = select(Scenario).where(Scenario.round_id == round_id).order_by(Scenario.id.desc())
    return list(session.scalars(query.options(defer(Scenario.instance), defer(Scenario.result))))


def chosen_of(session: Session, round_: Round) -> Scenario | None:
    """The one whose slots are proposed; of several phases the latest."""
    query = select(Scenario).where(Scenario.round_id == round_.id, Scenario.chosen.is_(True))
    return session.scalar(query.order_by(Scenario.id.desc()).limit(1))


def ask(
    session: Session,
    round_: Round,
    *,
    name: str,
    by: PersonId,
    now: datetime,
    seconds: int = 60,
    phase: str = "main",
    changes: Mapping[str, Any] | None = None,
    note: str = "",
    based_on: Scenario | None = None,
    seed: str = "",
) -> Scenario:
    """Put an allocation of a round into the queue of `vuoro jobs`. Raises NotNow for a round that is a draft or closed,
    or whose window is still open; BadInput for no name or a time out of bounds."""
    if round_.state in CLOSED_TO_IT:
        raise NotNow(state=round_.state)
    if now < round_.apply_to_at:
        raise NotNow(reason="window_open")
    if not name.strip():
        raise BadInput(field="name", problem="missing")
    if not 1 <= seconds <= LONGEST_S:
        raise BadInput(field="seconds", problem="too_large")
    row = Scenario(
        round_id=round_.id,
        round=round_,
        name=name.strip(),
        note=note.strip(),
        phase=phase,
        seconds=seconds,
        seed=seed,
        changes=dict(changes or {}),
        based_on_id=based_on.id if based_on else None,
        made_by=by,
        made_at=now,
    )
    session.add(row)
    if round_.state == RoundState.PUBLISHED:
        round_.state = RoundState.ALLOCATING.value
    session.flush()
    body = {"round": round_.ref, "seconds": seconds, "phase": phase, "changes": sorted(row.changes)}
    tell(session, Act(ActKind.SCENARIO_ASKED, now, by, row.ref, body))
    return row


def cancel(scenario: Scenario, *, now: datetime) -> None:
    """Stop a run: what it has so far is kept; one that waits never begins. Raises NotNow where it has ended."""
    if scenario.state not in UNDER_WAY:
        raise NotNow(state=scenario.state)
    scenario.cancel_asked = True
    if scenario.state == ScenarioState.QUEUED:
        scenario.state, scenario.failure, scenario.ended_at = ScenarioState.FAILED.value, "cancelled", now


def choose(session: Session, scenario: Scenario, *, by: PersonId, now: datetime) -> None:
    """Make a scenario the one that is proposed, in place of another of its phase. Raises NotNow for one that is not
    done, or where slots of its round's phase have been proposed already."""
    round_ = session.get_one(Round, scenario.round_id)
    if scenario.state != ScenarioState.DONE or round_.state in CLOSED_TO_IT:
        raise NotNow(state=scenario.state)
    for other in session.scalars(select(Scenario).where(Scenario.round_id == round_.id, Scenario.chosen.is_(True))):
        if other.phase == scenario.phase and other.id != scenario.id:
            if proposed(session, other):
                raise NotNow(reason="proposed")
            other.chosen = False
    scenario.chosen = True
    session.flush()
    body = {"round": round_.ref, "plan_hash": scenario.plan_hash, "instance_hash": scenario.instance_hash}
    tell(session, Act(ActKind.SCENARIO_CHOSEN, now, by, scenario.ref, body))


def proposed(session: Session, scenario: Scenario) -> bool:
    """Whether its slots were proposed to anybody."""
    query = select(func.count()).select_from(SlotGrant).where(SlotGrant.scenario_id == scenario.id)
    return bool(session.scalar(query))


def remove(session: Session, scenario: Scenario, *, by: PersonId, now: datetime) -> None:
    """Delete a scenario with its slots and reasons; that it was there, and its hashes, stay in the log. Raises NotNow
    for one that is chosen, was proposed, or runs."""
    if scenario.chosen or scenario.state == ScenarioState.RUNNING or proposed(session, scenario):
        raise NotNow(reason="chosen" if scenario.chosen else scenario.state)
    for later in session.scalars(select(Scenario).where(Scenario.based_on_id == scenario.id)):
        later.based_on_id = None
    for table in (Placement, Served, OfficialAct):
        session.execute(delete(table).where(table.scenario_id == scenario.id))
    body = {"name": scenario.name, "plan_hash": scenario.plan_hash, "instance_hash": scenario.instance_hash}
    tell(session, Act(ActKind.SCENARIO_DELETED, now, by, scenario.ref, body))
    session.delete(scenario)
    session.flush()


@lru_cache(maxsize=2)
def _truth(kept: bytes) -> Truth:
    return Truth(instance_from(unpacked(kept)))


def truth_of(session: Session, scenario: Scenario) -> Truth:
    """The instance as it was run, ready to be asked; kept in memory for the next question. Raises NotNow where it has
    not been run."""
    kept = session.scalar(select(Scenario.instance).where(Scenario.id == scenario.id))
    if kept is None:
        raise NotNow(state=scenario.state)
    return _truth(kept)


def placements_of(session: Session, scenario: Scenario) -> Sequence[Placement]:
    query = select(Placement).where(Placement.scenario_id == scenario.id)
    return session.scalars(query.order_by(Placement.section_id, Placement.weekday, Placement.start_min)).all()


def run_file(session: Session, scenario: Scenario, part: str = "") -> str:
    """Instance, result and what officials set since, as JSON: what `vuoro round replay` runs again. `part`: instance
    or result alone, as its two files. Raises NotNow where it has not been run."""
    row = session.execute(select(Scenario.instance, Scenario.result).where(Scenario.id == scenario.id)).one()
    if row.instance is None or row.result is None:
        raise NotNow(state=scenario.state)
    acts = session.scalars(select(OfficialAct).where(OfficialAct.scenario_id == scenario.id).order_by(OfficialAct.id))
    by_hand = [{"kind": act.kind, "at": act.at.isoformat(), "reason": act.reason, "what": act.what} for act in acts]
    document = {"instance": unpacked(row.instance), "result": unpacked(row.result), "by_hand": by_hand}
    return json.dumps(document.get(part, document), ensure_ascii=False, separators=(",", ":"))
