"""Relay boards with several doors: what opens, what shuts, what proves it; lost answers, noise and power cuts."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.drivers import modbus_relay, relay_lc
from devices.drivers.line_runner import Hold, Release
from devices.drivers.relay_boards import LcBoard, ModbusBoard, Place
from devices.drivers.told import Acknowledged, ContactSaid, EndDown, EndUp, ExitPressed, Told
from tests.devices.drivers.modbus_stand_in import BoardStandIn

UP, DOWN = EndUp("relay"), EndDown
OK, LOST = Acknowledged("x", ok=True), Acknowledged("x", ok=False)
ON = modbus_relay.pulse(1, 0, 5).hex()
OFF = modbus_relay.switch(1, 0, on=False).hex()


@dataclass
class Line:
    """A board's end and the board, in a time of their own; `carry` may change the bytes on their way back."""

    end: ModbusBoard
    boards: list[BoardStandIn]
    carry: Callable[[bytes], bytes] = lambda piece: piece
    mono_ms: int = 0
    told: list[tuple[str, Told]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.told += self.end.opened(self.mono_ms)

    def runs(self, ms: int) -> "Line":
        for _ in range(ms // 10):
            self.mono_ms += 10
            self.told += self.end.turn(self.mono_ms)
            while piece := self.end.due(self.mono_ms):
                self.told += self.end.written(self.mono_ms)
                for board in self.boards:
                    answer = self.carry(board.hear(piece, self.mono_ms))
                    if answer:
                        self.told += self.end.feed(answer, self.mono_ms)
        return self

    def release(self, seconds: int = 5, door: str = "a") -> "Line":
        self.end.order(Release(door, seconds, "x"), self.mono_ms)
        return self

    def said(self, *of: type) -> list[Told]:
        return [told for _door, told in self.told if isinstance(told, of)]


def line(place: Place | None = None, board: BoardStandIn | None = None) -> Line:
    return Line(ModbusBoard({"a": place or Place()}), [board or BoardStandIn()])


def test_the_board_shuts_by_itself_and_proves_that_it_opened() -> None:
    at_work = line().runs(200)
    assert at_work.boards[0].switched == [OFF]  # a board just heard: shut
    at_work.release().runs(50)
    assert at_work.boards[0].switched == [OFF, ON]
    assert at_work.said(Acknowledged) == [OK]
    assert at_work.boards[0].is_on(0, at_work.mono_ms)
    silent = at_work.mono_ms + 5000
    assert not at_work.boards[0].is_on(0, silent)  # though we said no more


def test_a_board_without_a_flash_coil_is_shut_by_us() -> None:
    at_work = line(Place(relay=2, keeps_time=False)).runs(200).release(3).runs(2900)
    assert at_work.boards[0].is_on(1, at_work.mono_ms)
    at_work.runs(200)
    assert not at_work.boards[0].is_on(1, at_work.mono_ms)


def test_an_answer_that_is_lost_or_slow_is_asked_for_again() -> None:
    at_work = line().runs(200)
    at_work.boards[0].deaf = 2
    at_work.release().runs(900)
    assert at_work.said(Acknowledged, EndDown) == [OK]


def test_a_board_that_is_gone_opens_nothing_and_nothing_later() -> None:
    at_work = line().runs(200)
    at_work.boards[0].deaf = 100
    at_work.release(60).runs(1500)
    assert at_work.said(Acknowledged) == [LOST]
    assert len(at_work.said(EndDown)) == 1
    at_work.boards[0].deaf = 0
    at_work.runs(1500)
    assert at_work.said(EndUp) == [UP, UP]
    assert not at_work.boards[0].is_on(0, at_work.mono_ms)


def test_a_board_that_lost_its_power_is_put_as_it_should_be() -> None:
    """Held open before, held open after; an opening that ran meanwhile has its end."""
    at_work = line().runs(200)
    at_work.end.order(Hold("a", on=True), at_work.mono_ms)
    at_work.runs(100)
    assert at_work.boards[0].is_on(0, at_work.mono_ms)
    at_work.boards[0].power_cut()  # for a moment
    at_work.runs(6000)
    assert at_work.boards[0].is_on(0, at_work.mono_ms)
    at_work.boards[0].power_cut()  # and for long
    at_work.boards[0].deaf = 10
    at_work.runs(6000)
    assert at_work.boards[0].is_on(0, at_work.mono_ms)
    at_work.end.order(Hold("a", on=False), at_work.mono_ms)
    at_work.runs(100)
    assert not at_work.boards[0].is_on(0, at_work.mono_ms)


def test_a_line_opened_anew_finds_every_lock_shut() -> None:
    """Our own power cut: a new process knows nothing of the old one's openings."""
    board = BoardStandIn()
    line(Place(keeps_time=False), board).runs(200).release(60).runs(100)
    assert board.is_on(0, 10_000)
    assert not Line(ModbusBoard({"a": Place(keeps_time=False)}), [board]).runs(200).boards[0].is_on(0, 10_000)


def test_contact_and_exit_button_are_inputs_of_the_board() -> None:
    at_work = line(Place(contact=1, exit=3))
    for inputs in (0b001, 0b101, 0b100, 0b000, 0b001):
        at_work.boards[0].inputs = inputs
        at_work.runs(200)
    said = at_work.said(ContactSaid, ExitPressed)
    assert said == [ContactSaid(open=False), ExitPressed(), ContactSaid(open=True), ContactSaid(open=False)]


def test_a_board_without_inputs_opens_all_the_same() -> None:
    at_work = line(board=BoardStandIn(has_inputs=False)).runs(200).release().runs(100)
    assert at_work.said(Acknowledged, EndUp) == [UP, OK]


def test_two_boards_on_one_line_are_told_apart_and_one_that_is_gone_takes_nobody_along() -> None:
    places = {"a": Place(unit=1), "b": Place(unit=2, relay=3)}
    at_work = Line(ModbusBoard(places), [BoardStandIn(1), BoardStandIn(2)]).runs(400)
    at_work.boards[0].deaf = 100
    at_work.release(door="b").runs(2000)
    assert ("b", OK) in at_work.told
    assert [door for door, told in at_work.told if isinstance(told, EndDown)] == ["a"]
    assert at_work.boards[1].is_on(2, at_work.mono_ms)


@settings(max_examples=25)
@given(data=st.data())
def test_whatever_noise_there_is_a_door_is_open_only_when_it_was_asked(data: st.DataObject) -> None:
    """Answers cut, changed, doubled or lost: what is proved was asked, and in the end the lock is shut."""

    def carry(piece: bytes) -> bytes:
        kind = data.draw(st.integers(0, 5))
        noise = data.draw(st.binary(max_size=4))
        return (piece, piece + piece, piece[: len(piece) // 2], noise + piece, noise, b"")[kind] if piece else b""

    at_work = Line(ModbusBoard({"a": Place(keeps_time=False)}), [BoardStandIn()], carry).runs(1000)
    assert not at_work.boards[0].is_on(0, at_work.mono_ms)
    assert at_work.said(Acknowledged) == []
    at_work.release(1).runs(1500)
    assert len(at_work.said(Acknowledged)) <= 1
    at_work.carry = lambda piece: piece
    at_work.runs(3000)
    assert not at_work.boards[0].is_on(0, at_work.mono_ms)


def lc() -> LcBoard:
    board = LcBoard({"a": Place(relay=1), "b": Place(relay=2)})
    board.opened(0)
    drain(board, 0)
    return board


def drain(board: LcBoard, mono_ms: int) -> tuple[bytes, list[tuple[str, Told]]]:
    out, told = b"", []
    while piece := board.due(mono_ms):
        out += piece
        told += board.written(mono_ms)
    return out, told


def frames(*each: tuple[int, bool]) -> bytes:
    return b"".join(relay_lc.frame(channel, on=on) for channel, on in each)


def test_an_lc_board_is_shut_when_it_is_first_heard_of() -> None:
    board = LcBoard({"a": Place(relay=1), "b": Place(relay=2)})
    board.opened(0)
    assert drain(board, 0) == (frames((1, False), (2, False)), [("a", UP), ("b", UP)])


def test_doors_on_one_lc_board_open_and_shut_by_themselves() -> None:
    board = lc()
    board.order(Release("b", 5, "x"), 1000)
    assert drain(board, 1000) == (frames((2, True)), [("b", OK)])
    board.order(Release("a", 5, "x"), 3000)
    assert drain(board, 3000)[0] == frames((1, True))
    assert drain(board, 5999)[0] == b""
    assert drain(board, 6000)[0] == frames((2, False))
    assert drain(board, 8000)[0] == frames((1, False))


def test_of_two_openings_that_overlap_the_later_end_counts() -> None:
    board = lc()
    board.order(Release("a", 5, "x"), 1000)
    drain(board, 1000)
    board.order(Release("a", 5, "x"), 3000)
    assert drain(board, 3000) == (frames((1, True)), [("a", OK)])
    assert drain(board, 7999)[0] == b""
    assert drain(board, 8000)[0] == frames((1, False))


@pytest.mark.parametrize(("back_at", "state"), [(3000, True), (7000, False)])
def test_an_lc_board_lost_while_open_is_as_it_should_be_when_it_is_back(back_at: int, state: bool) -> None:
    board = lc()
    board.order(Release("a", 5, "x"), 1000)
    drain(board, 1000)
    board.lost("pulled", 2000)
    board.opened(back_at)
    assert drain(board, back_at)[0] == frames((1, state), (2, False))


def test_a_missing_lc_board_opens_nothing_and_nothing_later() -> None:
    board = lc()
    board.order(Release("a", 60, "x"), 1000)
    assert board.lost("pulled", 1000)[0] == ("a", LOST)
    board.opened(2000)
    assert drain(board, 2000)[0] == frames((1, False), (2, False))


def test_leaving_shuts_what_is_open() -> None:
    board = lc()
    board.order(Release("b", 60, "x"), 1000)
    drain(board, 1000)
    assert board.leaving() == frames((2, False))
