"""A reader and a relay board on pseudo-terminals: card bytes in, relay bytes out, only when the service says so."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from access import board, commands, credentials
from access.keeping import keeper
from access.models import CredentialKey, DoorAlarm, DoorEvent, DoorState, Driver
from access.serial_doors import SerialDoors
from access.status import RightState, right_status
from access.wires import BoardPlan, ReaderPlan
from booking.acts import Act, ActKind, tell
from devices.drivers.rdm6300 import frame_of
from tests import make
from tests.access.make import VAULT, card, door, house, turn
from tests.devices.pseudo_terminals import Plug

CARD, STRANGER = 0x62E3086CED, 0x0100000001
ON, OFF = bytes.fromhex("A00101A2"), bytes.fromhex("A00100A1")


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


class Gate:
    """A serial door at work; `now` is the service's clock."""

    def __init__(self, sessions, folder, now):
        self.sessions, self.now = sessions, now
        self.reader, self.relay = Plug(folder / "reader"), Plug(folder / "relay")
        with sessions.begin() as session:
            self.home, self.holder = house(session, now), make.person(session)
            ports = {"reader_path": str(self.reader.path), "relay_path": str(self.relay.path), "unlock_s": 1}
            driver = {"driver": Driver.RDM6300_RELAY}
            self.door = door(session, self.home.premises, [self.home.hall], now, **driver, **ports)
            self.card = card(session, self.holder, now, f"{CARD:010X}")
        self.plug_in()
        self.doors = SerialDoors(sessions, VAULT, wake=lambda: None)
        self.doors.refit(now)
        self.until(lambda: self.state().online)
        assert self.relay.got(4) == OFF  # a line just opened: shut

    def plug_in(self):
        self.reader.plug_in()
        self.relay.plug_in()

    def state(self):
        with self.sessions() as session:
            return session.get_one(DoorState, self.door.id)

    def until(self, condition, seconds=5):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "did not happen in time"
            self.doors.turn(self.now)
            time.sleep(0.005)

    def events(self, *kinds):
        with self.sessions() as session:
            rows = session.scalars(select(DoorEvent).order_by(DoorEvent.id))
            return [row for row in rows if row.kind in kinds]

    def show(self, value):
        """A card at the reader; gives what the relay got."""
        before = len(self.events("granted", "denied"))
        self.taken_away()
        self.reader.send(frame_of(value))
        self.until(lambda: len(self.events("granted", "denied")) > before)
        return self.relay.got(4, timeout=0.3)

    def taken_away(self):
        """The same card taken away and shown again."""
        for plan, runner in self.doors.wires._running.items():
            if isinstance(plan, ReaderPlan):
                runner.end.entries.repeats.last = None

    def shuts(self):
        """The rest of an opening, shortened: what the board gets."""
        for plan, runner in self.doors.wires._running.items():
            if isinstance(plan, BoardPlan):
                for strike in runner.end._strikes.values():
                    strike.hold(on=False)
        return self.relay.got(4)

    def at(self, clock):
        self.now = make.at("2026-11-24", clock)

    def book(self):
        with self.sessions.begin() as session:
            row = turn(session, self.home.hall, make.span("2026-11-24", "18:00", "20:00"), self.holder)
            tell(session, Act(ActKind.BOOKING_MADE, self.now, None, row.ref, occurrences=(row.id,)))
        return row


@pytest.fixture
def gate(sessions, now, tmp_path):
    made = Gate(sessions, tmp_path, now)
    yield made
    made.doors.stop()


def test_the_relay_gets_its_bytes_inside_the_window_and_nothing_outside(gate):
    gate.book()
    got = {}
    for moment in ("17:44", "17:45", "19:59", "20:00"):
        gate.at(moment)
        got[moment] = gate.show(CARD)
        if got[moment] == ON:
            assert gate.shuts() == OFF
    assert got == {"17:44": b"", "17:45": ON, "19:59": ON, "20:00": b""}
    reasons = [row.reason for row in gate.events("granted", "denied")]
    assert reasons == ["too_early", "granted", "granted", "expired"]


