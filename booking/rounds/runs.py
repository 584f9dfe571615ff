"""Allocations in the background: taken from the queue by one process, solved by a process of their own, watched while
they run, checked before anybody sees them, and taken over when their process dies."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, sessionmaker

from booking.acts import Act, ActKind, tell
from booking.core.allocation.result import ENGINE
from booking.core.allocation.writing import instance_to_json
from booking.ids import new_ref
from booking.practice import practice
from booking.refusals import NotFound
from booking.rounds.building import instance_of
from booking.rounds.child import Child
from booking.rounds.ids import ScenarioId
from booking.rounds.judging import judge_round
from booking.rounds.keeping import keep_explained, keep_result
from booking.rounds.looking import class_counts
from booking.rounds.models import Round
from booking.rounds.plan_models import Scenario, ScenarioState
from booking.rounds.scenarios import packed, unpacked
from booking.rulebooks import NoRulebook, RulebookError

log = logging.getLogger(__name__)
EXPLAINING = "explaining"
Start = Callable[[dict[str, Any], Any], Child]


@dataclass(slots=True)
class Running:
    """One run of this process. `progress`: what was last told of it; `kept_at`: when that was written down."""

    scenario: ScenarioId
    child: Child
    progress: dict[str, Any] = field(default_factory=dict)
    kept_at: datetime | None = None
    stopping: bool = False
    explained: int = 0


class Runner:
    """The allocations that one `vuoro jobs` works on, one at a time. `turn` never takes long."""

    def __init__(self, sessions: sessionmaker[Session], *, start: Start = Child) -> None:
        self.sessions, self.start = sessions, start
        self.worker = new_ref()
        self.running: Running | None = None

    def turn(self, now: datetime) -> None:
        """Take up a run if none is under way, else see how far it is."""
        if self.running is None:
            self.running = self.take_up(now)
        else:
            self.watch(self.running, now)

    def take_up(self, now: datetime) -> Running | None:
        """The oldest run that waits or was left behind, with its process started."""
        with self.sessions.begin() as session:
            scenario = claimed(session, self.worker, now)
            if scenario is None:
                return None
            try:
                document = document_of(session, scenario, now)
            except (NoRulebook, RulebookError, NotFound):
                fail(session, scenario, "no_rulebook", now)
                return None
            result = unpacked(scenario.result) if scenario.state == ScenarioState.DONE else None
            asked = {"seed": scenario.seed, "seconds": scenario.seconds, "result": result}
            id_ = scenario.id
        log.info("allocation taken up scenario=%s worker=%s", id_, self.worker)
        return Running(id_, self.start(asked, document))

    def watch(self, run: Running, now: datetime) -> None:
        """Write down what the process said, and pass on that it should stop."""
        for told in run.child.said():
            if not self.hear(run, told, now):
                self.let_go(run)
                return
        if run.kept_at is None or now - run.kept_at >= timedelta(seconds=practice("allocation_beat_s")):
            run.kept_at = now
            if not self.beat(run, now):
                self.let_go(run)

    def let_go(self, run: Running) -> None:
        run.child.end()
        self.running = None

    def hear(self, run: Running, told: Mapping[str, Any], now: datetime) -> bool:
        """Take in one thing said. Returns whether there is more to come."""
        if "progress" in told:
            run.progress = dict(told["progress"])
            return True
        with self.sessions.begin() as session:
            scenario = mine(session, run.scenario, self.worker)
            return scenario is not None and self.take_in(session, run, scenario, told, now)

    def take_in(
        self, session: Session, run: Running, scenario: Scenario, told: Mapping[str, Any], now: datetime
    ) -> bool:
        if "result" in told:
            run.progress = {"stage": EXPLAINING, "share": 0.0}
            return taken(session, scenario, told, now)
        if "explained" in told:
            run.explained += keep_explained(session, scenario, told["explained"])
            run.progress = {"stage": EXPLAINING, "explained": run.explained}
            return True
        if scenario.state == ScenarioState.DONE:
            scenario.progress = {}
        else:
            fail(session, scenario, told.get("failed") or "crashed", now)
        return False

    def beat(self, run: Running, now: datetime) -> bool:
        """Say that we are at it, and how far. Returns False when the run is no longer ours."""
        with self.sessions.begin() as session:
            scenario = mine(session, run.scenario, self.worker)
            if scenario is None:
                return False
            scenario.beat_at, scenario.progress = now, run.progress
            if scenario.cancel_asked and not run.stopping:
                run.stopping = True
                run.child.stop()
            return True


def claimed(session: Session, worker: str, now: datetime) -> Scenario | None:
    """The oldest run that waits, or whose process was not heard of for a while; now it is this worker's."""
    stale = now - timedelta(seconds=practice("allocation_lost_s"))
    left = and_(Scenario.worker != "", or_(Scenario.beat_at.is_(None), Scenario.beat_at < stale))
    explaining = and_(Scenario.state == ScenarioState.DONE.value, Scenario.progress["stage"].as_string() == EXPLAINING)
    query = select(Scenario).where(
        or_(
            Scenario.state == ScenarioState.QUEUED.value,
            and_(left, or_(Scenario.state == ScenarioState.RUNNING.value, explaining)),
        )
    )
    found = session.scalar(query.order_by(Scenario.id).limit(1).with_for_update(skip_locked=True))
    if found is None:
        return None
    found.worker, found.beat_at = worker, now
    if found.state != ScenarioState.DONE:
        found.state, found.started_at = ScenarioState.RUNNING.value, found.started_at or now
        found.progress = {"stage": "building", "share": 0.0}
    return found


def mine(session: Session, id_: ScenarioId, worker: str) -> Scenario | None:
    """The scenario while it is this worker's; None once another took it over or it was deleted."""
    return session.scalar(select(Scenario).where(Scenario.id == id_, Scenario.worker == worker).with_for_update())


def document_of(session: Session, scenario: Scenario, now: datetime) -> Any:
    """The instance as JSON: as it was begun with, where the run was begun already."""
    if scenario.instance is None:
        round_ = session.get_one(Round, scenario.round_id)
        if class_counts(session, round_).get(""):  # late comers, and what changed for those whom no rule put anywhere
            judge_round(session, round_, by=scenario.made_by, now=now)
        document = instance_to_json(instance_of(session, scenario, now))
        scenario.instance = packed(document)
        scenario.engine, scenario.rulebook = ENGINE, str(document.get("rulebook", ""))
        return document
    return unpacked(scenario.instance)


def taken(session: Session, scenario: Scenario, told: Mapping[str, Any], now: datetime) -> bool:
    """Keep a result, unless the independent check found a fault in it: then nobody ever sees it."""
    if told["faults"]:
        codes = sorted({str(fault.get("code", "?")) for fault in told["faults"]})
        fail(session, scenario, "faults: " + ", ".join(codes), now)
        return False
    keep_result(session, scenario, told["result"], input_hash=told["input_hash"], now=now)
    body = {"plan_hash": scenario.plan_hash, "instance_hash": scenario.instance_hash, "cut_short": scenario.cut_short}
    tell(session, Act(ActKind.SCENARIO_ENDED, now, None, scenario.ref, body))
    return True


def fail(session: Session, scenario: Scenario, why: str, now: datetime) -> None:
    """`why`: a code, with more after a colon."""
    scenario.state, scenario.failure, scenario.ended_at = ScenarioState.FAILED.value, why, now
    scenario.progress = {}
    tell(session, Act(ActKind.SCENARIO_ENDED, now, None, scenario.ref, {"failed": why}))
