"""The order of a round: no tie-break ever lifts anybody over an earlier priority class."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.core.rules.order import order
from booking.rulebook_requests import request_of
from booking.rulebooks import words
from tests.booking.hill import hill

BREAKS = [
    'by = "applicant.use_rate_percent"\norder = "desc"\npoints = 1',
    'by = "applicant.years_active"\norder = "asc"\npoints = 2',
    'by = "history.last_season_held"\norder = "yes_first"\npoints = 50',
    'by = { fact = "activity.level", is = "==", value = "top_league" }\norder = "no_first"\npoints = 30',
    'by = "applicant.members_total"\norder = "desc"\nscope.premises = ["Hill Hall"]\npoints = 3',
]
POLICIES = ["order", "score", "lot"]


def book(breaks: list[str], policy: str = "order"):
    rows = "\n".join(f"[[tie_breaks]]\n{each}" for each in breaks)
    return hill(f'{rows}\n[allocation]\ntie_policy = "{policy}"\n')


BOOKS = {
    (breaks, policy): book([BREAKS[n] for n in breaks], policy)
    for breaks in [(), (0,), (1, 2), (2, 1, 0), (4, 3, 2, 1, 0)]
    for policy in POLICIES
}


def application(**told) -> dict:
    young = told.pop("young")
    return {
        "applicant": {"domicile": "Hill", **{name: told[name] for name in ("use_rate_percent", "years_active",
                                                                        "members_total") if told[name] is not None}},
        "activity": {"purpose": "sport", "level": told["level"]},
        "audience": {"total": 10, "under_18": 10 if young else 0},
        "history": {"last_season_held": told["held"]},
        "space": {"premises": told["premises"]},
        "time": {"use_on": "2026-09-01"},
    }  # fmt: skip


MAYBE = st.none() | st.integers(0, 100)
APPLICATIONS = st.lists(
    st.fixed_dictionaries({
        "young": st.booleans(), "use_rate_percent": MAYBE, "years_active": MAYBE, "members_total": MAYBE,
        "held": st.booleans(), "level": st.sampled_from(["top_league", "hobby"]),
        "premises": st.sampled_from(["Hill Hall", "Hill School"]),
    }), min_size=1, max_size=8,
)  # fmt: skip


def asked(told: list[dict]) -> list:
    return [(f"a{number}", request_of(application(**dict(each)), words())) for number, each in enumerate(told)]


@given(st.sampled_from(sorted(BOOKS)), APPLICATIONS, st.sampled_from(["one", "two"]))
@settings(deadline=None)
def test_tie_breaks_never_cross_a_class(which, told, seed):
    places = order(BOOKS[which], asked(told), seed)
    assert [place.rank for place in places] == sorted(place.rank for place in places)
    plain = order(BOOKS[(), "order"], asked(told), seed)
    assert {(place.id, place.rank) for place in places} == {(place.id, place.rank) for place in plain}


@given(APPLICATIONS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_same_seed_gives_the_same_order_whatever_came_in_first(told, dice):
    requests = asked(told)
    shuffled = dice.sample(requests, len(requests))
    for which in BOOKS.values():
        assert [place.id for place in order(which, requests, "s")] == [
            place.id for place in order(which, shuffled, "s")
        ]


BASE = {"young": True, "use_rate_percent": 50, "years_active": 5, "members_total": 9, "held": False, "level": "hobby",
        "premises": "Hill School"}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "better", "worse"),
    [
        (0, {"use_rate_percent": 80}, {"use_rate_percent": 79}),
        (0, {"use_rate_percent": 0}, {"use_rate_percent": None}),
        (1, {"years_active": 1}, {"years_active": 2}),
        (2, {"held": True}, {"held": False}),
        (3, {"level": "hobby"}, {"level": "top_league"}),
        (4, {"premises": "Hill Hall"}, {"premises": "Hill School", "members_total": 99}),
    ],
)
def test_a_tie_break_orders_as_it_says_and_what_is_not_told_comes_last(row, better, worse):
    places = order(book([BREAKS[row]]), asked([BASE | worse, BASE | better]), "seed")
    assert [place.id for place in places] == ["a1", "a0"]
    assert [place.place for place in places] == [1, 2]


def test_points_are_added_up_where_the_policy_is_a_score():
    scored = book([BREAKS[0], BREAKS[2]], "score")
    first, second = order(scored, asked([BASE | {"use_rate_percent": 90}, BASE | {"held": True}]), "seed")
    assert (first.id, first.score, second.score) == ("a1", 100, 90)


def test_the_lot_decides_between_those_who_are_equal_and_another_seed_may_decide_otherwise():
    equal = asked([BASE] * 6)
    firsts = {order(book([]), equal, f"seed {number}")[0].id for number in range(40)}
    assert len(firsts) > 2
