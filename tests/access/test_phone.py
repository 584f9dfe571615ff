"""The button on a phone: the code of the moment, the right of the moment, what the door answers."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from access import phone, screens
from access.code_models import PhoneOpening
from access.commands import shown_state
from access.models import DoorCommand, DoorEvent, DoorState
from booking.models import OccurrenceState
from booking.refusals import NotFound, TooMany
from devices import presence
from tests import make
from tests.access.make import VAULT, house, turn
from tests.access.site import made_site

DAY = "2026-11-24"
INSIDE = make.at(DAY, "18:30")
KEY = bytes(range(32))


@pytest.fixture
def site(engine, sessions, now):
    return made_site(engine, sessions, now)


def booked(session, now):
    """A house whose hall somebody without a card has this evening."""
    home, holder = house(session, now), make.person(session)
    row = turn(session, home.hall, make.span(DAY, "18:00", "20:00"), holder)
    session.get_one(DoorState, home.hall_door.id).online = True
    session.flush()
    return home, holder, row


def press(session, home, holder, at, typed=None):
    code = typed or phone.code_of(VAULT, home.hall_door, at)[0]
    return phone.press(session, VAULT, home.hall_door, holder, code, at)


def test_the_code_is_as_it_is_documented():
    assert presence.code(KEY, "hall-a", 58_000_000) == "9Q19JX73"


@given(step=st.integers(0, 2**40), later=st.integers(-3, 3))
def test_a_code_is_taken_in_its_half_minute_and_the_next_and_at_no_other_time(step, later):
    typed = presence.code(KEY, "hall-a", step + 4)
    found = presence.matching(KEY, "hall-a", typed, now_step=step + 4 + later)
    assert found == (step + 4 if later in (0, 1) else None)


@given(step=st.integers(0, 2**40))
def test_it_is_read_however_it_is_typed_and_is_another_at_each_door(step):
    code = presence.code(KEY, "hall-a", step)
    typed = f" {code[:4].lower()}-{code[4:]} ".replace("0", "o").replace("1", "l")
    assert presence.matching(KEY, "hall-a", typed, now_step=step) == step
    assert presence.code(KEY, "hall-b", step) != code


def test_who_has_the_right_now_and_stands_there_has_the_door_asked_for_five_seconds(session, now):
    home, holder, row = booked(session, now)
    pressed = press(session, home, holder, INSIDE)
    order = session.get_one(DoorCommand, pressed.command_id)
    assert (pressed.outcome, pressed.occurrence_id, pressed.user_seq) == ("asked", row.id, 1)
    assert (order.kind, order.asked_by, order.expires_at - order.asked_at) == ("open", holder.id, timedelta(seconds=5))


@pytest.mark.parametrize(
    ("clock", "reason"), [("17:44", "too_early"), ("20:00", "expired"), ("17:45", "granted"), ("19:59", "granted")]
)
def test_the_right_is_decided_as_at_the_door(session, now, clock, reason):
    home, holder, _row = booked(session, now)
    standing = phone.may_open(session, home.hall_door, holder.id, make.at(DAY, clock))
    assert (standing.reason, standing.allowed) == (reason, reason == "granted")


def test_a_cancelled_time_a_stranger_and_another_door_open_nothing(session, now):
    home, holder, row = booked(session, now)
    assert not phone.may_open(session, home.club_door, holder.id, INSIDE).allowed
    assert not phone.may_open(session, home.hall_door, make.person(session).id, INSIDE).allowed
    row.state = OccurrenceState.CANCELLED.value
    session.flush()
    assert press(session, home, holder, INSIDE).outcome == "no_right"
    assert session.scalars(select(DoorCommand)).all() == []


def test_presses_are_numbered_without_a_gap_and_wrong_codes_are_kept_and_end_in_waiting(session, now):
    home, holder, _row = booked(session, now)
    for _ in range(5):
        assert press(session, home, holder, INSIDE, "WRONG000").outcome == "wrong_code"
    with pytest.raises(TooMany) as no:
        press(session, home, holder, INSIDE + timedelta(minutes=1))
    assert no.value.facts["retry_after_s"] == 4 * 60 + 1
    assert press(session, home, holder, INSIDE + timedelta(minutes=6)).user_seq == 6
    assert session.scalars(select(PhoneOpening.user_seq)).all() == [1, 2, 3, 4, 5, 6]


def test_an_offline_door_is_said_to_be_offline_at_once(session, now):
    home, holder, _row = booked(session, now)
    session.get_one(DoorState, home.hall_door.id).online = False
    order = session.get_one(DoorCommand, press(session, home, holder, INSIDE).command_id)
    assert (order.state, order.result) == ("failed", "offline")


def test_ones_presses_are_nobody_elses(session, now):
    home, holder, _row = booked(session, now)
    pressed = press(session, home, holder, INSIDE)
    with pytest.raises(NotFound):
        phone.opening_of(session, pressed.ref, make.person(session).id)


def test_a_screens_address_ends_when_another_is_made(session, now):
    home, holder, _row = booked(session, now)
    first = screens.make(session, home.hall_door, by=holder.id, now=now)
    second = screens.make(session, home.hall_door, by=holder.id, now=now)
    assert screens.door_by_secret(session, second.secret) is home.hall_door
    with pytest.raises(NotFound):
        screens.door_by_secret(session, first.secret)


def test_the_door_opens_and_its_event_names_who_pressed_and_for_which_time(site):
    row = site.book("12:05", "14:00")
    site.settle()
    ref = pressed_at(site)
    site.settle()
    assert state(site, ref) == "done"
    with site.sessions() as session:
        event = session.scalar(select(DoorEvent).where(DoorEvent.kind == "opened_remote"))
        assert (event.person_id, event.occurrence_id) == (site.holder.id, row.id)


def test_a_mute_door_is_said_not_to_have_answered(site):
    site.book("12:05", "14:00")
    site.settle()
    site.hall.mute = True
    ref = pressed_at(site)
    site.settle()
    assert state(site, ref) == "sent"
    site.pass_time(seconds=8)
    site.settle()
    assert state(site, ref) == "expired"


def pressed_at(site):
    with site.sessions.begin() as session:
        door = session.get_one(type(site.home.hall_door), site.home.hall_door.id)
        code, _left = phone.code_of(VAULT, door, site.now)
        holder = session.get_one(type(site.holder), site.holder.id)
        return phone.press(session, VAULT, door, holder, code, site.now).ref


def state(site, ref):
    with site.sessions() as session:
        _row, order = phone.opening_of(session, ref, site.holder.id)
        return shown_state(order, site.now)
