"""Every refusal has its rule, and every offer can be had as it stands."""

from dataclasses import replace
from datetime import date

import pytest

from booking.core.allocation.explaining import Explainer, explain, explain_all
from booking.core.allocation.generating import generate
from booking.core.allocation.instance import (
    Blocked,
    Exclusion,
    Option,
    Period,
    Policy,
    Quota,
    Slot,
    Tier,
    WeeklyTime,
    Window,
)
from booking.core.allocation.result import Origin
from booking.core.allocation.solving import solve
from booking.core.allocation.truth import Truth
from booking.core.allocation.verifying import verify
from tests.booking.allocation.by_hand import filled, grant_of, result_of
from tests.booking.allocation.small import EVENING, GYM, group, monday, town

BESIDE_THE_PLAN = {"idle", "class_envy", "input_hash", "coverage", "figures"}


def reasons(instance, *slots, of="one"):
    """(code, what is cited) of each reason of a section, where these (section, slot) pairs are granted."""
    truth = Truth(instance)
    result = result_of(instance, [grant_of(truth, *one) for one in slots])
    return [(one["code"], one.get("class") or one.get("quota")) for one in explain(instance, result, of).reasons]


def test_a_section_that_got_everything_needs_no_reasons():
    instance = town(group("one"))
    result = result_of(instance, [grant_of(Truth(instance), "one", monday())])
    told = explain(instance, result, "one")
    assert (told.asked, told.granted, told.reasons, told.offers) == (1, 1, (), ())


SHORT_TERM = (Period(date(2026, 9, 1), date(2026, 9, 6)),)


@pytest.mark.parametrize(
    ("code", "section", "changed"),
    [
        ("too_small", group("one", people=31), {}),
        ("no_equipment", group("one", equipment=frozenset({"piano"})), {}),
        ("not_step_free", group("one", step_free=True, options=(Option(1, "hall"),)), {}),
        ("no_such_space", group("one", options=(Option(1, kind="pool"),)), {}),
        ("not_open", group("one", windows=(Window(0, 360, 420),)), {}),
        ("not_open", group("one", windows=(Window(0, 1020, 1050),)), {}),
        ("closed_dates", group("one", periods=SHORT_TERM), {}),
        ("excluded", group("one"), {"exclusions": (Exclusion(section="one"),)}),
    ],
)
def test_a_hard_fact_is_told_by_its_code(code, section, changed):
    assert reasons(town(section, **changed)) == [(code, None)]


def test_what_is_taken_beforehand_is_told_with_its_dates_and_why():
    taken = replace(GYM, blocked=(Blocked(WeeklyTime(0, 1020, 1050), "own_use"), Blocked(WeeklyTime(1, 0, 1440))))
    instance = town(group("one"), spaces=(taken,))
    (reason,) = explain(instance, result_of(instance, []), "one").reasons
    assert (reason["code"], reason["detail"]) == ("closed_dates", {"dates": 0, "of_dates": 39, "taken": ["own_use"]})


def test_who_holds_it_is_told_by_class_and_never_by_name():
    child, adult = group("two", of_class="children", rule="1 §"), group("one")
    instance = town(child, adult)
    result = result_of(instance, [grant_of(Truth(instance), "two", monday())])
    (reason,) = explain(instance, result, "one").reasons
    assert reason == {
        "code": "higher_class", "weekday": 0, "start_min": 1020, "end_min": 1080, "space": "gym",
        "class": "children", "rule": "1 §", "blockers": 1, "detail": {},
    }  # fmt: skip


def test_a_quota_a_pin_and_a_coach_are_told():
    quota = Quota(id="most", most_minutes=0)
    assert reasons(town(group("one"), quotas=(quota,))) == [("quota", "most")]
    pinned = ("two", monday(), Origin.PIN)
    assert reasons(town(group("one"), group("two")), pinned) == [("pinned_other", None)]
    one, two = group("one", shared=("Kim",)), group("two", shared=("Kim",), options=(Option(1, "hall"),))
    instance = town(one, replace(two, organisation="org-one"))
    assert reasons(instance, ("two", monday(space="hall"))) == [("same_person", None)]


def test_its_own_events_are_told():
    two_days = {
        "windows": (EVENING, Window(1, 1020, 1080)),
        "options": (Option(1, "gym"), Option(2, "hall")),
        "events": 2,
    }
    one = group("one", **two_days)
    got = ("one", monday())
    held = ("two", Slot("gym", 1, 1020, 1080))
    other = group("two", of_class="children", windows=two_days["windows"])
    assert reasons(town(one, other), got, held)[:2] == [("higher_class", "children"), ("one_per_day", None)]
    kept = [code for code, _ in reasons(town(replace(one, same_space=True), other), got, held)]
    assert kept == ["higher_class", "same_space", "same_space"]
    twice = replace(one, same_day_allowed=True, windows=(Window(0, 1020, 1110),))
    assert {code for code, _ in reasons(town(twice), got)} == {"own_event"}


