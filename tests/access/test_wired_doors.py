"""Readers of every kind with boards of every kind, over pseudo-terminals: what people show, what the lock does."""

import os
import secrets
import select
import threading
import time
from contextlib import ExitStack

import pytest
from sqlalchemy import select as sql

from access import commands, credentials, door_modes, osdp_bench, pin_codes, reader_keys
from access.keeping import keeper
from access.models import Credential, DoorAlarm, DoorCommand, DoorEvent, DoorState, Driver
from access.osdp_bench import BenchWish, NotProvisioned
from access.serial_doors import SerialDoors
from booking.acts import Act, ActKind, tell
from booking.refusals import BadInput
from devices.drivers import id12la, wiegand, wiegand_text
from devices.drivers.modbus_relay import pulse, switch
from devices.drivers.osdp import Kind, Times
from devices.messages import DoorMode
from tests import make
from tests.access.make import VAULT, card, door, house, turn
from tests.devices.drivers.modbus_stand_in import BoardStandIn
from tests.devices.drivers.pn532_stand_in import StandIn
from tests.devices.osdp_readers import ABILITIES, H10301, reader_bus
from tests.devices.pseudo_terminals import Plug

# What these doors ask of a database is asked of both in test_serial_doors.
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


class Part:
    """A stand-in behind a port: a thread of its own carries bytes to it and back."""

    def __init__(self, path, hear):
        self.plug = Plug(path)
        self.plug.plug_in()
        self.over = threading.Event()
        self.hear = hear
        self.thread = threading.Thread(target=self.talk, daemon=True)
        self.thread.start()

    def talk(self):
        while not self.over.is_set():
            waiting = select.select([self.plug.master], [], [], 0.01)[0]
            if waiting and (answer := self.hear(os.read(self.plug.master, 512))):
                self.plug.send(answer)

    def stop(self):
        self.over.set()
        self.thread.join()


