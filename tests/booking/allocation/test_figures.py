"""Figures against sums made by hand."""

from dataclasses import replace
from fractions import Fraction

import pytest

from booking.core.allocation.figures import coverages, figures, gini
from booking.core.allocation.instance import Held, Option, Policy, Slot, Window
from booking.core.allocation.result import Certificate
from booking.core.allocation.truth import Truth
from tests.booking.allocation.by_hand import grant_of, result_of
from tests.booking.allocation.small import GYM, HALL, HALVES, group, monday, town

WEEK = tuple(Window(day, 1020, 1200) for day in range(5))
AT_HOME = replace(GYM, place=(300, 400))


@pytest.fixture
def told():
    """Four groups: of club a one event of two is granted, of b all, of c nothing; and one of children."""
    old = (Held("gym", 1, 1020, 1080, 100), Held("gym", 2, 1020, 1080, 10))
    sections = (
        group("a1", organisation="a", events=2, windows=WEEK, audience="adults", place=(0, 0), history=old),
        group("b1", organisation="b", windows=(Window(1, 1080, 1140, 2),), audience="adults",
              options=(Option(1, "hall"), Option(2, "gym"))),
        group("c1", organisation="c", windows=(Window(1, 1020, 1080),), audience="seniors"),
        group("d1", organisation="d", of_class="children", audience="children"),
    )  # fmt: skip
    policy = Policy(members={"a": 30, "b": 12})
    instance = town(*sections, spaces=(HALL, *HALVES, AT_HOME), policy=policy)
    truth = Truth(instance)
    slots = {"a1": Slot("gym", 1, 1020, 1080), "b1": Slot("gym", 1, 1080, 1140), "d1": monday()}
    result = result_of(instance, [grant_of(truth, name, slot) for name, slot in slots.items()])
    bounds = (Certificate("children", 100, 100, "optimal"), Certificate("adults", 200, 250, "lp"))
    return figures(instance, replace(result, certificates=bounds))


def test_totals_and_classes(told):
    assert told["total"] == {
        "sections": 4, "none": 1, "some": 1, "all": 2, "events_asked": 5, "events_granted": 3,
        "minutes_week": 180, "minutes_season": 180 * 39,
    }  # fmt: skip
    adults = told["classes"]["adults"]
    assert (adults["coverage"], adults["bound"], adults["gap_percent"], adults["method"]) == (200, 250, 20.0, "lp")
    assert (adults["none"], adults["some"], adults["all"]) == (1, 1, 1)
    assert list(told["classes"]) == ["children", "adults"]


def test_between_the_organisations_of_a_class(told):
    adults = told["organisations"]["adults"]
    assert adults["share"] == {"min": 0.0, "p10": 0.0, "median": 50.0, "max": 100.0, "spread": 100.0}
    assert adults["gini"] == 0.4444  # (0·−2 + 50·0 + 100·2) / (3·150)
    assert adults["minutes_per_member"] == {"min": 2.0, "p10": 2.0, "median": 2.0, "max": 5.0, "spread": 3.0}
    assert told["organisations"]["children"]["minutes_per_member"] is None


def test_envy_history_wishes_and_audiences(told):
    assert told["envy"] == {"idle": 1, "class_envy": 0, "improving": 0, "lottery": 0, "same_class_envy": 1}
    assert told["history"] == {
        "slots": 1, "kept": 1, "kept_percent": 100.0, "newcomers": 3, "newcomers_percent": 66.67,
        "newcomers_of_granted_percent": 66.67,
    }  # fmt: skip
    assert told["wishes"] == {"primary_percent": 66.67, "first_rank_percent": 66.67, "median_metres": 500}
    assert {name: sums["events_granted"] for name, sums in told["audiences"].items()} == {
        "adults": 2, "children": 1, "seniors": 0,
    }  # fmt: skip


def test_an_event_beyond_what_was_asked_covers_nothing():
    instance = town(group("one", windows=WEEK))
    truth = Truth(instance)
    grants = [grant_of(truth, "one", Slot("gym", day, 1020, 1080)) for day in (0, 1)]
    assert coverages(instance, grants) == {"children": 0, "adults": 100}


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1, 1, 1], 0), ([0, 0, 1], Fraction(2, 3)), ([0, 1], Fraction(1, 2)), ([5], 0), ([1, 3], Fraction(1, 4))],
)
def test_gini_is_half_the_mean_difference_by_the_mean(values, expected):
    assert gini([Fraction(one) for one in values]) == expected
    by_pairs = Fraction(sum(abs(a - b) for a in values for b in values), 2 * len(values) * sum(values))
    assert gini([Fraction(one) for one in values]) == by_pairs
