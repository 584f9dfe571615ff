"""Proofs of registration: what counts on which day, what runs out, and who is told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from booking.refusals import BadInput, NotNow
from booking.register import proofs
from booking.register.proofs import ProofState, ProofWish
from tests import make

DAY = date(2026, 11, 24)


@pytest.fixture
def club(session):
    return make.organisation(session, name="Keksityt Kiipijät ry")


def shown(session, club, now, *, received_on=date(2026, 1, 15), until=None, kind="register_extract", checked=True):
    staff = make.person(session)
    wish = ProofWish(kind, received_on, "PRH 123", until)
    row = proofs.add(session, club, wish, by=staff.id, now=now, today=DAY)
    if checked:
        row.organisation = club
        proofs.check(session, row, by=staff.id, now=now, valid_until=row.valid_until)
    return row


def test_an_organisation_that_showed_nothing_is_not_verified(session, club):
    assert proofs.standing(session, club, DAY).state == ProofState.NOT_VERIFIED
    assert proofs.verified(session, club, DAY) is False


def test_a_document_counts_only_once_somebody_checked_it(session, club, now):
    row = shown(session, club, now, checked=False)
    assert proofs.verified(session, club, DAY) is False
    proofs.check(session, proofs.by_ref(session, row.ref), by=row.entered_by, now=now, valid_until=row.valid_until)
    assert proofs.verified(session, club, DAY) is True


def test_it_counts_from_the_day_it_was_received_until_its_last_day_inclusive(session, club, now):
    shown(session, club, now, received_on=date(2026, 3, 1), until=date(2026, 11, 24))
    assert proofs.verified(session, club, date(2026, 2, 28)) is False
    assert proofs.verified(session, club, date(2026, 11, 24)) is True
    assert proofs.standing(session, club, date(2026, 11, 25)).state == ProofState.EXPIRED


def test_an_extract_without_a_last_day_is_good_for_a_year(session, club, now):
    assert shown(session, club, now, received_on=date(2026, 1, 31)).valid_until == date(2027, 1, 31)
    assert proofs.months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)


def test_the_rules_of_an_association_do_not_prove_that_it_is_registered(session, club, now):
    shown(session, club, now, kind="rules")
    assert proofs.verified(session, club, DAY) is False


def test_a_document_taken_back_with_a_reason_counts_no_more(session, club, now):
    row = shown(session, club, now)
    with pytest.raises(BadInput):
        proofs.refuse(session, row, by=row.entered_by, now=now, why=" ")
    proofs.refuse(session, row, by=row.entered_by, now=now, why="Toisen yhdistyksen ote")
    assert proofs.verified(session, club, DAY) is False


def test_what_was_checked_is_not_checked_again(session, club, now):
    row = shown(session, club, now)
    with pytest.raises(NotNow):
        proofs.check(session, row, by=row.entered_by, now=now, valid_until=None)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (ProofWish("passport", DAY), "kind"),
        (ProofWish("trade_register", DAY), "kind"),
        (ProofWish("rules", DAY + timedelta(days=1)), "received_on"),
        (ProofWish("rules", DAY, valid_until=date(2026, 11, 23)), "valid_until"),
    ],
)
def test_a_document_that_makes_no_sense_is_refused_by_its_field(session, club, now, wish, field):
    with pytest.raises(BadInput) as no:
        proofs.add(session, club, wish, by=make.person(session).id, now=now, today=DAY)
    assert no.value.facts["field"] == field


def test_the_municipality_asks_its_own_school_and_private_persons_for_nothing(session):
    school = make.organisation(session, kind="school")
    someone = make.organisation(session, kind="person")
    assert proofs.verified(session, school, DAY) is True
    assert proofs.verified(session, someone, DAY) is None


def test_an_informal_group_proves_itself_with_its_founding_note(session, now):
    group = make.organisation(session, kind="area_group")
    shown(session, group, now, kind="founding_note")
    assert proofs.verified(session, group, DAY) is True


def test_what_runs_out_soon_is_listed_once_by_its_longest_proof(session, club, now):
    shown(session, club, now, until=date(2026, 12, 1))
    assert [row.organisation_id for row in proofs.running_out(session, DAY)] == [club.id]
    shown(session, club, now, until=date(2027, 11, 1))
    assert proofs.running_out(session, DAY) == []


def test_an_organisation_is_warned_once_at_each_of_the_decided_days(session, club, now):
    row = shown(session, club, now, until=date(2026, 12, 31))
    told = []
    for n in range(60):
        day = date(2026, 11, 1) + timedelta(days=n)
        if row in proofs.to_warn(session, day):
            told.append(day)
            proofs.note_warned(session, row, on=day, now=now)
    assert told == [date(2026, 11, 16), date(2026, 12, 17)]


def test_a_warning_missed_by_days_is_sent_late_and_none_after_it_ran_out(session, club, now):
    row = shown(session, club, now, until=date(2026, 12, 31))
    assert proofs.to_warn(session, date(2026, 11, 20)) == [row]
    assert proofs.to_warn(session, date(2027, 1, 1)) == []
