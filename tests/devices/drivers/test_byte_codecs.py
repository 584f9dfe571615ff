"""The conformance laws of codecs on byte lines, the same for all: cuts, noise, loss, doubles, restarts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers import id12la, modbus_relay, osdp_frames, pn532, rdm6300, told, wiegand, wiegand_text
from tests.devices.drivers.cuts import Feeds, cut_streams, every_cut, in_pieces

UID = bytes.fromhex("04A1B2C3D4E5F6")
FOUND = pn532.framed(bytes([0xD5, 0x4B, 1, 1, 0x00, 0x44, 0x00, 7]) + UID)


@dataclass(frozen=True)
class Line:
    """A codec, frames for it, what each says, and whether the line's own silence is needed to find frames again.
    `preamble`: bytes before a frame that it does without."""

    make: Callable[[], Feeds]
    frames: dict[bytes, Any]
    needs_silence: bool = False
    preamble: int = 0


LINES = {
    "rdm6300": Line(rdm6300.Decoder, {b"\x0262E3086CED08\x03": rdm6300.CardRead(0x62E3086CED)}),
    "id12la": Line(id12la.decoder, {b"\x0262E3086CED08\r\n\x03": rdm6300.CardRead(0x62E3086CED)}),
    "wiegand_text": Line(
        wiegand_text.Decoder,
        {
            b"00110010100001111111111111\r\n": told.CardShown("card:wiegand:26:0ca1fff"),
            b"37:1F406073\n": wiegand.read(wiegand.compose("h10304", 500, 12345)),
            b"0101\n": told.KeyPressed("5"),
        },
    ),
    "modbus_relay": Line(
        modbus_relay.Decoder,
        {
            bytes.fromhex("01050000FF008C3A"): modbus_relay.Written(1, 0, 0xFF00),
            modbus_relay.sealed(bytes([1, 2, 1, 0b101])): modbus_relay.Bits(
                1, 2, (True, False, True, False, False, False, False, False)
            ),
            modbus_relay.sealed(bytes([1, 0x85, 2])): modbus_relay.Refused(1, 5, 2),
        },
        needs_silence=True,
    ),
    "osdp_frames": Line(
        osdp_frames.Decoder,
        {
            frame: frame
            for frame in map(bytes.fromhex, ("53650900046100d97a", "53e514000445bebafe0101afbeaddeaddead07fd"))
        },
        needs_silence=True,
    ),
    "pn532": Line(
        pn532.Decoder,
        {pn532.ACK: pn532.Code.ACK, FOUND: pn532.Said(0xD5, 0x4B, FOUND[7:-2])},
        needs_silence=True,
        preamble=1,
    ),
}
each_line = pytest.mark.parametrize("line", LINES.values(), ids=LINES)


@each_line
def test_a_frame_may_be_cut_anywhere(line: Line) -> None:
    for frame, says in line.frames.items():
        for pieces in every_cut(frame):
            assert in_pieces(line.make(), pieces) == [says]


@each_line
def test_frames_glued_together_are_all_read(line: Line) -> None:
    whole = b"".join(line.frames)
    for pieces in every_cut(whole * 2):
        assert in_pieces(line.make(), pieces) == [*line.frames.values()] * 2


@each_line
@given(data=st.data())
def test_any_cut_of_any_stream_yields_the_same_frames(line: Line, data: st.DataObject) -> None:
    whole, pieces = data.draw(cut_streams(*line.frames))
    assert in_pieces(line.make(), pieces) == list(line.make().feed(whole))


@each_line
@given(noise=st.binary(max_size=60))
def test_after_any_noise_a_whole_frame_is_read(line: Line, noise: bytes) -> None:
    """A codec whose frames have a length needs the line's silence first; a text line needs its end."""
    decoder: Any = line.make()
    decoder.feed(noise)
    if line.needs_silence:
        decoder.silence()
    if line.make is wiegand_text.Decoder:
        decoder.feed(b"\n")
    for frame, says in line.frames.items():
        assert decoder.feed(frame)[-1] == says


@each_line
def test_a_reader_started_in_the_middle_of_a_frame_invents_no_card(line: Line) -> None:
    known = {type(says) for says in line.frames.values()}
    for frame in line.frames:
        for at in range(1 + line.preamble, len(frame)):
            told_of = line.make().feed(frame[at:])
            if line.make is not wiegand_text.Decoder:  # a text line has no mark at its beginning, only its parity
                assert not {type(each) for each in told_of} & known


@each_line
@given(data=st.data())
def test_one_byte_changed_or_lost_is_never_another_card(line: Line, data: st.DataObject) -> None:
    if line.make is wiegand_text.Decoder:
        return  # parity finds one wrong bit, not one wrong digit: test_wiegand says so
    frame = data.draw(st.sampled_from(list(line.frames)))
    at = data.draw(st.integers(0, len(frame) - 1))
    changed = data.draw(st.binary(max_size=1))
    for says in line.make().feed(frame[:at] + changed + frame[at + 1 :]):
        if isinstance(says, pn532.Said):  # its sum overlooks a lost zero; what reads the card in it does not
            assert pn532.cards(says.body) in (pn532.cards(FOUND[7:-2]), [told.Garbled("uid")])
            continue
        assert says == line.frames[frame] or isinstance(says, told.Garbled | rdm6300.Garbled | pn532.Code)
