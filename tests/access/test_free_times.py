"""Weekly free times made into instants: clocks that change, closed days, holidays, first-in."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access.free_times import Calendar, Missed, Weekly, preview, stretch, windows
from booking.core.opening import ClosedWhy, Closure, day_span, public_holidays
from booking.core.span import Span

HELSINKI = ZoneInfo("Europe/Helsinki")
SUNDAY, EVERY_DAY = frozenset({6}), frozenset(range(7))
LONG_AGO = date(2020, 1, 1)


def calendar(*closed):
    def shut(day):
        return Closure(day_span(day, HELSINKI), ClosedWhy.CLOSED_DAY, {}) if day in closed else None

    return Calendar(HELSINKI, shut, lambda day: public_holidays(day.year).get(day))


def days(first, last):
    return Span(day_span(first, HELSINKI).starts_at, day_span(last, HELSINKI).ends_at)


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_an_hour_that_clocks_repeat_is_free_both_times_and_the_preview_says_so():
    """DA7: 120 minutes on 25 October 2026, and the preview says so."""
    weekly = Weekly(SUNDAY, 180, 240, LONG_AGO)
    (shown,) = preview([weekly], calendar(), days(date(2026, 10, 25), date(2026, 10, 25)))
    assert sum(span.minutes for span in shown.spans) == 120
    assert shown.odd_min == 60


def test_an_hour_that_clocks_jump_over_is_not_there_and_the_preview_warns():
    """DA7: empty on 29 March 2026, and the preview warns."""
    weekly = Weekly(SUNDAY, 180, 240, LONG_AGO)
    (shown,) = preview([weekly], calendar(), days(date(2026, 3, 29), date(2026, 3, 29)))
    assert (shown.spans, shown.missed) == ((), Missed.NO_SUCH_TIME)
    assert windows([weekly], calendar(), days(date(2026, 3, 29), date(2026, 3, 29))) == ()


def test_half_an_hour_within_the_repeated_hour_is_free_twice_with_a_gap_between():
    found = stretch(date(2026, 10, 25), 180, 210, HELSINKI)
    assert [(span.starts_at.hour, span.starts_at.minute, span.minutes) for span in found] == [(0, 0, 30), (1, 0, 30)]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 28), 7), (date(2026, 10, 24), 9), (date(2026, 6, 6), 8)])
def test_a_night_across_the_change_is_as_long_as_it_is(day, hours):
    assert sum(span.minutes for span in stretch(day, 22 * 60, 30 * 60, HELSINKI)) == hours * 60


def test_closed_days_holidays_and_exceptions_are_left_out_each_with_its_reason():
    weekly = Weekly(EVERY_DAY, 480, 960, LONG_AGO, except_on=frozenset({date(2026, 12, 3)}))
    shut = calendar(date(2026, 12, 2))
    shown = preview([weekly], shut, days(date(2026, 12, 2), date(2026, 12, 7)))
    why = {each.day.day: each.missed for each in shown}
    assert why == {2: Missed.CLOSED, 3: Missed.EXCEPTED, 4: None, 5: None, 6: Missed.HOLIDAY, 7: None}
    told = windows([weekly], shut, days(date(2026, 12, 2), date(2026, 12, 7)))
    assert [each.starts for each in told] == [at("2026-12-04T06:00"), at("2026-12-05T06:00"), at("2026-12-07T06:00")]


def test_a_time_past_midnight_ends_where_a_closed_day_begins():
    weekly = Weekly(frozenset({0}), 22 * 60, 26 * 60, LONG_AGO)
    (told,) = windows([weekly], calendar(date(2026, 12, 1)), days(date(2026, 11, 30), date(2026, 12, 2)))
    assert (told.starts, told.ends) == (at("2026-11-30T20:00"), at("2026-11-30T22:00"))


def test_where_one_time_asks_for_first_in_and_another_does_not_the_door_is_simply_free():
    plain, first = Weekly(EVERY_DAY, 600, 720, LONG_AGO), Weekly(EVERY_DAY, 480, 960, LONG_AGO, first_in=True)
    told = windows([first, plain], calendar(), days(date(2026, 11, 24), date(2026, 11, 24)))
    today = [each for each in told if each.starts >= at("2026-11-23T22:00")]
    assert [(each.starts, each.first_in) for each in today] == [
        (at("2026-11-24T06:00"), True),
        (at("2026-11-24T08:00"), False),
        (at("2026-11-24T10:00"), True),
    ]


WEEKLY = st.builds(
    lambda weekdays, start, length, first_in: Weekly(weekdays, start, start + length, LONG_AGO, first_in=first_in),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 1439),
    st.integers(1, 1440),
    st.booleans(),
)
DAYS = st.dates(date(2026, 3, 20), date(2026, 11, 5))


@settings(max_examples=60, deadline=None)
@given(st.lists(WEEKLY, min_size=1, max_size=3), DAYS, st.frozensets(st.integers(0, 6), max_size=2))
def test_windows_never_overlap_and_never_cover_a_closed_day(weekly, first, shut):
    closed = [first + timedelta(days=n) for n in shut]
    told = windows(weekly, calendar(*closed), days(first, first + timedelta(days=6)))
    assert all(one.starts < one.ends <= other.starts for one, other in pairwise(told))
    for day in closed:
        whole = day_span(day, HELSINKI)
        begins, ends = whole.starts_at.timestamp(), whole.ends_at.timestamp()
        assert not any(each.starts < ends and begins < each.ends for each in told)


@settings(max_examples=60, deadline=None)
@given(DAYS, st.integers(0, 1439), st.integers(1, 1440))
def test_within_a_stretch_clocks_on_the_wall_always_show_a_time_of_it(day, start, length):
    found = stretch(day, start, start + length, HELSINKI)
    midnight = datetime.combine(day, datetime.min.time())
    for span in found:
        for instant in (span.starts_at, span.ends_at - timedelta(seconds=1)):
            shown = (instant.astimezone(HELSINKI).replace(tzinfo=None) - midnight).total_seconds() / 60
            assert start <= shown < start + length
