"""The pages from proposals to undoing: who presses what, what is shown, and the letters that go out."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from booking.models import Letter, Occurrence
from booking.roles import Role
from booking.rounds.decision_models import DecisionLetter, Review, RoundDecision
from booking.rounds.models import Round
from booking.rounds.plan_models import SlotGrant
from tests import make
from tests.booking.rounds import make_decided
from tests.booking.rounds.make_decided import AFTER, DECIDED
from tests.web.test_invoicing import tagged
from web import i18n
from web.round_jobs import RoundMinder
from web.round_papers import letter


@pytest.fixture
def made(town, rolled_back, clock):
    """A round of the town's hall after its window, with a chosen scenario; the troop is the scouts' organisation."""
    clock.at = AFTER
    with rolled_back.begin() as session:
        found = make_decided.small(session, hall=town.space, name_en="Spring 2027")
        found.scouts.organisation_id, found.scouts.organisation = town.organisation.id, town.organisation
        make.role(session, town.strangers[Role.MANAGER], Role.MANAGER, premises_id=town.premises.id)
        session.flush()
    return found


@pytest.fixture
def minder(app, rolled_back):
    """The background of rounds, on the test's own database."""

    class Speaking:
        @contextmanager
        def speaking(self):
            with app.test_request_context(base_url="http://localhost"), rolled_back.begin() as session:
                yield session

    return RoundMinder(Speaking(), rolled_back)


def propose(client_as, made):
    return client_as(Role.MANAGER).post(
        f"/rounds/{made.round.ref}/proposals", data={"answer_by": "2026-12-21", "answer_clock": "12:00"}
    )


def grants(rolled_back, made):
    with rolled_back() as session:
        query = select(SlotGrant).where(SlotGrant.round_id == made.round.id).order_by(SlotGrant.weekday)
        return session.scalars(query).all()


def subjects(rolled_back):
    with rolled_back() as session:
        return session.scalars(select(Letter.subject).order_by(Letter.id)).all()


def in_review(client_as, made, rolled_back):
    propose(client_as, made)
    for row in grants(rolled_back, made):
        with rolled_back.begin() as session:
            session.get_one(SlotGrant, row.id).state = "accepted"
    step = {"step": "prepare", "decision": "Board 22.12.2026 § 14", "conditions": "Indoor shoes only"}
    return client_as(Role.MANAGER).post(f"/rounds/{made.round.ref}/decision", data=step)


def approve(client_as, made, who=None):
    return client_as(who or Role.MANAGER, stranger=who is None).post(
        f"/rounds/{made.round.ref}/decision", data={"step": "approve"}, follow_redirects=True
    )


def test_proposals_go_to_the_secretaries_once(made, client_as, rolled_back):
    assert propose(client_as, made).status_code == 302
    propose(client_as, made)
    assert [row.state for row in grants(rolled_back, made)] == ["proposed", "proposed"]
    told = [one for one in subjects(rolled_back) if "Kevät" in one or "Spring" in one]
    assert len(told) == 2, "one for each secretary, and none the second time"
    page = client_as(Role.MANAGER).get(f"/rounds/{made.round.ref}/proposals").text
    assert "Sudenpennut" in page
    assert "Monday 17:00–18:00" in page


def test_the_list_is_paged_and_searched(made, client_as, rolled_back):
    propose(client_as, made)
    url = f"/rounds/{made.round.ref}/proposals"
    assert "Baletti" not in client_as(Role.AUDITOR).get(f"{url}?seek=suden").text
    assert "No slots." in client_as(Role.AUDITOR).get(f"{url}?state=declined").text


def test_a_secretary_answers_on_the_page_and_others_cannot(made, client_as, rolled_back):
    propose(client_as, made)
    row = grants(rolled_back, made)[0]
    assert "Answer" in client_as(Role.SECRETARY).get("/my-grants").text
    assert client_as(Role.SECRETARY, stranger=True).get(f"/grants/{row.ref}/answer").status_code == 403
    assert client_as(Role.BOOKER).get(f"/grants/{row.ref}/answer").status_code == 403
    client = client_as(Role.SECRETARY)
    asked = client.post(f"/grants/{row.ref}/answer", data={"answer": "ask"})
    assert asked.status_code == 422
    client.post(f"/grants/{row.ref}/answer", data={"answer": "ask", "words": "Can we come earlier?"})
    staff = client_as(Role.MANAGER)
    assert "Can we come earlier?" in staff.get(f"/rounds/{made.round.ref}/proposals").text
    staff.post(f"/rounds/{made.round.ref}/proposals/reply", data={"grant": row.ref, "reply": "Sorry, no."})
    assert "Sorry, no." in client.get(f"/grants/{row.ref}/answer").text
    client.post(f"/grants/{row.ref}/answer", data={"answer": "accept"})
    assert grants(rolled_back, made)[0].state == "accepted"


