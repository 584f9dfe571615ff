"""Clock, lock and contact (door-protocol.md 6, 9.4, 9.5)."""

import pytest

from firmware_sim.clock import uncertainty_s
from sim_tests.make import CARD, NOW, Bench, a_list, right, set_time


def kinds(bench: Bench) -> list[str]:
    return [event["kind"] for event in bench.events()][2:]


def ready() -> Bench:
    bench = Bench()
    bench.give(a_list(1, right(until=NOW + 10**7), not_after=NOW + 10**7))
    return bench


def test_after_a_day_without_setting_the_clock_is_in_holdover() -> None:
    bench = ready()
    bench.later(86399)
    assert bench.controller.clock.believes(bench.mono_ms).u == 0
    bench.later(1)
    believed = bench.controller.clock.believes(bench.mono_ms)
    assert (believed.state, believed.u) == ("holdover", 2)


def test_uncertainty_is_rounded_up() -> None:
    assert [uncertainty_s(age) for age in (0, 1, 50_000, 50_001, 604_800)] == [0, 1, 1, 2, 13]


def test_a_battery_backed_clock_goes_on_after_a_power_cut_in_holdover() -> None:
    bench = ready()
    bench.start(rtc_ms=(NOW + 600) * 1000)
    believed = bench.controller.clock.believes(0)
    assert (believed.now, believed.state) == (NOW + 600, "holdover")
    assert bench.controller.reported(0)["clock"]["source"] == "rtc"


def test_without_a_battery_time_starts_at_the_floor_of_the_last_minute() -> None:
    bench = ready()
    bench.later(3600)
    bench.start(rtc_ms=None)
    bench.later(5)
    believed = bench.controller.clock.believes(bench.mono_ms)
    assert (believed.now, believed.state, believed.u) == (NOW + 3605, "unknown", None)


def test_the_floor_rises_with_each_event() -> None:
    bench = ready()
    bench.later(30)
    bench.controller.card(CARD, bench.mono_ms)
    bench.start(rtc_ms=None)
    assert bench.controller.clock.believes(0).now == NOW + 30


def test_a_battery_backed_clock_below_the_floor_is_not_believed() -> None:
    bench = ready()
    bench.start(rtc_ms=(NOW - 7200) * 1000)
    believed = bench.controller.clock.believes(0)
    assert (believed.now, believed.state) == (NOW, "unknown")


def test_ntp_does_not_set_the_clock_below_its_floor_but_the_service_may() -> None:
    bench = ready()
    assert not bench.controller.hear_ntp((NOW - 3600) * 1000, bench.mono_ms)
    bench.command(set_time((NOW - 3600) * 1000), nonce=bench.challenge)
    assert bench.controller.clock.believes(bench.mono_ms).now == NOW - 3600
    bench.start(rtc_ms=None)
    assert bench.controller.clock.believes(0).now == NOW - 3600


@pytest.mark.parametrize("jump_s", [-3600, 3600, -7200])
def test_no_jump_of_the_clock_opens_an_expired_right(jump_s: int) -> None:
    bench = Bench()
    bench.give(a_list(1, right(until=NOW + 100)))
    bench.later(100)
    bench.controller.clock.jump(jump_s * 1000, bench.mono_ms)
    bench.controller.clock_disturbed(bench.mono_ms)
    assert bench.controller.card(CARD, bench.mono_ms).reason in ("expired", "clock_unknown")


def test_an_expired_right_stays_expired_over_a_power_cut_without_battery() -> None:
    bench = Bench()
    bench.give(a_list(1, right(until=NOW + 100)))
    bench.later(100)
    bench.start(rtc_ms=None)
    assert not bench.controller.card(CARD, 0).granted


def test_opened_after_a_grant_is_no_alarm_and_opened_without_is_forced() -> None:
    bench = ready()
    bench.controller.card(CARD, bench.mono_ms)
    bench.controller.move(bench.mono_ms + 4999, opened=True)
    bench.controller.move(bench.mono_ms + 5100, opened=False)
    bench.controller.move(bench.mono_ms + 5200, opened=True)
    assert kinds(bench) == ["list_applied", "granted", "door_opened", "door_closed", "forced"]


def test_a_door_held_open_is_said_once() -> None:
    bench = ready()
    bench.controller.card(CARD, bench.mono_ms)
    bench.controller.move(bench.mono_ms, opened=True)
    bench.later(300)
    assert [event["open_s"] for event in bench.events("held_open")] == [60]
    bench.controller.move(bench.mono_ms, opened=False)
    assert kinds(bench)[-2:] == ["held_open", "door_closed"]


def test_a_door_without_contact_says_so_and_nothing_else() -> None:
    bench = Bench(contact=False)
    bench.controller.move(5, opened=True)
    assert bench.controller.reported(5)["contact"] == "none"
    assert kinds(bench) == []


def test_time_since_boot_does_not_wrap() -> None:
    bench = ready()
    bench.mono_ms = 2**32 - 1000
    bench.controller.tick(bench.mono_ms)
    bench.controller.clock.set(NOW * 1000, bench.mono_ms, "service")
    assert bench.controller.card(CARD, bench.mono_ms).granted
    bench.later(5)
    assert bench.controller.reported(bench.mono_ms)["lock"] == "locked"
