"""Requests that wait for a person: who decides, and what the decision becomes."""

from dataclasses import replace as changed

import pytest

from booking import deciding
from booking.acts import ActKind
from booking.bookings import book, booking_of
from booking.deciders import deciders
from booking.deciding import Answer
from booking.refusals import BadInput, NotNow
from booking.roles import Role
from tests import make
from tests.make import once


@pytest.fixture
def place(session):
    return make.space(session, make.premises(session, kind="school"), kind="classroom")


@pytest.fixture
def leader(session):
    return make.person(session)


def request(session, place, leader, now, **values):
    """A time that waits: the partner of a school wants its club, and nobody has told whether the principal consents."""
    partner = make.organisation(session, purposes=[], facts={"relation": "partner"})
    asked = make.wish(place, partner, leader, once("2026-11-26", "18:00", "19:00"), purpose="club")
    return book(session, changed(asked, **values), by=leader.id, now=now)


def test_the_one_the_rules_name_is_asked(session, place, leader, now):
    [row] = request(session, place, leader, now).occurrences
    assert (row.state, deciding.decider_of(row)) == ("pending", "principal")


def approve(session, booking, leader, now, **values):
    deciding.approve(session, booking.occurrences, Answer(reason="sopii", **values), by=leader.id, by_ref="x", now=now)


def test_a_yes_becomes_the_consent_that_the_rules_are_asked_again_with(session, place, leader, now):
    booking = request(session, place, leader, now)
    approve(session, booking, leader, now, conditions="siivotkaa")
    [row] = booking.occurrences
    assert row.state == "confirmed"
    assert row.trace["kind"] == "granted"
    assert row.trace["decided_facts"] == {"activity.consents": ["principal"]}
    assert row.trace["facts"]["activity.consents"] == ["principal"]
    [said] = row.trace["decisions"]
    assert (said["role"], said["reason"], said["conditions"]) == ("principal", "sopii", "siivotkaa")
    assert row.price_cents == 0  # by the rule that the consent makes hold


def test_after_a_no_the_time_is_what_the_rules_make_of_it_without_the_consent(session, place, leader, now):
    booking = request(session, place, leader, now)
    approve(session, booking, leader, now, consents=False)
    [row] = booking.occurrences
    assert (row.state, row.trace["kind"], row.price_class) == ("confirmed", "granted", "reduced")
    assert row.price_cents is None  # the sources do not tell it, and nobody made it up


@pytest.mark.parametrize(("own", "normal", "subsidy"), [(0, 3000, 3000), (1000, 3000, 2000), (9000, 9000, 0)])
def test_a_price_by_hand_keeps_normal_equal_to_price_and_support(session, place, leader, now, own, normal, subsidy):
    booking = request(session, place, leader, now)
    [row] = booking.occurrences
    row.price_cents, row.normal_cents, row.subsidy_cents, row.price_class = 0, 3000, 3000, "x"
    deciding._price_by_hand(row, own)
    session.flush()
    assert (row.price_cents, row.normal_cents, row.subsidy_cents) == (own, normal, subsidy)


def test_an_unknown_normal_price_stays_unknown_beside_a_price_by_hand(session, place, leader, now):
    booking = request(session, place, leader, now)
    [row] = booking.occurrences
    row.price_cents = row.normal_cents = row.subsidy_cents = None
    deciding._price_by_hand(row, 500)
    session.flush()
    assert (row.price_cents, row.normal_cents, row.subsidy_cents) == (500, None, None)


def test_a_decision_needs_a_reason_and_a_waiting_time(session, place, leader, now):
    booking = request(session, place, leader, now)
    with pytest.raises(BadInput):
        deciding.approve(session, booking.occurrences, Answer(reason=" "), by=leader.id, by_ref="x", now=now)
    approve(session, booking, leader, now)
    with pytest.raises(NotNow):
        approve(session, booking, leader, now)


def test_what_was_decided_is_in_the_log(sessions, now, acts_kept):
    with sessions.begin() as session:
        hall = make.space(session, make.premises(session, kind="school"), kind="classroom")
        someone = make.person(session)
        booking = request(session, hall, someone, now)
    with sessions.begin() as session:
        approve(session, booking_of(session, booking.ref), someone, now)
    [act] = [act for act in acts_kept if act.kind is ActKind.BOOKING_APPROVED]
    assert act.body["decision"] == "sopii"


class TestWhoDecides:
    @pytest.fixture
    def booking(self, session, place, leader, now):
        return request(session, place, leader, now)

    def found(self, session, place, booking, now, word="principal"):
        return deciders(session, place.premises_id, word, booking, now.date())

    def test_the_principal_of_the_premises_and_who_stands_in(self, session, place, booking, now):
        principal, deputy, other = (make.person(session) for _ in range(3))
        make.role(session, principal, Role.DECIDER, premises_id=place.premises_id, decides_as="principal")
        make.role(session, deputy, Role.DECIDER, premises_id=place.premises_id, decides_as="principal", stand_in=True)
        make.role(session, other, Role.DECIDER, premises_id=make.premises(session).id, decides_as="principal")
        make.role(session, make.person(session), Role.MANAGER, premises_id=place.premises_id)
        who = self.found(session, place, booking, now)
        assert ([one.id for one in who.may], who.named) == ([principal.id, deputy.id], True)

    def test_where_nobody_holds_the_role_it_is_the_house(self, session, place, booking, now):
        manager, boss = make.person(session), make.person(session)
        make.role(session, manager, Role.MANAGER, premises_id=place.premises_id)
        make.role(session, boss, Role.ADMINISTRATOR)
        who = self.found(session, place, booking, now)
        assert ([one.id for one in who.may], who.named) == ([manager.id], False)

    def test_somebody_with_an_interest_is_stopped_and_their_stand_in_decides(self, session, place, booking, now):
        principal, deputy = make.person(session), make.person(session)
        make.role(session, principal, Role.DECIDER, premises_id=place.premises_id, decides_as="principal")
        make.role(session, deputy, Role.DECIDER, premises_id=place.premises_id, decides_as="principal", stand_in=True)
        make.role(session, principal, Role.SECRETARY, organisation_id=booking.organisation_id)
        who = self.found(session, place, booking, now)
        assert [one.id for one in who.may] == [deputy.id]
        assert who.stops(principal.id)

    def test_when_all_are_stopped_it_goes_to_the_administrators(self, session, place, booking, leader, now):
        boss = make.person(session)
        make.role(session, leader, Role.MANAGER, premises_id=place.premises_id)  # and holder of the booking
        make.role(session, boss, Role.ADMINISTRATOR)
        who = self.found(session, place, booking, now, word="manager")
        assert ([one.id for one in who.may], [one.id for one in who.stopped]) == ([boss.id], [leader.id])