def test_everything_is_accepted_with_one_press(made, client_as, rolled_back, town):
    propose(client_as, made)
    form = {"organisation": town.organisation.ref, "answer": "accept"}
    client_as(Role.SECRETARY).post(f"/my-grants/{made.round.ref}", data=form)
    assert [row.state for row in grants(rolled_back, made)] == ["accepted", "proposed"]
    answer = client_as(Role.SECRETARY, stranger=True).post(f"/my-grants/{made.round.ref}", data=form)
    assert answer.status_code == 403


def test_a_program_reads_and_answers_its_own_proposals(made, client_as, rolled_back):
    propose(client_as, made)
    client = client_as(Role.SECRETARY)
    found = [one for one in client.get("/api/v1/me/grants").json["grants"] if one["section"] == "Sudenpennut"]
    assert [(one["state"], one["answerable"], one["weekday"]) for one in found] == [("proposed", True, 0)]
    url = f"/api/v1/me/grants/{found[0]['ref']}/answer"
    assert client.post(url, json={"answer": "accept"}).json["state"] == "accepted"
    assert client.post(url, json={"answer": "perhaps"}).status_code == 422
    assert client_as(Role.SECRETARY, stranger=True).post(url, json={"answer": "accept"}).status_code == 403


def test_the_background_settles_what_nobody_answered_and_tells(made, client_as, rolled_back, minder):
    propose(client_as, made)
    minder.settle(make.at("2026-12-21", "11:59"))
    assert {row.state for row in grants(rolled_back, made)} == {"proposed"}
    minder.settle(make.at("2026-12-21", "12:00"))
    assert {row.state for row in grants(rolled_back, made)} == {"accepted"}
    assert (
        sum("days for answering are over" in one or "vastausaika" in one.lower() for one in subjects(rolled_back)) == 2
    )


def test_who_prepared_cannot_approve_and_another_can(made, client_as, rolled_back):
    in_review(client_as, made, rolled_back)
    assert "second person must approve" in approve(client_as, made, Role.MANAGER).text
    assert {row.state for row in grants(rolled_back, made)} == {"accepted"}
    page = approve(client_as, made)
    assert "Approved. Letters go to every applicant." in page.text
    assert {row.state for row in grants(rolled_back, made)} == {"decided"}


def test_one_who_acts_for_an_applicant_is_told_why_they_are_stopped(made, client_as, rolled_back, town):
    in_review(client_as, made, rolled_back)
    with rolled_back.begin() as session:
        make.role(session, town.strangers[Role.MANAGER], Role.BOOKER, organisation_id=town.organisation.id)
    assert "You act for Kuusikon Kiipijät ry" in approve(client_as, made).text
    with rolled_back() as session:
        mine = RoundDecision.round_id == made.round.id
        assert session.scalars(select(RoundDecision.state).where(mine)).all() == ["in_review"]


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_letter_is_a_tagged_pdf_in_each_language_and_names_no_rival(made, client_as, rolled_back, language):
    in_review(client_as, made, rolled_back)
    draft = client_as(Role.MANAGER, language=language).get(f"/rounds/{made.round.ref}/decision/{made.dancers.ref}.pdf")
    assert tagged(draft.data, language=language)
    approve(client_as, made)
    with rolled_back() as session:
        letter = session.scalars(select(DecisionLetter).where(DecisionLetter.application_id == made.scouts.id)).one()
    url = f"/decision-letters/{letter.ref}.pdf"
    answer = client_as(Role.SECRETARY, language=language).get(url)
    assert answer.mimetype == "application/pdf"
    assert tagged(answer.data, language=language)
    assert client_as(Role.SECRETARY, language=language).get(url).data == answer.data, "the same file every time"
    assert client_as(Role.SECRETARY, stranger=True).get(url).status_code == 403


def test_a_letter_says_what_is_granted_why_not_more_the_conditions_and_how_to_ask_for_a_review(
    made, client_as, rolled_back, app
):
    in_review(client_as, made, rolled_back)
    approve(client_as, made)
    with rolled_back() as session:
        facts = session.scalars(
            select(DecisionLetter.facts).where(DecisionLetter.application_id == made.dancers.id)
        ).one()
    with app.test_request_context(), i18n.speaking("en"):
        paper = letter(facts)
    said = str(paper)
    assert "Tuesday 18:00–19:30" in said
    assert "The time was granted to applicants of an earlier priority class." in said
    assert "Indoor shoes only" in said
    assert "Board 22.12.2026 § 14" in said
    assert "How to ask for a review" in said
    assert "Kuusikon" not in said, "no rival is named"


