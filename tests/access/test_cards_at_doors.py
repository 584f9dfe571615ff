"""Cards lost, found, shown at a door, and read in every printed form."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from access import access_list, blocking, card_showings, credentials, register, rights
from access.card_numbers import canonical, card_number
from access.code_models import CardShowing, ShowingState
from access.intake import store
from access.models import CredentialKey, Door, DoorState, Right
from booking.refusals import AlreadyThere, BadInput, NotNow
from devices.events import parse_event
from tests import make
from tests.access.fake_door import FakeDoor
from tests.access.make import VAULT, card, house, turn

DAY = "2026-11-24"
UNKNOWN = "card:em4100:40:62e3099999"


def evening(session, home, holder, now):
    row = turn(session, home.hall, make.span(DAY, "18:00", "20:00"), holder)
    rights.refresh(session, [row.id], now, vault=VAULT)
    return row


@pytest.mark.parametrize(
    ("typed", "batch", "read"),
    [
        ("62e3 086c ed", "", "62E3086CED"),
        ("hex:0006542114", "", "0006542114"),
        ("0006542114", "", "..0063D322"),
        ("099,53998", "", "....63D2EE"),
        ("0006542114 099,54050", "", "..0063D322"),
        ("26 101/4095", "", "....650FFF"),
        ("101-04095", "", "....650FFF"),
        ("W34 12345/54321", "", "..3039D431"),
        ("34 12345/54321", "62", "623039D431"),
        ("uid:04A1B2C3", "", "uid:04A1B2C3"),
    ],
)
def test_every_printed_form_is_read_and_shown_as_one(typed, batch, read):
    assert canonical(card_number(typed, batch=batch)) == read


@pytest.mark.parametrize("typed", ["26 256/1", "34 70000/1", "37 1/1", "101/70000", "0006542114 099,53998"])
def test_what_no_card_has_is_refused(typed):
    with pytest.raises(BadInput):
        card_number(typed)


def test_a_lost_card_is_blocked_door_by_door_and_bookings_stay(session, now):
    """D13: the page of the card says door by door whether it is blocked yet."""
    home, holder = house(session, now), make.person(session)
    lost, row = card(session, holder, now), evening(session, home, holder, now)
    for door in (home.outer, home.hall_door):
        session.get_one(DoorState, door.id).online = True
    session.get_one(DoorState, home.outer.id).online = False
    credentials.revoke(session, lost.ref, by=holder.id, now=now, why="lost")
    rights.refresh(session, [row.id], now, vault=VAULT)
    for right in session.scalars(select(Right).where(Right.door_id == home.hall_door.id)):
        right.out_door_at = now
    session.flush()
    found = blocking.by_door(session, blocking.blocked_card(session, holder.id, lost.ref))
    assert [(one.door.id, one.blocked, one.had_right) for one in found] == [
        (home.outer.id, False, True),
        (home.hall_door.id, True, True),
        (home.club_door.id, True, False),
    ]
    assert row.state == "confirmed"


def test_a_card_that_turns_up_is_enrolled_again_where_it_was_known(session, now):
    home, holder = house(session, now), make.person(session)
    lost, row = card(session, holder, now, "62E3086CED"), evening(session, home, holder, now)
    credentials.revoke(session, lost.ref, by=holder.id, now=now, why="lost")
    again = blocking.enrol_again(session, lost, by=holder.id, now=now)
    rights.refresh(session, [row.id], now, vault=VAULT)
    live = select(Right.door_id).where(Right.credential_id == again.id, Right.out_version.is_(None))
    assert set(session.scalars(live)) == {home.outer.id, home.hall_door.id}
    with pytest.raises(AlreadyThere):
        blocking.enrol_again(session, lost, by=holder.id, now=now)


# --- shown at a door ---


def show(session, door, now, normal, seq=0):
    there = FakeDoor(register.provisioning(VAULT, door), int(now.timestamp()))
    there.whole = there.held = access_list.build(session, door, now)[0]
    there.events, there.seq = [], seq + 1
    there.show(normal)
    store(session, door, [parse_event(one) for one in there.events], now)


def begun(session, door, person, now, **values):
    return card_showings.begin(session, door, person, by=person.id, now=now, **values)


def test_the_next_unknown_card_at_the_door_becomes_theirs_there_and_must_be_shown_at_each_other(session, now):
    home, holder = house(session, now), make.person(session)
    row = begun(session, home.hall_door, holder, now, label="Sininen")
    show(session, home.hall_door, now + timedelta(seconds=20), UNKNOWN)
    (mine,) = credentials.cards_of(session, holder.id)
    assert (row.state, row.credential_id, mine.label) == ("found", mine.id, "Sininen")
    doors = session.scalars(select(Door).order_by(Door.id)).all()
    reach = card_showings.reach(session, mine, doors)
    assert (reach.known, set(reach.unknown)) == ((home.hall_door,), {home.outer, home.club_door})
    begun(session, home.outer, holder, now, known=mine)
    show(session, home.outer, now + timedelta(seconds=40), UNKNOWN)
    assert card_showings.reach(session, mine, doors).unknown == (home.club_door,)
    assert len(credentials.cards_of(session, holder.id)) == 1


@pytest.mark.parametrize("seconds", [-30, 121])
def test_a_card_shown_before_or_too_late_becomes_nobodys(session, now, seconds):
    home, holder = house(session, now), make.person(session)
    row = begun(session, home.hall_door, holder, now)
    show(session, home.hall_door, now + timedelta(seconds=seconds), UNKNOWN)
    assert session.scalars(select(CredentialKey)).all() == []
    assert card_showings.state_of(row, now + timedelta(seconds=121)) is ShowingState.GIVEN_UP


def test_somebody_elses_card_stays_theirs(session, now):
    home, holder, other = house(session, now), make.person(session), make.person(session)
    card(session, other, now, "62E3099999")
    row = begun(session, home.hall_door, holder, now)
    show(session, home.hall_door, now, UNKNOWN)
    assert row.state == ShowingState.ANOTHERS
    assert credentials.cards_of(session, holder.id) == []


def test_one_card_is_waited_for_at_a_door_at_a_time(session, now):
    home, holder, other = house(session, now), make.person(session), make.person(session)
    begun(session, home.hall_door, holder, now)
    with pytest.raises(NotNow, match="showing_elsewhere"):
        begun(session, home.hall_door, other, now)
    begun(session, home.hall_door, other, now + timedelta(seconds=121))
    waiting = select(CardShowing.person_id).where(CardShowing.state == "waiting")
    assert session.scalars(waiting).all() == [other.id]
