"""Codes with a window in a Nuki lock behind its bridge: put in ahead, moved, taken out, each proved."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from access import board, pin_codes, reports
from access.keeping import keeper
from access.models import Credential, DoorEvent, Right
from access.status import RightState, right_status
from access.window_code_models import WindowCode
from booking.acts import Act, ActKind, tell
from booking.models import Occurrence, OccurrenceState
from devices.drivers.nuki import is_code
from tests import make
from tests.access.make import VAULT, turn
from tests.access.other_devices import NukiHub
from tests.access.place import Place, place_of


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


class Lock:
    """The lock on the hall's door, and a clock."""

    def __init__(self, sessions, now):
        self.hub = NukiHub()
        self.place: Place = place_of(sessions, now, "nuki_hub", self.hub)
        self.place.start()
        self.place.device_says(self.hub.hello())

    def book(self, start="18:00", end="20:00", holder=None):
        with self.place.sessions.begin() as session:
            when = make.span("2026-11-24", start, end)
            row = turn(session, self.place.home.hall, when, holder or self.place.holder)
            tell(session, Act(ActKind.BOOKING_MADE, self.place.now, None, row.ref, occurrences=(row.id,)))
        return row

    def move(self, row, start, end):
        with self.place.sessions.begin() as session:
            found = session.get_one(Occurrence, row.id)
            span = make.span("2026-11-24", start, end)
            found.starts_at, found.ends_at = span.starts_at, span.ends_at
            tell(session, Act(ActKind.BOOKING_MOVED, self.place.now, None, row.ref, occurrences=(row.id,)))

    def cancel(self, row):
        with self.place.sessions.begin() as session:
            session.get_one(Occurrence, row.id).state = OccurrenceState.CANCELLED.value
            tell(session, Act(ActKind.BOOKING_CANCELLED, self.place.now, None, row.ref, occurrences=(row.id,)))

    def run(self, seconds, lost=0.0, dice=None):
        step = max(4, seconds // 25)
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

    def held(self):
        return {row["code"]: (row["allowedFrom"][11:16], row["allowedUntil"][11:16]) for row in self.hub.codes.values()}

    def alarms(self):
        with self.place.sessions.begin() as session:
            reports.mind_missing(session, self.place.now)
            return {each.kind for each in board.alarms(session, None) if each.door_id == self.place.door.id}


def another_day(session, first):
    """The same booking a day later."""
    names = {each.key for each in first.__table__.columns} - {"id", "ref"}
    facts = {name: getattr(first, name) for name in names}
    again = Occurrence(**facts | {"key": "another-day"})
    again.starts_at, again.ends_at = (at + timedelta(days=1) for at in (first.starts_at, first.ends_at))
    session.add(again)
    return again


@pytest.fixture
def lock(rolled_back, now):
    return Lock(rolled_back, now)


def test_a_code_goes_in_long_before_its_window_and_the_lock_itself_keeps_the_times(lock):
    row = lock.book()
    pin = lock.pin(row)
    assert is_code(pin)
    lock.run(10)
    assert lock.held() == {pin: ("15:45", "18:00")}
    assert lock.state(row) is RightState.IN_DOOR
    assert lock.alarms() == set()


def test_a_code_stays_and_only_its_window_moves_when_the_booking_moves(lock):
    row = lock.book()
    pin = lock.pin(row)
    lock.run(10)
    (code_id,) = lock.hub.codes
    lock.move(row, "19:00", "21:00")
    assert lock.state(row) is RightState.PENDING
    lock.run(10)
    assert lock.held() == {pin: ("16:45", "19:00")}
    assert list(lock.hub.codes) == [code_id]
    assert lock.state(row) is RightState.IN_DOOR


def test_a_cancelled_booking_waits_until_the_lock_said_that_the_code_is_out(lock):
    row = lock.book()
    lock.run(10)
    lock.hub.deaf = 1
    lock.cancel(row)
    lock.run(4)
    assert lock.state(row) is RightState.REVOCATION_PENDING
    lock.run(60)
    assert lock.held() == {}
    assert lock.state(row) is RightState.REVOKED


@pytest.mark.parametrize("silent", ["deaf", "mute"])
def test_an_answer_that_was_lost_leaves_one_code_in_the_lock_and_adopts_it(lock, silent):
    """D3: "already there" is adopted, no double."""
    row = lock.book()
    setattr(lock.hub, silent, 1)
    lock.run(120)
    assert list(lock.held()) == [lock.pin(row)]
    assert lock.state(row) is RightState.IN_DOOR
    assert [said for said in lock.hub.heard if "codeValid" in said or '"check"' in said] or silent == "deaf"


def test_what_the_lock_does_not_confirm_in_half_a_minute_is_an_alarm_and_is_tried_again(lock):
    row = lock.book()
    lock.hub.deaf = 3
    lock.run(45)
    assert "code_unconfirmed" in lock.alarms()
    assert lock.state(row) is RightState.PENDING
    lock.run(600)
    assert lock.state(row) is RightState.IN_DOOR
    assert lock.alarms() == set()


def test_a_code_taken_out_at_the_lock_is_put_in_again_when_its_list_tells(lock):
    """D3: "not there" is put in again."""
    row = lock.book()
    lock.run(10)
    lock.hub.codes.clear()
    lock.place.device_says([lock.hub.list()])
    assert lock.state(row) is RightState.PENDING
    lock.run(10)
    assert list(lock.held()) == [lock.pin(row)]


def test_the_same_code_serves_the_next_time_when_the_first_has_ended(lock):
    first = lock.book()
    pin = lock.pin(first)
    with lock.place.sessions.begin() as session:
        again = another_day(session, session.get_one(Occurrence, first.id))
        session.flush()
        tell(session, Act(ActKind.BOOKING_MADE, lock.place.now, None, again.ref, occurrences=(again.id,)))
    lock.run(10)
    assert lock.held() == {pin: ("15:45", "18:00")}
    lock.place.now = make.at("2026-11-24", "20:00")
    lock.run(10)
    assert lock.held() == {pin: ("15:45", "18:00")}
    assert next(iter(lock.hub.codes.values()))["allowedFrom"].startswith("2026-11-25")


def test_who_opens_with_a_code_is_in_the_log_with_their_booking(lock):
    row = lock.book()
    lock.run(10)
    lock.place.now = make.at("2026-11-24", "18:00")
    (code_id,) = lock.hub.codes
    lock.place.device_says(lock.hub.keyed(code_id))
    lock.place.device_says(lock.hub.keyed(7, index=2))  # a code of the house
    with lock.place.sessions() as session:
        events = session.scalars(select(DoorEvent).where(DoorEvent.kind == "granted")).all()
    assert [(each.person_id, each.occurrence_id) for each in events] == [(lock.place.holder.id, row.id)]
    assert lock.pin(row) not in repr([each.body for each in events])


@pytest.mark.parametrize("seed", [1])
def test_whatever_is_lost_the_lock_ends_with_exactly_the_codes_wanted(rolled_back, now, seed):
    dice, lock = random.Random(seed), Lock(rolled_back, now)
    with lock.place.sessions.begin() as session:
        people = [make.person(session, f"Esimerkki {n}") for n in range(3)]
    rows = [lock.book(f"{17 + n}:00", f"{18 + n}:00", holder=person) for n, person in enumerate(people)]
    lock.run(200, lost=0.4, dice=dice)
    lock.cancel(rows[1])
    lock.move(rows[2], "21:00", "22:00")
    lock.place.start()
    lock.place.device_says(lock.hub.hello())
    lock.run(200, lost=0.4, dice=dice)
    lock.run(900)
    lock.run(900)
    assert lock.held() == {lock.pin(rows[0]): ("14:45", "16:00"), lock.pin(rows[2]): ("18:45", "20:00")}
    with lock.place.sessions() as session:
        assert {row.state for row in session.scalars(select(WindowCode))} == {"held"}
        waiting = select(Right).where(Right.door_id == lock.place.door.id, Right.out_version.is_not(None))
        assert all(right.out_door_at is not None for right in session.scalars(waiting))
