"""How boards spell cards: back and forth without loss, and no two cards alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import credentials
from devices.drivers.card_spelling import Spelling, normal, spelt
from devices.drivers.wiegand import with_parity


def wiegand(number: int, bits: int) -> str:
    return credentials.card("wiegand", bits, with_parity(number, bits - 2))


CARDS = st.one_of(
    st.tuples(st.just(Spelling.RDM6300), st.integers(0, 2**40 - 1).map(lambda n: credentials.card("em4100", 40, n))),
    st.tuples(st.just(Spelling.MFRC522), st.integers(0, 2**32 - 1).map(lambda n: credentials.card("iso14443a", 32, n))),
    st.tuples(st.just(Spelling.MFRC522), st.integers(0, 2**56 - 1).map(lambda n: credentials.card("iso14443a", 56, n))),
    st.tuples(
        st.sampled_from((Spelling.WIEGAND_HEX, Spelling.WIEGAND_DECIMAL, Spelling.UHPPOTE)),
        st.integers(0, 2**24 - 1).map(lambda n: wiegand(n, 26)),
    ),
)


@given(card=CARDS)
def test_a_card_comes_back_as_it_was_told(card: tuple[Spelling, str]) -> None:
    spelling, known = card
    said = spelt(spelling, known)
    assert said is not None
    assert len(said) <= 19
    assert normal(spelling, said) == known
    assert normal(spelling, f" {said.upper()} ") == known


@given(number=st.integers(0, 2**32 - 1))
def test_longer_wiegand_numbers_are_told_apart_by_the_reader(number: int) -> None:
    for spelling in (Spelling.WIEGAND_HEX, Spelling.WIEGAND_DECIMAL, Spelling.UHPPOTE):
        said = spelt(spelling, wiegand(number, 34))
        assert said is not None
        assert normal(spelling, said, bits=34) == wiegand(number, 34)


def test_a_card_is_spelt_as_the_maker_shows_it() -> None:
    assert spelt(Spelling.RDM6300, "card:em4100:40:02e3086ced") == "02e3086ced"
    assert spelt(Spelling.MFRC522, "card:iso14443a:32:04a1b2c3") == "04a1b2c3"
    assert spelt(Spelling.WIEGAND_HEX, wiegand(0x00CED, 26)) == "ced"
    assert spelt(Spelling.UHPPOTE, wiegand(100 << 16 | 58400, 26)) == "10058400"


@pytest.mark.parametrize(
    ("spelling", "card"),
    [
        (Spelling.RDM6300, "card:wiegand:26:0000001"),
        (Spelling.MFRC522, "card:iso14443a:80:00000000000000000000"),
        (Spelling.UHPPOTE, "card:em4100:40:62e3086ced"),
        (Spelling.UHPPOTE, "pin:1234"),
    ],
)
def test_what_the_reader_cannot_see_is_no_card_of_it(spelling: Spelling, card: str) -> None:
    assert spelt(spelling, card) is None


@given(text=st.text(max_size=25), spelling=st.sampled_from(Spelling))
def test_whatever_a_board_says_is_a_card_or_none(text: str, spelling: Spelling) -> None:
    assert normal(spelling, text) is None or normal(spelling, text).startswith("card:")  # type: ignore[union-attr]
