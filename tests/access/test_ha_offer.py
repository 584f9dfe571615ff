"""Our doors in Home Assistant: nothing without a decision, never an order the broker kept, every opening on record."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from access import ha_offer
from access.ha_offer import HaOffer
from access.keeping import keeper
from access.models import Door, DoorCommand, DoorState
from access.offer_models import OfferMode
from devices.drivers.ha_lock import announced
from devices.drivers.told import LockState
from devices.link import Outgoing
from devices.mqtt import Arrived
from tests import make
from tests.access.make import VAULT, house

# The names of the lock's discovery payload as Home Assistant documents them (MQTT lock and device registry).
DOCUMENTED = {"name", "unique_id", "command_topic", "state_topic", "availability_topic", "optimistic", "retain", "qos"}
DOCUMENTED |= {"device", "payload_lock", "payload_unlock", "value_template", "code_format", "json_attributes_topic"}


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


class Broker:
    """What the broker keeps, and our part with two doors of a house."""

    def __init__(self, sessions: Any, now: Any) -> None:
        self.sessions, self.now = sessions, now
        self.kept: dict[str, bytes] = {}
        with sessions.begin() as session:
            self.home, self.boss = house(session, now), make.person(session, "Hallinta Esimerkki")
        self.door = self.home.outer.controller_id
        self.part = HaOffer(sessions, self.publish)

    def publish(self, message: Outgoing) -> bool:
        assert message.retain
        self.kept[message.topic] = message.payload
        return True

    def decide(self, mode: OfferMode) -> None:
        with self.sessions.begin() as session:
            ha_offer.decide(session, mode, by=self.boss.id, now=self.now)
        self.part.turn(self.now)

    def ask(self, payload: bytes = b"UNLOCK", *, retained: bool = False, door: str = "") -> list[str]:
        topic = f"vuoro/ha/{door or self.door}/set"
        self.part.take(Arrived(topic, payload, retained=retained, mid=0), self.now)
        with self.sessions() as session:
            return [row.reason for row in session.scalars(select(DoorCommand))]

    def shown(self) -> dict[str, bytes]:
        return {topic: payload for topic, payload in self.kept.items() if payload}


@pytest.fixture
def broker(rolled_back, now) -> Broker:
    return Broker(rolled_back, now)


def test_without_a_decision_nothing_is_said_and_nothing_is_followed(broker):
    broker.part.turn(broker.now)
    assert broker.kept == {}
    assert broker.ask() == []


def test_a_door_is_announced_in_documented_words_that_our_own_reader_of_such_locks_understands(broker):
    broker.decide(OfferMode.SHOW)
    payload = broker.kept[f"homeassistant/lock/vuoro/{broker.door}/config"]
    body = json.loads(payload)
    assert set(body) <= DOCUMENTED
    assert not body["retain"]
    found = announced(payload)
    assert found is not None
    assert found.command_topic == f"vuoro/ha/{broker.door}/set"
    assert found.states["LOCKED"] is LockState.LOCKED
    assert broker.kept[found.state_topic] == b"LOCKED"
    assert broker.kept[found.availability_topic] == b"offline"


def test_state_and_presence_follow_the_door_and_are_said_once(broker):
    broker.decide(OfferMode.SHOW)
    with broker.sessions.begin() as session:
        state = session.get_one(DoorState, broker.home.outer.id)
        state.lock, state.online = "unlocked", True
    broker.kept.clear()
    broker.part.turn(broker.now)
    own = f"vuoro/ha/{broker.door}"
    assert broker.kept == {f"{own}/state": b"UNLOCKED", f"{own}/availability": b"online"}
    broker.part.anew()
    broker.part.turn(broker.now)
    assert len(broker.shown()) == 9  # three doors, three topics


def test_an_opening_is_on_record_as_asked_by_who_allowed_it(broker):
    broker.decide(OfferMode.OPEN)
    assert broker.ask() == ["Home Assistant"]
    assert broker.ask() == ["Home Assistant"]  # a double
    with broker.sessions() as session:
        assert session.scalars(select(DoorCommand.asked_by)).all() == [broker.boss.id]


@pytest.mark.parametrize("mode", [OfferMode.OFF, OfferMode.SHOW])
def test_opening_that_is_not_allowed_is_not_followed(broker, mode):
    broker.decide(mode)
    assert broker.ask() == []


def test_what_the_broker_kept_what_is_no_unlocking_and_doors_not_there_open_nothing(broker):
    broker.decide(OfferMode.OPEN)
    assert broker.ask(retained=True) == []
    assert broker.ask(b"LOCK") == []
    assert broker.ask(b"OPEN") == []
    assert broker.ask(door="no-such-door") == []


def test_taking_it_back_leaves_nothing_behind_also_after_our_restart(broker):
    broker.decide(OfferMode.OPEN)
    broker.part = HaOffer(broker.sessions, broker.publish)
    broker.decide(OfferMode.OFF)
    assert broker.shown() == {}
    broker.kept.clear()
    broker.part.turn(broker.now)
    assert broker.kept == {}


def test_a_door_out_of_use_is_no_longer_offered(broker):
    broker.decide(OfferMode.SHOW)
    with broker.sessions.begin() as session:
        session.get_one(Door, broker.home.outer.id).enabled = False
    broker.part.turn(broker.now)
    assert not [topic for topic in broker.shown() if broker.door in topic]
