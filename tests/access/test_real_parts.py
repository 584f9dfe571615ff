"""The doors process, mosquitto and the simulated controllers: each real, each in its own process or thread."""

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from access import commands, door_modes, register
from access.doors import DoorService
from access.keeping import keeper
from access.models import Door, DoorEvent, DoorState, Driver
from access.status import RightState, overall, right_status
from access.watch import Watch
from booking.acts import Act, ActKind, tell
from booking.core.span import Span
from booking.models import Occurrence
from devices.messages import DoorMode
from devices.mqtt import Broker
from tests import make
from tests.access.make import VAULT, card, door, house, turn
from tests.access.simulator import Simulator, simulator
from tests.brokers import free_port, mosquitto

pytestmark = [pytest.mark.mosquitto, pytest.mark.slow]
CARD, STRANGER = "62E3086CED", "0100000001"


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


def clock():
    return datetime.now(UTC)


def until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("did not happen in time")


@contextmanager
def doors_process(engine, sessions, port):
    broker = Broker("127.0.0.1", port, "vuoro-service-test", longest_wait_s=0.5)
    service = DoorService(sessions, VAULT, broker, clock, Watch(engine, sessions))
    stop = threading.Event()
    thread = threading.Thread(target=service.run, args=(stop,))
    thread.start()
    try:
        yield service
    finally:
        stop.set()
        thread.join(timeout=20)


@dataclass
class Place:
    sessions: object
    home: object
    holder: object
    sim: Simulator | None = None

    def book(self, minutes=60):
        with self.sessions.begin() as session:
            when = Span(clock() - timedelta(minutes=5), clock() + timedelta(minutes=minutes))
            row = turn(session, self.home.hall, when, self.holder)
            tell(session, Act(ActKind.BOOKING_MADE, clock(), self.holder.id, row.ref, occurrences=(row.id,)))
        return row

    def cancel(self, row):
        with self.sessions.begin() as session:
            session.get_one(Occurrence, row.id).state = "cancelled"
            tell(session, Act(ActKind.BOOKING_CANCELLED, clock(), self.holder.id, row.ref, occurrences=(row.id,)))

    def state(self, row):
        with self.sessions() as session:
            return overall(right_status(session, row.id, clock()))

    def events(self, kind):
        with self.sessions() as session:
            return session.scalars(select(DoorEvent).where(DoorEvent.kind == kind).order_by(DoorEvent.id)).all()


@pytest.fixture
def place(sessions):
    with sessions.begin() as session:
        home, holder = house(session, clock()), make.person(session, "Maija Esimerkki")
        card(session, holder, clock(), CARD)
    return Place(sessions, home, holder)


def records(place):
    return [register.provisioning(VAULT, each) for each in (place.home.outer, place.home.hall_door)]


def test_the_story_at_the_door(engine, sessions, place, tmp_path):
    with (
        mosquitto(tmp_path) as port,
        simulator(tmp_path, port, records(place)) as sim,
        doors_process(engine, sessions, port),
    ):
        outer, hall = place.home.outer.controller_id, place.home.hall_door.controller_id
        booked = place.book()
        until(lambda: place.state(booked) is RightState.IN_DOOR)
        until(lambda: all(knows_the_time(sim, each) for each in (outer, hall)))
        assert sim.tap(outer, CARD)["decision"] == sim.tap(hall, CARD)["decision"] == "granted"
        assert sim.tap(outer, STRANGER)["reason"] == "unknown_credential"
        until(lambda: len(place.events("granted")) == 2)

        sim.plug(outer, plugged=False)
        time.sleep(3.1)  # the same card within three seconds is the same reading
        assert sim.tap(outer, CARD)["decision"] == "granted"
        place.cancel(booked)
        until(lambda: sim.ask(f"/doors/{hall}")["list"]["version"] > 2)
        assert place.state(booked) is RightState.REVOCATION_PENDING
        time.sleep(3.1)
        assert sim.tap(hall, CARD)["decision"] == "denied"
        sim.plug(outer, plugged=True)
        until(lambda: place.state(booked) is RightState.REVOKED)
        assert sim.tap(outer, CARD)["decision"] == "denied"
        until(lambda: len(place.events("granted")) == 3)
        late = place.events("granted")[-1]
        assert late.received_at - late.device_at > timedelta(seconds=3)
        assert late.person_id == place.holder.id


def test_a_remote_opening_is_answered_at_once(engine, sessions, place, tmp_path):
    with (
        mosquitto(tmp_path) as port,
        simulator(tmp_path, port, records(place)),
        doors_process(engine, sessions, port),
    ):
        hall = place.home.hall_door
        until(lambda: is_online(sessions, hall))
        with sessions.begin() as session:
            row = commands.ask_open(session, hall.ref, by=place.holder.id, reason="Siivooja", now=clock())
        asked = time.monotonic()

        def state():
            with sessions() as session:
                return commands.command_of(session, row.ref).state

        until(lambda: state() == "done", seconds=3)
        assert time.monotonic() - asked < 2
        until(lambda: len(place.events("opened_remote")) == 1)


