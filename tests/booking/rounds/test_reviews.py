"""Reviews that applicants ask for: in time or late, from received to the decision, with the run they are about."""

from datetime import date, timedelta

import pytest

from booking.refusals import AlreadyThere, BadInput, NotNow
from booking.rounds import letters, reviews
from booking.rounds.decision_models import ReviewOutcome
from booking.rounds.reviews import Demand
from tests.booking.rounds.make_decided import DECIDED, decided, small

LAST = date(2027, 1, 8)


@pytest.fixture
def letter(session):
    made = small(session)
    decided(session, made)
    found = letters.unwritten(session, most=2)[1]
    letters.write(session, found, now=DECIDED)
    return found


def received(session, letter, on=LAST, **values):
    asked = Demand("Toinen vuoro keskiviikolle", "Luokka on väärä", on, "Tiina Tanssija, Espoo")
    now = DECIDED + timedelta(days=40)
    return reviews.receive(session, letter, asked, by=letter.application.contact_id, now=now, **values)


def test_one_asked_on_the_last_day_is_in_time_and_the_next_day_late(session, letter):
    row = received(session, letter)
    assert (row.late, row.review_by_on, row.state) == (False, LAST, "received")
    reviews.withdraw(session, row, reason="Sovittiin", by=row.entered_by, now=DECIDED)
    assert received(session, letter, on=LAST + timedelta(days=1)).late


def test_it_keeps_the_run_it_is_about_with_its_hashes(session, letter):
    row = received(session, letter)
    assert row.hashes["plan_hash"] == "ab" * 32
    assert row.hashes["scenario"] == row.scenario.ref


def test_one_application_has_one_open_review(session, letter):
    received(session, letter)
    with pytest.raises(AlreadyThere):
        received(session, letter)


@pytest.mark.parametrize("on", [DECIDED.date() - timedelta(days=1), DECIDED.date() + timedelta(days=60)])
def test_it_comes_after_the_decision_and_not_in_the_future(session, letter, on):
    with pytest.raises(BadInput):
        received(session, letter, on=on)


def test_it_goes_to_the_board_and_what_the_board_says_is_kept(session, letter):
    row, by = received(session, letter), letter.decision.prepared_by
    reviews.prepare(session, row, by=by, now=DECIDED)
    with pytest.raises(NotNow):
        reviews.decide(
            session, row, outcome=ReviewOutcome.UPHELD, decision="x", on=date(2027, 2, 4), by=by, now=DECIDED
        )
    reviews.to_board(session, row, board="Liikuntalautakunta", on=date(2027, 2, 4), item="§ 12", by=by, now=DECIDED)
    reviews.decide(
        session,
        row,
        outcome=ReviewOutcome.UPHELD,
        decision="Lautakunta hyväksyi oikaisuvaatimuksen.",
        on=date(2027, 2, 4),
        by=by,
        now=DECIDED,
    )
    reviews.note_follows(session, row, words="Keskiviikko 18–19 myönnettiin käsin", by=by, now=DECIDED)
    assert (row.state, row.outcome, row.item) == ("decided", "upheld", "§ 12")
    assert [one.kind for one in reviews.steps(session, row)] == [
        "received",
        "preparing",
        "to_board",
        "upheld",
        "follows",
    ]


def test_nothing_follows_one_that_was_dismissed(session, letter):
    row, by = received(session, letter), letter.decision.prepared_by
    reviews.to_board(session, row, board="Lautakunta", on=date(2027, 2, 4), item="", by=by, now=DECIDED)
    reviews.decide(
        session, row, outcome=ReviewOutcome.DISMISSED, decision="Hylätään.", on=date(2027, 2, 4), by=by, now=DECIDED
    )
    with pytest.raises(NotNow):
        reviews.note_follows(session, row, words="jotain", by=by, now=DECIDED)
