"""Keypad locks without times: a booking's PIN is in the lock while its time runs, proved both ways, and only then."""

import json
import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from access import access_list, board, pin_codes, reports, rights
from access.keeping import keeper
from access.lock_code_models import DoorCode
from access.models import Credential, DoorEvent, Right
from access.status import RightState, right_status
from booking.acts import Act, ActKind, tell
from booking.models import Occurrence, OccurrenceState
from devices.drivers.registry import DRIVERS, AckKind, Latency
from tests import make
from tests.access.make import VAULT, turn
from tests.access.other_devices import Zigbee
from tests.access.place import Place, place_of

FIRST = 5


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


class Keypad:
    """A Zigbee lock on the hall's door, and a clock."""

    def __init__(self, sessions, now, lock=None):
        self.lock = lock or Zigbee()
        self.place: Place = place_of(sessions, now, "zigbee2mqtt", self.lock)
        self.place.start()
        self.place.device_says(self.lock.hello())

    def book(self, start="18:00", end="20:00", holder=None):
        with self.place.sessions.begin() as session:
            when = make.span("2026-11-24", start, end)
            row = turn(session, self.place.home.hall, when, holder or self.place.holder)
            tell(session, Act(ActKind.BOOKING_MADE, self.place.now, None, row.ref, occurrences=(row.id,)))
        return row

    def cancel(self, row):
        with self.place.sessions.begin() as session:
            session.get_one(Occurrence, row.id).state = OccurrenceState.CANCELLED.value
            tell(session, Act(ActKind.BOOKING_CANCELLED, self.place.now, None, row.ref, occurrences=(row.id,)))

    def at(self, clock):
        """It is this time; everything under way arrives and is answered."""
        self.place.now = make.at("2026-11-24", clock)
        self.run(seconds=14)

    def run(self, seconds, lost=0.0, dice=None):
        """Each look stands for one of the process's, which looks every second; long times are looked at less often."""
        step = max(2, seconds // 60)
        for _ in range(0, seconds, step):
            self.place.now += timedelta(seconds=step)
            self.place.doors.bring_codes(self.place.now)
            if lost and dice and dice.random() < lost:
                self.place.sent.clear()
            self.place.deliver()

    def pin(self, row):
        with self.place.sessions() as session:
            query = select(Credential).where(Credential.booking_id == row.booking_id, Credential.kind == "pin")
            return pin_codes.unsealed(VAULT, session.scalars(query.where(Credential.revoked_at.is_(None))).one())

    def state(self, row):
        with self.place.sessions() as session:
            status = right_status(session, row.id, self.place.now)
            return next(each.state for each in status if each.door.id == self.place.door.id)

    def rows(self):
        with self.place.sessions() as session:
            return session.scalars(select(DoorCode)).all()

    def alarms(self):
        with self.place.sessions.begin() as session:
            reports.mind_missing(session, self.place.now)
            return [each.kind for each in board.alarms(session, None) if each.door_id == self.place.door.id]


@pytest.fixture
def keypad(rolled_back, now):
    return Keypad(rolled_back, now)


@pytest.mark.parametrize("proof", ["action", "users", "stamps"])
def test_a_code_is_in_the_lock_from_the_beginning_to_the_end_of_its_right_and_proved(rolled_back, now, proof):
    keypad = Keypad(rolled_back, now, Zigbee(proof=proof))
    row = keypad.book()
    keypad.at("17:40")
    assert keypad.lock.slots == {}
    assert keypad.state(row) is RightState.LATER
    assert keypad.alarms() == []
    keypad.at("17:45")
    assert keypad.lock.slots == {FIRST: keypad.pin(row)}
    assert keypad.state(row) is RightState.IN_DOOR
    keypad.at("19:58")
    assert list(keypad.lock.slots) == [FIRST]
    keypad.at("20:00")
    assert keypad.lock.slots == {}
    assert keypad.rows() == []


def test_a_lock_that_proves_nothing_is_never_said_to_hold_a_code_and_is_not_flooded(rolled_back, now):
    keypad = Keypad(rolled_back, now, Zigbee(proof="nothing"))
    row = keypad.book()
    keypad.place.now = make.at("2026-11-24", "17:45")
    sent = 0
    for _ in range(180):
        keypad.place.now += timedelta(seconds=20)
        keypad.place.doors.bring_codes(keypad.place.now)
        sent += len(keypad.place.sent)
        keypad.place.deliver()
    assert keypad.state(row) is RightState.PENDING
    assert set(keypad.alarms()) == {"not_installed", "code_unconfirmed"}
    assert 5 <= sent <= 20  # in an hour


def test_who_has_a_card_gets_a_code_where_no_card_can_be_shown(keypad):
    row = keypad.book()
    with keypad.place.sessions() as session:
        query = select(Credential.kind).join(Right, Right.credential_id == Credential.id)
        at_lock = session.scalars(query.where(Right.door_id == keypad.place.door.id)).all()
        elsewhere = session.scalars(query.where(Right.door_id == keypad.place.home.outer.id)).all()
    assert at_lock == ["pin"]
    assert set(elsewhere) == {"card", "pin"}
    assert len(keypad.pin(row)) <= 8


def test_a_cancelled_booking_waits_until_the_lock_says_that_it_forgot_the_code(keypad):
    row = keypad.book()
    keypad.at("18:00")
    keypad.lock.deaf = 2
    keypad.cancel(row)
    keypad.run(seconds=2)
    assert keypad.state(row) is RightState.REVOCATION_PENDING
    assert list(keypad.lock.slots) == [FIRST]
    keypad.run(seconds=60)
    assert keypad.lock.slots == {}
    assert keypad.state(row) is RightState.REVOKED


def test_a_code_taken_away_that_the_lock_does_not_confirm_is_shown_and_sent_again_until_it_does(keypad):
    """DA24: null clears, an empty text never goes out, an alarm after half a minute and tried again, on record."""
    row = keypad.book()
    keypad.at("18:00")
    keypad.lock.deaf = 3
    keypad.cancel(row)
    sent = []
    publish = keypad.place.doors.publish
    keypad.place.doors.publish = lambda message: sent.append(json.loads(message.payload)) or publish(message)
    keypad.run(seconds=20)
    assert keypad.alarms() == []
    keypad.run(seconds=20)
    assert keypad.alarms() == ["code_unconfirmed"]
    assert keypad.state(row) is RightState.REVOCATION_PENDING
    keypad.run(seconds=300)
    assert keypad.lock.slots == {}
    assert keypad.alarms() == []
    assert [body["pin_code"]["pin_code"] for body in sent] == [None] * 4
    record = DRIVERS["zigbee2mqtt"]
    assert (record.ack_kind, record.revocation_latency) == (AckKind.COMMAND, Latency.ON_PROOF)


def test_one_cancelled_before_its_time_was_never_in_the_lock_and_is_gone_at_once(keypad):
    row = keypad.book()
    keypad.at("17:00")
    keypad.cancel(row)
    keypad.run(seconds=2)
    assert keypad.state(row) is RightState.REVOKED
    assert keypad.lock.slots == {}


def test_of_two_codes_the_one_to_be_cleared_goes_first_and_its_slot_is_not_given_before(keypad):
    first = keypad.book("16:00", "18:00")
    keypad.at("17:50")
    with keypad.place.sessions.begin() as session:
        other = make.person(session, "Toinen Esimerkki")
    second = keypad.book("18:15", "20:00", holder=other)
    old, new = keypad.pin(first), keypad.pin(second)
    keypad.lock.deaf = 1
    keypad.place.now = make.at("2026-11-24", "18:00")
    keypad.run(seconds=5)
    assert keypad.lock.slots == {FIRST: old}
    assert {row.state: row.tries for row in keypad.rows()} == {"clearing": 1, "putting": 0}
    keypad.run(seconds=40)
    assert keypad.lock.slots == {FIRST + 1: new}


def test_who_opens_with_a_code_is_in_the_log_with_their_booking(keypad):
    row = keypad.book()
    keypad.at("18:00")
    keypad.place.device_says(keypad.lock.keyed(FIRST))
    keypad.place.device_says(keypad.lock.keyed(2))  # a code of the house's own
    with keypad.place.sessions() as session:
        events = session.scalars(select(DoorEvent).where(DoorEvent.kind == "granted")).all()
    assert [(each.person_id, each.occurrence_id) for each in events] == [(keypad.place.holder.id, row.id)]
    assert keypad.pin(row) not in repr([each.body for each in events])


def test_a_code_taken_out_at_the_lock_is_noticed_and_put_in_again(rolled_back, now):
    keypad = Keypad(rolled_back, now, Zigbee(proof="users"))
    row = keypad.book()
    keypad.at("18:00")
    keypad.lock.slots.clear()
    keypad.place.device_says(keypad.lock.proven(FIRST, held=False))
    assert keypad.state(row) is RightState.PENDING
    keypad.run(seconds=5)
    assert keypad.lock.slots == {FIRST: keypad.pin(row)}
    assert keypad.state(row) is RightState.IN_DOOR


def test_a_lock_that_says_the_slot_is_empty_has_not_taken_the_code(rolled_back, now):
    keypad = Keypad(rolled_back, now, Zigbee(proof="users"))
    row = keypad.book()
    keypad.place.now = make.at("2026-11-24", "17:45")
    keypad.place.doors.bring_codes(keypad.place.now)
    keypad.place.device_says(keypad.lock.proven(FIRST, held=False))
    assert keypad.state(row) is RightState.PENDING


def test_a_process_that_died_between_order_and_proof_leaves_nothing_behind(keypad):
    row = keypad.book()
    keypad.place.now = make.at("2026-11-24", "17:45")
    keypad.place.doors.bring_codes(keypad.place.now)
    keypad.place.sent.clear()  # lost with the process
    keypad.place.start()
    keypad.run(seconds=40)
    assert keypad.lock.slots == {FIRST: keypad.pin(row)}
    keypad.place.start()
    keypad.at("20:00")
    assert keypad.lock.slots == {}


def test_while_the_lock_is_away_nothing_is_sent_to_it(keypad):
    keypad.book()
    keypad.place.arrive([keypad.lock.will()])
    keypad.at("18:00")
    assert keypad.rows() == []
    keypad.place.device_says(keypad.lock.hello())
    keypad.run(seconds=5)
    assert list(keypad.lock.slots) == [FIRST]


@pytest.mark.parametrize(("seed", "proof"), [(0, "action"), (1, "stamps"), (2, "action")])
def test_whatever_is_lost_the_lock_ends_with_exactly_the_codes_of_the_moment(rolled_back, now, seed, proof):
    dice, keypad = random.Random(seed), Keypad(rolled_back, now, Zigbee(proof=proof))
    people = []
    with keypad.place.sessions.begin() as session:
        people += [make.person(session, f"Esimerkki {n}") for n in range(4)]
    rows = [keypad.book(f"{12 + n}:00", f"{13 + n}:30", holder=person) for n, person in enumerate(people)]
    for clock in ("12:00", "12:50", "13:40", "14:50"):
        keypad.place.now = make.at("2026-11-24", clock)
        keypad.run(seconds=20, lost=0.4, dice=dice)
        if clock == "13:40":
            keypad.cancel(rows[1])
            keypad.place.start()
    keypad.run(seconds=700)
    # 15.02: the third's time runs until 15.30, the fourth's door opens at 14.45; the others are over or cancelled.
    assert set(keypad.lock.slots.values()) == {keypad.pin(rows[2]), keypad.pin(rows[3])}
    assert {row.state for row in keypad.rows()} == {"held"}


def test_no_list_is_ever_issued_for_such_a_lock(keypad):
    keypad.book()
    with keypad.place.sessions.begin() as session:
        issued = access_list.issue_due(session, VAULT, keypad.place.now)
        assert keypad.place.door.id not in {each.door_id for each in issued}
        rights.reconcile(session, keypad.place.home.premises.id, keypad.place.now, vault=VAULT)