def test_a_lockdown_is_confirmed_at_once_where_the_door_is_there_and_at_first_contact_where_it_was_not(
    engine, sessions, place, tmp_path
):
    with (
        mosquitto(tmp_path) as port,
        simulator(tmp_path, port, records(place)) as sim,
        doors_process(engine, sessions, port),
    ):
        outer, hall = place.home.outer.controller_id, place.home.hall_door.controller_id
        booked = place.book()
        until(lambda: place.state(booked) is RightState.IN_DOOR)
        until(lambda: all(knows_the_time(sim, each) for each in (outer, hall)))
        sim.plug(outer, plugged=False)
        until(lambda: not is_online(sessions, place.home.outer))
        with sessions.begin() as session:
            both = [place.home.outer.id, place.home.hall_door.id]
            door_modes.order(session, both, DoorMode.LOCKDOWN, by=place.holder.id, reason="Uhka pihalla", now=clock())
        until(lambda: is_confirmed(sessions, place.home.hall_door), seconds=2)
        assert not is_confirmed(sessions, place.home.outer)
        assert sim.tap(hall, CARD)["reason"] == "lockdown"
        assert sim.tap(outer, CARD)["decision"] == "granted"
        sim.plug(outer, plugged=True)
        until(lambda: is_confirmed(sessions, place.home.outer))
        until(lambda: sorted(row.door_id for row in place.events("mode_applied")) == sorted(both))
        assert place.events("opened_remote") == []


def test_a_broker_that_comes_back_with_empty_hands_is_given_everything_again(engine, sessions, place, tmp_path):
    port = free_port()
    with doors_process(engine, sessions, port):
        with mosquitto(tmp_path, port=port), simulator(tmp_path, port, records(place)):
            booked = place.book()
            until(lambda: place.state(booked) is RightState.IN_DOOR)
        place.cancel(booked)
        again = place.book()
        with mosquitto(tmp_path, port=port), simulator(tmp_path, port, records(place)):
            until(lambda: place.state(again) is RightState.IN_DOOR)
            assert place.state(booked) is RightState.REVOKED


def test_the_process_starts_with_its_settings_and_stops_when_told(place, database_url, tmp_path):
    with mosquitto(tmp_path) as port, simulator(tmp_path, port, records(place)):
        settings = {"VUORO_DATABASE_URL": database_url, "VUORO_SECRET_KEY": "of tests", "VUORO_BROKER_PORT": str(port)}
        settings["VUORO_MASTER_KEY"] = VAULT.master_key
        command = [sys.executable, "-m", "web.cli", "doors"]
        running = subprocess.Popen(command, env=os.environ | settings, stderr=subprocess.DEVNULL)
        try:
            until(lambda: is_online(place.sessions, place.home.outer), seconds=30)
        finally:
            running.terminate()
        assert running.wait(timeout=20) == 0


def test_cards_at_a_serial_reader_open_the_relay_only_inside_the_window(engine, sessions, place, tmp_path):
    with mosquitto(tmp_path) as port, simulator(tmp_path, port, [], serial=True) as sim:
        with sessions.begin() as session:
            ports = {"reader_path": sim.serial["reader"], "relay_path": sim.serial["relay"]}
            gate = door(
                session,
                place.home.premises,
                [place.home.hall],
                clock(),
                driver=Driver.RDM6300_RELAY,
                unlock_s=1,
                **ports,
            )
            card(session, place.holder, clock(), CARD)  # enrolled again: the new door learns it
        with doors_process(engine, sessions, port):
            until(lambda: is_online(sessions, gate))
            assert sim.ask("/doors/serial/tap", {"card": CARD})["unlocked"] is False
            booked = place.book()
            until(lambda: gate_state(sessions, booked, gate) is RightState.IN_DOOR)
            time.sleep(3.1)
            shown = sim.ask("/doors/serial/tap", {"card": CARD})
            assert shown["unlocked"] is True, shown
            place.cancel(booked)
            until(lambda: gate_state(sessions, booked, gate) is RightState.REVOKED)
            time.sleep(3.1)
            assert sim.ask("/doors/serial/tap", {"card": CARD})["unlocked"] is False
        assert [row.reason for row in place.events("granted")] == ["granted"]


def knows_the_time(sim, controller):
    """A door just switched on has a list before it has a clock, and lets nobody in until the service has set it."""
    return sim.ask(f"/doors/{controller}")["clock"]["state"] == "synced"


def is_confirmed(sessions, gate):
    with sessions() as session:
        return door_modes.status(session, session.get_one(Door, gate.id)).confirmed


def is_online(sessions, gate):
    with sessions() as session:
        return session.get_one(DoorState, gate.id).online


def gate_state(sessions, booked, gate):
    with sessions() as session:
        (found,) = [each for each in right_status(session, booked.id, clock()) if each.door.id == gate.id]
        return found.state
