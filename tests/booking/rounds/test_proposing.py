"""Proposals: made once from the chosen scenario, answered until their deadline, and granted again when declined."""

from datetime import date, timedelta

import pytest

from booking.core.rules.rounds import Acceptance
from booking.refusals import BadInput, NotNow
from booking.rounds import accepting, answering, granted, proposing
from booking.rounds.answering import Answer
from booking.rounds.plan_models import GrantState, Scenario
from booking.rulemaking import drafts, review
from tests.booking.rounds import make_rounds
from tests.booking.rounds.make_decided import AFTER, ANSWER_BY, accepted, proposed, small

STRICT = {"accept": "confirm_or_lapse", "confirm_days": 7}


def strict(session, made, now):
    """A version of the rules by which a slot must be confirmed."""
    by, other = made.official.id, made.other.id
    draft = drafts.copy(session, "espoo-2025-01", version="strict", valid_from=date(2027, 1, 1), by=by, now=now)
    drafts.edit(session, draft, lambda one: one | {"allocation": one["allocation"] | STRICT}, by=by, now=now)
    review.send(session, draft, by=by, now=now, decision="Lautakunta 1.12.2026 § 1")
    assert review.approve(session, draft, by=other, now=now, today=now.date()) is None
    made.round.rulebook = "espoo-strict"


def test_the_slots_of_the_chosen_scenario_are_proposed_once(session):
    made = small(session)
    rows = proposed(session, made)
    assert [(one.weekday, one.start_min, one.end_min, one.state) for one in rows] == [
        (0, 1020, 1080, "proposed"),
        (1, 1080, 1170, "proposed"),
    ]
    assert made.round.state == "proposed"
    again = proposing.propose(session, made.round, answer_by_at=ANSWER_BY, by=made.official.id, now=AFTER)
    assert (again.new, again.before) == ((), 2)


def test_nothing_is_proposed_before_a_scenario_is_chosen(session):
    made = small(session)
    made.scenario.chosen = False
    with pytest.raises(NotNow):
        proposed(session, made)


def test_a_deadline_that_has_passed_is_no_deadline(session):
    made = small(session)
    with pytest.raises(BadInput):
        proposing.propose(session, made.round, answer_by_at=AFTER, by=made.official.id, now=AFTER)


def test_an_answer_can_be_changed_until_the_deadline_and_not_after(session):
    made = small(session)
    row, _ = proposed(session, made)
    contact = made.scouts.contact_id
    answering.answer(session, row, Answer.DECLINE, words="Emme tulekaan", by=contact, now=AFTER)
    answering.answer(session, row, Answer.ACCEPT, words="", by=contact, now=ANSWER_BY - timedelta(minutes=1))
    assert (row.state, row.answer) == ("accepted", "")
    with pytest.raises(NotNow):
        answering.answer(session, row, Answer.DECLINE, words="", by=contact, now=ANSWER_BY)


def test_all_that_waits_is_answered_at_once_and_what_was_answered_stays(session):
    made = small(session)
    first, second = proposed(session, made)
    whose = made.dancers.organisation_id
    assert (
        answering.answer_all(
            session, made.round, whose, Answer.ACCEPT, words="Kiitos", by=made.dancers.contact_id, now=AFTER
        )
        == 1
    )
    assert (first.state, second.state, second.answer) == ("proposed", "accepted", "Kiitos")


def test_a_question_needs_words_and_waits_for_the_house(session):
    made = small(session)
    row, _ = proposed(session, made)
    contact = made.scouts.contact_id
    with pytest.raises(BadInput):
        answering.answer(session, row, Answer.ASK, words=" ", by=contact, now=AFTER)
    answering.answer(session, row, Answer.ASK, words="Saako tulla 16.30?", by=contact, now=AFTER)
    late = ANSWER_BY + timedelta(days=1)
    answering.settle(session, made.round, now=late)
    assert row.state == "asked", "a question that nobody answered neither lapses nor counts"
    answering.reply(session, row, "Valitettavasti ei.", by=made.official.id, now=late)
    assert (row.state, row.reply, row.answer_by_at) == ("proposed", "Valitettavasti ei.", late + timedelta(days=3))
    answering.answer(session, row, Answer.ACCEPT, words="", by=contact, now=late + timedelta(days=2))
    assert row.state == "accepted"


def test_what_nobody_answered_counts_where_the_rules_say_so(session):
    made = small(session)
    assert accepting.acceptance(session, made.round) is Acceptance.GRANTED_COUNTS
    rows = proposed(session, made)
    assert answering.settle(session, made.round, now=ANSWER_BY - timedelta(seconds=1)) == []
    assert len(answering.settle(session, made.round, now=ANSWER_BY)) == 2
    assert {row.state for row in rows} == {"accepted"}
    assert answering.settle(session, made.round, now=ANSWER_BY) == []


def test_what_nobody_confirmed_lapses_where_the_rules_want_it_confirmed(session, now):
    made = small(session)
    strict(session, made, now)
    rows = proposed(session, made)
    answering.settle(session, made.round, now=ANSWER_BY)
    assert {row.state for row in rows} == {"lapsed"}


def test_what_was_declined_goes_into_a_second_run_with_what_stands(session):
    made = small(session)
    first, second = accepted(session, made)
    with pytest.raises(NotNow):
        proposing.second(session, made.round, name="Toinen jako", by=made.official.id, now=AFTER)
    answering.answer(session, first, Answer.DECLINE, words="", by=made.scouts.contact_id, now=AFTER + timedelta(days=2))
    run = proposing.second(session, made.round, name="Toinen jako", by=made.official.id, now=AFTER + timedelta(days=3))
    assert (run.phase, run.state, run.based_on_id) == ("second", "queued", made.scenario.id)
    assert [one["section"] for one in run.changes["declined"]] == [made.cubs.ref]
    with pytest.raises(NotNow):
        proposing.second(session, made.round, name="Kolmas", by=made.official.id, now=AFTER + timedelta(days=3))
    with pytest.raises(NotNow):
        by = made.scouts.contact_id
        answering.answer(session, first, Answer.ACCEPT, words="", by=by, now=AFTER + timedelta(days=4))
    assert second.state == GrantState.ACCEPTED


def test_the_second_run_adds_proposals_and_leaves_what_stands(session):
    made = small(session)
    first, _second = accepted(session, made)
    answering.answer(session, first, Answer.DECLINE, words="", by=made.scouts.contact_id, now=AFTER + timedelta(days=2))
    make_rounds.a_scenario(
        session,
        made.round,
        [(made.ballet, made.hall, 1, 1080, 1170), (made.ballet, made.hall, 0, 1020, 1080)],
        chosen=True,
        phase="second",
    )
    found = proposing.propose(
        session, made.round, answer_by_at=ANSWER_BY, by=made.official.id, now=AFTER + timedelta(days=4)
    )
    assert [(one.section_id, one.weekday) for one in found.new] == [(made.ballet.id, 0)]
    assert found.before == 1
    assert granted.counts(session, made.round) == {"declined": 1, "accepted": 1, "proposed": 1}
    assert session.query(Scenario).count() == 2


def test_a_round_with_nothing_granted_is_proposed_to_nobody(session):
    made = small(session)
    made.scenario.chosen = False
    make_rounds.a_scenario(session, made.round, [], chosen=True)
    assert proposed(session, made) == []
