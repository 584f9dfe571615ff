"""Weekly patterns and their dates."""

from datetime import UTC, date, datetime

import pytest

from booking.core.pattern import BadPattern, Pattern, dated, dates
from tests.make import HELSINKI


def weekly(first: str, last: str, *weekdays: int, start: int = 18 * 60, end: int = 20 * 60, every: int = 1) -> Pattern:
    return Pattern(date.fromisoformat(first), date.fromisoformat(last), start, end, weekdays, every)


def test_a_weekly_evening_stays_at_six_when_the_clocks_change():
    # acceptance T1
    rows = dated(weekly("2026-10-18", "2026-11-01", 6), HELSINKI)
    assert [row.span.starts_at for row in rows] == [
        datetime(2026, 10, 18, 15, tzinfo=UTC),
        datetime(2026, 10, 25, 16, tzinfo=UTC),
        datetime(2026, 11, 1, 16, tzinfo=UTC),
    ]


def test_every_second_week_counts_from_the_week_of_the_first_day():
    assert [day.day for day in dates(weekly("2026-11-03", "2026-11-30", 0, 1, every=2))] == [3, 16, 17, 30]


def test_several_weekdays_come_in_order_of_date():
    assert [day.day for day in dates(weekly("2026-11-23", "2026-12-02", 4, 0, 2))] == [23, 25, 27, 30, 2]


def test_a_date_whose_time_does_not_exist_is_named_and_the_others_stay():
    rows = dated(weekly("2026-03-22", "2026-04-05", 6, start=3 * 60 + 30, end=5 * 60), HELSINKI)
    assert [(row.day.day, row.problem) for row in rows] == [(22, ""), (29, "no_such_time"), (5, "")]


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        (weekly("2026-11-24", "2026-11-24", 0), "no_dates"),
        (weekly("2026-11-23", "2026-12-23", 0, every=0), "bad_pattern"),
        (weekly("2026-11-23", "2026-12-23", 7), "bad_pattern"),
        (weekly("2026-11-23", "2026-12-23", 0, start=1200, end=1080), "ends_before_start"),
        (weekly("2026-11-23", "2046-12-23", 0), "too_many_dates"),
        (weekly("2026-11-23", "2026-11-29", *range(7), start=600, end=600 + 30 * 60), "overlaps_itself"),  # T12
    ],
)
def test_a_pattern_that_means_nothing_is_refused_by_name(pattern, problem):
    with pytest.raises(BadPattern) as refused:
        dated(pattern, HELSINKI)
    assert refused.value.problem == problem
