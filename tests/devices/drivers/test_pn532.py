"""PN532: our frames against nfcpy, which somebody else wrote, and our host against the chip as its manual has it."""

import os
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nfc.clf
import nfc.clf.pn532
import nfc.clf.transport
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers import pn532
from devices.drivers.pn532 import Decoder, Host
from devices.drivers.told import CardShown, Garbled, Reachable, Told
from tests.devices.drivers.pn532_stand_in import StandIn
from tests.devices.pseudo_terminals import Plug

UID = bytes.fromhex("04A1B2C3D4E5F6")
CARD = CardShown("card:iso14443a:56:04a1b2c3d4e5f6")
COMING = Reachable(online=True)


def test_the_frames_of_the_manual_are_made() -> None:
    assert pn532.command(0x02).hex() == "0000ff02fed4022a00"
    assert pn532.command(0x14, b"\x01\x00\x00").hex() == "0000ff05fbd4140100001700"
    assert Decoder().feed(bytes.fromhex("0000ff06fad50332010607e800")) == (pn532.Said(0xD5, 3, b"\x32\1\6\7"),)
    assert Decoder().feed(pn532.ACK + pn532.NACK) == (pn532.Code.ACK, pn532.Code.NACK)
    assert Decoder().feed(bytes.fromhex("0000ff01ff7f8100")) == (pn532.Code.FAILED,)


@given(body=st.integers(0, 263).flatmap(lambda size: st.binary(min_size=size, max_size=size)))
def test_long_and_short_frames_come_back_as_they_were(body: bytes) -> None:
    assert Decoder().feed(pn532.framed(b"\xd5\x41" + body)) == (pn532.Said(0xD5, 0x41, body),)


@contextmanager
def on_a_wire(chip: StandIn, path: Path) -> Iterator[str]:
    """The chip behind a pseudo-terminal."""
    plug, over = Plug(path), threading.Event()
    plug.plug_in()

    def talk() -> None:
        while not over.is_set():
            if select.select([plug._master], [], [], 0.02)[0]:
                plug.send(chip.hear(os.read(plug._master, 512)))

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield str(path)
    finally:
        over.set()
        thread.join()
        plug.pull()


def test_another_program_that_knows_the_chip_finds_the_card_we_say_is_there(tmp_path: Path) -> None:
    """nfcpy wakes the chip, reads its version, sets its speed and its registers, and asks for a card."""
    chip = StandIn(near=UID)
    with on_a_wire(chip, tmp_path / "pn532") as path:
        device = nfc.clf.pn532.init(nfc.clf.transport.TTY(path))
        try:
            found = device.sense_tta(nfc.clf.RemoteTarget("106A"))
            assert found.sdd_res == UID
            chip.near = None
            assert device.sense_tta(nfc.clf.RemoteTarget("106A")) is None
        finally:
            device.close()
    assert {0x02, 0x14, 0x4A} <= set(chip.asked)


def run(host: Host, chip: StandIn, from_ms: int, to_ms: int, lost: float = 0.0) -> list[Told]:
    """Host and chip on one line, looked at each 20 ms."""
    heard: list[Told] = []
    for moment in range(from_ms, to_ms, 20):
        heard += host.silent(moment)
        heard += host.feed(chip.hear(host.due(moment)), moment)
    return heard


def test_our_host_wakes_the_chip_and_tells_a_card_at_each_look() -> None:
    chip = StandIn(near=UID)
    heard = run(Host(), chip, 0, 400)
    assert heard[:2] == [COMING, CARD]
    assert set(heard[1:]) == {CARD}
    assert chip.asked[:3] == [0x14, 0x32, 0x4A]


def test_a_chip_that_falls_silent_is_told_once_and_woken_again() -> None:
    host, chip = Host(), StandIn()
    assert run(host, chip, 0, 300) == [COMING]
    chip.deaf = 3
    assert run(host, chip, 300, 5000) == [Reachable(online=False), COMING]
    chip.near = UID
    assert CARD in run(host, chip, 5000, 5300)


def test_a_chip_that_was_never_there_is_told_once() -> None:
    assert run(Host(), StandIn(deaf=10**6), 0, 10_000) == [Reachable(online=False)]


def test_a_number_drawn_anew_is_not_for_keeping() -> None:
    chip = StandIn(near=bytes.fromhex("08123456"), atqa=b"\x00\x04", sak=0x20)
    chip.sak = 0x00
    heard = run(Host(), chip, 0, 200)
    assert CardShown("card:iso14443a:32:08123456", lasting=False) in heard
    assert pn532.is_random(bytes.fromhex("08123456"))
    assert not pn532.is_random(UID)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("00", []),
        ("01010044000704a1b2c3d4e5f6", [CARD]),
        ("0101004420" + "0704a1b2c3d4e5f6" + "05" + "78807002", [CARD]),
        ("0101004400", [Garbled("uid")]),
        ("01010044000504a1b2c3d4", [Garbled("uid")]),
        ("01014400" + "0704a1b2c3d4e5f6", [Garbled("uid")]),
    ],
)
def test_answers_about_cards(body: str, says: list[Told]) -> None:
    assert pn532.cards(bytes.fromhex(body)) == says


def test_an_answer_to_something_else_is_no_card() -> None:
    host = Host()
    host.due(0)
    found = pn532.framed(bytes([0xD5, 0x4B, 1, 1, 0, 0x44, 0, 7]) + UID)
    assert host.feed(found, 10) == ()
