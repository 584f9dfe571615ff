"""Rights end with the role at its instant, are for its group only, and a code reader gets in with a PIN only."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from access import access_list, rights
from access.keeping import keeper
from access.models import Door
from access.wanted import KeyHolder, Window, stretches
from booking.models import Group
from booking.refusals import NotAllowed
from booking.roles import Role, end_at, grant
from tests import make
from tests.access.make import VAULT, card, house
from tests.access.make import turn as booked
from tests.access.test_rights import live, settle

DAY = date(2026, 11, 24)


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


def test_one_of_twelve_removed_at_half_past_ten_is_out_of_the_next_list_and_the_others_go_on(sessions, now):
    """DA36: 12.30 in a turn of 12–14; the next list of each door is without that card and has all the others."""
    with sessions.begin() as session:
        home, holder = house(session, now), make.person(session)
        club = make.organisation(session)
        turn = booked(session, home.hall, make.span("2026-11-24", "12:00", "14:00"), holder=holder, whose=club)
        members = [make.person(session) for _ in range(12)]
        cards = [card(session, one, now).id for one in members]
        roles = [make.role(session, one, Role.KEY_HOLDER, organisation_id=club.id) for one in members]
        settle(session, turn, now)
        assert {right.credential_id for right in live(session)} >= set(cards)
        version = home.outer.version
    half_past = make.at("2026-11-24", "12:30")
    with sessions.begin() as session:
        row = session.get_one(type(roles[0]), roles[0].id)
        end_at(session, row, at=half_past, on=DAY, by=holder.id, now=half_past)
    with sessions() as session:
        until = {right.credential_id: right.valid_until for right in live(session)}
        assert until[cards[0]] == half_past
        assert {until[one] for one in cards[1:]} == {make.at("2026-11-24", "14:00")}
        for at in (home.outer.id, home.hall_door.id):
            built, _ = access_list.build(session, session.get_one(Door, at), half_past)
            assert built.ref.version == version + 1
            inside = [one for one in built.rights if one.ends is None or one.ends > half_past.timestamp()]
            assert len(inside) == 12  # eleven members, and the holder's PIN


def test_a_role_from_an_instant_until_another_opens_between_them(session, now):
    home, holder, keyed = house(session, now), make.person(session), make.person(session)
    club = make.organisation(session)
    turn = booked(session, home.hall, make.span("2026-11-24", "18:00", "22:00"), holder=holder, whose=club)
    mine = card(session, keyed, now)
    grant(
        session,
        person=keyed.id,
        role=Role.KEY_HOLDER,
        by=None,
        now=now,
        first_on=DAY,
        last_on=DAY,
        organisation=club.id,
        begins_at=make.at("2026-11-24", "19:00"),
        ends_at=make.at("2026-11-24", "20:30"),
    )
    settle(session, turn, now)
    windows = {(right.valid_from, right.valid_until) for right in live(session) if right.credential_id == mine.id}
    assert windows == {(make.at("2026-11-24", "19:00"), make.at("2026-11-24", "20:30"))}


def test_the_holder_of_a_booking_who_leaves_in_mid_evening_is_out_at_once(session, now):
    home, holder = house(session, now), make.person(session)
    club = make.organisation(session)
    row = make.role(session, holder, Role.BOOKER, organisation_id=club.id)
    mine = card(session, holder, now)
    turn = booked(session, home.hall, make.span("2026-11-24", "18:00", "22:00"), holder=holder, whose=club)
    leaves = make.at("2026-11-24", "19:00")
    end_at(session, row, at=leaves, on=DAY, by=holder.id, now=leaves)
    settle(session, turn, leaves)
    assert {right.valid_until for right in live(session) if right.credential_id == mine.id} == {leaves}


def test_a_key_for_one_team_opens_at_its_times_only(session, now):
    home, holder, keyed = house(session, now), make.person(session), make.person(session)
    club = make.organisation(session)
    team, other = (Group(organisation_id=club.id, name=name) for name in ("P13", "T11"))
    session.add_all([team, other])
    session.flush()
    mine = card(session, keyed, now)
    make.role(session, keyed, Role.KEY_HOLDER, organisation_id=club.id, group_id=team.id)
    theirs = booked(session, home.hall, make.span("2026-11-24", "18:00", "19:00"), holder=holder, whose=club)
    others = booked(session, home.hall, make.span("2026-11-24", "19:00", "20:00"), holder=holder, whose=club)
    theirs.booking.group_id, others.booking.group_id = team.id, other.id
    settle(session, theirs, now)
    settle(session, others, now)
    assert mine.id in {right.credential_id for right in live(session, theirs)}
    assert mine.id not in {right.credential_id for right in live(session, others)}


def test_a_code_reader_gets_a_pin_and_their_card_opens_nothing(session, now):
    home, holder, reader = house(session, now), make.person(session), make.person(session)
    club = make.organisation(session)
    mine = card(session, reader, now)
    turn = booked(session, home.hall, make.span("2026-11-24", "18:00", "20:00"), holder=holder, whose=club)
    settle(session, turn, now)
    with pytest.raises(NotAllowed):
        rights.ask_pin(session, VAULT, turn.booking.ref, by=reader.id, now=now)
    make.role(session, reader, Role.CODE_READER, organisation_id=club.id)
    rights.ask_pin(session, VAULT, turn.booking.ref, by=reader.id, now=now)
    credentials = {right.credential_id for right in live(session, turn)}
    assert mine.id not in credentials
    assert len(credentials) == 2  # the holder's PIN and the reader's


def test_a_payer_gets_no_pin(session, now):
    home, holder, payer = house(session, now), make.person(session), make.person(session)
    club = make.organisation(session)
    turn = booked(session, home.hall, make.span("2026-11-24", "18:00", "20:00"), holder=holder, whose=club)
    make.role(session, payer, Role.PAYER, organisation_id=club.id)
    with pytest.raises(NotAllowed):
        rights.ask_pin(session, VAULT, turn.booking.ref, by=payer.id, now=now)


def test_stretches_that_touch_are_one_and_a_gap_makes_two(now):
    hours = [now + timedelta(hours=n) for n in range(6)]
    assert stretches([Window(hours[1], hours[2]), Window(hours[0], hours[1])]) == [(hours[0], hours[2])]
    assert stretches([Window(hours[0], hours[3]), Window(hours[1], hours[2])]) == [(hours[0], hours[3])]
    apart = [Window(hours[0], hours[1]), Window(hours[3], hours[5])]
    assert stretches(apart) == [(hours[0], hours[1]), (hours[3], hours[5])]
    assert stretches([Window(hours[2], hours[1])]) == []
    assert KeyHolder(1, 1, DAY, None).holds_on(DAY)
