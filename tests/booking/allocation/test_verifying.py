"""The checker finds every kind of fault that can be planted, each by its code, and nothing in a good result."""

from dataclasses import replace
from datetime import date

import pytest

from booking.core.allocation.generating import generate
from booking.core.allocation.instance import (
    Blocked,
    BlockedDay,
    Exclusion,
    Held,
    Option,
    Period,
    Pin,
    Quota,
    Slot,
    WeeklyTime,
    Weeks,
    Window,
)
from booking.core.allocation.result import Certificate, Grant, Origin, PinProblem
from booking.core.allocation.truth import Truth
from booking.core.allocation.verifying import verify
from booking.core.allocation.writing import plan_hash
from tests.booking.allocation.by_hand import filled, grant_of, result_of
from tests.booking.allocation.small import GYM, HALL, HALVES, SEASON, always, group, monday, town

WIDE = tuple(Window(day, 8 * 60, 22 * 60) for day in range(7))
TWO = replace(GYM, id="gym-2", atoms=("gym-2",))


def codes(instance, *slots, problems=(), **changed):
    """The codes of what is wrong where these (section, slot) pairs are granted."""
    truth = Truth(instance)
    rows = [grant_of(truth, *one) for one in slots]
    result = replace(result_of(instance, rows, tuple(problems)), **changed)
    return [one.code for one in verify(instance, result)]


def test_a_plan_made_with_care_has_no_fault():
    for size, seed in (("XS", 1), ("XS", 2), ("S", 1)):
        city = generate(size, seed)
        assert verify(city, filled(city)) == []


ONE = group("one", windows=WIDE)


@pytest.mark.parametrize(
    ("code", "section", "slot", "changed"),
    [
        ("too_small", group("one", people=31), monday(), {}),
        ("no_equipment", group("one", equipment=frozenset({"piano"})), monday(), {}),
        ("not_step_free", group("one", step_free=True, options=(Option(1, "hall"),)), monday(space="hall"), {}),
        ("not_open", replace(ONE, windows=(Window(0, 0, 1440),)), monday(420), {}),
        ("not_open", ONE, monday(), {"spaces": (replace(GYM, open=always(1020, 1050)),)}),
        ("off_grid", ONE, monday(1030), {}),
        ("off_grid", replace(ONE, max_minutes=90), monday(1020, 70), {}),
        ("too_short", ONE, monday(1020, 30), {}),
        ("too_long", ONE, monday(1020, 90), {}),
        ("outside_windows", group("one"), monday(1050), {}),
        ("no_option", ONE, monday(space="hall"), {}),
        ("excluded", ONE, monday(), {"exclusions": (Exclusion(organisation="org-one", start_min=1050, end_min=1060),)}),
        ("closed_dates", group("one", periods=(Period(date(2026, 9, 1), date(2026, 9, 6)),)), monday(), {}),
    ],
)
def test_an_event_against_a_hard_fact_or_its_own_wishes(code, section, slot, changed):
    instance = town(section, **({"spaces": (HALL, *HALVES, GYM)} | changed))
    assert code in codes(instance, ("one", slot))


def blocked(**told):
    return town(group("one"), spaces=(replace(GYM, **told),))


@pytest.mark.parametrize(
    ("space", "good"),
    [
        ({"blocked": (Blocked(WeeklyTime(0, 1080, 1140)),)}, True),
        ({"blocked": (Blocked(WeeklyTime(0, 1079, 1140)),)}, False),
        ({"blocked": (Blocked(WeeklyTime(0, 1080, 1140)),), "after_min": 1}, False),
        ({"blocked": (Blocked(WeeklyTime(0, 990, 1020)),), "before_min": 30}, False),
        ({"blocked": (Blocked(WeeklyTime(0, 0, 1440, weeks=Weeks.A)),)}, False),  # 19 of 39
        ({"blocked": (Blocked(WeeklyTime(0, 0, 1440, weeks=Weeks.B)),)}, True),  # 20 of 39
        ({"closed": (Period(date(2026, 9, 1), date(2027, 1, 11)),)}, True),
        ({"closed": (Period(date(2026, 9, 1), date(2027, 1, 18)),)}, False),
        ({"blocked_days": tuple(BlockedDay(date(2026, 9, day), 0, 1440) for day in (7, 14, 21, 28))}, True),
    ],
)
def test_an_event_runs_on_at_least_half_of_its_dates(space, good):
    assert ("closed_dates" in codes(blocked(**space), ("one", monday()))) is not good


def test_two_groups_in_one_place():
    town_of_two = town(group("one"), group("two"))
    assert codes(town_of_two, ("one", monday()), ("two", monday())) == ["taken"]


def test_a_half_and_its_hall_are_one_place_and_two_halves_are_not():
    spaces = {"options": (Option(1, "hall"), Option(1, "hall-a"), Option(1, "hall-b"))}
    instance = town(group("one", **spaces), group("two", **spaces))
    assert codes(instance, ("one", monday(space="hall")), ("two", monday(space="hall-b"))) == ["taken"]
    assert codes(instance, ("one", monday(space="hall-a")), ("two", monday(space="hall-b"))) == []


