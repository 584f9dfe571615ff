"""The page on which people decide what the rules leave to them: who is asked what, and what is kept and sent."""

import pytest
from sqlalchemy import select

from booking.acts import ActKind
from booking.models import Letter, Occurrence
from booking.roles import Role
from tests import make
from tests.booking.own_rules import Raw, row, rules
from tests.web.test_booking import asked, hold, plain, states  # noqa: F401 - `asked` is a fixture

ASK = row(
    "exclusions",
    "clubs-ask",
    result="needs_approval",
    ask="principal",
    question=Raw('{ fi = "Sopiiko kerho kouluun?", sv = "Passar klubben?", en = "Does the club suit the school?" }'),
    when=Raw('{ not = { fact = "activity.consents", is = "has", value = "principal", not_told = "no" } }'),
)
PROMISE = row("limits", "in-a-week", kind="decide_before", value=7, unit="days")


@pytest.fixture
def waiting(rolled_back, client_as, town, asked):  # noqa: F811
    """A time that waits for the principal, under rules of the town's own."""

    def put(*more):
        with rolled_back.begin() as session:
            rules(session, session.merge(town.premises), ASK, *more)
        client = client_as(town.booker)
        sent = asked | {"day": "2026-12-09", "asking": "activity.consents"}
        ref = hold(client, sent)
        client.post(f"/bookings/{ref}/confirm")
        assert states(rolled_back, ref) == ["pending"]
        return ref

    return put


def letters(rolled_back):
    with rolled_back() as session:
        return list(session.scalars(select(Letter).order_by(Letter.id)))


def test_the_principal_is_asked_the_question_of_the_rule_and_gets_a_letter(client_as, town, waiting, rolled_back):
    ref = waiting(PROMISE)
    page = plain(client_as(Role.DECIDER).get(f"/requests/{ref}").text)
    assert "Does the club suit the school?" in page
    assert "You decide this as: principal." in page
    assert "The rules promise a decision by Wednesday, 2 December 2026." in page
    [letter] = [one for one in letters(rolled_back) if one.subject.startswith("Pyyntö odottaa päätöstäsi")]
    assert letter.address == town.people[Role.DECIDER].email
    assert "Sopiiko kerho kouluun?" in letter.body
    assert f"/requests/{ref}" in letter.body


def test_a_yes_with_conditions_books_and_tells_them(client_as, waiting, rolled_back):
    ref = waiting()
    yes = {"answer": "grant", "reason": "Sopii hyvin", "conditions": "Lattia suojataan"}
    assert client_as(Role.DECIDER).post(f"/requests/{ref}", data=yes).status_code == 302
    assert states(rolled_back, ref) == ["confirmed"]
    last = letters(rolled_back)[-1]
    assert last.subject.startswith("Myönnetty")
    assert "Lattia suojataan" in last.body
    with rolled_back() as session:
        trace = session.scalars(select(Occurrence).order_by(Occurrence.id.desc())).first().trace
    assert trace["decided_facts"] == {"activity.consents": ["principal"]}


def test_the_manager_sees_it_wait_for_the_principal_and_cannot_decide(client_as, waiting, rolled_back):
    ref = waiting()
    manager = client_as(Role.MANAGER)
    listed = plain(manager.get("/requests").text)
    assert "They wait for somebody else" in listed
    assert "Keksi Decider" in listed
    assert "Send the decision" not in manager.get(f"/requests/{ref}").text
    assert manager.post(f"/requests/{ref}", data={"answer": "grant", "reason": "x"}).status_code == 403
    assert states(rolled_back, ref) == ["pending"]


def test_who_acts_for_the_applicant_is_stopped_and_that_is_logged(client_as, town, waiting, rolled_back, acts_kept):
    ref = waiting()
    with rolled_back.begin() as session:
        make.role(session, town.people[Role.DECIDER], Role.SECRETARY, organisation_id=town.organisation.id)
    principal = client_as(Role.DECIDER)
    no = principal.post(f"/requests/{ref}", data={"answer": "grant", "reason": "x"})
    assert no.status_code == 403
    assert "You cannot decide this" in no.text
    [act] = [act for act in acts_kept if act.kind is ActKind.DECISION_STOPPED]
    assert (act.actor, act.subject) == (town.people[Role.DECIDER].id, ref)
    assert states(rolled_back, ref) == ["pending"]
    granted = client_as(Role.MANAGER).post(f"/requests/{ref}", data={"answer": "grant", "reason": "Ok"})
    assert granted.status_code == 302


def test_what_one_grants_goes_on_to_the_next_whom_the_rules_name(client_as, waiting, rolled_back):
    second = row(
        "exclusions",
        "then-the-manager",
        result="needs_approval",
        ask="manager",
        when=Raw(
            '{ all = [{ fact = "activity.consents", is = "has", value = "principal", not_told = "no" }, '
            '{ not = { fact = "activity.consents", is = "has", value = "manager" } }] }'
        ),
    )
    ref = waiting(second)
    yes = {"answer": "grant", "reason": "Minun puolestani"}
    client_as(Role.DECIDER).post(f"/requests/{ref}", data=yes)
    assert states(rolled_back, ref) == ["pending"]
    manager = client_as(Role.MANAGER)
    assert "Decided already: principal, yes. Minun puolestani" in plain(manager.get(f"/requests/{ref}").text)
    manager.post(f"/requests/{ref}", data={"answer": "grant", "reason": "Ok"})
    assert states(rolled_back, ref) == ["confirmed"]


def test_a_judgement_is_asked_of_who_decides_and_the_rules_answer_with_it(client_as, town, asked, rolled_back):  # noqa: F811
    shut = row(
        "exclusions", "own", result="refused", when=Raw('{ fact = "activity.complements", is = "==", value = false }')
    )
    with rolled_back.begin() as session:
        rules(session, session.merge(town.premises), shut)
        session.merge(town.organisation).facts = {}
    client = client_as(town.booker)
    ref = hold(client, asked)
    client.post(f"/bookings/{ref}/confirm")
    manager = client_as(Role.MANAGER)
    assert "fact-activity-complements" in manager.get(f"/requests/{ref}").text
    no = {"answer": "grant", "reason": "x", "fact-activity-complements": "no"}
    refused = manager.post(f"/requests/{ref}", data=no)
    assert (refused.status_code, "the rules do not allow it" in refused.text) == (422, True)
    assert manager.post(f"/requests/{ref}", data=no | {"fact-activity-complements": "yes"}).status_code == 302
    assert states(rolled_back, ref) == ["confirmed"]


def test_a_time_that_waits_is_tentative_in_the_calendar_file(client_as, waiting, rolled_back):
    waiting()
    with_file = [one for one in letters(rolled_back) if one.attachment]
    assert "STATUS:TENTATIVE" in with_file[-1].attachment
