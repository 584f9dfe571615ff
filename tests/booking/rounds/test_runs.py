"""Allocations in the background, with real processes: taken up, watched, checked, kept; cancelled; taken over."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from booking.acts import Act, ActKind
from booking.core.allocation.reading import instance_from, result_from
from booking.core.allocation.verifying import verify
from booking.rounds import scenarios
from booking.rounds.plan_models import Placement, Scenario, Served
from booking.rounds.runs import Runner
from tests.booking.rounds.town_of_rounds import AFTER, City, a_city, adults, ask_for, judged

PATIENCE_S = 60


@pytest.fixture
def runner(sessions: sessionmaker[Session]) -> Iterator[Runner]:
    made = Runner(sessions)
    yield made
    if made.running:
        made.let_go(made.running)


def contested(session: Session) -> City:
    """Children and adults want the one hour of hall A on Mondays. Nobody is classed yet: the run does so first."""
    city = a_city(session)
    ask_for(session, city, "Lapset")
    ask_for(session, city, "Aikuiset", audience=adults())
    return city


def asked(sessions: sessionmaker[Session], **values: object) -> str:
    with sessions.begin() as session:
        city = contested(session)
        row = scenarios.ask(session, city.round, name="Luonnos", by=city.by, now=AFTER, seconds=1)
        for name, value in values.items():
            setattr(row, name, value)
        return row.ref


def looked_at(sessions: sessionmaker[Session], ref: str) -> Scenario:
    with sessions() as session:
        return scenarios.scenario_of(session, ref, whole=True)


def run_until(runner: Runner, sessions: sessionmaker[Session], ref: str, *states: str) -> Scenario:
    """Turns of the job until the scenario has come so far and nothing of it is left to write."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        runner.turn(datetime.now(UTC))
        row = looked_at(sessions, ref)
        if row.state in states and not row.progress:
            return row
        time.sleep(0.05)
    pytest.fail(f"still {row.state} {row.progress} {row.failure}")


def test_a_run_is_solved_checked_and_kept_with_all_that_replay_needs(
    sessions: sessionmaker[Session], runner: Runner, acts_kept: list[Act]
) -> None:
    row = run_until(runner, sessions, asked(sessions), "done", "failed")
    assert row.failure == ""
    instance = instance_from(json.loads(zlib.decompress(row.instance or b"")))
    result = result_from(json.loads(zlib.decompress(row.result or b"")))
    assert verify(instance, result) == []
    assert (row.seed, row.plan_hash) == (result.run.seed, result.plan_hash)
    with sessions() as session:
        [slot] = session.scalars(select(Placement))
        assert slot.section_id in {one.section_id for one in session.scalars(select(Served)) if one.granted == 1}
        [unmet] = session.scalars(select(Served).where(Served.granted < Served.asked))
        assert (unmet.asked, unmet.granted) == (1, 0)
        children = next(one.id for one in instance.sections if one.audience == "children")
        assert result.grants[0].section == children, "the earlier class has it"
    assert acts_kept[-1].kind is ActKind.SCENARIO_ENDED


def test_a_run_whose_process_was_lost_is_taken_over_and_ends_the_same(sessions: sessionmaker[Session]) -> None:
    first, second = Runner(sessions), Runner(sessions)
    ref = asked(sessions)
    began = datetime.now(UTC)
    first.turn(began)
    assert first.running is not None
    first.running.child.process.kill()
    second.turn(began + timedelta(seconds=5))
    assert second.running is None, "it is still the first one's"
    second.turn(began + timedelta(seconds=60))
    assert second.running is not None
    first.turn(began + timedelta(seconds=61))
    assert first.running is None, "what another took over is let go"
    deadline = time.monotonic() + PATIENCE_S
    while second.running is not None and time.monotonic() < deadline:
        second.turn(began + timedelta(seconds=62))
        time.sleep(0.05)
    assert looked_at(sessions, ref).state == "done"


def test_a_process_that_dies_leaves_a_failed_run_and_says_so(sessions: sessionmaker[Session], runner: Runner) -> None:
    ref = asked(sessions)
    runner.turn(datetime.now(UTC))
    assert runner.running is not None
    runner.running.child.process.kill()
    assert run_until(runner, sessions, ref, "failed").failure == "crashed"


def test_a_run_stopped_before_its_turn_never_begins(sessions: sessionmaker[Session], runner: Runner) -> None:
    ref = asked(sessions)
    with sessions.begin() as session:
        scenarios.cancel(scenarios.scenario_of(session, ref), now=AFTER)
    runner.turn(datetime.now(UTC))
    assert runner.running is None
    assert looked_at(sessions, ref).failure == "cancelled"


def test_a_round_in_which_nobody_can_be_classed_ends_with_nothing_granted(
    sessions: sessionmaker[Session], runner: Runner
) -> None:
    with sessions.begin() as session:
        city = a_city(session)
        ask_for(session, city, "Muualta", options=[{"space_kind": "studio"}])
        judged(session, city)
        ref = scenarios.ask(session, city.round, name="Luonnos", by=city.by, now=AFTER, seconds=1).ref
    row = run_until(runner, sessions, ref, "done", "failed")
    assert row.failure == ""
    with sessions() as session:
        [served] = session.scalars(select(Served))
        assert served.reasons == [{"code": "no_class"}]
