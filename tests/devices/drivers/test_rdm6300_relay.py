"""Reader and relay board on real pseudo-terminals with real pyserial."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devices.drivers.rdm6300 import CardRead, Fault, Garbled, frame_of
from devices.drivers.rdm6300_relay import LineDown, LineUp, SerialDoor, serial_door
from devices.failures import LinkLost
from tests.devices.pseudo_terminals import Plug

ON, OFF = bytes.fromhex("A00101A2"), bytes.fromhex("A00100A1")
CARD = CardRead(0x62E3086CED)


@pytest.fixture
def reader(tmp_path: Path) -> Plug:
    plug = Plug(tmp_path / "reader")
    plug.plug_in()
    return plug


@pytest.fixture
def relay(tmp_path: Path) -> Plug:
    plug = Plug(tmp_path / "relay")
    plug.plug_in()
    return plug


@pytest.fixture
def door(reader: Plug, relay: Plug) -> Iterator[SerialDoor]:
    door = serial_door(str(reader.path), str(relay.path))
    door.start()
    told = until(door, lambda told: told.count(LineUp("reader")) + told.count(LineUp("relay")) == 2)
    assert len(told) == 2
    assert relay.got(4) == OFF
    yield door
    door.stop()


def until(
    door: SerialDoor, enough: Callable[[list[object]], bool], *, mono_ms: int = 0, timeout: float = 5
) -> list[object]:
    told: list[object] = []
    deadline = time.monotonic() + timeout
    while not enough(told) and time.monotonic() < deadline:
        told += door.poll(mono_ms)
        time.sleep(0.005)
    return told


def test_a_card_is_read_and_the_lock_opens_and_closes(door: SerialDoor, reader: Plug, relay: Plug) -> None:
    reader.send(frame_of(CARD.value) * 3)
    assert until(door, bool) == [CARD]
    door.open(5, mono_ms=1000)
    assert relay.got(4) == ON
    door.poll(5999)
    assert relay.got(4, timeout=0.1) == b""
    door.poll(6000)
    assert relay.got(4) == OFF


def test_torn_frames_and_noise_lose_no_card(door: SerialDoor, reader: Plug) -> None:
    frame = frame_of(CARD.value)
    reader.send(b"\xff\x00noise" + frame[:5])
    time.sleep(0.05)
    reader.send(frame[5:] + frame[:-3] + frame_of(7))
    assert until(door, lambda told: len(told) == 3) == [CARD, Garbled(Fault.CUT_SHORT), CardRead(7)]


def test_an_unplugged_reader_is_found_again_under_another_name(door: SerialDoor, reader: Plug) -> None:
    reader.send(frame_of(CARD.value)[:6])
    time.sleep(0.1)
    reader.pull()
    told = until(door, bool)
    assert isinstance(told[0], LineDown)
    began = time.monotonic()
    reader.plug_in()
    until(door, lambda told: LineUp("reader") in told)
    assert time.monotonic() - began < 2
    reader.send(frame_of(7))
    assert until(door, lambda told: CardRead(7) in told)[-1] == CardRead(7)


def test_a_missing_relay_opens_nothing_and_says_so(door: SerialDoor, relay: Plug) -> None:
    relay.pull()
    until(door, bool)
    with pytest.raises(LinkLost):
        door.open(5, mono_ms=0)
    relay.plug_in()
    until(door, lambda told: LineUp("relay") in told)
    assert relay.got(4) == OFF


def test_a_relay_lost_while_open_is_closed_when_it_is_back(door: SerialDoor, relay: Plug) -> None:
    door.open(5, mono_ms=0)
    assert relay.got(4) == ON
    relay.pull()
    until(door, bool)
    relay.plug_in()
    until(door, lambda told: LineUp("relay") in told, mono_ms=6000)
    assert relay.got(4) == OFF


def test_leaving_closes_the_lock(door: SerialDoor, relay: Plug) -> None:
    door.open(60, mono_ms=0)
    assert relay.got(4) == ON
    door.stop()
    assert relay.got(4) == OFF


def test_an_idle_and_a_missing_port_cost_no_work(door: SerialDoor, reader: Plug) -> None:
    reader.pull()
    assert len(until(door, bool)) == 1
    before = os.times()
    time.sleep(1)
    after = os.times()
    assert (after.user + after.system) - (before.user + before.system) < 0.1
    assert door.poll(0) == ()
