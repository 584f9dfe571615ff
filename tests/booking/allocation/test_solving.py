"""What solving a round promises, on small rounds."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings

from booking.core.allocation.instance import (
    Instance,
    Option,
    Period,
    Pin,
    Policy,
    Slot,
    WeeklyTime,
    Weeks,
    Window,
)
from booking.core.allocation.result import Origin, Progress, Result
from booking.core.allocation.solving import replay, solve
from tests.booking.allocation.instances import AUTUMN, DAYS, FIRST, SEASON, WINTER, instance, rounds, section, space
from tests.booking.allocation.plain_check import overlaps, running

MOVES = 600


def times(result: Result, name: str) -> list[tuple[int, int, int]]:
    """When a section comes: weekday, first and last hour."""
    slots = [grant.slot for grant in result.grants if grant.section == name]
    return [(slot.weekday, slot.start_min // 60, slot.end_min // 60) for slot in slots]


@settings(max_examples=30, deadline=None)
@given(rounds(most_sections=6))
def test_no_two_grants_ever_hold_the_same_place_or_person_at_once(instance: Instance) -> None:
    result = solve(instance, iterations=MOVES)

    assert overlaps(instance, result) == []


@settings(max_examples=30, deadline=None)
@given(rounds(most_sections=6))
def test_each_grant_says_on_how_many_dates_it_really_runs(instance: Instance) -> None:
    result = solve(instance, iterations=MOVES)

    sections = {one.id: one for one in instance.sections}
    for grant in result.grants:
        assert grant.dates == len(running(instance, sections[grant.section], grant.slot)) > 0


@settings(max_examples=30, deadline=None)
@given(rounds(most_sections=6))
def test_a_pin_is_either_granted_as_it_is_or_told_as_a_problem(instance: Instance) -> None:
    result = solve(instance, iterations=MOVES)

    kept = [(grant.section, grant.slot) for grant in result.grants if grant.origin is Origin.PIN]
    told = [(problem.section, problem.slot) for problem in result.pin_problems]
    assert sorted(map(repr, kept + told)) == sorted(repr((pin.section, pin.slot)) for pin in instance.pins)


@settings(max_examples=15, deadline=None)
@given(rounds(most_sections=5))
def test_the_same_input_gives_the_same_grants_in_whatever_order_it_is_written(instance: Instance) -> None:
    turned = replace(instance, sections=instance.sections[::-1], spaces=instance.spaces[::-1])

    assert solve(instance, iterations=MOVES) == solve(turned, iterations=MOVES)


def test_another_process_gives_the_same_plan() -> None:
    program = """if True:
        from booking.core.allocation.generating import generate
        from booking.core.allocation.solving import solve
        print(solve(generate("XS", 3), iterations=3000).plan_hash)
    """

    printed = {
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }

    assert len(printed) == 1


def test_a_stopped_run_is_replayed_to_the_same_grants() -> None:
    from booking.core.allocation.generating import generate

    heard: list[Progress] = []

    def tell(progress: Progress) -> bool:
        heard.append(progress)
        return len(heard) < 20

    stopped = solve(generate("XS", 3), iterations=20_000, tell=tell)

    assert stopped.run.stopped
    assert 0 < stopped.run.iterations < 20_000
    assert replay(generate("XS", 3), stopped.run).plan_hash == stopped.plan_hash


def test_a_pin_that_cannot_be_is_left_out_and_everything_else_is_solved() -> None:
    slot, closed = Slot("gym", 0, 17 * 60, 18 * 60), Slot("gym", 0, 21 * 60, 22 * 60)
    asked = instance(section("a"), section("b"), section("c"), pins=(Pin("a", slot), Pin("b", slot), Pin("c", closed)))

    result = solve(asked, iterations=MOVES)

    assert [(one.section, one.code, one.other) for one in result.pin_problems] == [
        ("b", "pinned_other", "a"),
        ("c", "not_open", None),
    ]
    assert {grant.section for grant in result.grants} == {"a", "b", "c"}


def test_three_wishes_of_which_two_can_be_are_granted_on_different_days() -> None:
    asked = section("judo", events=3, windows=tuple(Window(day, 17 * 60, 20 * 60) for day in DAYS))

    result = solve(instance(asked), iterations=MOVES)

    assert [day for day, _, _ in times(result, "judo")] == [0, 2]


def test_a_slot_may_end_at_midnight() -> None:
    late = space(open=(WeeklyTime(0, 22 * 60, 1440),))
    asked = section("bridge", windows=(Window(0, 23 * 60, 1440),))

    assert times(solve(instance(asked, spaces=(late,)), iterations=MOVES), "bridge") == [(0, 23, 24)]


def test_terms_that_share_one_wednesday_conflict_on_wednesdays_only() -> None:
    hour = {"windows": (Window(0, 17 * 60, 18 * 60), Window(2, 17 * 60, 18 * 60)), "events": 2}
    asked = instance(section("a", periods=(AUTUMN,), **hour), section("b", periods=(WINTER,), **hour))

    result = solve(asked, iterations=MOVES)

    days = sorted(grant.slot.weekday for grant in result.grants)
    assert days == [0, 0, 2]


def test_groups_of_every_second_week_share_a_slot() -> None:
    hour = {"windows": (Window(0, 17 * 60, 18 * 60),)}
    asked = instance(section("a", weeks=Weeks.A, **hour), section("b", weeks=Weeks.B, **hour))

    result = solve(asked, iterations=MOVES)

    assert [(grant.section, grant.dates, grant.of_dates) for grant in result.grants] == [("a", 2, 2), ("b", 2, 2)]


def test_a_season_of_two_years_is_solved_and_its_dates_are_counted() -> None:
    season = Period(FIRST, FIRST + timedelta(days=7 * 100 - 1))

    result = solve(instance(section("a"), season=season), iterations=MOVES)

    assert [(grant.dates, grant.of_dates) for grant in result.grants] == [(100, 100)]


def test_events_grow_into_the_room_that_is_left() -> None:
    result = solve(instance(section("a", max_minutes=180, windows=(Window(0, 17 * 60, 20 * 60),))), iterations=MOVES)

    assert times(result, "a") == [(0, 17, 20)]


def test_a_late_closure_moves_those_who_lost_their_place_and_nobody_else() -> None:
    spaces = (space(), space("hall"))
    asked = tuple(section(f"s{n}", options=(Option(1, space="gym"), Option(2, space="hall"))) for n in range(6))
    first = solve(instance(*asked, spaces=spaces), iterations=MOVES)
    shut = replace(spaces[0], open=tuple(WeeklyTime(day, 18 * 60, 20 * 60) for day in range(7)))
    later = instance(*asked, spaces=(shut, spaces[1]), policy=Policy(stability=100),
                     incumbent=tuple((grant.section, grant.slot) for grant in first.grants))  # fmt: skip

    again = solve(later, iterations=MOVES)

    lost = {grant.section for grant in first.grants if grant.slot.space == "gym" and grant.slot.start_min == 17 * 60}
    before = {grant.section: grant.slot for grant in first.grants}
    moved = {grant.section for grant in again.grants if grant.slot != before[grant.section]}
    assert moved == lost
    assert len(again.grants) == 6


def test_a_class_that_is_served_whole_needs_no_other_proof() -> None:
    (proof,) = solve(instance(section("a"), season=SEASON), iterations=MOVES).certificates

    assert (proof.class_id, proof.coverage, proof.bound, proof.method) == ("youth", 100, 100, "trivial")
