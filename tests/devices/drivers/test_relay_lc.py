"""The relay board's bytes and the pulse we time for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers.relay_lc import Pulse, frame

ON, OFF = bytes.fromhex("A00101A2"), bytes.fromhex("A00100A1")


def test_the_boards_own_bytes() -> None:
    assert (frame(1, on=True), frame(1, on=False)) == (ON, OFF)
    assert frame(2, on=True) == bytes.fromhex("A00201A3")


@pytest.mark.parametrize("channel", [0, 9, -1])
def test_a_relay_that_is_not_there_is_refused(channel: int) -> None:
    with pytest.raises(ValueError, match="relay"):
        frame(channel, on=True)


@given(start=st.integers(0, 2**40), unlock_s=st.integers(1, 600))
def test_the_lock_closes_when_its_time_is_over_and_not_before(start: int, unlock_s: int) -> None:
    pulse = Pulse()
    assert pulse.open(unlock_s, start) == ON
    assert pulse.due(start + unlock_s * 1000 - 1) == b""
    assert pulse.due(start + unlock_s * 1000) == OFF


def test_closing_is_tried_until_it_was_written() -> None:
    pulse = Pulse()
    pulse.open(5, 0)
    assert [pulse.due(5000), pulse.due(6000)] == [OFF, OFF]
    pulse.closed()
    assert pulse.due(7000) == b""


def test_a_shorter_opening_does_not_cut_a_longer_one() -> None:
    pulse = Pulse()
    pulse.open(30, 0)
    pulse.open(5, 1000)
    assert pulse.due(29_999) == b""
    assert pulse.due(30_000) == OFF


def test_a_board_that_comes_back_is_told_what_it_should_be() -> None:
    pulse = Pulse()
    assert pulse.after_reopening(0) == OFF
    pulse.open(5, 0)
    assert [pulse.after_reopening(4999), pulse.after_reopening(5000)] == [ON, OFF]
