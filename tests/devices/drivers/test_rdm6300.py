"""The RDM6300 decoder: every cut, noise, and frames that are none."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers.rdm6300 import CardRead, Decoder, Fault, Garbled, frame_of
from devices.repeats import Repeats

VECTOR = b"\x0262E3086CED08\x03"
CARD = CardRead(0x62E3086CED)


def test_the_published_vector_is_read() -> None:
    assert Decoder().feed(VECTOR) == (CARD,)
    assert frame_of(0x62E3086CED) == VECTOR
    assert CARD.normal == "card:em4100:40:62e3086ced"


@pytest.mark.parametrize("cut", range(len(VECTOR) + 1))
def test_a_frame_may_be_cut_anywhere(cut: int) -> None:
    decoder = Decoder()
    assert decoder.feed(VECTOR[:cut]) + decoder.feed(VECTOR[cut:]) == (CARD,)


@given(stream=st.lists(st.sampled_from([VECTOR, VECTOR[:9], frame_of(7)]) | st.binary(max_size=20)), pieces=st.data())
def test_any_cut_of_a_stream_yields_the_same_frames(stream: list[bytes], pieces: st.DataObject) -> None:
    whole = b"".join(stream)
    cuts = sorted(pieces.draw(st.lists(st.integers(0, len(whole)), max_size=10)))
    decoder, one = Decoder(), Decoder()
    ends = itertools.pairwise([0, *cuts, len(whole)])
    assert tuple(frame for start, end in ends for frame in decoder.feed(whole[start:end])) == one.feed(whole)
    assert decoder.ignored == one.ignored


@given(value=st.integers(0, 2**40 - 1))
def test_every_tag_is_read_as_it_is(value: int) -> None:
    assert Decoder().feed(frame_of(value)) == (CardRead(value),)


@given(noise=st.binary(max_size=30).filter(lambda noise: 2 not in noise))
def test_noise_between_frames_hides_nothing(noise: bytes) -> None:
    decoder = Decoder()
    assert decoder.feed(noise + VECTOR + noise + VECTOR) == (CARD, CARD)
    assert decoder.ignored == 2 * len(noise)


@given(noise=st.binary(max_size=60))
def test_after_any_garbage_a_whole_frame_is_read(noise: bytes) -> None:
    assert Decoder().feed(noise + VECTOR)[-1] == CARD


@given(at=st.integers(1, 12), digit=st.sampled_from(b"0123456789ABCDEF"))
def test_one_changed_digit_is_never_another_card(at: int, digit: int) -> None:
    changed = bytearray(VECTOR)
    changed[at] = digit
    assert Decoder().feed(bytes(changed)) in ((CARD,), (Garbled(Fault.CHECKSUM),))


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (b"\x0262E3086CED09\x03", Fault.CHECKSUM),
        (b"\x0262E3086CXD08\x03", Fault.DIGIT),
        (b"\x0262E308\x03", Fault.CUT_SHORT),
        (b"\x0262E308\x02", Fault.CUT_SHORT),
        (b"\x0262E3086CED08\x04", Fault.NO_END),
    ],
)
def test_a_bad_frame_is_told_with_its_fault(frame: bytes, fault: Fault) -> None:
    assert Decoder().feed(frame) == (Garbled(fault),)


def test_a_card_that_lies_on_the_reader_is_one_reading() -> None:
    repeats = Repeats()
    assert [repeats.is_new("a", ms) for ms in (0, 200, 2900, 5899, 8899)] == [True, False, False, False, True]
    assert [repeats.is_new(card, 9000) for card in ("b", "b", "a")] == [True, False, True]
