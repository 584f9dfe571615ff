"""More cases of the acceptance list that are a door's own: D10 and DA6, between test_acceptance and its neighbours."""

import pytest

from sim_tests.make import CARD, NOW, OTHER_CARD, Bench, a_list, right, with_rules

TURN = 7200


def two_turns(**rules: object) -> Bench:
    """One person from NOW for two hours, and the same person for the two after; the clock stands a minute before."""
    bench = Bench()
    bench.connect()
    first, second = right("r-1", until=NOW + TURN), right("r-2", **{"from": NOW + TURN}, until=NOW + 2 * TURN)
    bench.give(a_list(1, first, second, **with_rules(**rules)))
    bench.later(TURN - 60)
    return bench


def test_da6_from_one_turn_to_the_next_of_the_same_person_there_is_no_gap() -> None:
    """DA6: the last second of the first and the first of the second, each by its own right."""
    bench = two_turns()
    bench.later(59)
    shown = [bench.controller.card(CARD, bench.mono_ms)]
    bench.later(4)
    shown.append(bench.controller.card(CARD, bench.mono_ms))
    assert [(one.reason, one.right) for one in shown] == [("granted", "r-1"), ("granted", "r-2")]


def test_da6_who_came_in_by_the_first_is_inside_by_the_second() -> None:
    """DA6: the state of anti-passback is carried on."""
    bench = two_turns(apb={"kind": "hard", "minutes": 0})
    assert bench.controller.card(CARD, bench.mono_ms).reason == "granted"
    bench.later(61)
    assert bench.controller.card(CARD, bench.mono_ms).reason == "passback"
    bench.later(4)
    assert bench.controller.card(CARD, bench.mono_ms, "out").reason == "granted"
    bench.later(4)
    assert bench.controller.card(CARD, bench.mono_ms).right == "r-2"


def test_da6_a_door_open_across_the_change_is_held_open_once_and_from_its_own_beginning() -> None:
    """DA6: the state of held open is carried on."""
    bench = two_turns()
    bench.controller.card(CARD, bench.mono_ms)
    bench.later(2)
    bench.controller.move(bench.mono_ms, opened=True)
    bench.later(59)
    assert bench.events("held_open") == []
    bench.later(2)
    assert [event["open_s"] for event in bench.events("held_open")] == [60]
    bench.later(300)
    assert len(bench.events("held_open")) == 1


@pytest.mark.parametrize("way", ["exit button", "fire"])
def test_d10_leaving_never_depends_on_the_clock(way: str) -> None:
    """D10: after a power cut, without the time, nobody with a window gets in; everybody gets out."""
    bench = Bench()
    bench.give(a_list(1))
    bench.start(rtc_ms=None)
    assert bench.controller.card(CARD, 5).reason == "clock_unknown"
    if way == "fire":
        bench.controller.fire(bench.mono_ms, active=True)
        assert bench.controller.reported(bench.mono_ms)["lock"] == "unlocked"
    else:
        bench.controller.rex(bench.mono_ms)
    bench.controller.move(bench.mono_ms, opened=True)
    assert (len(bench.events("door_opened")), bench.events("forced")) == (1, [])


@pytest.mark.parametrize(("wrong_s", "shut_s"), [(-1200, 1200), (1200, -1200)])
def test_d10_a_clock_twenty_minutes_wrong_errs_by_no_more_than_that(wrong_s: int, shut_s: int) -> None:
    """D10: what it says of its own time in `reported` is what the service sees and mends; the bound is its error."""
    for second, reason in ((-1, "granted"), (0, "expired")):
        bench = Bench()
        bench.give(a_list(1, right(until=NOW + TURN)))
        true_s = NOW + TURN + shut_s + second
        bench.controller.clock.set((true_s + wrong_s) * 1000, 0, "service")
        assert bench.controller.reported(0)["clock"]["at_ms"] == (true_s + wrong_s) * 1000
        assert bench.controller.card(CARD, 5).reason == reason


def test_d10_an_unknown_clock_still_lets_those_in_who_need_none() -> None:
    """D10: a right without a window."""
    bench = Bench()
    bench.give(a_list(1, right("s", cred=OTHER_CARD, **{"from": None}, until=None)))
    bench.start(rtc_ms=None)
    assert bench.controller.card(OTHER_CARD, 5).reason == "granted"
