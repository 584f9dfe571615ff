"""Percentiles are times that were measured, and ratios say nothing where there is no floor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.figures import ratio, rounded, times

MS = st.floats(0.001, 10_000)


def test_of_a_hundred_times_the_99th_is_the_last_but_one():
    found = times([float(n) for n in range(1, 101)])
    assert (found.n, found.p50_ms, found.p99_ms, found.longest_ms) == (100, 50, 99, 100)


def test_of_one_time_everything_is_that_time():
    found = times([7.0])
    assert (found.p50_ms, found.p99_ms, found.longest_ms) == (7, 7, 7)


def test_nothing_measured_is_no_figure():
    with pytest.raises(ValueError, match="nothing"):
        times([])


@given(st.lists(MS, min_size=1))
def test_percentiles_are_among_what_was_measured_and_in_order(taken):
    found = times(taken)
    assert found.p50_ms <= found.p99_ms <= found.longest_ms
    assert {found.p50_ms, found.p99_ms, found.longest_ms} <= {rounded(one) for one in taken}


def test_three_digits_are_shown():
    assert (rounded(0.123456), rounded(1234.5), rounded(0)) == (0.123, 1230, 0)


def test_without_a_floor_there_is_no_ratio():
    assert ratio(1, 0) is None
    assert ratio(1, 3) == 0.333
