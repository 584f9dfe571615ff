"""What is left over of a round: week by week, by the hour."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.models import ClosedDays
from booking.rounds.left_overs import Need, free_days, left_overs, opens_on, rounds_over, spaces_of
from tests import make
from tests.booking.rounds.make_rounds import a_round, hours
from tests.booking.rounds.make_season import NOW, a_grant

SIX, SEVEN, NINE = 1080, 1140, 1260
TUESDAYS = Need(weekdays=frozenset({1}))


def shown(rows):
    return [(one.weekday, one.start_min, one.end_min, len(one.days), one.of) for one in rows]


@pytest.fixture
def hall(session):
    return make.space(session)


@pytest.fixture
def round_(session, hall):
    """Twenty weeks; weekdays 16–22."""
    return a_round(session, spaces=[hall], state="decided")


def test_what_a_grant_takes_is_left_over_in_the_weeks_it_leaves_free(session, hall, round_):
    a_grant(session, hall, round_=round_)  # Tuesdays 18–21 for five weeks
    assert shown(left_overs(session, round_, [hall], TUESDAYS, NOW)) == [
        (1, 960, SIX, 20, 20),
        (1, SIX, NINE, 15, 20),
        (1, NINE, 1320, 20, 20),
    ]
    whole = Need(weekdays=frozenset({1}), whole=True)
    assert [one.start_min for one in left_overs(session, round_, [hall], whole, NOW)] == [960, NINE]


def test_days_on_which_the_house_is_closed_count_for_nobody(session, hall, round_):
    days = {"first_on": date(2027, 2, 15), "last_on": date(2027, 2, 28), "name_fi": "Talviloma"}
    session.add(ClosedDays(premises_id=hall.premises_id, **days))
    session.flush()
    (row,) = left_overs(session, round_, [hall], TUESDAYS, NOW)
    assert (len(row.days), row.of, row.whole) == (18, 18, True)


def test_only_the_weeks_that_remain_count(session, hall, round_):
    (row,) = left_overs(session, round_, [hall], TUESDAYS, make.at("2027-05-12", "12:00"))
    assert row.days == (date(2027, 5, 18), date(2027, 5, 25))
    assert left_overs(session, round_, [hall], TUESDAYS, make.at("2027-05-31", "12:00")) == []


def test_too_short_or_too_rare_stretches_are_not_shown(session, hall, round_):
    a_grant(session, hall, round_=round_)
    longer = Need(weekdays=frozenset({1}), minutes=120)
    assert [one.start_min for one in left_overs(session, round_, [hall], longer, NOW)] == [960, SIX]
    rows = left_overs(session, round_, [hall], longer, NOW, least=16)
    assert [one.start_min for one in rows] == [960]


def test_hours_of_a_part_of_the_season_and_times_looked_for_narrow_it(session):
    hall = make.space(session)
    round_ = a_round(session, state="decided")
    hours(session, round_, hall, [5], days=(date(2027, 3, 1), date(2027, 3, 31)))
    need = Need(from_min=SIX + 10, to_min=NINE - 10)
    assert shown(left_overs(session, round_, [hall], need, NOW)) == [(5, 1110, 1230, 4, 4)]


def test_a_space_that_is_too_small_or_elsewhere_is_left_out(session, round_, hall):
    assert spaces_of(session, round_, Need(people=41)) == []
    assert spaces_of(session, round_, Need(premises="elsewhere")) == []
    assert spaces_of(session, round_, Need(people=40, kind="hall", premises=hall.premises.ref)) == [hall]


def test_the_day_is_that_of_the_rulebook_after_the_window(session, round_):
    assert opens_on(session, round_) is None  # Espoo 2025 names none: continuously
    window = {"apply_from_at": make.at("2027-03-01", "09:00"), "apply_to_at": make.at("2027-03-31", "16:00")}
    school = a_round(session, rulebook="espoo-2017-08", last_on=date(2028, 5, 31), **window)
    assert opens_on(session, school) == date(2027, 5, 15)


def test_rounds_that_are_decided_and_not_over_have_left_overs(session, round_):
    a_round(session, state="published")
    assert [one.id for one in rounds_over(session, date(2027, 5, 30))] == [round_.id]
    assert rounds_over(session, date(2027, 5, 31)) == []


@settings(max_examples=25)
@given(taken=st.lists(st.tuples(st.integers(0, 11), st.integers(1, 4)), max_size=4))
def test_left_overs_never_overlap_what_is_booked(taken):
    """The pure part: cells in which nobody is, put together, are exactly the rest of the hours."""
    day, hours_of_day = date(2027, 1, 12), [(960, 1320)]
    for start, length in taken:
        cut = (960 + 30 * start, min(1320, 960 + 30 * (start + length)))
        pieces = [((a, min(b, cut[0])), (max(a, cut[1]), b)) for a, b in hours_of_day]
        hours_of_day = [piece for pair in pieces for piece in pair if piece[0] < piece[1]]
    cells = [start for start in range(960, 1320, 30) if free_days({day: hours_of_day}, [day], start, 30)]
    busy = {960 + 30 * n for start, length in taken for n in range(start, min(12, start + length))}
    assert set(cells) == set(range(960, 1320, 30)) - busy
