"""What a bad network does to messages, from a seed."""

import random

from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.weather import Faults, Weather


def through(faults: Faults, count: int, seed: int = 1) -> list[int]:
    weather: Weather[int] = Weather(random.Random(seed), faults)
    out = [each for n in range(count) for _ms, each in weather.take(n)]
    return out + [each for _ms, each in weather.release()]


@given(reorder=st.integers(0, 50), copies=st.integers(1, 5), seed=st.integers(0, 99))
def test_what_is_only_shuffled_and_doubled_all_arrives(reorder: int, copies: int, seed: int) -> None:
    faults = Faults(duplicate=1.0, copies=copies, reorder=reorder)
    assert sorted(through(faults, 60, seed)) == sorted(list(range(60)) * copies)


def test_loss_loses_about_its_part_and_the_same_for_the_same_seed() -> None:
    arrived = through(Faults(loss=0.3), 1000)
    assert 600 < len(arrived) < 800
    assert arrived == through(Faults(loss=0.3), 1000)
    assert arrived != through(Faults(loss=0.3), 1000, seed=2)


def test_a_window_shuffles_no_further_than_it_is_wide() -> None:
    arrived = through(Faults(reorder=10), 100)
    assert arrived != sorted(arrived)
    assert all(abs(place - each) < 10 for place, each in enumerate(arrived))
