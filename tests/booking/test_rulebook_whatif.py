"""A draft against what was really booked: who moves, what it costs, and what nobody knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from booking.cli_rulebook import rulebook
from booking.core.rules.difference import ChangeKind, difference
from booking.core.whatif import Answer, Tallies, as_rows, count, merged, of_rows, total
from booking.models import Occurrence, Space
from booking.refusals import BadInput, NotNow
from booking.rulemaking import drafts, trials
from booking.rulemaking.models import TrialState
from booking.rulemaking.simulate import Run, in_force_then, scope_of
from booking.versions.known import books
from booking.versions.models import RulebookVersion
from booking.versions.written import check, dated, shipped_documents, text_of
from tests import make
from tests.booking.test_rulebook_versions import sport_first

OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
KINDS = st.sampled_from(["granted", "refused", "needs_approval", "undetermined"])
CENTS = st.none() | st.integers(0, 10_000)
ANSWERS = st.builds(Answer, KINDS, st.sampled_from("12"), st.sampled_from(["free", "paid"]), CENTS, CENTS, CENTS)
USES = st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 300), ANSWERS, ANSWERS), max_size=12)


def counted(uses: list[tuple[str, int, Answer, Answer]]) -> Tallies:
    tallies: Tallies = {}
    for who, minutes, before, after in uses:
        count(tallies, organisation=who, premises="p", minutes=minutes, answers=(before, after))
    return tallies


@given(USES, USES)
def test_slices_counted_apart_come_to_what_the_whole_comes_to(
    first: list[tuple[str, int, Answer, Answer]], second: list[tuple[str, int, Answer, Answer]]
) -> None:
    apart = merged(of_rows(json.loads(json.dumps(as_rows(counted(first))))), counted(second))
    assert as_rows(apart) == as_rows(counted(first + second))


@given(USES)
def test_every_use_is_priced_unknown_or_shut_under_both_rules(uses: list[tuple[str, int, Answer, Answer]]) -> None:
    found = total(counted(uses))
    for side, place in (("before", 2), ("after", 3)):
        answers = [use[place] for use in uses]
        open_ones = [answer for answer in answers if isinstance(answer, Answer) and not answer.shut]
        assert found[f"shut_{side}"] + len(open_ones) == len(uses)
        assert found[f"price_{side}_unknown"] == sum(answer.price is None for answer in open_ones)
        assert found[f"price_{side}"] == sum(answer.price or 0 for answer in open_ones)


def booked(session: Session, day: str, purpose: str, place: Space) -> Occurrence:
    row = make.occurrence(session, place, make.span(day, "18:00", "19:30"))
    row.booking.purpose = purpose
    session.flush()
    return row


@pytest.fixture
def hall(session: Session) -> Space:
    """A hall with two evenings of sport and one meeting in October, and one of sport in November."""
    place = make.space(session)
    for day, purpose in (("2026-10-06", "sport"), ("2026-10-13", "sport"), ("2026-10-20", "weekly_meeting")):
        booked(session, day, purpose, place)
    booked(session, "2026-11-03", "sport", place)
    return place


def draft(session: Session, now: datetime) -> RulebookVersion:
    maker = make.person(session)
    row = drafts.copy(session, "espoo-2025-01", version="2027-01", valid_from=date(2027, 1, 1), by=maker.id, now=now)
    drafts.edit(session, row, sport_first, by=maker.id, now=now)
    return row


def asked(session: Session, row: RulebookVersion, now: datetime) -> trials.RulebookTrial:
    return trials.ask(session, row, first_on=OCTOBER[0], last_on=OCTOBER[1], by=row.made_by, now=now)


def test_a_draft_moves_the_uses_that_it_speaks_of_and_no_others(session: Session, hall: Space, now: datetime) -> None:
    run = Run(
        session,
        drafts.checked(draft(session, now)).book,
        in_force_then(books(session)),
        scope_of(session, "espoo", *OCTOBER),
    )
    assert list(run.whole()) == [3]
    moved = [(move.priority_after, tally["times"]) for move, tally in run.tallies.items() if move.changes]
    assert moved == [("1", 1), ("1", 1)]  # two organisations
    assert total(run.tallies)["minutes"] == 3 * 90


def test_a_trial_in_slices_ends_with_the_same_result(session: Session, hall: Space, now: datetime) -> None:
    row = draft(session, now)
    whole, sliced = asked(session, row, now), asked(session, row, now)
    trials.slice_of(session, whole, now)
    states = []
    while sliced.state in (TrialState.QUEUED, TrialState.RUNNING):
        trials.slice_of(session, sliced, now, limit=2)
        states.append((sliced.done, sliced.total))
    assert states == [(2, 3), (3, 3)]
    assert sliced.tallies == whole.tallies
    assert sliced.state == whole.state == TrialState.DONE


def test_a_cancelled_trial_keeps_what_it_counted_and_goes_no_further(
    sessions: sessionmaker[Session], now: datetime
) -> None:
    with sessions.begin() as session:
        place = make.space(session)
        booked(session, "2026-10-06", "sport", place)
        booked(session, "2026-10-13", "sport", place)
        ref = asked(session, draft(session, now), now).ref
    assert trials.go_on(sessions, now, limit=1)
    with sessions.begin() as session:
        trials.cancel(trials.trial_of(session, ref), now=now)
    assert not trials.go_on(sessions, now)
    with sessions.begin() as session:
        trial = trials.trial_of(session, ref)
        assert (trial.done, trial.total, trial.state) == (1, 2, TrialState.CANCELLED)
        with pytest.raises(NotNow):
            trials.cancel(trial, now=now)


def test_a_trial_of_a_faulty_draft_or_of_days_the_wrong_way_round_is_refused(session: Session, now: datetime) -> None:
    row = draft(session, now)
    with pytest.raises(BadInput):
        trials.ask(session, row, first_on=OCTOBER[1], last_on=OCTOBER[0], by=row.made_by, now=now)
    drafts.edit(session, row, lambda document: document | {"decider": "nobody"}, by=row.made_by, now=now)
    with pytest.raises(BadInput):
        asked(session, row, now)


def test_the_difference_of_two_versions_names_rows_and_fields(now: datetime) -> None:
    before = dated(shipped_documents()["espoo-2025-01"])
    after = sport_first(before)
    added = difference(before, after)
    assert [(change.kind, change.table, change.row) for change in added] == [
        (ChangeKind.ADDED, "priority", "sport-first")
    ]
    changed = after | {
        "priority": [row | {"class": "2"} if row["id"] == "sport-first" else row for row in after["priority"]]
    }
    (change,) = difference(after, changed)
    assert [(field.field, field.before, field.after) for field in change.fields] == [("class", "1", "2")]


@given(st.permutations([row["id"] for row in shipped_documents()["espoo-2025-01"]["price"]]))
def test_another_order_is_told_as_moved_rows_and_nothing_else(order: list[str]) -> None:
    before = dated(shipped_documents()["espoo-2025-01"])
    rows = {row["id"]: row for row in before["price"]}
    changes = difference(before, before | {"price": [rows[name] for name in order]})
    assert {change.kind for change in changes} <= {ChangeKind.MOVED}
    assert bool(changes) == (order != list(rows))


@pytest.fixture
def run_command(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("VUORO_DATABASE_URL", engine.url.render_as_string(hide_password=False))

    def run(*words: str) -> str:
        answer = CliRunner().invoke(rulebook, list(words))
        assert answer.exit_code == 0, answer.output
        return answer.stdout

    return run


def test_the_command_line_runs_a_file_against_the_database(
    sessions: sessionmaker[Session], run_command: Callable[..., str], tmp_path: Path
) -> None:
    with sessions.begin() as session:
        booked(session, "2026-10-06", "sport", make.space(session))
    file = tmp_path / "espoo-2027-01.toml"
    document = sport_first(dated(shipped_documents()["espoo-2025-01"])) | {"version": "2027-01"}
    file.write_text(text_of(document), encoding="utf-8")
    assert check(document).faults == ()
    told = json.loads(run_command("simulate", str(file), "--from", "2026-10-01", "--to", "2026-10-31", "--json"))
    assert told["total"]["times"] == 1
    assert told["classes"]["priority"]["1"]["after"]["times"] == 1
    assert "uses: 1" in run_command("simulate", str(file), "--from", "2026-10-01", "--to", "2026-10-31")


def test_the_command_line_tells_what_differs(tmp_path: Path) -> None:
    answer = CliRunner().invoke(rulebook, ["diff", "espoo-2021-01", "espoo-2025-01", "--json"])
    assert answer.exit_code == 0
    assert any(change["row"] == "gym-under-20" and change["change"] == "added" for change in json.loads(answer.stdout))
    assert CliRunner().invoke(rulebook, ["diff", "espoo-2021-01", "espoo-2052-01"]).exit_code == 2