def test_letters_that_wait_are_written_by_the_background(made, client_as, rolled_back, minder):
    in_review(client_as, made, rolled_back)
    approve(client_as, made)
    with rolled_back.begin() as session:
        for one in session.scalars(select(DecisionLetter)):
            one.sent_at = one.facts = None
    minder.letters(DECIDED)
    with rolled_back() as session:
        assert all(one.sent_at for one in session.scalars(select(DecisionLetter)))


def test_the_calendar_page_shows_how_far_it_is_and_what_was_left_out(made, client_as, rolled_back, minder, clock):
    in_review(client_as, made, rolled_back)
    approve(client_as, made)
    url = f"/rounds/{made.round.ref}/calendar"
    client = client_as(Role.MANAGER)
    assert "0 of 2 slots are in the calendar." in client.get(url).text
    client.post(url)
    minder.calendar(AFTER)
    page = client.get(url).text
    assert "2 of 2 slots are in the calendar." in page
    assert "Public holiday: Easter Monday" in page
    assert "19 dates in the calendar" in page
    with rolled_back() as session:
        mine = SlotGrant.round_id == made.round.id
        series = {row.booking_id for row in session.scalars(select(SlotGrant).where(mine))}
        assert len(series) == 2


def test_undoing_asks_why_and_shows_its_stages(made, client_as, rolled_back, minder):
    in_review(client_as, made, rolled_back)
    approve(client_as, made)
    client, url = client_as(Role.MANAGER), f"/rounds/{made.round.ref}/undo"
    client.post(f"/rounds/{made.round.ref}/calendar")
    minder.calendar(AFTER)
    assert client.post(url, data={"reason": "", "sure": "1"}).status_code == 422
    assert client.post(url, data={"reason": "The draw was wrong"}).status_code == 422
    assert client.post(url, data={"reason": "The draw was wrong", "sure": "1"}).status_code == 302
    assert "Rights at doors taken back" in client.get(url).text
    for _turn in range(12):
        minder.undo(AFTER + timedelta(minutes=1))
    page = client.get(url).text
    assert "under way" not in page
    with rolled_back() as session:
        assert session.get_one(Round, made.round.id).state == "allocating"
        mine = SlotGrant.round_id == made.round.id
        states = select(Occurrence.state).join(SlotGrant, SlotGrant.booking_id == Occurrence.booking_id).where(mine)
        assert set(session.scalars(states)) == {"cancelled", "refused"}
        told = session.scalars(select(Letter.body).where(Letter.body.contains("The draw was wrong"))).all()
    assert len(told) == 2


def test_a_review_goes_from_the_applicant_to_the_board_and_back(made, client_as, rolled_back, clock):
    in_review(client_as, made, rolled_back)
    approve(client_as, made)
    with rolled_back() as session:
        letter = session.scalars(
            select(DecisionLetter.ref).where(DecisionLetter.application_id == made.scouts.id)
        ).one()
    ask = {"demand": "A second evening", "grounds": "Our class is wrong", "from_whom": "Keksi, Espoo"}
    applicant, staff = client_as(Role.SECRETARY), client_as(Role.MANAGER)
    answer = applicant.post(f"/decision-letters/{letter}/review", data=ask)
    url = answer.headers["Location"]
    assert "in time" in applicant.get(url).text
    assert applicant.post(url, data={"step": "board", "board": "x", "on": "2027-01-20"}).status_code == 403
    staff.post(url, data={"step": "board", "board": "Sports board", "on": "2027-01-20", "item": "§ 3"})
    decision = {"step": "decide", "outcome": "upheld", "on": "2027-01-20", "words": "The board upholds it."}
    staff.post(url, data=decision)
    assert "The board upholds it." in applicant.get(url).text
    staff.post(url, data={"step": "follows", "words": "Wednesday pinned by hand"})
    assert "Kuusikon Kiipijät ry" in staff.get("/reviews").text
    assert client_as(Role.SECRETARY, stranger=True).get(url).status_code == 403
    with rolled_back() as session:
        mine = Review.application_id == made.scouts.id
        assert session.scalars(select(Review.follows).where(mine)).one() == "Wednesday pinned by hand"


def test_staff_enter_a_request_that_came_late(made, client_as, rolled_back, clock):
    in_review(client_as, made, rolled_back)
    approve(client_as, made)
    with rolled_back() as session:
        letter = session.scalars(
            select(DecisionLetter.ref).where(DecisionLetter.application_id == made.scouts.id)
        ).one()
    clock.at = datetime(2027, 2, 15, 10, 0, tzinfo=UTC)
    ask = {"demand": "More", "grounds": "Why not", "from_whom": "Keksi, Espoo", "received_on": "2027-02-12"}
    answer = client_as(Role.MANAGER).post(f"/decision-letters/{letter}/review", data=ask)
    assert "late" in client_as(Role.MANAGER).get(answer.headers["Location"]).text
