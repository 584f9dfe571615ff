"""The code of the moment, as the published page has it."""

from firmware_sim import presence

KEY = bytes(range(32))


def test_the_code_is_that_of_the_example():
    assert presence.shown(KEY, "hall-a", 58_000_000 * 30) == "9Q19JX73"


def test_it_is_the_same_for_half_a_minute_and_another_after():
    codes = [presence.shown(KEY, "hall-a", 1_764_324_000 + second) for second in range(60)]
    assert len(set(codes[:30])) == len(set(codes[30:])) == 1
    assert codes[29] != codes[30]
