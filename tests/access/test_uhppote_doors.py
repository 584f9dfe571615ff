"""Doors on UHPPOTE boards over real UDP: cards by the hour with proof, events without loss, whatever the line does."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from access import credentials
from access.door_card_models import DoorCard
from access.keeping import keeper
from access.models import CommandState, Credential
from access.status import RightState
from tests import make
from tests.access.cellar import DAY, NUMBER, Cellar
from tests.access.make import VAULT

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True, scope="session")


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture
def cellar(rolled_back, now):
    made = Cellar(rolled_back, now)
    yield made
    made.close()


def test_a_card_opens_during_its_time_and_is_out_when_that_ends_each_proved(cellar):
    row = cellar.book()
    cellar.at("17:40")
    assert cellar.board.cards == {}
    assert cellar.state(row) is RightState.LATER
    assert not cellar.board.swipe(NUMBER)
    cellar.at("17:45")
    assert cellar.state(row) is RightState.IN_DOOR
    assert cellar.board.swipe(NUMBER, 1)
    assert not cellar.board.swipe(NUMBER, 2)
    cellar.at("20:00")
    assert cellar.board.cards == {}
    assert cellar.alarms() == set()
    events = [(each.kind, each.reason, each.person_id, each.occurrence_id) for each in cellar.told()]
    assert events == [
        ("denied", "too_early", cellar.holder.id, None),
        ("granted", "granted", cellar.holder.id, row.id),
    ]


def test_a_card_stays_no_longer_than_the_day_when_the_service_stops(cellar):
    cellar.book()
    cellar.at("18:00")
    cellar.service.stop()
    cellar.now = make.at("2026-11-25", "00:01")
    assert not cellar.board.swipe(NUMBER)


def test_a_record_that_somebody_wrote_over_is_noticed_and_put_right(cellar):
    row = cellar.book()
    cellar.at("18:00")
    first_on, last_on, _doors = cellar.board.cards[NUMBER]
    cellar.board.cards[NUMBER] = (first_on, last_on, [0, 0, 0, 0])
    cellar.ms += 7 * 3_600_000
    cellar.run(3)
    assert cellar.board.cards[NUMBER][2] == [1, 0, 0, 0]
    assert cellar.state(row) is RightState.IN_DOOR


def test_a_revoked_card_is_pending_while_the_board_is_away_and_out_when_it_is_back(cellar):
    row = cellar.book()
    cellar.at("18:00")
    cellar.board.power_cut()
    with cellar.sessions.begin() as session:
        ref = session.scalars(select(Credential.ref).where(Credential.kind == "card")).one()
        credentials.revoke(session, ref, by=None, now=cellar.now, why="lost")
    cellar.run(6)
    assert cellar.state(row) is RightState.REVOCATION_PENDING
    assert cellar.alarms() >= {"offline"}
    assert not cellar.door_state().online
    cellar.board.on = True
    cellar.run(6)
    assert cellar.board.cards == {}
    assert cellar.state(row) is not RightState.REVOCATION_PENDING
    assert cellar.door_state().online


def test_what_happened_while_we_were_away_is_told_afterwards_with_its_own_time(cellar):
    row = cellar.book()
    cellar.at("18:00")
    cellar.service.stop()
    cellar.now = make.at(DAY, "19:00")
    for _ in range(40):
        assert cellar.board.swipe(NUMBER)
    cellar.now = make.at(DAY, "19:30")
    cellar.start()
    cellar.run(3)
    granted = [each for each in cellar.told() if each.kind == "granted"]
    assert len(granted) == 40
    assert {each.occurrence_id for each in granted} == {row.id}
    assert {each.device_at for each in granted} == {make.at(DAY, "19:00")}


def test_events_before_the_door_hung_here_are_not_about_us(rolled_back, now):
    cellar = Cellar(rolled_back, now, already=3)
    try:
        assert cellar.told() == []
        cellar.board.swipe(1234)
        cellar.run(3)
        assert [each.reason for each in cellar.told()] == ["unknown_credential"]
    finally:
        cellar.close()


def test_a_memory_that_wrapped_or_began_anew_is_an_alarm_and_the_rest_is_told(cellar):
    cellar.board.swipe(1)
    cellar.run(3)
    cellar.service.stop()
    cellar.board.room = 5
    for _ in range(20):
        cellar.board.swipe(1)
    cellar.start()
    assert len(cellar.told()) == 6
    assert cellar.alarms() == {"event_gap"}
    cellar.board.wiped()
    cellar.board.swipe(1)
    cellar.run(4)
    assert len(cellar.told()) == 7


def test_a_pushed_event_is_looked_at_at_once_and_told_once(cellar):
    cellar.service.poll_every_ms = 3_600_000
    cellar.run(1)
    cellar.ms += 10
    assert cellar.board.listener is not None
    cellar.board.swipe(1234)
    cellar.run(1)
    cellar.run(5)
    assert len(cellar.told()) == 1


def test_leaf_and_exit_button_are_told_and_the_leaf_shown(cellar):
    cellar.board.button(1)
    cellar.board.leaf(1, is_open=True)
    cellar.run(3)
    assert cellar.door_state().contact == "open"
    cellar.board.leaf(1, is_open=False)
    cellar.board.leaf(2, is_open=True)
    cellar.run(3)
    assert [each.kind for each in cellar.told()] == ["rex", "door_opened", "door_closed"]
    assert [each.kind for each in cellar.told(1)] == ["door_opened"]


def test_an_order_opens_once_and_is_done_when_the_board_said_so(cellar):
    ref = cellar.order()
    assert cellar.ended(ref)[0] == CommandState.SENT
    cellar.run(1)
    assert cellar.ended(ref) == (CommandState.DONE, "opened")
    assert cellar.board.opened == [1]
    assert [each.kind for each in cellar.told()] == ["opened_remote"]


def test_an_order_whose_answer_is_lost_is_not_sent_again(cellar):
    cellar.run(3)
    ref = cellar.order()
    for _ in range(3):
        cellar.service.turn(cellar.now)
    cellar.board.loss = 1.0
    cellar.run(4)
    cellar.board.loss = 0.0
    cellar.run(4)
    assert cellar.board.opened == []
    assert cellar.ended(ref)[0] == CommandState.SENT  # its time ends it


def test_a_clock_that_is_off_is_set_and_the_change_of_seasons_is_only_that(cellar):
    cellar.board.off = timedelta(minutes=-20)
    cellar.run(5)
    assert abs(cellar.board.off) < timedelta(seconds=2)
    assert cellar.alarms() == set()
    assert cellar.door_state().clock_state == "synced"


def test_a_board_that_lost_its_clock_with_its_power_is_set_before_it_decides_long(cellar):
    cellar.book()
    cellar.at("18:00")
    cellar.board.power_cut(clock_lost=True)
    cellar.run(6)
    cellar.board.on = True
    assert not cellar.board.swipe(NUMBER)
    cellar.run(5)
    assert cellar.board.swipe(NUMBER)


@pytest.mark.parametrize(("setting", "left"), [("report", [4711]), ("delete", [])])
def test_strange_cards_are_an_alarm_at_the_doors_they_open_and_deleted_only_where_set_so(
    rolled_back, now, setting, left
):
    cellar = Cellar(rolled_back, now, strangers=setting)
    day = now.date()
    cellar.board.cards[4711] = (day, day, [1, 0, 0, 0])
    cellar.ms += 7 * 3_600_000
    cellar.run(4)
    try:
        assert sorted(cellar.board.cards) == left
        assert cellar.alarms(0) == {"strange_cards"}
        assert cellar.alarms(1) == set()
    finally:
        cellar.close()


def test_a_card_of_ours_left_behind_is_found_and_taken_out_and_there_are_no_doubles(cellar):
    """As after a backup of our database was restored; deleting what is not there is no fault either."""
    day = cellar.now.date()
    cellar.board.cards[NUMBER] = (day, day, [1, 0, 0, 0])
    cellar.ms += 7 * 3_600_000
    cellar.run(4)
    assert cellar.board.cards == {}
    cellar.book()
    cellar.at("18:00")
    del cellar.board.cards[NUMBER]
    cellar.at("20:00")
    with cellar.sessions() as session:
        assert session.scalars(select(DoorCard)).all() == []