def test_turnaround_is_held_outwards_to_the_grid():
    one, two = group("one", windows=WIDE), group("two", windows=WIDE)
    instance = town(one, two, spaces=(replace(GYM, after_min=1),))
    assert codes(instance, ("one", monday()), ("two", monday(1080))) == ["taken"]
    assert codes(instance, ("one", monday()), ("two", monday(1110))) == []


def test_every_second_week_and_another_term_share_a_slot():
    odd, even = group("one", weeks=Weeks.A), group("two", weeks=Weeks.B)
    assert codes(town(odd, even), ("one", monday()), ("two", monday())) == []
    autumn = group("one", periods=(Period(SEASON.first_on, date(2026, 12, 21)),))
    spring = group("two", periods=(Period(date(2026, 12, 22), SEASON.last_on),))
    assert codes(town(autumn, spring), ("one", monday()), ("two", monday())) == []


def test_terms_that_share_one_monday_meet_on_mondays_only():
    on_tuesdays = (Window(0, 1020, 1080), Window(1, 1020, 1080))
    autumn = group("one", periods=(Period(SEASON.first_on, date(2026, 12, 21)),), windows=on_tuesdays)
    spring = group("two", periods=(Period(date(2026, 12, 21), SEASON.last_on),), windows=on_tuesdays)
    tuesday = replace(monday(), weekday=1)
    assert codes(town(autumn, spring), ("one", monday()), ("two", monday())) == ["taken"]
    assert codes(town(autumn, spring), ("one", tuesday), ("two", tuesday)) == []


def test_a_coach_is_in_one_place_only_and_another_organisations_namesake_is_another():
    asked = {"shared": ("Kim",), "windows": WIDE}
    one = group("one", **asked)
    same = group("two", **asked, organisation="org-one", options=(Option(1, "hall"),))
    instance = town(one, same)
    assert codes(instance, ("one", monday()), ("two", monday(1050, space="hall"))) == ["same_person"]
    assert codes(instance, ("one", monday()), ("two", monday(1080, space="hall"))) == []
    assert codes(town(one, replace(same, organisation="org-two")),
                 ("one", monday()), ("two", monday(1050, space="hall"))) == []  # fmt: skip


def test_a_section_has_its_events_on_days_of_their_own_in_one_space_and_no_more_than_it_asked():
    both = (Option(1, "gym"), Option(1, "gym-2"))
    spaces = {"spaces": (GYM, TWO)}
    asked = group("one", windows=WIDE, options=both, events=2)
    second = replace(monday(), space="gym-2", weekday=1)
    assert codes(town(asked, **spaces), ("one", monday()), ("one", second)) == []
    assert codes(town(replace(asked, events=1), **spaces), ("one", monday()), ("one", second)) == ["too_many"]
    assert codes(town(replace(asked, same_space=True), **spaces), ("one", monday()), ("one", second)) == ["same_space"]
    assert codes(town(asked, **spaces), ("one", monday()), ("one", monday(1200))) == ["one_per_day"]
    twice = replace(asked, same_day_allowed=True)
    assert codes(town(twice, **spaces), ("one", monday()), ("one", monday(1080))) == []
    assert codes(town(twice, **spaces), ("one", monday()), ("one", monday(1050, space="gym-2"))) == ["own_event"]


@pytest.mark.parametrize(
    ("told", "broken"),
    [
        ({"most_minutes": 120}, False),
        ({"most_minutes": 119}, True),
        ({"most_minutes": 60, "each_organisation": True}, False),
        ({"most_minutes": 60, "classes": frozenset({"children"})}, False),
        ({"most_minutes": 60, "spaces": frozenset({"hall"})}, False),
        ({"most_minutes": 90, "times": (WeeklyTime(0, 1050, 1140),)}, False),
        ({"most_minutes": 59, "times": (WeeklyTime(0, 1050, 1140), WeeklyTime(0, 1080, 1140))}, True),
        ({"most_minutes": 90, "times": (WeeklyTime(0, 1020, 1140, weeks=Weeks.A),)}, False),
        ({"most_percent": 2, "spaces": frozenset({"gym"})}, True),  # 117.6 of 5,880 minutes
        ({"most_percent": 3, "spaces": frozenset({"gym"})}, False),
    ],
)
def test_a_quota_counts_minutes_of_an_average_week(told, broken):
    one, two = group("one", windows=WIDE), group("two", windows=WIDE)
    instance = town(one, two, quotas=(Quota(id="q", **told),))
    found = codes(instance, ("one", monday()), ("two", monday(1080)))
    assert ("quota" in found) is broken


