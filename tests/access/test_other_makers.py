"""Locks and relays of other makers in the doors process: against devices that behave as their makers say."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from sqlalchemy import select

from access import board, commands
from access.doors import DoorService
from access.every import Every
from access.keeping import keeper
from access.models import CommandState, DoorEvent, Driver, Right
from access.status import right_status
from access.watch import Watch
from booking.acts import Act, ActKind, tell
from booking.refusals import BadInput
from devices.drivers.makers import MAKERS
from devices.mqtt import Broker
from tests import make
from tests.access.make import VAULT, door, house, turn
from tests.access.other_devices import DEVICES, Shelly
from tests.access.place import Place, on_the_broker, place_of
from tests.brokers import mosquitto

KEEPS_NO_TIME = ["ha_lock", "nuki", "zigbee2mqtt"]


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture(params=sorted(DEVICES))
def place(request: pytest.FixtureRequest, rolled_back, now) -> Place:
    """A door whose device is heard."""
    made = place_of(rolled_back, now, request.param, DEVICES[request.param]())
    made.start()
    made.device_says(made.device.hello())
    made.deliver()
    return made


def test_every_maker_has_a_device_to_be_tried_against() -> None:
    assert set(DEVICES) == set(MAKERS)


def test_a_device_that_is_heard_is_online_and_its_will_ends_that(place):
    assert place.state().online
    assert place.state().lock == "locked"
    place.arrive([place.device.will()])
    assert not place.state().online
    with place.sessions() as session:
        assert [alarm.kind for alarm in board.alarms(session, None)] == ["offline"]


def test_an_order_is_done_only_when_the_device_proved_it(place):
    order = place.order()
    assert place.ended(order)[0] == CommandState.SENT
    place.deliver()
    assert place.ended(order) == (CommandState.DONE, "opened")
    assert place.state().lock == "unlocked"
    assert place.kinds() == ["boot", "opened_remote"]


def test_an_answer_that_comes_twice_is_one_opening(place):
    order = place.order()
    (message,) = place.sent
    answers = place.device.hear(message.payload)
    place.device_says(answers + answers)
    assert place.ended(order) == (CommandState.DONE, "opened")
    assert place.kinds() == ["boot", "opened_remote"]


def test_a_device_that_does_not_open_is_never_said_to_have_opened(place):
    place.device.broken = True
    order = place.order()
    place.deliver()
    state, result = place.ended(order)
    assert (state, result) in ((CommandState.FAILED, commands.REFUSED), (CommandState.SENT, ""))
    assert "opened_remote" not in place.kinds()


def test_an_answer_kept_by_the_broker_proves_nothing(place):
    order = place.order()
    (message,) = place.sent
    answers = place.device.hear(message.payload)
    happened = [(topic, payload) for topic, payload, keep in answers if not keep]
    place.arrive(happened, retained=True)
    assert place.ended(order)[0] == CommandState.SENT


def test_without_the_broker_nothing_is_sent_and_the_order_ends_at_once(place):
    place.linked = False
    assert place.ended(place.order()) == (CommandState.FAILED, commands.OFFLINE)


def test_a_broker_that_is_lost_makes_the_door_offline_and_what_it_kept_brings_it_back(place):
    place.doors.lost()
    place.doors.lost()
    place.doors.turn(place.now)
    assert not place.state().online
    place.doors.connected()
    place.arrive(place.retained.items(), retained=True)
    assert place.state().online


@pytest.mark.parametrize("driver", ["shelly", "ha_lock", "nuki"])
def test_nobody_gets_a_right_at_a_door_where_nothing_can_be_shown(rolled_back, now, driver):
    place = place_of(rolled_back, now, driver, DEVICES[driver]())
    with place.sessions.begin() as session:
        row = turn(session, place.home.hall, make.span("2026-11-24", "18:00", "20:00"), place.holder)
        tell(session, Act(ActKind.BOOKING_MADE, place.now, None, row.ref, occurrences=(row.id,)))
    with place.sessions() as session:
        assert session.scalars(select(Right).where(Right.door_id == place.door.id)).all() == []
        assert place.door.id not in {each.door.id for each in right_status(session, row.id, place.now)}
        assert session.scalars(select(Right)).first() is not None  # the house's other doors have theirs


def test_our_restart_leaves_the_numbering_whole_and_the_door_usable(place):
    place.order()
    place.deliver()
    place.start()
    assert place.state().online
    order = place.order()
    place.deliver()
    # A lock that was left open says so first, and is already open when the order comes: that proves nothing.
    assert place.ended(order)[0] in (CommandState.DONE, CommandState.SENT)
    with place.sessions() as session:
        rows = session.scalars(select(DoorEvent).where(DoorEvent.door_id == place.door.id).order_by(DoorEvent.id)).all()
    places = [(row.boot_epoch, row.seq) for row in rows]
    assert places == sorted(set(places))
    assert {boot for boot, _seq in places} == {1, 2}


def passes(place: Place, milliseconds: int) -> None:
    for other in place.doors.fitted.values():
        if other.lock_at_ms is not None:
            other.lock_at_ms -= milliseconds
    place.doors.turn(place.now)


@pytest.mark.parametrize("driver", KEEPS_NO_TIME)
def test_a_lock_that_keeps_no_time_is_locked_by_us(rolled_back, now, driver):
    place = place_of(rolled_back, now, driver, DEVICES[driver]())
    place.start()
    place.device_says(place.device.hello())
    place.order()
    place.deliver()
    passes(place, 4000)
    assert place.sent == []
    passes(place, 1100)
    place.deliver()
    assert place.device.heard[-1] in ("LOCK", "2")
    assert place.state().lock == "locked"
    passes(place, 10_000)
    assert place.sent == []


@pytest.mark.parametrize("driver", KEEPS_NO_TIME)
def test_a_lock_that_was_open_when_we_died_is_locked_when_we_are_back(rolled_back, now, driver):
    place = place_of(rolled_back, now, driver, DEVICES[driver]())
    place.start()
    place.device_says(place.device.hello())
    place.order()
    place.deliver()
    place.start()
    passes(place, 0)
    place.deliver()
    assert place.state().lock == "locked"


@pytest.mark.parametrize("driver", KEEPS_NO_TIME)
def test_a_lock_that_somebody_opened_by_hand_is_let_be(rolled_back, now, driver):
    place = place_of(rolled_back, now, driver, DEVICES[driver]())
    place.device.state = {"ha_lock": "UNLOCKED", "nuki": 3, "zigbee2mqtt": "UNLOCK"}[driver]
    place.start()
    place.device_says(place.device.hello())
    passes(place, 0)
    assert place.sent == []
    assert place.state().lock == "unlocked"


@pytest.mark.parametrize("driver", KEEPS_NO_TIME)
def test_a_lock_opened_by_hand_after_we_came_back_is_let_be_although_we_opened_it_before(rolled_back, now, driver):
    place = place_of(rolled_back, now, driver, DEVICES[driver]())
    place.start()
    place.device_says(place.device.hello())
    place.order()
    place.deliver()
    passes(place, 6000)
    place.deliver()
    place.start()
    place.device.state = {"ha_lock": "UNLOCKED", "nuki": 3, "zigbee2mqtt": "UNLOCK"}[driver]
    place.device_says(place.device.hello())
    passes(place, 0)
    assert place.sent == []
    assert place.state().lock == "unlocked"


def test_a_lock_whose_first_word_is_that_it_obeyed_stays_open_for_its_time(rolled_back, now):
    place = place_of(rolled_back, now, "ha_lock", DEVICES["ha_lock"]())
    place.start()
    place.device_says(place.device.hello()[:2])  # announced and there, and not yet said how it is
    place.order()
    place.deliver()
    passes(place, 0)
    assert place.sent == []
    assert place.state().lock == "unlocked"


def test_who_opens_by_hand_later_does_not_fulfil_an_order_that_failed(rolled_back, now):
    place = place_of(rolled_back, now, "ha_lock", DEVICES["ha_lock"]())
    place.start()
    place.device_says(place.device.hello())
    place.device.broken = True
    order = place.order()
    place.deliver()
    place.doors.fitted[place.door.id].asked_ms -= 31_000
    place.device.state = "UNLOCKED"
    place.device_says(place.device.hello())
    assert place.ended(order)[0] == CommandState.SENT
    assert "opened_remote" not in place.kinds()


@pytest.mark.parametrize("driver", KEEPS_NO_TIME)
def test_stopping_locks_what_we_opened(rolled_back, now, driver):
    place = place_of(rolled_back, now, driver, DEVICES[driver]())
    place.start()
    place.device_says(place.device.hello())
    place.order()
    place.deliver()
    place.doors.stop()
    place.deliver()
    assert place.device.heard[-1] in ("LOCK", "2")


def test_a_shelly_is_given_its_net_when_it_is_heard_and_each_opening_its_end(rolled_back, now):
    place = place_of(rolled_back, now, "shelly", Shelly())
    place.start()
    place.device_says(place.device.hello())
    place.deliver()
    assert place.device.configured
    place.order()
    place.deliver()
    assert place.device.toggles == [5]


def test_an_answer_to_an_earlier_order_does_not_end_a_later_one(rolled_back, now):
    place = place_of(rolled_back, now, "shelly", Shelly())
    place.start()
    place.device_says(place.device.hello())
    place.deliver()
    place.order()
    (first,) = place.sent
    place.sent.clear()
    second = place.order()
    late = place.device.hear(first.payload)
    place.device_says(late[:1])
    assert place.ended(second)[0] == CommandState.SENT
    place.deliver()
    assert place.ended(second)[0] == CommandState.DONE


@pytest.mark.parametrize(
    ("driver", "topic"),
    [
        ("shelly", ""),
        ("shelly", "a/+/b"),
        ("shelly", "#"),
        ("shelly", "a b"),
        ("shelly", "vuoro/v1/d/hall-a"),
        ("ha_lock", "porch"),
        ("nuki", "3A4B5C6D"),
        ("nuki", "nuki/front"),
    ],
)
def test_a_topic_that_cannot_be_the_devices_is_refused(rolled_back, now, driver, topic):
    with rolled_back.begin() as session:
        home = house(session, now)
        with pytest.raises(BadInput, match="device_topic"):
            door(session, home.premises, [home.hall], now, driver=Driver(driver), device_topic=topic)


@pytest.mark.mosquitto
@pytest.mark.parametrize("driver", sorted(DEVICES))
def test_the_doors_process_opens_the_device_over_a_real_broker(engine, sessions, now, tmp_path, driver):
    place = place_of(sessions, now, driver, DEVICES[driver]())
    with mosquitto(tmp_path) as port, on_the_broker(place.device, port) as (work, _say):
        watch = Watch(engine, sessions, ask_every_s=0)
        service = DoorService(sessions, VAULT, Broker("127.0.0.1", port, "doors"), lambda: now, watch, patience_s=0.01)
        service.transport.start()
        service._ten_seconds = Every(0.2)

        def until(condition: Callable[[], bool]) -> None:
            end = time.monotonic() + 10
            while not condition():
                assert time.monotonic() < end, "did not happen in time"
                service.turn()
                work()

        try:
            until(lambda: place.state().online and place.state().lock == "locked")
            with sessions.begin() as session:
                row = commands.ask_open(session, place.door.ref, by=place.holder.id, reason="Huoltomies", now=now)
            until(lambda: place.ended(row.ref)[0] == CommandState.DONE)
            until(lambda: place.state().lock == "unlocked")
        finally:
            service.transport.stop()
            watch.close()
