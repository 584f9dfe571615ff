"""Wiegand: the published vectors, parity, keys, and what bridges print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.card_numbers import card_number, seen_by
from devices.drivers import wiegand, wiegand_text
from devices.drivers.told import CardShown, Garbled, KeyPressed

VECTORS = [
    ("h10301", 101, 4095, int("00110010100001111111111111", 2)),
    ("h10306", 4660, 22136, 0x22468ACF1),
    ("h10302", 0, 1234567, 0x25AD0F),
    ("h10304", 500, 12345, 0x1F406073),
    ("c1000", 1234, 567890, 0x69A5154A4),
]


@pytest.mark.parametrize(("layout", "facility", "number", "value"), VECTORS)
def test_the_published_vectors_hold(layout: str, facility: int, number: int, value: int) -> None:
    bits = wiegand.compose(layout, facility, number)
    assert int(bits, 2) == value
    assert wiegand.fields(layout, bits) == (facility, number)
    assert isinstance(wiegand.read(bits), CardShown)


def test_a_card_of_24_bits_and_one_of_32_have_the_parity_of_the_notes() -> None:
    assert f"{wiegand.with_parity(0xD41B81, 24):026b}"[0] + f"{wiegand.with_parity(0xD41B81, 24):026b}"[-1] == "10"
    assert f"{wiegand.with_parity(0x89D41B81, 32):034b}"[0] + f"{wiegand.with_parity(0x89D41B81, 32):034b}"[-1] == "11"


@given(value=st.integers(0, 2**24 - 1), at=st.integers(0, 25))
def test_one_wrong_bit_is_always_found(value: int, at: int) -> None:
    """DA18, of any number."""
    wrong = wiegand.with_parity(value, 24) ^ 1 << at
    assert wiegand.read(f"{wrong:026b}") == Garbled("parity")


@given(layout=st.sampled_from([26, 34, 37]), data=st.data())
def test_one_wrong_bit_is_found_at_every_length(layout: int, data: st.DataObject) -> None:
    name = {26: "h10301", 34: "h10306", 37: "h10302"}[layout]
    bits = wiegand.compose(name, 0, data.draw(st.integers(0, 2**16 - 1)))
    at = data.draw(st.integers(0, layout - 1))
    assert wiegand.read(bits[:at] + str(1 - int(bits[at])) + bits[at + 1 :]) == Garbled("parity")


def test_a_typed_card_is_the_card_that_the_reader_sees() -> None:
    printed = card_number("099,53998")
    shown = wiegand.read(wiegand.compose("h10301", 99, 53998))
    assert shown == CardShown(seen_by("wiegand26", printed) or "")


@pytest.mark.parametrize(
    ("bits", "says"),
    [
        ("0101", KeyPressed("5")),
        ("1011", KeyPressed("#")),
        ("1110", KeyPressed("*")),
        ("10100101", KeyPressed("5")),
        ("10110101", Garbled("parity")),
        ("1101", Garbled("digit")),
        ("0" * 27, Garbled("length")),
        ("", Garbled("digit")),
        ("01x1", Garbled("digit")),
    ],
)
def test_keys_and_what_is_none(bits: str, says: object) -> None:
    assert wiegand.read(bits) == says


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"26:CA1FFF", CardShown("card:wiegand:26:0ca1fff")),
        (b"26, 0x0ca1fff", CardShown("card:wiegand:26:0ca1fff")),
        (b"26:FCA1FFF", Garbled("length")),
        (b"26:CA1FFE", Garbled("parity")),
        (b"hello", Garbled("form")),
        (b"00:0", Garbled("length")),
    ],
)
def test_lines_of_bridges(line: bytes, says: object) -> None:
    assert wiegand_text.read_line(line) == says


def test_a_line_without_end_is_dropped_and_takes_no_room() -> None:
    decoder = wiegand_text.Decoder()
    for _ in range(1000):
        assert decoder.feed(b"0101010101" * 10) == ()
    assert decoder.feed(b"\n0101\n") == (Garbled("too_long"), KeyPressed("5"))


@pytest.mark.parametrize("layout", sorted(wiegand.LAYOUTS))
def test_a_bridge_that_prints_a_card_is_understood(layout: str) -> None:
    bits = wiegand.compose(layout, 0, 4711)
    assert wiegand_text.Decoder().feed(wiegand_text.line_of(bits)) == (wiegand.read(bits),)


def test_numbers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="fit"):
        wiegand.compose("h10301", 256, 1)
