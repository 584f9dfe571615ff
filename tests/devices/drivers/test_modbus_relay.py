"""Relay boards on Modbus RTU: published frames, CRC, answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers import modbus_relay
from devices.drivers.modbus_relay import Bits, Decoder, Written
from devices.drivers.told import Garbled


def test_the_published_frames_are_made() -> None:
    assert modbus_relay.switch(1, 0, on=True).hex() == "01050000ff008c3a"
    assert modbus_relay.switch(1, 0, on=False).hex() == "010500000000cdca"
    # The maker's example of a relay that is on for 0.7 s.
    assert modbus_relay.sealed(bytes.fromhex("010502000007")).hex() == "0105020000078db0"


def test_an_opening_closes_by_itself_and_lasts_as_long_as_asked() -> None:
    frame = modbus_relay.pulse(1, 2, 5)
    assert frame[:6].hex() == "010502020032"
    assert Decoder().feed(frame) == (Written(1, 0x0202, 50),)  # boards echo what they took
    with pytest.raises(ValueError, match="time"):
        modbus_relay.pulse(1, 0, 3277)


def test_crc_of_a_frame_with_its_crc_is_nothing() -> None:
    assert modbus_relay.crc16(modbus_relay.ask_inputs(1, 0, 8)) == 0
    assert modbus_relay.crc16(b"123456789") == 0x4B37  # the check value in catalogues of CRCs


@given(bits=st.binary(min_size=1, max_size=20), unit=st.integers(1, 247))
def test_inputs_are_read_lowest_first(bits: bytes, unit: int) -> None:
    answer = modbus_relay.sealed(bytes([unit, 2, len(bits)]) + bits)
    (said,) = Decoder().feed(answer)
    assert isinstance(said, Bits)
    assert sum(bit << i for i, bit in enumerate(said.bits)) == int.from_bytes(bits, "little")


def test_half_an_answer_is_given_up_when_the_line_falls_silent() -> None:
    decoder = Decoder()
    assert decoder.feed(bytes.fromhex("01050000ff")) == ()
    assert decoder.silence() == (Garbled("cut_short"),)
    assert decoder.silence() == ()
    assert decoder.feed(modbus_relay.switch(1, 0, on=True)) == (Written(1, 0, 0xFF00),)


@pytest.mark.parametrize("unit", [0, 248])
def test_no_board_has_that_number(unit: int) -> None:
    with pytest.raises(ValueError, match="unit"):
        modbus_relay.switch(unit, 0, on=True)
