"""Spans and wall times across the changes of clocks."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.core.span import EmptySpan, NoSuchTime, Span, is_ambiguous, local
from tests.make import HELSINKI, at, span

instants = st.integers(0, 500_000_000).map(lambda s: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=s))


def test_the_night_the_clocks_go_forward_is_an_hour_shorter():
    assert Span(at("2026-03-28", "22:00"), at("2026-03-29", "06:00")).minutes == 7 * 60


def test_the_night_the_clocks_go_back_is_an_hour_longer():
    assert Span(at("2026-10-24", "22:00"), at("2026-10-25", "06:00")).minutes == 9 * 60


def test_a_wall_time_that_clocks_jump_over_is_refused():
    with pytest.raises(NoSuchTime):
        local(date(2026, 3, 29), 3 * 60 + 30, HELSINKI)


def test_a_wall_time_that_exists_twice_means_the_first():
    first = local(date(2026, 10, 25), 3 * 60 + 30, HELSINKI)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert is_ambiguous(first, HELSINKI)


def test_midnight_at_the_end_of_a_day_is_minute_1440():
    assert local(date(2026, 11, 24), 1440, HELSINKI) == at("2026-11-25", "00:00")


def test_a_door_margin_before_a_slot_after_the_jump_is_counted_in_elapsed_time():
    # acceptance T7: a slot from 04:10 with 15 minutes of lead opens at 02:55 local, never at 03:55 that does not exist
    slot = Span(at("2026-03-29", "04:10"), at("2026-03-29", "05:00"))
    assert slot.widened(before_min=15, after_min=0).starts_at == at("2026-03-29", "02:55")


def test_a_span_must_end_after_it_starts():
    with pytest.raises(EmptySpan):
        span("2026-11-24", "18:00", "18:00")


def test_an_end_without_zone_is_refused():
    with pytest.raises(ValueError, match="no zone"):
        Span(datetime(2026, 11, 24, 18), datetime(2026, 11, 24, 19))  # noqa: DTZ001


def test_back_to_back_spans_do_not_overlap():
    assert not span("2026-11-24", "17:00", "18:00").overlaps(span("2026-11-24", "18:00", "19:00"))


@given(instants, st.integers(1, 10_000), instants, st.integers(1, 10_000))
def test_overlap_is_mutual_and_means_a_shared_instant(first, minutes, second, more):
    one, two = Span(first, first + timedelta(minutes=minutes)), Span(second, second + timedelta(minutes=more))
    shared = max(one.starts_at, two.starts_at)
    assert one.overlaps(two) == two.overlaps(one) == (one.holds(shared) and two.holds(shared))
