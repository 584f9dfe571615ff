"""OSDP in our words, without a bus: cards, keys, lights, and when a reader is tried again, in a time of its own."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers.osdp import Inputs, Light, News, Reach, Step, Times, lights, output, told_of
from devices.drivers.told import CardShown, Garbled, KeyPressed, Warned
from devices.keypad import Keypad
from tests.devices.osdp_readers import H10301


def shown(bits: str, card_format: int = 1) -> object:
    octets = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    (told,) = told_of({"event": 1, "format": card_format, "length": len(bits), "data": octets})
    return told


def test_a_card_keeps_its_length_and_all_its_bits() -> None:
    """DA18: facility 101, card 4095."""
    assert shown(H10301) == CardShown("card:wiegand:26:0ca1fff")
    assert shown(H10301, card_format=0) == CardShown("card:wiegand:26:0ca1fff")


@pytest.mark.parametrize("at", range(26))
def test_one_wrong_bit_is_no_card(at: int) -> None:
    """DA18: any one of the 26."""
    flipped = H10301[:at] + "10"[int(H10301[at])] + H10301[at + 1 :]
    assert shown(flipped) == Garbled("parity")


def test_cards_of_other_lengths_are_taken_as_they_are() -> None:
    assert shown("0" * 24 + "10000001") == CardShown("card:wiegand:32:00000081")


@pytest.mark.parametrize(
    "event",
    [
        {"event": 1, "format": 2, "length": 26, "data": b"1234"},
        {"event": 1, "format": 1, "length": 26, "data": b"\x01"},
        {"event": 1, "format": 1, "length": 4, "data": b"\x01"},
        {"event": 1},
    ],
)
def test_what_cannot_be_a_card_is_garbled(event: dict[str, object]) -> None:
    assert isinstance(told_of(event)[0], Garbled)


def test_keys_are_read_in_both_spellings() -> None:
    assert told_of({"event": 2, "data": b"4\x7f9\x0d#*x"}) == tuple(map(KeyPressed, "4*9##*"))


def test_inputs_beyond_those_told_are_off() -> None:
    (inputs,) = told_of({"event": 4, "type": 0, "report": bytes([1, 0])})
    assert inputs == Inputs((True, False))
    assert [inputs.at(number) for number in (1, 2, 3, None)] == [True, False, False, False]


def test_a_reader_that_is_opened_or_torn_off_says_so() -> None:
    assert told_of({"event": 4, "type": 2, "report": bytes([1, 0])}) == (Warned("tamper"),)
    assert told_of({"event": 4, "type": 2, "report": bytes([0, 1])}) == ()


def test_what_is_not_used_says_nothing() -> None:
    assert told_of({"event": 4, "type": 1, "report": b"\x01"}) == ()
    assert told_of({"event": 5}) == ()


@given(left_ms=st.integers(1, 600_000), held=st.booleans())
def test_no_opening_is_ever_cut_to_eight_bits(left_ms: int, held: bool) -> None:
    command = output(1, on=True, left_ms=left_ms, held=held)
    assert command["timer_count"] < 256
    if command["control_code"] == 5:
        assert left_ms <= command["timer_count"] * 100 < left_ms + 100


def test_every_answer_has_a_light_of_its_own() -> None:
    assert len({str(lights(each)) for each in Light}) == 3


@dataclass
class Reader:
    """A reader as the bus sees it, under the watch of Reach; libosdp disables a little later than it is asked."""

    reach: Reach = field(default_factory=Reach)
    answers: bool = True
    secure: bool = True
    enabled: bool = True
    now_ms: int = 0
    heard_ms: int | None = None
    tried_ms: list[int] = field(default_factory=list)
    news: list[tuple[int, News]] = field(default_factory=list)
    _disabling_ms: int | None = None
    _enabled_ms: int = 0

    def __post_init__(self) -> None:
        self.reach.begin(0)

    def runs(self, ms: int) -> "Reader":
        for _ in range(ms // 10):
            self.now_ms += 10
            if self._disabling_ms is not None and self.now_ms - self._disabling_ms >= 200:
                self.enabled, self._disabling_ms = False, None
            if self.enabled and self.answers and (self.secure or self.now_ms - self._enabled_ms < 100):
                self.heard_ms = self.now_ms
            channel = self.enabled and self.answers and self.secure and self.now_ms - self._enabled_ms >= 100
            step, news = self.reach.look(
                secure=channel, enabled=self.enabled, heard_ms=self.heard_ms, silent=1, mono_ms=self.now_ms
            )
            self.news += [(self.now_ms, each) for each in news]
            if step is Step.ENABLE:
                self.enabled, self._enabled_ms = True, self.now_ms
                self.tried_ms.append(self.now_ms)
            elif step is Step.DISABLE:
                self._disabling_ms = self.now_ms
        return self


def test_a_reader_that_answers_without_a_channel_is_tried_after_1_2_4_up_to_30_s() -> None:
    """libosdp alone would park it for 300 s."""
    reader = Reader(secure=False).runs(150_000)
    rests = [after - before for before, after in zip(reader.tried_ms, reader.tried_ms[1:], strict=False)]
    tries = Times().secure
    assert [round((rest - tries) / 1000) for rest in rests][:6] == [2, 4, 8, 16, 30, 30]
    assert [each for _at, each in reader.news] == [News.DOWN, News.INSECURE]


def test_a_channel_lost_is_tried_at_once_and_short_losses_are_no_news() -> None:
    reader = Reader().runs(5000)
    reader.enabled, reader.now_ms = False, reader.now_ms  # libosdp parked it
    reader.runs(1000)
    assert [each for _at, each in reader.news] == [News.UP]
    assert reader.reach.up


def test_a_cable_out_is_told_in_ten_seconds_and_found_within_one() -> None:
    """R14."""
    reader = Reader().runs(10_000)
    reader.answers = False
    reader.runs(20_000)
    assert [each for _at, each in reader.news] == [News.UP, News.DOWN]
    assert reader.news[1][0] - 10_000 < 10_000
    back_at = reader.now_ms
    reader.answers = True
    reader.runs(1000)
    assert reader.news[2][1] is News.UP
    assert reader.news[2][0] - back_at < 1000


def test_what_is_read_in_the_first_second_of_a_channel_may_be_from_before_it() -> None:
    reader = Reader().runs(500)
    gained = reader.reach.gained_ms
    assert reader.reach.is_stale(gained + 999)
    assert not reader.reach.is_stale(gained + 1000)
    assert Reader(answers=False).runs(5000).reach.is_stale(5000)


def typed(keys: str, *, pause_ms: int = 100) -> list[str]:
    keypad, entries = Keypad(), []
    for number, key in enumerate(keys):
        entries.append(keypad.press(key, number * pause_ms))
    return [entry for entry in entries if entry]


def test_a_pin_ends_with_a_hash_and_a_star_begins_anew() -> None:
    assert typed("4938#") == ["4938"]
    assert typed("12*4938##") == ["4938"]


def test_ten_seconds_of_rest_forget_what_was_typed() -> None:
    assert typed("49#", pause_ms=9999) == ["49"]
    assert typed("49#", pause_ms=10_000) == []


def test_more_digits_than_any_pin_has_are_none() -> None:
    assert typed("12345678901#4938#") == ["4938"]
    assert "4938" not in repr(KeypadWith("4938"))


def KeypadWith(digits: str) -> Keypad:
    keypad = Keypad()
    for key in digits:
        keypad.press(key, 0)
    return keypad