def test_what_the_service_decides_is_kept_with_person_and_turn(gate):
    booked = gate.book()
    gate.at("18:00")
    gate.show(CARD)
    gate.show(STRANGER)
    granted, denied = gate.events("granted", "denied")
    assert (granted.person_id, granted.occurrence_id) == (gate.holder.id, booked.id)
    assert (denied.person_id, denied.reason) == (None, "unknown_credential")
    assert [row.seq for row in (granted, denied)] == [2, 3]


def test_a_revoked_card_opens_nothing_from_the_same_moment(gate):
    booked = gate.book()
    gate.at("18:00")
    assert gate.show(CARD) == ON
    assert gate.shuts() == OFF
    with gate.sessions.begin() as session:
        credentials.revoke(session, gate.card.ref, by=None, now=gate.now, why="lost")
    assert gate.show(CARD) == b""
    gate.doors.confirm(gate.now)
    with gate.sessions() as session:
        states = {each.door.id: each.state for each in right_status(session, booked.id, gate.now)}
    # The holder has a PIN for the other doors now; a reader without keypad takes none.
    assert states[gate.door.id] is RightState.NO_CREDENTIAL
    assert states[gate.home.outer.id] is RightState.PENDING


def test_garbage_on_the_line_opens_nothing_and_the_next_card_is_read(gate):
    gate.book()
    gate.at("18:00")
    gate.reader.send(b"\x02garbage\x03\xff\x00" + frame_of(CARD)[:-3] + b"00\x03")
    gate.until(lambda: alarm_kinds(gate) == ["bad_message"])
    assert gate.events("granted", "denied") == []
    assert gate.show(CARD) == ON


def alarm_kinds(gate):
    with gate.sessions() as session:
        return list(session.scalars(select(DoorAlarm.kind).where(DoorAlarm.ended_at.is_(None))))


def test_a_pulled_cable_is_an_alarm_and_mends_by_itself(gate):
    gate.reader.pull()
    gate.relay.pull()
    gate.until(lambda: not gate.state().online)
    assert alarm_kinds(gate) == ["offline"]
    gate.plug_in()
    gate.until(lambda: gate.state().online, seconds=10)
    assert alarm_kinds(gate) == []


def test_a_remote_opening_reaches_the_relay_and_is_kept(gate):
    with gate.sessions.begin() as session:
        row = commands.ask_open(session, gate.door.ref, by=gate.holder.id, reason="Siivooja", now=gate.now)
    with gate.sessions.begin() as session:
        (taken,) = commands.take_queued(session, [Driver.RDM6300_RELAY], gate.now)
    gate.doors.open_remotely(taken.door, taken.command, gate.now)
    assert gate.relay.got(4) == ON
    gate.until(lambda: gate.events("opened_remote"))
    with gate.sessions() as session:
        ended = commands.command_of(session, row.ref)
    assert (ended.state, ended.result) == ("done", "opened")
    assert [event.command_id for event in gate.events("opened_remote")] == [row.id]


def test_a_door_fitted_later_learns_a_card_when_it_is_shown_here(gate):
    with gate.sessions.begin() as session:
        late = door(session, gate.home.premises, [gate.home.hall], gate.now)
    gate.show(CARD)
    with gate.sessions() as session:
        known = select(CredentialKey.door_id).where(CredentialKey.credential_id == gate.card.id)
        assert late.id in session.scalars(known).all()


def test_events_go_on_in_their_chain_after_a_restart(gate):
    gate.show(STRANGER)
    gate.doors.stop()
    gate.doors = SerialDoors(gate.sessions, VAULT, wake=lambda: None)
    gate.doors.refit(gate.now + timedelta(seconds=1))
    boots = gate.events("boot")
    assert [row.boot_epoch for row in boots] == [1, 2]
    assert boots[1].body["previous"] == {"boot_epoch": 1, "seq": 2}
    assert boots[1].body["prev"] == gate.events("denied")[0].body_hash


def test_rights_are_in_such_a_door_as_long_as_its_lines_are_open(gate):
    booked = gate.book()
    gate.doors.confirm(gate.now)
    with gate.sessions() as session:
        (found,) = [each for each in right_status(session, booked.id, gate.now) if each.door.id == gate.door.id]
        assert found.state is RightState.IN_DOOR
        assert [row.door.id for row in board.door_health(session, None) if row.online] == [gate.door.id]
