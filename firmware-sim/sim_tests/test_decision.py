"""What opens and what does not (door-protocol.md 9), at a whole controller."""

from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.decide import Decision, Shown, Situation, decide
from firmware_sim.held import AccessList, Belief, access_list
from sim_tests.make import CARD, NOW, OTHER_CARD, PIN, WRONG_PIN, Bench, a_list, right


def alone(held: AccessList, at: Belief) -> Decision:
    """The list and the clock, and nothing beside."""
    return decide(held, "normal", Situation(), Shown("card", CARD), at, 0)


def bench_at(second: int) -> Bench:
    bench = Bench()
    bench.give(a_list())
    bench.controller.clock.set(second * 1000, bench.mono_ms, "service")
    return bench


def tapped(second: int, cred: str = CARD) -> tuple[bool, str]:
    bench = bench_at(second)
    decision = bench.controller.card(cred, bench.mono_ms)
    assert bool(bench.releases()) == decision.granted
    return decision.granted, decision.reason


def test_at_from_the_door_opens_and_a_second_before_it_does_not() -> None:
    assert tapped(NOW - 1) == (False, "too_early")
    assert tapped(NOW) == (True, "granted")


def test_at_until_the_door_stays_shut_and_a_second_before_it_opens() -> None:
    assert tapped(NOW + 7199) == (True, "granted")
    assert tapped(NOW + 7200) == (False, "expired")


def test_a_strangers_card_opens_nothing() -> None:
    assert tapped(NOW, OTHER_CARD) == (False, "unknown_credential")


def test_a_card_is_not_a_pin_of_the_same_digits() -> None:
    bench = bench_at(NOW)
    assert bench.controller.pin(CARD, bench.mono_ms).reason == "unknown_credential"
    assert bench.controller.pin(PIN, bench.mono_ms).granted


def test_a_door_without_a_list_opens_for_nobody() -> None:
    bench = Bench()
    assert bench.controller.card(CARD, 1).reason == "no_list"


def test_a_list_past_its_day_opens_for_marked_rights_only() -> None:
    bench = Bench()
    staff = right("r-9", cred=OTHER_CARD, until=NOW + 10**7, flags=["survives_stale"])
    bench.give(a_list(1, right(until=NOW + 10**7), staff, not_after=NOW + 100))
    bench.later(99)
    assert bench.controller.card(CARD, bench.mono_ms).granted
    bench.later(1)
    bench.later(4)
    assert bench.controller.card(CARD, bench.mono_ms).reason == "list_stale"
    assert bench.controller.card(OTHER_CARD, bench.mono_ms).granted


def test_a_door_that_lost_the_time_opens_for_rights_without_window_only() -> None:
    bench = Bench()
    bench.give(a_list(1, right(), right("r-9", cred=OTHER_CARD, **{"from": None}, until=None)))
    bench.start(rtc_ms=None)
    assert bench.controller.card(CARD, 0).reason == "clock_unknown"
    assert bench.controller.card(OTHER_CARD, 0).granted


def test_the_same_card_lying_on_the_reader_is_one_reading() -> None:
    bench = bench_at(NOW)
    taps = [(0, "granted"), (2.9, "same_reading"), (2.9, "same_reading"), (3, "granted")]
    for seconds, expected in taps:
        bench.later(seconds)
        assert bench.controller.card(CARD, bench.mono_ms).reason == expected
    assert len(bench.events("granted")) == 2


def test_the_fifth_wrong_pin_locks_the_keypad_but_not_the_cards() -> None:
    bench = bench_at(NOW)
    for _ in range(5):
        assert bench.controller.pin(WRONG_PIN, bench.mono_ms).reason == "unknown_credential"
    assert bench.controller.pin(PIN, bench.mono_ms).reason == "locked_out"
    assert bench.controller.card(CARD, bench.mono_ms).granted
    assert [event["kind"] for event in bench.events()][-4:] == ["denied", "lockout", "denied", "granted"]
    bench.later(60)
    assert bench.controller.pin(PIN, bench.mono_ms).granted


def test_switching_off_and_on_clears_neither_count_nor_lockout() -> None:
    bench = bench_at(NOW)
    for _ in range(4):
        bench.controller.pin(WRONG_PIN, bench.mono_ms)
    bench.start(rtc_ms=NOW * 1000)
    bench.controller.pin(WRONG_PIN, 10)
    assert bench.controller.pin(PIN, 11).reason == "locked_out"
    bench.start(rtc_ms=NOW * 1000)
    bench.later(59.9)
    assert bench.controller.pin(PIN, bench.mono_ms).reason == "locked_out"
    bench.later(0.1)
    assert bench.controller.pin(PIN, bench.mono_ms).granted


def test_old_wrong_pins_are_forgotten_also_in_lasting_memory() -> None:
    bench = bench_at(NOW)
    for _ in range(4):
        bench.controller.pin(WRONG_PIN, bench.mono_ms)
    bench.later(301)
    bench.start(rtc_ms=NOW * 1000)
    assert bench.controller.keypad.wrong_ms == []


windows = st.tuples(st.integers(0, 200), st.integers(1, 100)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(window=windows, now=st.integers(0, 400), u=st.integers(0, 100))
def test_the_more_unsure_the_clock_the_earlier_a_right_ends(window: tuple[int, int], now: int, u: int) -> None:
    start, until = window
    held = access_list(a_list(1, {**right(), "from": start, "until": until}, issued=0, not_after=1000))
    decision = alone(held, Belief(now, "holdover", u))
    if decision.granted:
        assert start - min(u, 60) <= now < until - u
    surely_inside = start <= now and now + u < until
    assert not surely_inside or decision.granted


@given(rights=st.lists(windows, min_size=1, max_size=6), now=st.integers(0, 350))
def test_with_a_sure_clock_a_card_opens_exactly_inside_its_windows(rights: list[tuple[int, int]], now: int) -> None:
    entries = [{**right(f"r-{n}"), "from": start, "until": until} for n, (start, until) in enumerate(rights)]
    held = access_list(a_list(1, *entries, issued=0, not_after=1000))
    decision = alone(held, Belief(now, "synced", 0))
    covering = [(until, -n) for n, (start, until) in enumerate(rights) if start <= now < until]
    assert decision.granted == bool(covering)
    assert decision.right == (f"r-{-max(covering)[1]}" if covering else None)