def equals(**of_two):
    return group("one", organisation="a"), group("two", organisation="a", **of_two)


def test_among_equals_need_goes_first_then_order_then_preference_then_the_lot():
    one, two = equals()
    policy = Policy(tiers=(Tier.COVERAGE, Tier.ORDER, Tier.FAIRNESS, Tier.PREFERENCE))
    instance = town(replace(one, events=2, windows=(EVENING, Window(1, 1020, 1080))), two)
    taken = ("one", Slot("gym", 1, 1020, 1080))
    assert ("same_class_need", None) in reasons(instance, taken, ("two", monday()))
    ordered = town(replace(one, order=2), replace(two, order=1), policy=policy)
    assert reasons(ordered, ("two", monday())) == [("same_class_order", None)]
    liked = town(replace(one, options=(Option(2, "gym"),)), two, policy=policy)
    assert reasons(liked, ("two", monday())) == [("same_class_preference", None)]
    lots = [town(one, two), "one" if solve(town(one, two)).grants[0].section == "two" else "two"]
    holder = "two" if lots[1] == "one" else "one"
    seeded = solve(lots[0])
    assert [reason["code"] for reason in explain(lots[0], seeded, lots[1]).reasons] == ["lottery"]
    assert seeded.grants[0].section == holder


def widened(instance, section_id, offer):
    """The round as if the section had wished the offered slot from the first."""
    slot = Slot(offer["space"], offer["weekday"], offer["start_min"], offer["end_min"])
    section = next(one for one in instance.sections if one.id == section_id)
    more = replace(
        section,
        windows=(*section.windows, Window(slot.weekday, slot.start_min, slot.end_min, 2)),
        options=(*section.options, Option(9, slot.space)),
        min_minutes=min(section.min_minutes, slot.end_min - slot.start_min),
    )
    return replace(instance, sections=tuple(more if one.id == section_id else one for one in instance.sections)), slot


@pytest.mark.parametrize(("size", "seed"), [("XS", 1), ("S", 1)])
def test_nine_in_ten_get_an_offer_and_each_can_be_had_with_the_plan_unchanged(size, seed):
    city = generate(size, seed)
    result = filled(city)
    told = [one for one in explain_all(city, result) if one.granted < one.asked]
    assert sum(bool(one.offers) for one in told) >= 0.9 * len(told)
    for one in told[:: max(1, len(told) // 5)]:
        for offer in one.offers:
            instance, slot = widened(city, one.section, offer)
            grants = [*result.grants, grant_of(Truth(instance), one.section, slot)]
            faults = {fault.code for fault in verify(instance, result_of(instance, grants, result.pin_problems))}
            assert faults <= BESIDE_THE_PLAN, (one.section, offer, faults)


def test_the_nearest_is_offered_first_and_told_how_it_differs():
    instance = town(group("one"), group("two", of_class="children"))
    result = result_of(instance, [grant_of(Truth(instance), "two", monday())])
    first = explain(instance, result, "one").offers[0]
    assert first == {
        "space": "gym", "weekday": 0, "start_min": 960, "end_min": 1020,
        "difference": {"minutes": 60, "day": False, "space": False, "metres": None, "shorter": False},
    }  # fmt: skip


def test_where_nothing_as_long_is_free_a_shorter_one_is_offered():
    only = (replace(GYM, open=(WeeklyTime(0, 1020, 1110),)),)
    instance = town(group("one"), group("two", of_class="children"), spaces=only)
    result = result_of(instance, [grant_of(Truth(instance), "two", monday())])
    (offer,) = explain(instance, result, "one").offers
    assert (offer["start_min"], offer["end_min"], offer["difference"]["shorter"]) == (1080, 1110, True)


def test_every_wish_of_everybody_unmet_has_a_reason():
    city = generate("XS", 4)
    result = filled(city)
    explainer = Explainer(city, result)
    for section in city.sections:
        told = explainer.explain(section.id)
        if told.granted < told.asked:
            days = {one["weekday"] for one in told.reasons}
            own = {one.slot.weekday for one in explainer.plan.of_section.get(section.id, ())}
            assert days | own >= {one.weekday for one in section.windows}
            assert not [one for one in told.reasons if "section" in str(one["detail"]) or one["code"] == "idle"]


def test_nobody_of_that_name_is_explained():
    instance = town(group("one"))
    with pytest.raises(KeyError):
        explain(instance, result_of(instance, []), "nobody")
