"""ESP-RFID boards in the doors process: cards in ahead, out after, each proved, whatever is lost; seven traps."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from access import blocking, card_secrets, card_showings, credentials, rights, staff_access
from access.door_card_models import DoorCard
from access.keeping import keeper
from access.mode_models import StaffRight
from access.models import Credential, CredentialKey, Door
from access.staff_access import StaffWish
from access.status import RightState
from tests import make
from tests.access.make import VAULT, card
from tests.access.porch import UID, Porch, seconds
from web.words_of_drivers import abilities

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True, scope="session")


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture
def porch(rolled_back, now):
    return Porch(rolled_back, now)


def test_a_card_goes_in_ahead_with_its_true_window_and_is_in_the_door_when_the_board_said_so(porch):
    """DA25: `validsince` is the true start."""
    row = porch.book()
    assert porch.state(row) is RightState.PENDING
    porch.run(3)
    assert porch.state(row) is RightState.IN_DOOR
    # From the lead before the start; the board counts both ends in.
    assert porch.window() == (seconds("17:45"), seconds("20:00") - 1)
    assert porch.esp.files[UID]["acctype"] == 1
    assert porch.alarms() == set()


def test_a_strange_card_is_refused_and_told_and_one_that_opens_is_an_alarm(porch):
    porch.says(porch.esp.show("0123456789")[1])
    assert [(each.kind, each.reason, each.person_id) for each in porch.told()] == [
        ("denied", "unknown_credential", None)
    ]
    assert porch.alarms() == set()
    porch.esp.files["0123456789"] = {"acctype": 99, "command": "userfile", "uid": "0123456789"}
    porch.says(porch.esp.show("0123456789")[1])
    assert porch.alarms() == {"strange_cards"}


def test_a_door_put_out_of_use_gives_up_the_numbers_of_ended_cards(porch):
    porch.book()
    porch.run(3)
    porch.place.arrive([porch.esp.will()])
    with porch.place.sessions.begin() as session:
        ref = session.scalars(select(Credential.ref).where(Credential.kind == "card")).one()
        credentials.revoke(session, ref, by=None, now=porch.place.now, why="lost")
        assert card_secrets.forget(session) == 0
        session.get_one(Door, porch.place.door.id).enabled = False
        assert card_secrets.forget(session) == 1


def test_only_doors_that_must_be_told_keep_the_number_and_sealed_for_them_alone(porch):
    with porch.place.sessions() as session:
        keys = session.scalars(select(CredentialKey).where(CredentialKey.number_sealed.is_not(None))).all()
        assert [each.door_id for each in keys] == [porch.place.door.id]
        row = session.get_one(Credential, keys[0].credential_id)
        sealed = keys[0].number_sealed
        assert b"62e3" not in sealed
        assert card_secrets.told(VAULT, porch.place.door, row, sealed) == UID
        with pytest.raises(Exception, match="number:"):
            card_secrets.told(VAULT, porch.place.home.outer, row, sealed)


def test_of_two_times_the_board_holds_the_next_and_gets_the_other_when_that_has_ended(porch):
    first, second = porch.book("16:00", "17:00"), porch.book("18:00", "19:00")
    porch.run(3)
    assert porch.window()[1] == seconds("17:00") - 1
    assert porch.state(first) is RightState.IN_DOOR
    assert porch.state(second) is RightState.LATER
    porch.at("16:59")
    assert porch.alarms() == set()
    porch.at("17:00")
    assert porch.window() == (seconds("17:45"), seconds("19:00") - 1)
    assert porch.state(second) is RightState.IN_DOOR


def test_times_that_touch_are_one_window(porch):
    porch.book("16:00", "17:00")
    porch.book("17:00", "19:00")
    porch.run(3)
    assert porch.window() == (seconds("15:45"), seconds("19:00") - 1)
    heard = len(porch.esp.heard)
    porch.at("17:30")
    assert [each for each in porch.esp.heard[heard:] if each != "getuserlist"] == []


def test_a_cancelled_one_of_two_touching_times_is_pending_until_the_shorter_window_is_proved(porch):
    porch.book("16:00", "17:00")
    second = porch.book("17:00", "19:00")
    porch.run(3)
    porch.esp.deaf = 1
    porch.cancel(second)
    porch.run(2)
    assert porch.state(second) is RightState.REVOCATION_PENDING
    porch.run(6)
    assert porch.window()[1] == seconds("17:00") - 1
    assert porch.state(second) is RightState.REVOKED


def test_trap_1_a_board_without_a_clock_lets_nobody_in_and_is_an_alarm(porch):
    porch.book()
    porch.at("18:00")
    porch.says(porch.esp.power_cut())
    assert porch.esp.decide(UID) == "Expired"
    assert porch.alarms() == set()  # its clock is set over the network a moment later
    porch.esp.now = 400
    porch.says(porch.esp.heartbeat())
    assert porch.alarms() == {"clock_drift"}
    assert porch.place.state().clock_state == "unknown"


def test_while_its_clock_is_wrong_a_card_is_there_only_during_its_time_by_ours(porch):
    porch.book()
    porch.run(3)
    porch.ahead_s = 1200
    porch.at("17:20")
    assert porch.esp.files == {}
    assert porch.alarms() >= {"clock_drift"}
    assert porch.esp.decide(UID) == "Denied"
    porch.at("17:45")
    assert porch.esp.decide(UID) == "Always"
    porch.ahead_s = 0
    porch.at("17:50")
    assert porch.alarms() == set()


def test_trap_2_an_order_that_is_not_answered_in_five_seconds_goes_again_and_no_other_before(porch):
    """DA25: no answer in 5 s, sent again."""
    other = None
    with porch.place.sessions.begin() as session:
        other = make.person(session, "Toinen Esimerkki")
        card(session, other, porch.place.now, "0A0B0C0D0E")
    porch.esp.deaf = 1
    porch.book("18:00", "20:00")
    porch.book("18:30", "20:00", holder=other)
    porch.run(4)
    assert porch.esp.files == {}
    porch.run(4)
    assert list(porch.esp.files) == [UID]
    porch.run(8)  # a late answer to the first would have come by then
    assert sorted(porch.esp.files) == ["0a0b0c0d0e", UID]


def test_trap_2_an_answer_that_comes_twice_proves_nothing_else(porch):
    with porch.place.sessions.begin() as session:
        other = make.person(session, "Toinen Esimerkki")
        card(session, other, porch.place.now, "0A0B0C0D0E")
    rows = porch.book("18:00", "20:00"), porch.book("18:30", "20:00", holder=other)
    porch.place.now += timedelta(seconds=1)
    porch.place.doors.bring_codes(porch.place.now)
    porch.place.doors.turn(porch.place.now)
    (message,) = porch.place.sent
    answer = porch.esp.hear(message.payload)
    porch.place.sent.clear()
    porch.says(answer + answer)
    assert [porch.state(row) for row in rows] == [RightState.IN_DOOR, RightState.PENDING]


def test_trap_3_what_happens_while_the_board_is_away_is_never_told_and_the_record_says_so(porch):
    cannot = dict(abilities("esp_rfid"))[False]
    assert any("holes" in str(each) for each in cannot)
    assert any("card itself" in str(each) for each in cannot)


def test_trap_4_after_a_start_all_is_sent_again_and_then_compared(porch):
    """DA25: `boot` means everything anew."""
    row = porch.book()
    porch.run(3)
    porch.esp.files.clear()  # somebody restored it to how it came from the factory
    porch.esp.heard.clear()
    porch.says(porch.esp.hello())
    assert porch.state(row) is RightState.PENDING
    porch.run(2)
    assert porch.state(row) is RightState.IN_DOOR
    porch.run(8)
    assert porch.esp.heard == ["adduser", "getuserlist"]


def test_trap_4_a_start_that_was_not_heard_is_noticed_by_the_next_heartbeat(porch):
    porch.book()
    porch.run(3)
    porch.says(porch.esp.heartbeat(uptime=9000))
    porch.esp.files.clear()
    porch.says(porch.esp.heartbeat(uptime=60))
    porch.run(3)
    assert list(porch.esp.files) == [UID]


def test_trap_5_strangers_are_reported_and_stay_where_nobody_decided_otherwise(porch):
    """DA25: found, reported, left there."""
    porch.esp.files["aa"] = {"command": "userfile", "uid": "aa", "acctype": 1, "validsince": 0, "validuntil": 2**31 - 1}
    porch.says(porch.esp.hello())
    porch.run(8)
    assert porch.alarms() == {"strange_cards"}
    assert list(porch.esp.files) == ["aa"]
    porch.esp.files.clear()
    porch.says(porch.esp.hello())
    porch.run(20)
    assert porch.alarms() == set()


def test_trap_5_strangers_are_deleted_where_the_door_is_set_so(rolled_back, now):
    """DA25: deleted only where somebody decided so."""
    porch = Porch(rolled_back, now, strangers="delete")
    porch.book()
    porch.run(3)
    porch.esp.files["aa"] = {"command": "userfile", "uid": "aa", "acctype": 1, "validsince": 0, "validuntil": 2**31 - 1}
    porch.says(porch.esp.hello())
    porch.run(12)
    assert list(porch.esp.files) == [UID]


def test_a_card_of_ours_that_nobody_wants_any_more_is_found_on_the_board_and_taken_out(porch):
    """As after a backup of our database was restored."""
    porch.esp.files[UID] = {"cmd": "adduser", "uid": UID, "acctype": 1, "validsince": 5, "validuntil": 2**31 - 1}
    porch.says(porch.esp.hello())
    porch.run(12)
    assert porch.esp.files == {}
    assert porch.alarms() == set()


def test_a_card_that_is_already_there_is_adopted_and_one_that_vanished_put_again(porch):
    """D3: adopted, or put again; no doubles."""
    row = porch.book()
    porch.run(3)
    with porch.place.sessions.begin() as session:
        session.delete(session.scalars(select(DoorCard)).one())
    porch.says(porch.esp.hello())
    porch.run(12)
    assert porch.state(row) is RightState.IN_DOOR
    with porch.place.sessions() as session:
        assert len(session.scalars(select(DoorCard)).all()) == 1
    porch.esp.files.clear()
    porch.place.start()
    porch.says(porch.esp.heartbeat())
    porch.run(30)
    assert list(porch.esp.files) == [UID]
    assert porch.state(row) is RightState.IN_DOOR


def test_traps_6_and_7_nothing_but_these_commands_is_ever_sent_and_no_admin_is_made(porch):
    rows = [porch.book("16:00", "17:00"), porch.book("18:00", "19:00")]
    porch.at("16:30")
    porch.cancel(rows[0])
    porch.at("19:00")
    porch.place.order()
    porch.run(2)
    assert set(porch.esp.heard) <= {"adduser", "deletuid", "getuserlist", "opendoor"}
    assert not porch.esp.wifi_by_admin


def test_missed_heartbeats_are_an_alarm_and_the_door_is_offline_until_it_is_heard(porch):
    porch.place.now += timedelta(seconds=430)
    porch.place.doors.refit(porch.place.now)
    assert porch.place.state().online
    porch.place.now += timedelta(seconds=30)
    porch.place.doors.refit(porch.place.now)
    assert not porch.place.state().online
    assert porch.alarms() == {"offline"}
    porch.says_time()
    assert porch.place.state().online
    assert porch.alarms() == set()


def test_leaf_tampering_and_a_door_left_open_are_told(porch):
    for desc in ("Door Open", "Door wasn't closed within max open time!", "Door was tampered!", "Door Closed"):
        porch.says(porch.esp.told(desc))
    assert [each.kind for each in porch.told()] == ["door_opened", "held_open", "door_closed"]
    assert porch.place.state().contact == "closed"
    assert porch.alarms() == {"tampered"}


def test_nothing_is_sent_to_a_board_that_is_away_and_all_when_it_is_back(porch):
    porch.place.doors.lost()
    porch.place.doors.turn(porch.place.now)
    porch.book()
    porch.run(5)
    assert porch.esp.files == {}
    porch.place.doors.connected()
    porch.says(porch.esp.heartbeat())
    porch.run(3)
    assert list(porch.esp.files) == [UID]


def test_a_message_of_another_board_on_the_same_topic_proves_nothing(porch):
    row = porch.book()
    porch.place.now += timedelta(seconds=1)
    porch.place.doors.bring_codes(porch.place.now)
    porch.place.doors.turn(porch.place.now)
    other = json.dumps({"type": "adduser", "ip": "192.168.1.21", "hostname": "cellar"}).encode()
    porch.says([(f"{porch.esp.topic}/send", other, False)])
    assert porch.state(row) is RightState.PENDING


def test_a_card_of_the_staff_lies_in_the_board_until_it_is_taken_out_of_the_register(porch):
    place = porch.place
    with place.sessions.begin() as session:
        wish = StaffWish(place.holder.id, "Talonmies")
        row = staff_access.give(session, place.home.premises.id, wish, by=None, now=place.now)
    porch.run(3)
    porch.at("23:00")
    access, said = porch.esp.show(UID)
    assert access == "Always"
    porch.says(said)
    assert [(each.kind, each.person_id) for each in porch.told()] == [("granted", place.holder.id)]
    assert porch.alarms() == set()
    with place.sessions() as session:
        mine = select(StaffRight).where(StaffRight.door_id == place.door.id)
        assert session.scalars(mine).one().in_door_at is not None
    with place.sessions.begin() as session:
        staff_access.end(session, place.home.premises.id, row.ref, by=place.holder.id, now=place.now)
    porch.run(3)
    assert porch.esp.files == {}
    with place.sessions() as session:
        assert session.scalars(mine).one().out_door_at is not None


def test_a_card_shown_at_the_board_is_enrolled_there_with_its_number_and_goes_in(porch):
    place = porch.place
    with place.sessions.begin() as session:
        owner = make.person(session, "Uusi Esimerkki")
        door = session.get_one(Door, place.door.id)
        card_showings.begin(session, door, owner, by=place.holder.id, now=place.now)
    row = porch.book(holder=owner)
    porch.says(porch.esp.show("0123456789")[1])
    with place.sessions.begin() as session:
        rights.reconcile(session, place.home.premises.id, place.now, vault=VAULT)
    porch.run(3)
    assert list(porch.esp.files) == ["0123456789"]
    assert porch.state(row) is RightState.IN_DOOR


def test_a_card_found_again_goes_in_when_it_was_shown_once_for_its_number_is_gone(porch):
    place = porch.place
    row = porch.book()
    porch.run(3)
    with place.sessions.begin() as session:
        lost = session.scalars(select(Credential).where(Credential.kind == "card")).one()
        credentials.revoke(session, lost.ref, by=None, now=place.now, why="lost")
    porch.run(3)
    with place.sessions.begin() as session:
        card_secrets.forget(session)
        blocking.enrol_again(session, session.get_one(Credential, lost.id), by=place.holder.id, now=place.now)
    porch.run(3)
    assert porch.esp.files == {}
    assert porch.state(row) is RightState.NO_CREDENTIAL
    porch.says(porch.esp.show(UID)[1])
    with place.sessions.begin() as session:
        rights.reconcile(session, place.home.premises.id, place.now, vault=VAULT)
    porch.run(3)
    assert list(porch.esp.files) == [UID]
    assert porch.state(row) is RightState.IN_DOOR
