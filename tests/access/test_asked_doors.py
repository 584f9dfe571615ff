"""Readers and relays on the broker that ask for each card: decided here, kept, and only then opened."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from access.keeping import keeper
from access.models import DoorEvent, Right
from booking.acts import Act, ActKind, tell
from tests import make
from tests.access.make import VAULT, turn
from tests.access.other_devices import DEVICES
from tests.access.place import Place, place_of

CARD = 0x62E3086CED % (1 << 24)  # what a Wiegand reader sees of the holder's card


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture(params=["tasmota", "by_template"])
def place(request: pytest.FixtureRequest, sessions, now) -> Place:
    """Its door leads to a hall that the holder has from 18 to 20; it is ten to six, and the device is heard."""
    made = place_of(sessions, now, request.param, DEVICES[request.param]())
    with made.sessions.begin() as session:
        row = turn(session, made.home.hall, make.span("2026-11-24", "18:00", "20:00"), made.holder)
        tell(session, Act(ActKind.BOOKING_MADE, now, None, row.ref, occurrences=(row.id,)))
    made.now = make.at("2026-11-24", "17:50")
    made.start()
    made.device_says(made.device.hello())
    return made


def reasons(place: Place) -> list[str]:
    with place.sessions() as session:
        query = select(DoorEvent).where(DoorEvent.door_id == place.door.id, DoorEvent.reason != "")
        return [row.reason for row in session.scalars(query.order_by(DoorEvent.id))]


def test_the_card_of_whoever_has_the_time_opens_after_its_event_is_kept(place):
    kept_when_sent = []
    publish = place.doors.publish
    place.doors.publish = lambda message: kept_when_sent.append(reasons(place)) or publish(message)
    place.device_says(place.device.card(CARD))
    assert kept_when_sent == [["granted"]]
    place.deliver()
    assert place.device.on
    with place.sessions() as session:
        right = session.scalars(select(Right).where(Right.door_id == place.door.id)).one()
        assert right.in_door_at is not None


def test_a_strange_card_or_a_card_after_the_time_opens_nothing_and_is_kept(place):
    place.device_says(place.device.card(CARD + 1))
    place.now = make.at("2026-11-24", "20:00")
    place.device_says(place.device.card(CARD))
    assert place.sent == []
    assert reasons(place) == ["unknown_credential", "expired"]


def test_a_reading_kept_by_the_broker_never_opens(place):
    """D6, where the reader published it retained."""
    shown = [(topic, payload) for topic, payload, _keep in place.device.card(CARD)]
    place.arrive(shown, retained=True)
    assert place.sent == []
    assert reasons(place) == []


def test_a_reader_that_comes_back_and_says_its_last_card_again_opens_nothing(place):
    """D6."""
    place.device_says(place.device.card(CARD))
    place.deliver()
    place.arrive([place.device.will()])
    place.device_says(place.device.hello())
    place.device_says(place.device.card(CARD))
    assert place.sent == []
    assert reasons(place) == ["granted"]


def test_what_opens_is_never_kept_by_the_broker_and_says_its_own_end(place):
    place.device_says(place.device.card(CARD))
    (message,) = place.sent
    assert not message.retain
    assert place.door.driver != "tasmota" or message.payload == b"PulseTime1 50; Power1 ON"
