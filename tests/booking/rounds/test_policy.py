"""A round's goals and quotas as the allocation reads them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.core.allocation.instance import Fairness, HistoryMode, Tier, WeeklyTime
from booking.core.rules.rounds import AllocationQuota, AllocationRule, Direction, TieBreak, TiePolicy
from booking.rounds import policy
from booking.rounds.models import Round
from booking.rulebooks import in_force, shipped
from tests.booking.rounds import make_rounds

ON = date(2027, 1, 11)
ESPOO = in_force(shipped(), "espoo", ON)
FIRST, *LATER = [one.id for one in policy.classes_of(ESPOO)]


def a_row(**values: object) -> dict[str, object]:
    return {"id": "q", "source": "Lautakunta 1.12.2026 § 5", "percent": 60} | values


def quotas(*rows: dict[str, object], known: policy.Known | None = None):
    return policy.quotas_of(Round(quotas=list(rows), policy={}), ESPOO, known)


def test_classes_come_by_rank_and_those_of_one_rank_are_one() -> None:
    classes = policy.classes_of(ESPOO)
    ranks = [one.rank for one in classes]
    assert ranks == sorted(set(ranks))
    assert {one.rank for one in ESPOO.priority.classes.values()} == set(ranks)
    assert set(policy.class_ids(ESPOO).values()) == {one.id for one in classes}


def test_a_rulebook_without_classes_has_one_for_everybody() -> None:
    silent = replace(ESPOO, priority=replace(ESPOO.priority, rows=(), classes={}, silent=True))
    assert [one.id for one in policy.classes_of(silent)] == ["all"]


def test_a_round_that_says_nothing_has_the_usual_goals() -> None:
    made = policy.policy_of(Round(policy={}, quotas=[]), ESPOO)
    assert made.tiers == policy.usual_tiers(ESPOO)
    assert (made.fairness, made.history, made.least_dates_percent) == (Fairness.SHARE, HistoryMode.TIE_BREAK, 50)


def test_what_a_round_says_of_its_goals_counts() -> None:
    kept = {"fairness": "hours_per_member", "history": "pin", "least_dates_percent": 80, "tiers": ["coverage"]}
    made = policy.policy_of(Round(policy=kept, quotas=[]), ESPOO, {"org": 30})
    assert (made.fairness, made.history) == (Fairness.MEMBERS, HistoryMode.PIN)
    assert (made.tiers, made.least_dates_percent, made.members) == ((Tier.COVERAGE,), 80, {"org": 30})


def test_tie_breaks_of_the_rulebook_come_after_the_classes_unless_the_lot_breaks_ties() -> None:
    tie_break = TieBreak(ESPOO.priority.rows[0], "applicant.members", None, Direction.DESC)
    book = replace(ESPOO, tie_breaks=(tie_break,))
    assert policy.usual_tiers(book)[:2] == (Tier.COVERAGE, Tier.ORDER)
    cited = book.tie_breaks[0].row.citation
    by_lot = replace(book, allocation=AllocationRule(citation=cited, tie_policy=TiePolicy.LOT))
    assert Tier.ORDER not in policy.usual_tiers(by_lot)
    assert Tier.ORDER not in policy.usual_tiers(replace(book, tie_breaks=()))


def test_a_most_share_stands_as_it_is_written() -> None:
    times = [{"weekdays": [0, 2], "start_min": 960, "end_min": 1200}]
    (made,) = quotas(a_row(classes=[FIRST], times=times, each_organisation=True))
    assert (made.most_percent, made.classes, made.each_organisation) == (60, {FIRST}, True)
    assert made.times == (WeeklyTime(0, 960, 1200), WeeklyTime(2, 960, 1200))
    assert made.rule == "Lautakunta 1.12.2026 § 5"


def test_weekly_hours_are_minutes_of_an_average_week() -> None:
    (made,) = quotas(a_row(percent=None, minutes=600, each_organisation=True))
    assert (made.most_minutes, made.most_percent) == (600, None)


def test_prime_time_for_youth_is_a_most_share_for_everybody_else() -> None:
    (made,) = quotas(a_row(least=True, percent=70, audiences=["children"]))
    assert made.most_percent == 30
    assert "children" not in made.audiences
    assert {"adults", ""} <= made.audiences


def test_a_least_share_of_a_district_holds_back_the_other_districts_of_the_round() -> None:
    known = policy.Known(districts=frozenset({"Tapiola", "Leppävaara"}))
    (made,) = quotas(a_row(least=True, percent=25, districts=["Tapiola"]), known=known)
    assert (made.most_percent, made.districts) == (75, {"Leppävaara", ""})


@given(st.integers(1, 100), st.sampled_from([FIRST, *LATER]))
def test_a_least_share_for_a_class_and_the_most_share_of_the_others_are_the_whole(percent: int, named: str) -> None:
    (made,) = quotas(a_row(least=True, percent=percent, classes=[named]))
    assert made.most_percent is not None
    assert made.most_percent + percent == 100
    assert made.classes == {FIRST, *LATER} - {named}


@pytest.mark.parametrize(
    ("share", "hours", "least", "told"),
    [
        ("60.5", None, False, {"percent": 60}),
        ("60.5", None, True, {"percent": 61}),
        (None, "10", False, {"minutes": 600}),
    ],
)
def test_quotas_of_a_rulebook_are_rows_of_a_round(share, hours, least, told) -> None:
    row = ESPOO.priority.rows[0]
    one = AllocationQuota(row, FIRST, share and Decimal(share), hours and Decimal(hours), least)
    (made,) = policy.rulebook_quotas(replace(ESPOO, allocation_quotas=(one,)), ON)
    assert told.items() <= made.items()
    assert (made["rule"], made["classes"], made["least"]) == (row.citation.row, [FIRST], least)


def test_hours_that_a_class_has_at_least_become_a_share_of_what_there_is() -> None:
    one = AllocationQuota(ESPOO.priority.rows[0], FIRST, None, Decimal(10), least=True)
    book = replace(ESPOO, allocation_quotas=(one,))
    assert policy.rulebook_quotas(book, ON) == []
    assert policy.rulebook_quotas(book, ON, bookable_minutes=6000)[0]["percent"] == 10


def test_a_published_round_keeps_its_version_and_a_draft_takes_that_of_its_first_day(session) -> None:
    published = make_rounds.a_round(session, rulebook="espoo-2021-01")
    draft = make_rounds.a_round(session, state="draft", rulebook="")
    assert policy.rulebook_of(session, published).id == "espoo-2021-01"
    assert policy.rulebook_of(session, draft).id == ESPOO.id
