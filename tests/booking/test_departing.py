"""A dissolved association (acceptance P2) and a person who leaves (P1)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from access.erasure import erase_person
from booking.acts import ActKind, told
from booking.bookings import book
from booking.departing import dissolve, give_to, hand_over, without_holder
from booking.models import Booking, Group, Occupancy, Occurrence, RoleGrant
from booking.organisations import listed
from booking.people import everything_about
from booking.refusals import BadInput, NotNow
from booking.register import proofs
from booking.register.commitments import sign
from booking.register.decided import season_on
from booking.register.proofs import ProofWish
from booking.roles import Role, end_at
from tests import make

TODAY = date(2026, 11, 24)


@pytest.fixture
def club(session):
    return make.organisation(session, name="Keksityt Kiipijät ry")


def member(session, club, role=Role.BOOKER, **scope):
    someone = make.person(session)
    make.role(session, someone, role, organisation_id=club.id, **scope)
    return someone


def time(session, club, holder, day="2026-11-25", place=None):
    return make.occurrence(
        session, place or make.space(session), make.span(day, "18:00", "19:00"), whose=club, holder=holder
    )


def test_a_dissolved_associations_times_to_come_are_free_at_once_and_what_is_past_stays(session, club, now):
    holder = member(session, club)
    past, ahead = time(session, club, holder, "2026-11-20"), time(session, club, holder)
    (released,) = dissolve(session, club, on=TODAY, by=holder.id, now=now, today=TODAY)
    assert released.rows == (ahead,)
    assert (past.state, ahead.state, ahead.reason) == ("confirmed", "cancelled", "dissolved")
    assert session.scalar(select(Occupancy.id).where(Occupancy.occurrence_id == ahead.id)) is None


def test_its_codes_and_cards_go_with_the_times_and_who_pays_stays(session, club, now):
    holder, payer = member(session, club), member(session, club, Role.PAYER)
    time(session, club, holder)
    dissolve(session, club, on=TODAY, by=holder.id, now=now, today=TODAY)
    rows = session.scalars(select(RoleGrant).where(RoleGrant.organisation_id == club.id))
    ended = {row.person_id: row.ended_why for row in rows}
    assert ended == {holder.id: "dissolved", payer.id: ""}


def test_a_dissolved_association_books_nothing_any_more(session, club, now):
    holder = member(session, club)
    dissolve(session, club, on=TODAY, by=holder.id, now=now, today=TODAY)
    wish = make.wish(make.space(session), club, holder, make.once("2026-11-25", "18:00", "19:00"))
    with pytest.raises(NotNow) as no:
        book(session, wish, by=holder.id, now=now)
    assert no.value.facts["reason"] == "dissolved"


def test_a_day_to_come_releases_nothing_yet_and_is_the_last_to_be_booked(session, club, now):
    holder = member(session, club)
    ahead = time(session, club, holder)
    assert dissolve(session, club, on=date(2026, 12, 31), by=holder.id, now=now, today=TODAY) == []
    assert ahead.state == "confirmed"
    book(
        session,
        make.wish(make.space(session), club, holder, make.once("2026-12-30", "18:00", "19:00")),
        by=holder.id,
        now=now,
    )
    late = make.wish(make.space(session), club, holder, make.once("2026-12-31", "18:00", "19:00"))
    with pytest.raises(NotNow):
        book(session, late, by=holder.id, now=now)


def test_dissolving_twice_tells_it_once(session, club, now):
    by = make.person(session).id
    for _ in range(2):
        dissolve(session, club, on=TODAY, by=by, now=now, today=TODAY)
    assert [act.kind for act in told(session)].count(ActKind.ORGANISATION_DISSOLVED) == 1


def test_the_times_of_a_person_who_leaves_go_to_another_of_the_association(session, club, now):
    leaver, key_holder, booker = member(session, club), member(session, club, Role.KEY_HOLDER), member(session, club)
    row = time(session, club, leaver)
    done = hand_over(session, leaver.id, by=leaver.id, now=now, today=TODAY)
    assert [one.id for one in done.moved] == [row.booking_id]
    assert row.booking.holder_id == booker.id
    act = told(session)[-1]
    assert (act.kind, act.occurrences) == (ActKind.BOOKING_HANDED_OVER, (row.id,))
    assert key_holder.id not in act.persons


def test_somebody_of_the_team_that_booked_comes_before_others(session, club, now):
    team = Group(organisation_id=club.id, name="P13")
    session.add(team)
    session.flush()
    leaver, _other, mate = member(session, club), member(session, club), member(session, club, group_id=team.id)
    row = time(session, club, leaver)
    row.booking.group_id = team.id
    hand_over(session, leaver.id, by=leaver.id, now=now, today=TODAY)
    assert row.booking.holder_id == mate.id


def test_where_nobody_is_left_the_officer_finds_the_booking_in_a_list(session, club, now):
    leaver = member(session, club)
    row = time(session, club, leaver)
    assert without_holder(session, None, now, TODAY) == []
    grant = session.scalars(select(RoleGrant).where(RoleGrant.person_id == leaver.id)).one()
    end_at(session, grant, at=now, on=TODAY, by=leaver.id, now=now)
    assert [one.id for one in hand_over(session, leaver.id, by=leaver.id, now=now, today=TODAY).left] == [
        row.booking_id
    ]
    assert [one.id for one in without_holder(session, None, now, TODAY)] == [row.booking_id]
    assert without_holder(session, [], now, TODAY) == []
    newcomer = member(session, club)
    give_to(session, row.booking, newcomer, by=newcomer.id, now=now, today=TODAY)
    assert without_holder(session, None, now, TODAY) == []


def test_an_officer_gives_a_booking_to_nobody_from_outside(session, club, now):
    row = time(session, club, member(session, club))
    stranger = make.person(session)
    with pytest.raises(BadInput):
        give_to(session, row.booking, stranger, by=stranger.id, now=now, today=TODAY)


def test_erasing_a_person_hands_over_what_lies_ahead_and_exports_go_on(session, club, now):
    """Acceptance P1."""
    leaver, heir = member(session, club), member(session, club)
    past, ahead = time(session, club, leaver, "2026-11-20"), time(session, club, leaver)
    own = make.organisation(session, kind="person", person_id=leaver.id)
    private = time(session, own, leaver, "2026-11-26")
    erase_person(session, leaver, by=heir.id, now=now, today=TODAY, ground="asked")
    session.expire_all()
    assert session.get_one(Booking, ahead.booking_id).holder_id == heir.id
    assert session.get_one(Booking, past.booking_id).holder_id == leaver.id
    assert leaver.name == ""
    assert [one.id for one in without_holder(session, None, now, TODAY)] == [private.booking_id]
    assert {one["organisation"] for one in everything_about(session, heir, now=now)["bookings"]} == {club.name}
    assert club in listed(session)
    assert session.get_one(Occurrence, past.id).state == "confirmed"


def test_who_takes_their_data_along_finds_what_they_signed_and_sent(session, club, now):
    someone = member(session, club, Role.SECRETARY)
    season = season_on(TODAY)
    sign(session, club, "self_supervision", season, premises=None, language="fi", by=someone.id, now=now)
    proofs.add(session, club, ProofWish("rules", TODAY, "2026"), by=someone.id, now=now, today=TODAY)
    found = everything_about(session, someone, now=now)
    assert [one["season"] for one in found["commitments"]] == ["2026-27"]
    assert [one["reference"] for one in found["documents_sent"]] == ["2026"]
