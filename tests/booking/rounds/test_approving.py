"""Four eyes: who prepares does not approve, who acts for an applicant does neither, and letters follow the decision."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from booking.acts import ActKind, told
from booking.core.deadlines import last_day
from booking.refusals import BadInput, NotNow
from booking.roles import Role
from booking.rounds import answering, approving, granted, letters
from booking.rounds.answering import Answer
from booking.rounds.decision_models import DecisionLetter, RoundStep
from booking.rulemaking.review import Stop
from tests import make
from tests.booking.rounds.make_decided import AFTER, DECIDED, accepted, decided, in_review, proposed, small

TODAY = DECIDED.date()


def prepared(session, made, by, decision="Liikuntajohtaja 22.12.2026 § 14"):
    return approving.prepare(session, made.round, decision=decision, conditions="", by=by.id, now=DECIDED, today=TODAY)


def test_nothing_is_prepared_while_answers_are_awaited_or_without_a_paragraph(session):
    made = small(session)
    proposed(session, made)
    with pytest.raises(NotNow):
        prepared(session, made, made.official)
    answering.settle(session, made.round, now=DECIDED)
    with pytest.raises(BadInput):
        prepared(session, made, made.official, decision=" ")


def test_who_prepared_is_stopped_from_approving_and_that_is_recorded(session):
    made = small(session)
    row = in_review(session, made)
    assert approving.approve(session, row, by=made.official.id, now=DECIDED, today=TODAY) == Stop("own")
    assert row.state == "in_review"
    assert [one.kind for one in granted.steps(session, made.round)][-1] == "stopped"
    assert ActKind.DECISION_STOPPED in [act.kind for act in told(session)]


def test_who_acts_for_an_applicant_neither_prepares_nor_approves(session):
    made = small(session)
    make.role(session, made.other, Role.BOOKER, organisation_id=made.dancers.organisation_id)
    row = in_review(session, made)
    assert approving.approve(session, row, by=made.other.id, now=DECIDED, today=TODAY) == Stop(
        "role", ("Tanssijat ry",)
    )
    approving.send_back(session, row, reason="Otan tämän takaisin", by=made.official.id, now=DECIDED)
    assert prepared(session, made, made.other) == Stop("role", ("Tanssijat ry",))


def test_who_says_that_they_are_disqualified_is_kept_out_for_good(session):
    made = small(session)
    row = in_review(session, made)
    approving.disclose(session, row, reason="Lapseni tanssii siellä", by=made.other.id, now=DECIDED)
    assert approving.approve(session, row, by=made.other.id, now=DECIDED, today=TODAY) == Stop("disclosed")


def test_one_returned_with_a_reason_can_be_prepared_anew(session):
    made = small(session)
    row = in_review(session, made)
    with pytest.raises(BadInput):
        approving.send_back(session, row, reason="", by=made.other.id, now=DECIDED)
    approving.send_back(session, row, reason="Ehdot puuttuvat", by=made.other.id, now=DECIDED)
    with pytest.raises(NotNow):
        approving.approve(session, row, by=made.other.id, now=DECIDED, today=TODAY)
    again = prepared(session, made, made.official)
    assert approving.approve(session, again, by=made.other.id, now=DECIDED, today=TODAY) is None


def test_approval_decides_what_was_accepted_and_begins_a_letter_to_every_applicant(session):
    made = small(session)
    first, second = accepted(session, made)
    answering.answer(session, second, Answer.DECLINE, words="", by=made.dancers.contact_id, now=AFTER + timedelta(2))
    row = prepared(session, made, made.official)
    assert approving.approve(session, row, by=made.other.id, now=DECIDED, today=TODAY) is None
    assert (first.state, second.state, made.round.state) == ("decided", "declined", "decided")
    begun = session.scalars(select(DecisionLetter.application_id).order_by(DecisionLetter.id)).all()
    assert begun == [made.scouts.id, made.dancers.id]


def test_a_letter_tells_what_was_granted_what_not_and_why_and_is_frozen(session):
    made = small(session)
    decided(session, made)
    scouts, dancers = letters.unwritten(session, most=10)
    for one in (scouts, dancers):
        letters.write(session, one, now=DECIDED)
    assert letters.unwritten(session, most=10) == []
    ballet = dancers.facts["sections"][0]
    assert ballet["granted"][0]["space"]["sv"] == "Stora salen"
    assert (ballet["granted"][0]["first_on"], ballet["granted"][0]["last_on"]) == ("2027-01-12", "2027-05-25")
    assert ballet["reasons"][0]["code"] == "higher_class"
    assert scouts.facts["sections"][0]["reasons"] == []
    assert "Partio" not in str(dancers.facts), "no letter names a rival"
    made.cubs.name = "Toinen nimi"
    assert scouts.facts["sections"][0]["name"] == "Sudenpennut"


def test_the_price_in_a_letter_is_what_the_rules_say_of_the_first_time(session):
    made = small(session)
    decided(session, made)
    letter = letters.unwritten(session, most=1)[0]
    letters.write(session, letter, now=DECIDED)
    price = letter.facts["sections"][0]["price"]
    assert (price["cents"], bool(price["rows"])) == (0, True)


def test_the_days_to_ask_for_a_review_begin_when_the_letter_is_taken_to_be_known(session):
    made = small(session)
    decided(session, made)
    letter = letters.unwritten(session, most=1)[0]
    letters.write(session, letter, now=DECIDED)
    # sent on Tuesday 22.12., known on the third day, 25.12., 14 days from that: Friday 8.1.
    assert letter.review_by_on == date(2027, 1, 8)


@pytest.mark.parametrize(
    ("begins_on", "ends_on"),
    [
        (date(2026, 12, 10), date(2026, 12, 28)),  # Christmas Eve, Christmas, Boxing Day, Sunday
        (date(2027, 6, 11), date(2027, 6, 28)),  # Midsummer Eve and Day, Sunday
        (date(2026, 11, 22), date(2026, 12, 7)),  # Independence Day is a Sunday
        (date(2027, 4, 17), date(2027, 5, 3)),  # May Day is a Saturday
        (date(2027, 2, 1), date(2027, 2, 15)),
    ],
)
def test_a_last_day_moves_on_from_days_when_offices_are_shut(begins_on, ends_on):
    assert last_day(begins_on, 14) == ends_on


def test_every_step_is_kept_in_order(session):
    made = small(session)
    decided(session, made)
    kinds = session.scalars(select(RoundStep.kind).where(RoundStep.round_id == made.round.id).order_by(RoundStep.id))
    assert list(kinds) == ["proposed", "prepared", "approved"]
