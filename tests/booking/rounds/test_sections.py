"""What is wrong with a section, field by field."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rounds.offered import Where, joined, offered
from booking.rounds.sections import SectionWish, WindowWish, faults
from tests import make
from tests.booking.rounds import make_rounds

TUESDAY = WindowWish(1, 17 * 60, 24 * 60)
PERIODS = [{"key": "p1", "name": "I jakso", "first_on": "2027-01-11", "last_on": "2027-02-28"}]


@pytest.fixture
def gym(session):
    house = make.premises(session, district="Tapiola")
    return make.space(session, house, kind="gym", equipment=["nets"])


@pytest.fixture
def round_(session, gym):
    return offered(session, make_rounds.a_round(session, spaces=[gym], periods=PERIODS))


@pytest.fixture
def wish(gym):
    where = (Where(space=gym.ref),)
    return SectionWish(name="T11", purpose="sport", people=20, windows=(TUESDAY,), options=where)


def wrong(wish, round_, **changed):
    return [(one.field, one.problem) for one in faults(replace(wish, **changed), round_)]


def test_a_time_that_ends_at_midnight_is_right(wish, round_):
    assert faults(wish, round_) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": " "}, ("name", "missing")),
        ({"purpose": "juggling fire"}, ("purpose", "not_one_of")),
        ({"people": 0}, ("people", "too_small")),
        ({"audience": {"under_18": 21}}, ("under_18", "more_than_people")),
        ({"audience": {"group": "elves"}}, ("audience_group", "not_one_of")),
        ({"events": 0}, ("events", "events")),
        ({"events": 2}, ("events", "too_few_days")),
        ({"min_minutes": 45, "max_minutes": 60}, ("min_minutes", "round_grid")),
        ({"min_minutes": 90, "max_minutes": 60}, ("max_minutes", "below_shortest")),
        ({"min_minutes": 480, "max_minutes": 480}, ("windows", "no_room")),
        ({"windows": ()}, ("windows", "windows_missing")),
        ({"windows": (WindowWish(1, 1200, 1020),)}, ("windows", "time_order")),
        ({"windows": (WindowWish(1, 1200, 1470),)}, ("windows", "time_order")),
        ({"windows": (WindowWish(1, 1025, 1200),)}, ("windows", "round_grid")),
        ({"windows": (WindowWish(7, 1020, 1200),)}, ("windows", "not_one_of")),
        ({"windows": (TUESDAY, WindowWish(1, 1200, 1260, 2))}, ("windows", "windows_overlap")),
        ({"options": ()}, ("options", "options_missing")),
        ({"options": (Where(kind="sauna"),)}, ("options", "not_in_round")),
        ({"options": (Where(),)}, ("options", "not_in_round")),
        ({"options": (Where(kind="gym"), Where(kind="gym"))}, ("options", "option_twice")),
        ({"periods": ("p2",)}, ("periods", "not_one_of")),
        ({"weeks": "C"}, ("weeks", "not_one_of")),
        ({"equipment": ("piano",)}, ("equipment", "not_in_any_space")),
        ({"shared": ("x" * 81,)}, ("shared", "too_long")),
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_is_wrong_is_told_beside_its_field(wish, round_, changed, told):
    assert wrong(wish, round_, **changed) == [told]


def test_windows_that_touch_are_one(wish, round_):
    halves = (WindowWish(1, 17 * 60, 18 * 60), WindowWish(1, 18 * 60, 19 * 60, 2))
    assert wrong(wish, round_, windows=halves, min_minutes=120, max_minutes=120) == []


def test_spaces_are_meant_by_kind_premises_and_district_together(session, gym, round_):
    house = gym.premises
    for where in (
        Where(kind="gym"),
        Where(premises=house.ref),
        Where(district="Tapiola"),
        Where(kind="gym", district="Tapiola"),
    ):
        assert round_.meant((where,)) == [gym]
    assert round_.meant((Where(kind="gym", district="Leppävaara"),)) == []


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 20)).map(lambda one: (one[0], one[0] + one[1]))))
def test_joined_stretches_cover_the_same_minutes_and_never_touch(stretches):
    made = joined(stretches)
    assert {n for start, end in made for n in range(start, end)} == {
        n for start, end in stretches for n in range(start, end)
    }
    assert all(one[1] < after[0] for one, after in pairwise(made))
