"""Opening hours, terms, closed days and holidays."""

import itertools
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from booking.core.opening import ClosedWhy, Days, OpeningRules, Weekly, closures, day_span, open_spans, without
from booking.core.span import Span
from tests.make import HELSINKI, at

EVENINGS = tuple(Weekly(day, 16 * 60, 22 * 60) for day in range(7))


def rules(weekly=EVENINGS, terms=(), closed=(), *, holidays=True) -> OpeningRules:
    return OpeningRules(HELSINKI, tuple(weekly), tuple(terms), tuple(closed), holidays)


def days(first: str, last: str, name: str = "") -> Days:
    return Days(date.fromisoformat(first), date.fromisoformat(last), {"fi": name})


def opened(how: OpeningRules, window: Span) -> list[Span]:
    return open_spans(how, window)


def is_open(how: OpeningRules, wish: Span) -> bool:
    return any(one.covers(wish) for one in open_spans(how, wish.widened(before_min=1440, after_min=1440)))


def test_hours_past_midnight_run_into_the_next_day():
    friday_night = rules([Weekly(4, 18 * 60, 26 * 60)])
    assert is_open(friday_night, Span(at("2026-11-27", "23:00"), at("2026-11-28", "02:00")))
    assert not is_open(friday_night, Span(at("2026-11-27", "23:00"), at("2026-11-28", "02:15")))


def test_a_night_needs_the_next_day_to_open_at_midnight():
    # acceptance T13
    night = Span(at("2026-11-27", "22:00"), at("2026-11-28", "01:00"))
    assert not is_open(rules([Weekly(4, 480, 1440), Weekly(5, 480, 1440)]), night)
    assert is_open(rules([Weekly(4, 480, 1440), Weekly(5, 0, 1440)]), night)


def test_the_last_of_several_closed_days_is_wholly_closed():
    # acceptance C10
    how = rules(closed=[days("2026-05-04", "2026-05-08", "Remontti")])
    assert not opened(how, day_span(date(2026, 5, 8), HELSINKI))
    assert opened(how, day_span(date(2026, 5, 9), HELSINKI))


def test_a_public_holiday_closes_and_is_named_in_three_languages():
    how = rules()
    [closure] = closures(how, day_span(date(2026, 12, 6), HELSINKI))
    assert closure.why is ClosedWhy.HOLIDAY
    assert closure.names == {"fi": "Itsenäisyyspäivä", "sv": "Självständighetsdagen", "en": "Independence Day"}


def test_premises_that_stay_open_on_holidays_are_open():
    assert opened(rules(holidays=False), day_span(date(2026, 12, 6), HELSINKI))


def test_outside_the_term_the_reason_is_the_term():
    how = rules(terms=[days("2026-08-18", "2026-12-04")])
    assert {one.why for one in closures(how, day_span(date(2026, 12, 5), HELSINKI))} == {ClosedWhy.OUTSIDE_TERM}
    assert opened(how, day_span(date(2026, 12, 4), HELSINKI))


def test_hours_keep_their_wall_time_over_the_change_of_clocks():
    spans = [opened(rules(), day_span(date(2026, 10, day), HELSINKI))[0] for day in (24, 25, 26)]
    assert [one.starts_at for one in spans] == [at(f"2026-10-{day}", "16:00") for day in (24, 25, 26)]


minutes = st.integers(0, 40 * 60)


@given(st.lists(st.tuples(minutes, minutes)), st.lists(st.tuples(minutes, minutes)))
def test_cutting_holes_leaves_exactly_what_no_hole_covers(solid, holes):
    start = at("2026-10-24", "00:00")

    def made(pairs):
        return [Span(start + timedelta(minutes=a), start + timedelta(minutes=b)) for a, b in pairs if a < b]

    left = without(made(solid), made(holes))
    for minute in range(0, 40 * 60, 7):
        instant = start + timedelta(minutes=minute)
        expected = any(one.holds(instant) for one in made(solid)) and not any(h.holds(instant) for h in made(holes))
        assert any(piece.holds(instant) for piece in left) == expected


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_open_and_closed_together_fill_each_day(day):
    how = rules(terms=[days("2026-08-18", "2027-05-20")], closed=[days("2026-10-12", "2026-10-16", "Syysloma")])
    whole = day_span(day, HELSINKI)
    parts = sorted([*opened(how, whole), *(one.span for one in closures(how, whole))])
    assert parts[0].starts_at == whole.starts_at
    assert parts[-1].ends_at == whole.ends_at
    assert all(a.ends_at == b.starts_at for a, b in itertools.pairwise(parts))


def test_an_opening_that_the_clocks_jump_over_is_none_that_day():
    # 28.3.2027: 03:00 becomes 04:00
    day = day_span(date(2027, 3, 28), HELSINKI)
    assert opened(rules([Weekly(6, 195, 240)], holidays=False), day) == []
    assert len(opened(rules([Weekly(6, 195, 300)], holidays=False), day)) == 1
