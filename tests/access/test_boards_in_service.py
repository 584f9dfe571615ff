"""Boards that hold cards, in the whole doors process: over a real mosquitto, and over UDP with no broker at all."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from access import commands, credentials
from access.doors import DoorService
from access.every import Every
from access.keeping import keeper
from access.models import CommandState, Credential, DoorCommand, DoorEvent, DoorState
from access.watch import Watch
from booking.acts import Act, ActKind, tell
from devices.mqtt import Broker
from tests import make
from tests.access.cellar import NUMBER, Cellar
from tests.access.make import VAULT, turn
from tests.access.place import on_the_broker, place_of
from tests.access.porch import UID
from tests.brokers import mosquitto
from tests.devices.esp_board import EspBoard

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True, scope="session")
SIX = make.at("2026-11-24", "18:00")


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


class Running:
    """A doors process whose clock goes on from six, and one booking under way."""

    def __init__(self, engine, sessions, port, home, holder, work):
        self.sessions, self.work = sessions, work
        begun = time.monotonic()
        self.now = lambda: SIX + timedelta(seconds=time.monotonic() - begun)
        self.watch = Watch(engine, sessions, ask_every_s=0)
        broker = Broker("127.0.0.1", port, "doors", longest_wait_s=0.2)
        self.service = DoorService(sessions, VAULT, broker, self.now, self.watch, patience_s=0.005)
        self.service.transport.start()
        self.service._ten_seconds, self.service._second = Every(0.2), Every(0.1)
        with sessions.begin() as session:
            row = turn(session, home.hall, make.span("2026-11-24", "17:00", "20:00"), holder)
            tell(session, Act(ActKind.BOOKING_MADE, SIX, None, row.ref, occurrences=(row.id,)))

    def until(self, condition):
        end = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < end, "did not happen in time"
            self.service.turn()
            self.work()

    def revoke(self):
        with self.sessions.begin() as session:
            ref = session.scalars(select(Credential.ref).where(Credential.kind == "card")).one()
            credentials.revoke(session, ref, by=None, now=self.now(), why="lost")

    def granted(self):
        with self.sessions() as session:
            return session.scalars(select(DoorEvent.occurrence_id).where(DoorEvent.kind == "granted")).all()

    def stop(self):
        self.service.transport.stop()
        self.service.serial.stop()
        self.service.uhppote.stop()
        self.watch.close()


@pytest.mark.mosquitto
def test_a_card_is_put_opens_and_is_taken_out_over_a_real_broker(engine, sessions, now, tmp_path):
    esp = EspBoard(home_assistant=False)
    place = place_of(sessions, SIX, "esp_rfid", esp)
    with mosquitto(tmp_path) as port, on_the_broker(esp, port) as (work, say):
        running = Running(engine, sessions, port, place.home, place.holder, work)
        try:
            running.until(lambda: UID in esp.files)
            esp.now = int(running.now().timestamp())
            access, said = esp.show(UID)
            assert access == "Always"
            say(said)
            running.until(lambda: len(running.granted()) == 1)
            running.revoke()
            running.until(lambda: not esp.files)
        finally:
            running.stop()


def test_a_board_on_its_own_cable_works_without_any_broker(engine, sessions, now):
    cellar = Cellar(sessions, SIX)
    cellar.service.stop()
    running = Running(engine, sessions, 1, cellar.home, cellar.holder, cellar.board.work)
    try:
        running.until(lambda: NUMBER in cellar.board.cards)
        assert cellar.board.swipe(NUMBER)
        running.until(lambda: len(running.granted()) == 1)
        with sessions.begin() as session:
            door = cellar.doors[0]
            assert session.get_one(DoorState, door.id).online
            order = commands.ask_open(session, door.ref, by=cellar.holder.id, reason="Huoltomies", now=running.now())

        def is_done():
            with sessions() as session:
                return session.get_one(DoorCommand, order.id).state == CommandState.DONE

        running.until(is_done)
        assert cellar.board.opened == [1]
        running.revoke()
        running.until(lambda: not cellar.board.cards)
    finally:
        running.stop()
        cellar.board.close()
