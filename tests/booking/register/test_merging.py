"""Merging two entries: everything moves, nothing is lost, and the old entry leads on."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from booking.acts import ActKind, told
from booking.models import Booking, Group, Organisation, RoleGrant
from booking.refusals import BadInput, NotNow
from booking.register.duplicates import alike, likely
from booking.register.merging import merge, preview, survivor
from booking.register.models import ActivityReport, Proof, UmbrellaMember
from booking.roles import Role
from tests import make


@pytest.fixture
def pair(session):
    """A club entered twice: the second time with everything that hangs on an entry."""
    stays = make.organisation(session, name="Keksilän Pallo ry", registration_number="123.456", domicile="")
    gone = make.organisation(session, name="Keksilan pallo", members_total=50, members_under_18=20)
    return stays, gone


def merged(session, gone, stays, now, *, sure=False):
    return merge(session, gone, stays, sure=sure, by=make.person(session).id, now=now)


def test_bookings_roles_proofs_and_reports_move_and_the_old_entry_leads_on(session, pair, now):
    stays, gone = pair
    someone = make.person(session)
    time = make.occurrence(session, make.space(session), make.span("2026-11-25", "18:00", "19:00"), whose=gone)
    role = make.role(session, someone, Role.KEY_HOLDER, organisation_id=gone.id)
    proof = Proof(organisation_id=gone.id, kind="rules", received_on=date(2026, 1, 1), entered_by=someone.id)
    report = ActivityReport(organisation_id=gone.id, year=2025, changed_at=now)
    session.add_all([proof, report])
    session.flush()
    merged(session, gone, stays, now)
    homes = [session.get_one(Booking, time.booking_id), session.get_one(RoleGrant, role.id), proof, report]
    assert {row.organisation_id for row in homes} == {stays.id}
    assert survivor(session, gone) is stays
    assert session.get_one(Organisation, gone.id).name == "Keksilan pallo"


def test_the_act_tells_what_moved_and_which_times_and_people_doors_must_hear_of(session, pair, now):
    stays, gone = pair
    keyed = make.person(session)
    make.role(session, keyed, Role.KEY_HOLDER, organisation_id=gone.id)
    time = make.occurrence(session, make.space(session), make.span("2026-11-25", "18:00", "19:00"), whose=gone)
    merged(session, gone, stays, now)
    act = told(session)[-1]
    assert (act.kind, act.subject, act.body["into"]) == (ActKind.ORGANISATION_MERGED, gone.ref, stays.ref)
    assert (act.body["moved"]["booking"], act.body["moved"]["role_grant"]) == (1, 1)
    assert (keyed.id in act.persons, time.id in act.occurrences) == (True, True)


def test_what_the_one_that_stays_does_not_know_it_takes_from_the_other(session, pair, now):
    stays, gone = pair
    merged(session, gone, stays, now)
    assert (stays.domicile, stays.members_total, stays.members_under_18) == ("Espoo", 50, 20)
    assert stays.registration_number == "123.456"


def test_a_number_goes_over_when_only_the_other_has_one(session, now):
    stays = make.organisation(session)
    gone = make.organisation(session, registration_number="123.123")
    merged(session, gone, stays, now)
    assert (stays.registration_number, gone.registration_number) == ("123.123", None)


def test_two_different_live_numbers_are_merged_only_when_somebody_is_sure(session, pair, now):
    stays, gone = pair
    gone.registration_number = "123.123"
    session.flush()
    assert preview(session, gone, stays).two_numbers
    with pytest.raises(BadInput) as no:
        merged(session, gone, stays, now)
    assert no.value.facts["problem"] == "two_numbers"
    merged(session, gone, stays, now, sure=True)
    assert gone.merged_into_id == stays.id


def test_the_preview_counts_what_moves_and_changes_nothing(session, pair, now):
    stays, gone = pair
    make.occurrence(session, make.space(session), make.span("2026-11-25", "18:00", "19:00"), whose=gone)
    found = preview(session, gone, stays)
    assert {(one.table, one.rows) for one in found.moves} == {("booking", 1)}
    assert set(found.fills) == {"domicile", "members_total", "members_under_18"}
    assert session.scalar(select(Booking.id).where(Booking.organisation_id == stays.id)) is None


def test_two_teams_of_one_name_stay_two(session, pair, now):
    stays, gone = pair
    session.add_all([Group(organisation_id=stays.id, name="P13"), Group(organisation_id=gone.id, name="P13")])
    session.flush()
    merged(session, gone, stays, now)
    names = session.scalars(select(Group.name).where(Group.organisation_id == stays.id))
    assert set(names) == {"P13", "P13 (Keksilan pallo)"}


def test_two_reports_of_one_year_stay_where_they_are_and_that_is_told(session, pair, now):
    stays, gone = pair
    session.add_all([ActivityReport(organisation_id=one.id, year=2025, changed_at=now) for one in pair])
    session.flush()
    moves = merged(session, gone, stays, now)
    assert [(one.table, one.rows, one.stay) for one in moves] == [("activity_report", 0, 1)]


def test_who_belonged_to_the_other_does_not_belong_to_itself(session, pair, now):
    stays, gone = pair
    session.add(UmbrellaMember(umbrella_id=gone.id, member_id=stays.id, first_on=date(2020, 1, 1)))
    session.flush()
    (move,) = merged(session, gone, stays, now)
    assert (move.table, move.stay) == ("umbrella_member", 1)


def test_nothing_is_merged_with_itself_with_a_person_or_twice(session, pair, now):
    stays, gone = pair
    someone = make.organisation(session, kind="person")
    for other in (stays, someone):
        with pytest.raises(BadInput):
            merged(session, other, stays, now)
    merged(session, gone, stays, now)
    with pytest.raises(NotNow):
        merged(session, gone, stays, now)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Keksilän Pallo ry", "Keksilan pallo", True),
        ("Keksilän Pallo ry", "Pallo Keksilän, rekisteröity yhdistys", True),
        ("Keksijöiden Kerho ry", "Keksijoiden Kehro ry", True),
        ("Keksilän Pallo ry", "Keksilän Palo ry", True),
        ("Keksilän Pallo P13", "Keksilän Pallo P14", False),
        ("Keksilän Pallo ry", "Kuorotar ry", False),
        ("Ry", "Rf", False),
        ("ABC", "ABD", False),
    ],
)
def test_nearly_the_same_name_is_likely_the_same(first, second, same):
    assert alike(first, second) is same


def test_likely_pairs_leave_out_the_merged_and_private_persons(session, pair, now):
    stays, gone = pair
    make.organisation(session, name="Keksilän Pallo", kind="person")
    assert [(one.first, one.second, one.why) for one in likely(session)] == [(stays, gone, "name")]
    merged(session, gone, stays, now)
    assert likely(session) == []
