"""Readers and boards on real pseudo-terminals with real pyserial, each owned by a thread of its own."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devices.drivers import id12la, rdm6300
from devices.drivers.line_runner import Hold, LineRunner, Release
from devices.drivers.reader_ends import ReaderKind, SpeakingReader, reader_end
from devices.drivers.relay_boards import LcBoard, Place
from devices.drivers.relay_lc import frame
from devices.drivers.shared_port import SharedPort
from devices.drivers.told import Acknowledged, CardShown, EndDown, EndUp, Garbled, PinTyped, Told
from tests.devices.pseudo_terminals import Plug

ON, OFF = frame(1, on=True), frame(1, on=False)
CARD = CardShown("card:em4100:40:62e3086ced")
OTHER = CardShown("card:em4100:40:0000000007")
UP = EndUp("reader")


class Site:
    """Ends at work, and what they told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[Told] = []
        self.runners: list[LineRunner] = []

    def reader(self, kind: ReaderKind = ReaderKind.RDM6300) -> Plug:
        plug = self.plug("reader")
        self.start(LineRunner(str(plug.path), reader_end(kind, "a"), self.tell))
        self.until(UP)
        return plug

    def board(self) -> Plug:
        plug = self.plug("relay")
        self.start(LineRunner(str(plug.path), LcBoard({"a": Place()}), self.tell))
        self.until(EndUp("relay"))
        assert plug.got(4) == OFF
        return plug

    def plug(self, name: str) -> Plug:
        made = Plug(self.folder / name)
        made.plug_in()
        return made

    def start(self, runner: LineRunner) -> None:
        self.runners.append(runner)
        runner.start()

    def tell(self, _door: str, told: Told, _mono_ms: int) -> None:
        self.told.append(told)

    def until(self, told: Told, times: int = 1) -> float:
        return self.waits(lambda: self.told.count(told) >= times)

    def waits(self, condition: Callable[[], bool]) -> float:
        began = time.monotonic()
        while not condition():
            assert time.monotonic() < began + 5, self.told
            time.sleep(0.002)
        return time.monotonic() - began


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    for runner in made.runners:
        runner.stop()


def test_a_card_that_lies_there_is_read_once(site: Site) -> None:
    reader = site.reader()
    reader.send(rdm6300.frame_of(0x62E3086CED) * 3)
    reader.send(rdm6300.frame_of(7))
    site.until(OTHER)
    assert site.told == [UP, CARD, OTHER]


def test_torn_frames_and_noise_lose_no_card(site: Site) -> None:
    reader = site.reader()
    whole = rdm6300.frame_of(0x62E3086CED)
    reader.send(b"\xff\x00noise" + whole[:5])
    time.sleep(0.02)
    reader.send(whole[5:] + whole[:-3] + rdm6300.frame_of(7))
    site.until(OTHER)
    assert site.told == [UP, CARD, Garbled("cut_short"), OTHER]


def test_every_kind_of_reader_says_cards_in_the_same_words(site: Site) -> None:
    reader = site.reader(ReaderKind.ID12LA)
    reader.send(id12la.frame_of(0x62E3086CED))
    site.until(CARD)


def test_keys_of_a_wiegand_keypad_become_a_pin(site: Site) -> None:
    reader = site.reader(ReaderKind.WIEGAND_TEXT)
    reader.send(b"0100\r\n1001\r\n0011\r\n1000\r\n1011\r\n")
    site.until(PinTyped("4938"))
    assert "4938" not in repr(site.told)


def test_r15_an_unplugged_reader_is_found_again_under_another_name(site: Site) -> None:
    reader = site.reader()
    reader.send(rdm6300.frame_of(0x62E3086CED)[:6])
    before = reader.path.readlink()
    reader.pull()
    site.waits(lambda: isinstance(site.told[-1], EndDown))
    spare = Plug(site.folder / "spare")
    spare.plug_in()  # takes the old name
    reader.plug_in()
    assert site.until(UP, times=2) < 2
    assert reader.path.readlink() != before
    reader.send(rdm6300.frame_of(7))
    site.until(OTHER)


def test_r15_an_idle_and_a_missing_port_cost_no_work(site: Site) -> None:
    site.board()
    site.reader().pull()
    site.waits(lambda: isinstance(site.told[-1], EndDown))
    before = os.times()
    time.sleep(0.5)
    after = os.times()
    assert (after.user + after.system) - (before.user + before.system) < 0.1
    assert len([told for told in site.told if isinstance(told, EndDown)]) == 1


def test_an_opening_ends_in_time_whatever_the_rest_of_the_process_does(site: Site) -> None:
    board = site.board()
    site.runners[-1].order(Release("a", 1, "x"))
    assert board.got(4) == ON
    began = time.monotonic()
    site.until(Acknowledged("x", ok=True))
    assert board.got(4) == OFF
    assert 0.9 < time.monotonic() - began < 1.3


def test_an_opening_asked_of_a_board_that_is_gone_fails_and_does_not_happen_later(site: Site) -> None:
    board = site.board()
    board.pull()
    site.waits(lambda: isinstance(site.told[-1], EndDown))
    site.runners[-1].order(Release("a", 60, "x"))
    site.until(Acknowledged("x", ok=False))
    board.plug_in()
    assert board.got(4) == OFF
    assert board.got(4, timeout=0.1) == b""


def test_leaving_shuts_what_is_held_open(site: Site) -> None:
    board = site.board()
    site.runners[-1].order(Hold("a", on=True))
    assert board.got(4) == ON
    site.runners.pop().stop()
    assert board.got(4) == OFF


def test_a_reader_that_only_speaks_and_a_board_that_only_listens_share_a_port(site: Site) -> None:
    port, reader = site.plug("port"), reader_end(ReaderKind.RDM6300, "a")
    assert isinstance(reader, SpeakingReader)
    site.start(LineRunner(str(port.path), SharedPort(reader, LcBoard({"a": Place()})), site.tell))
    assert port.got(4) == OFF
    port.send(rdm6300.frame_of(0x62E3086CED))
    site.until(CARD)
    site.runners[-1].order(Release("a", 5, "x"))
    assert port.got(4) == ON