def test_a_pin_is_kept_or_told():
    pin = Pin("one", monday(600))
    instance = town(group("one"), pins=(pin,))
    pinned = ("one", monday(600), Origin.PIN)
    assert codes(instance, pinned) == []  # outside the section's windows, which is the officials' right
    assert "pin_missing" in codes(instance, ("one", monday()))
    assert codes(town(group("one")), pinned) == ["no_pin"]
    assert codes(instance, pinned, problems=[PinProblem("one", monday(), "closed_dates")])[0] == "no_pin"


def test_a_pin_left_out_has_a_hard_fact_against_it():
    pins = (Pin("one", monday()), Pin("two", monday()))
    instance = town(group("one"), group("two"), pins=pins)
    left_out = PinProblem("two", monday(), "pinned_other", "one")
    assert codes(instance, ("one", monday(), Origin.PIN), problems=[left_out]) == []
    alone = town(group("two"), pins=pins[1:])
    assert "pin_left_out" in codes(alone, problems=[left_out])


def test_what_is_kept_from_last_season_was_held_and_used():
    asked = group("one", history=(Held("gym", 0, 1020, 1080, 80),))
    kept = ("one", monday(), Origin.HISTORY)
    assert codes(town(asked), kept) == []
    assert codes(town(replace(asked, history=(Held("gym", 0, 1020, 1080, 79),))), kept) == ["no_history"]


def test_a_slot_wished_and_free_or_held_by_lower_classes_only():
    child, adult = group("one", of_class="children"), group("two")
    assert codes(town(child, adult)) == ["idle", "idle"]
    assert codes(town(child, adult), ("two", monday())) == ["class_envy"]
    assert codes(town(child, adult), ("one", monday())) == []


def good():
    instance = town(group("one"), group("two"))
    return instance, result_of(instance, [grant_of(Truth(instance), "one", monday())])


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("input_hash", lambda one: replace(one, run=replace(one.run, input_hash="0" * 64))),
        ("plan_hash", lambda one: replace(one, plan_hash="0" * 64)),
        ("wrong_dates", lambda one: replace(one, grants=(replace(one.grants[0], dates=38),))),
        (
            "coverage",
            lambda one: replace(one, certificates=(Certificate("adults", 158, 200, "lp"), one.certificates[0])),
        ),
        ("bound", lambda one: replace(one, certificates=(one.certificates[0], Certificate("adults", 100, 99, "lp")))),
        ("no_certificate", lambda one: replace(one, certificates=one.certificates[:1])),
        (
            "no_such_class",
            lambda one: replace(one, certificates=(*one.certificates, Certificate("elders", 0, 0, "lp"))),
        ),
        ("figures", lambda one: replace(one, figures={**one.figures, "beauty": 1})),
        ("figures", lambda one: replace(one, figures={**one.figures, "envy": {**one.figures["envy"], "idle": 3}})),
    ],
)
def test_what_a_result_says_of_itself_is_counted_anew(code, change):
    instance, result = good()
    assert verify(instance, result) == []
    assert code in [one.code for one in verify(instance, change(result))]


def test_grants_of_nobody_or_nowhere_or_out_of_order():
    instance, result = good()
    stranger = Grant("nobody", monday(), Origin.SOLVER, 1, 1)
    nowhere = Grant("one", Slot("moon", 0, 0, 60), Origin.SOLVER, 1, 1)
    grants = (*result.grants, stranger, nowhere)
    found = verify(instance, replace(result, grants=grants, plan_hash=plan_hash(grants), figures={}))
    assert {"no_such_section", "no_such_space", "order"} <= {one.code for one in found}


def test_a_fault_says_who_where_and_what():
    instance = town(group("one"), group("two"))
    truth = Truth(instance)
    result = result_of(instance, [grant_of(truth, name, monday()) for name in ("one", "two")])
    (fault,) = verify(instance, result)
    assert (fault.code, fault.section, fault.slot, fault.other) == ("taken", "two", monday(), "one")


def test_an_evening_that_ends_at_midnight_and_a_day_that_opens_in_two_parts():
    late = group("one", windows=(Window(0, 23 * 60, 1440),))
    assert codes(town(late, spaces=(replace(GYM, open=always(0, 1440), after_min=30),)), ("one", monday(1380))) == []
    parts = (WeeklyTime(0, 600, 1050), WeeklyTime(0, 1050, 1200))
    assert codes(town(group("one"), spaces=(replace(GYM, open=parts),)), ("one", monday())) == []
    gap = (WeeklyTime(0, 600, 1050), WeeklyTime(0, 1051, 1200))
    assert codes(town(group("one"), spaces=(replace(GYM, open=gap),)), ("one", monday())) == ["not_open"]
    terms = (WeeklyTime(0, 600, 1050, (Period(SEASON.first_on, date(2027, 1, 31)),)), WeeklyTime(0, 1050, 1200))
    assert codes(town(group("one"), spaces=(replace(GYM, open=terms),)), ("one", monday())) == []  # 22 of 39