class Site:
    """A house whose hall has one door on wires; `now` is the service's clock."""

    def __init__(self, sessions, folder, now):
        self.sessions, self.folder, self.now, self.stack = sessions, folder, now, ExitStack()
        self.doors = SerialDoors(sessions, VAULT, wake=lambda: None)
        with sessions.begin() as session:
            self.home, self.holder = house(session, now), make.person(session)
        self.stack.callback(self.doors.stop)

    def board(self, **values):
        """A Modbus board on its port."""
        made = BoardStandIn(**values)
        part = Part(self.folder / "relay", lambda piece: made.hear(piece, time.monotonic_ns() // 1_000_000))
        self.stack.callback(part.stop)
        return made

    def chip(self):
        made = StandIn()
        part = Part(self.folder / "reader", made.hear)
        self.stack.callback(part.stop)
        return made

    def reader(self):
        plug = Plug(self.folder / "reader")
        plug.plug_in()
        return plug

    def fit(self, driver, reader_format, **settings):
        ports = {"reader_path": str(self.folder / "reader"), "relay_path": str(self.folder / "relay")}
        if driver is Driver.OSDP:
            ports["relay_path"] = ""
        with self.sessions.begin() as session:
            facts = {"driver": driver, "reader_format": reader_format, "unlock_s": 5, "settings": settings, **ports}
            self.door = door(session, self.home.premises, [self.home.hall], self.now, **facts)
        return self.door

    def opens(self):
        self.doors.refit(self.now)
        self.until(self.online)

    def online(self):
        with self.sessions() as session:
            return session.get_one(DoorState, self.door.id).online

    def until(self, condition, seconds=5):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (self.told(), self.alarms())
            self.doors.turn(self.now)
            time.sleep(0.005)

    def told(self, *but):
        with self.sessions() as session:
            rows = session.scalars(sql(DoorEvent).where(DoorEvent.door_id == self.door.id).order_by(DoorEvent.id))
            return [(row.kind, row.reason) for row in rows if row.kind not in ("boot", *but)]

    def alarms(self):
        with self.sessions() as session:
            mine = sql(DoorAlarm.kind).where(DoorAlarm.door_id == self.door.id, DoorAlarm.ended_at.is_(None))
            return list(session.scalars(mine.order_by(DoorAlarm.id)))

    def enrols(self, number):
        with self.sessions.begin() as session:
            return card(session, self.holder, self.now, number)

    def books(self):
        """From now on; the holder may pass."""
        with self.sessions.begin() as session:
            row = turn(session, self.home.hall, make.span("2026-11-24", "18:00", "20:00"), self.holder)
            tell(session, Act(ActKind.BOOKING_MADE, self.now, None, row.ref, occurrences=(row.id,)))
        self.now = make.at("2026-11-24", "18:30")
        return row

    def is_told(self, count, *but):
        self.until(lambda: len(self.told(*but)) >= count)
        return self.told(*but)

    def mode(self, mode):
        with self.sessions.begin() as session:
            door_modes.order(session, [self.door.id], mode, by=self.holder.id, reason="Hätätilanne", now=self.now)
        self.doors.confirm(self.now)


@pytest.fixture
def site(sessions, now, tmp_path):
    made = Site(sessions, tmp_path, now)
    with made.stack:
        yield made


def test_an_id12la_and_a_modbus_board_open_and_tell_leaf_and_exit_button(site):
    board, plug = site.board(inputs=0b01), site.reader()
    site.fit(Driver.ID12LA_RELAY, "em4100", board="modbus", contact="1", exit="2")
    site.opens()
    site.enrols("62E3086CED")
    site.books()
    plug.send(id12la.frame_of(0x62E3086CED) * 2)
    assert site.is_told(1) == [("granted", "granted")]
    site.until(lambda: board.switched == [switch(1, 0, on=False).hex(), pulse(1, 0, 5).hex()])
    board.inputs = 0b00
    site.is_told(2)
    board.inputs = 0b11
    site.is_told(4)
    board.inputs = 0b00
    kinds = [kind for kind, _reason in site.is_told(5)]
    assert sorted(kinds[2:4]) == ["door_closed", "rex"]
    assert [kinds[0], kinds[1], kinds[4]] == ["granted", "door_opened", "door_opened"]


def test_a_pn532_reads_uids_and_a_number_drawn_anew_is_not_enrolled(site):
    board, chip = site.board(), site.chip()
    site.fit(Driver.PN532_RELAY, "iso14443a", board="modbus")
    site.opens()
    site.enrols("uid:04A1B2C3D4E5F6")
    site.books()
    chip.near = bytes.fromhex("04A1B2C3D4E5F6")
    assert site.is_told(1) == [("granted", "granted")]
    site.until(lambda: len(board.switched) == 2)
    chip.near = bytes.fromhex("08112233")
    assert site.is_told(2)[1] == ("denied", "unknown_credential")
    with site.sessions.begin() as session, pytest.raises(BadInput) as refused:
        credentials.enrol(session, VAULT, site.holder.id, "uid:08112233", by=None, now=site.now)
    assert refused.value.facts["problem"] == "random"


def test_a_wiegand_keypad_takes_the_pins_of_bookings_and_is_locked_after_five_wrong_ones(site):
    board, plug = site.board(), site.reader()
    site.fit(Driver.WIEGAND_TEXT_RELAY, "wiegand26", board="modbus", keypad="yes")
    site.opens()
    booked = site.books()
    with site.sessions() as session:
        row = session.scalars(sql(Credential).where(Credential.booking_id == booked.booking_id)).one()
        pin = pin_codes.unsealed(VAULT, row)
    wrong = "".join(str((int(digit) + 1) % 10) for digit in pin)

    def types(digits):
        plug.send(b"".join(f"{int(key, 16):04b}\r\n".encode() for key in digits + "b"))

    types(pin)
    assert site.is_told(1) == [("granted", "granted")]
    site.until(lambda: len(board.switched) == 2)
    for count in range(5):
        types(wrong)
        site.is_told(2 + count)
    assert site.is_told(7)[1:] == [("denied", "unknown_credential")] * 5 + [("lockout", "")]
    types(pin)
    assert site.is_told(8)[7] == ("denied", "locked_out")
    assert site.alarms() == ["lockout"]


def test_da18_da19_the_same_number_in_another_length_is_another_card(site):
    """DA18: one bit is a fault of the line, two under one parity an unknown card. DA19: 34 bits are another card."""
    site.board()
    plug = site.reader()
    site.fit(Driver.WIEGAND_TEXT_RELAY, "wiegand26", board="modbus")
    site.opens()
    site.enrols("101,04095")
    site.books()
    longer = wiegand.compose("h10306", 0x0065, 0x0FFF)
    halves = format(int(H10301, 2) ^ (1 << 20 | 1 << 21), "026b")  # two bits under one parity: not noticed
    flipped = H10301[:5] + "10"[int(H10301[5])] + H10301[6:]
    for bits in (longer, halves, flipped, H10301):
        plug.send(wiegand_text.line_of(bits))
    told = site.is_told(3)
    assert told == [("denied", "unknown_credential")] * 2 + [("granted", "granted")]
    assert site.alarms() == ["bad_message"]


@pytest.fixture
def bus(site):
    """An OSDP door with its reader, provisioned on the bench and then at the door."""
    made = site.stack.enter_context(reader_bus(site.folder / "reader"))
    site.fit(Driver.OSDP, "wiegand26", address="5", keypad="yes")
    site.key = secrets.token_bytes(16)
    with site.sessions.begin() as session:
        site.key = reader_keys.prepared(session, VAULT, site.door, site.now)
        reader_keys.proved(session, site.door, site.now)
    return made


def past_the_first_second(site):
    """What is read in the first second of a channel counts as stale."""
    for runner in site.doors.wires._running.values():
        for station in runner._stations:
            station.reach.gained_ms -= 1000


def lights(reader):
    return [each["on_color"] for each in reader.took(Kind.LED)]


def test_an_osdp_reader_opens_by_its_own_output_and_shows_why_not(site, bus):
    reader = bus.add(5, site.key)
    site.opens()
    past_the_first_second(site)
    site.enrols("101,04095")
    reader.card(H10301)
    assert site.is_told(1) == [("denied", "unknown_credential")]  # no right yet
    site.books()
    time.sleep(0.05)
    reader.card(wiegand.compose("h10301", 101, 4096))
    site.is_told(2)
    reader.card(H10301)
    assert site.is_told(3)[1:] == [("denied", "unknown_credential"), ("granted", "granted")]
    site.until(lambda: [each["control_code"] for each in reader.took(Kind.OUTPUT)] == [1, 5])
    site.until(lambda: lights(reader) == [1, 1, 2])
    with site.sessions.begin() as session:
        asked = commands.ask_open(session, site.door.ref, by=site.holder.id, reason="Siivooja", now=site.now)
    with site.sessions.begin() as session:
        (taken,) = commands.take_queued(session, [Driver.OSDP], site.now)
    site.doors.open_remotely(taken.door, taken.command, site.now)
    site.is_told(4)
    with site.sessions() as session:
        assert session.get_one(DoorCommand, asked.id).result == "opened"


def test_da15_an_osdp_reader_back_without_its_key_stays_out_and_is_an_alarm(site, bus):
    """DA15: offline, the alarm, no card taken, no key given to it."""
    bus.add(5, site.key)
    site.doors.wires.times = Times(secure=300, first_rest=100, grace=100)
    site.opens()
    keyless = bus.add(5, None, secure=False)
    keyless.card(H10301)
    site.until(lambda: "reader_insecure" in site.alarms(), seconds=12)
    assert not site.online()
    assert site.told() == []
    assert keyless.took(5) == []


def test_a_free_door_is_held_open_and_a_lockdown_shuts_it_at_once(site, bus):
    reader = bus.add(5, site.key)
    site.opens()
    past_the_first_second(site)

    def codes():
        return [each["control_code"] for each in reader.took(Kind.OUTPUT)]

    site.mode(DoorMode.FREE)
    site.until(lambda: codes()[-1:] == [2])
    site.mode(DoorMode.LOCKDOWN)
    site.until(lambda: codes()[-1:] == [1])
    site.enrols("101,04095")
    site.books()
    reader.card(H10301)
    assert ("denied", "lockdown") in site.is_told(1, "mode_applied")


def test_an_osdp_door_without_a_key_is_not_spoken_to(site, monkeypatch):
    from devices.drivers import osdp_bench as bench

    for name in ("WAIT_S", "SETTLE_S", "CLEAR_S"):
        monkeypatch.setattr(bench, name, 0.3)
    bus = site.stack.enter_context(reader_bus(site.folder / "reader"))
    reader = bus.add(5, None, secure=False, abilities=ABILITIES)
    site.fit(Driver.OSDP, "wiegand26", address="5")
    site.doors.refit(site.now)
    assert site.alarms() == ["reader_insecure"]
    with pytest.raises(NotProvisioned, match="no OSDP door has address 7"):
        osdp_bench.give(site.sessions, VAULT, BenchWish(str(bus.plug.path), 7), lambda: site.now)
    said = osdp_bench.give(site.sessions, VAULT, BenchWish(str(bus.plug.path), 5), lambda: site.now)
    assert "was given its key" in said
    assert "also talks without a key" in said
    (given,) = [each["data"] for each in reader.took(5)]
    with site.sessions() as session:
        assert reader_keys.key_of(session, VAULT, session.merge(site.door)) == given
    site.opens()
    assert site.alarms() == []


def test_who_is_let_in_by_a_board_that_does_not_take_it_is_an_alarm(site):
    board, plug = site.board(), site.reader()
    site.fit(Driver.ID12LA_RELAY, "em4100", board="modbus")
    site.opens()
    site.enrols("62E3086CED")
    site.books()
    board.deaf = 1000
    plug.send(id12la.frame_of(0x62E3086CED))
    assert site.is_told(1) == [("granted", "granted")]
    site.until(lambda: "not_released" in site.alarms())


def test_a_card_read_while_the_database_was_away_opens_nothing_afterwards(site):
    site.board()
    plug = site.reader()
    site.fit(Driver.ID12LA_RELAY, "em4100", board="modbus")
    site.opens()
    plug.send(id12la.frame_of(7))
    time.sleep(0.2)
    name, told, at_ms = site.doors._inbox.get_nowait()
    while type(told).__name__ != "CardShown":
        name, told, at_ms = site.doors._inbox.get(timeout=2)
    site.doors._inbox.put((name, told, at_ms - 2001))
    site.until(lambda: site.alarms() == ["stale_read"])
    assert site.told() == []
