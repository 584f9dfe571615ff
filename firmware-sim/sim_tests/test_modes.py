"""Modes, free windows and what survives a start (door-protocol.md 7.9 to 7.13), at a whole controller."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_tests.make import CARD, NOW, OTHER_CARD, PIN, Bench, a_list, free_between, open_for, right

STAFF = right("r-9", cred=OTHER_CARD, holder="h-9", flags=["first_in", "survives_lockdown"])


def ready(**changes: object) -> Bench:
    bench = Bench()
    bench.connect()
    bench.give(a_list(1, right(), right("r-2", cred=PIN, kind="pin"), STAFF, **changes))
    return bench


def lock(bench: Bench) -> str:
    return str(bench.controller.reported(bench.mono_ms)["lock"])


def tap(bench: Bench, cred: str = CARD) -> str:
    bench.later(4)
    return bench.controller.card(cred, bench.mono_ms).reason


def test_a_lockdown_opens_to_those_who_survive_it_and_locks_at_once() -> None:
    bench = ready(unlock_s=60)
    assert tap(bench) == "granted"
    bench.order("lockdown")
    assert lock(bench) == "locked"
    assert (tap(bench), tap(bench, OTHER_CARD)) == ("lockdown", "granted")
    [event] = bench.events("mode_applied")
    assert (event["mode"], event["epoch"], event["version"]) == ("lockdown", 1, 1)
    assert bench.published("reported")[-1].body["mode"]["mode"] == "lockdown"


def test_a_lockdown_outlives_a_power_cut_and_an_unknown_clock() -> None:
    bench = ready()
    bench.order("lockdown")
    bench.start(rtc_ms=None)
    assert bench.controller.card(CARD, 0).reason == "lockdown"


def test_a_wrong_pin_in_a_lockdown_is_no_wrong_pin() -> None:
    bench = ready()
    bench.order("lockdown")
    assert {bench.controller.pin("9" * 64, bench.mono_ms).reason for _ in range(9)} == {"lockdown"}
    assert bench.controller.keypad.wrong_ms == []


def test_in_a_lockdown_nobody_opens_from_afar_unless_the_order_says_so() -> None:
    bench = ready()
    bench.order("lockdown")
    bench.command(open_for())
    bench.command({**open_for(), "id": "c-2", "override": True})
    answers = [(message.body["result"], message.body["code"]) for message in bench.published("cmd/rsp")]
    assert answers == [("refused", "lockdown"), ("done", "opened")]


def test_mode_free_releases_the_lock_for_as_long_as_it_lasts() -> None:
    bench = ready()
    bench.order("free")
    bench.later(3600)
    assert lock(bench) == "unlocked"
    bench.controller.move(bench.mono_ms, opened=True)
    bench.order("normal", 2)
    assert lock(bench) == "locked"
    assert (len(bench.events("door_opened")), bench.events("forced")) == (1, [])


def test_an_older_or_changed_order_is_refused_by_name() -> None:
    bench = ready()
    bench.order("lockdown", 5)
    bench.order("normal", 4)
    bench.order("free", 5)
    bench.order("free", 6, iat=NOW + 301)
    bench.order("lockdown", 5)
    reasons = [event["reason"] for event in bench.events("mode_refused")]
    assert reasons == ["lower_version", "version_conflict", "future_iat"]
    assert bench.controller.guard.mode == "lockdown"


def test_a_free_window_opens_and_shuts_by_itself_at_its_seconds() -> None:
    bench = ready(**free_between((NOW + 60, NOW + 120, False)))
    bench.later(59.999)
    assert lock(bench) == "locked"
    bench.later(0.001)
    assert lock(bench) == "unlocked"
    bench.later(59.999)
    assert (lock(bench), tap(bench, "8" * 64)) == ("unlocked", "unknown_credential")
    assert [event["kind"] for event in bench.events() if event["kind"].startswith("free_")] == [
        "free_began",
        "free_ended",
    ]
    assert (bench.events("free_began")[0]["at"], bench.events("free_ended")[0]["at"]) == (NOW + 60, NOW + 120)


def test_mode_locked_ends_a_free_window_and_leaves_rights() -> None:
    bench = ready(**free_between((NOW, NOW + 7200, False)))
    assert lock(bench) == "unlocked"
    bench.order("locked")
    bench.later(6)
    assert (lock(bench), tap(bench, "8" * 64), tap(bench)) == ("locked", "unknown_credential", "granted")


def test_da34_a_first_in_window_waits_for_staff_and_a_restart_locks_it_again() -> None:
    """DA34: window from 08:00; staff at 09:10; free until 16:00; restart at 10:00: locked until the next of staff."""
    eight, four = NOW + 100, NOW + 100 + 8 * 3600
    staff = {**STAFF, "from": NOW, "until": NOW + 86_400}
    bench = ready(**free_between((eight, four, True)))
    bench.give(a_list(2, right(until=NOW + 86_400), staff, **free_between((eight, four, True))))
    bench.later(100 + 4200)
    assert lock(bench) == "locked"
    assert tap(bench, "8" * 64) == "unknown_credential"
    assert tap(bench) == "granted"
    assert not bench.controller.reported(bench.mono_ms)["armed"]
    assert tap(bench, OTHER_CARD) == "granted"
    assert bench.events("granted")[-1]["notes"] == ["first_in"]
    bench.later(600)
    assert (lock(bench), tap(bench, "8" * 64)) == ("unlocked", "free")
    bench.start(rtc_ms=bench.controller.clock.at_ms(bench.mono_ms))
    bench.later(60)
    assert (lock(bench), bench.controller.reported(bench.mono_ms)["armed"]) == ("locked", False)
    assert tap(bench, OTHER_CARD) == "granted"
    bench.later(60)
    assert lock(bench) == "unlocked"
    bench.later(8 * 3600)
    assert lock(bench) == "locked"
    assert [event["first_in"] for event in bench.events("free_began")] == [True, True]
    assert len(bench.events("free_ended")) == 1


def test_an_armed_window_is_not_armed_the_day_after() -> None:
    bench = ready(**free_between((NOW, NOW + 600, True), (NOW + 1200, NOW + 1800, True)))
    assert tap(bench, OTHER_CARD) == "granted"
    bench.later(1300)
    assert lock(bench) == "locked"


def test_a_lockdown_disarms() -> None:
    bench = ready(**free_between((NOW, NOW + 600, True)))
    tap(bench, OTHER_CARD)
    bench.order("lockdown")
    bench.order("normal", 2)
    bench.later(6)
    assert lock(bench) == "locked"


@pytest.mark.parametrize("mode", ["normal", "free", "locked", "lockdown"])
def test_leaving_is_never_forced(mode: str) -> None:
    bench = ready()
    bench.order(mode)
    bench.controller.rex(bench.mono_ms)
    bench.controller.move(bench.mono_ms, opened=True)
    assert bench.events("forced") == []


@given(orders=st.lists(st.tuples(st.integers(1, 6), st.sampled_from(["normal", "free", "locked", "lockdown"]))))
def test_whatever_order_orders_come_in_the_version_never_falls(orders: list[tuple[int, str]]) -> None:
    bench = Bench()
    held = 0
    for (version, mode), _ in zip(orders, count(), strict=False):
        bench.order(mode, version)
        applied = bench.controller.guard.applied
        assert applied is not None
        assert applied["version"] == max(held, version)
        held = applied["version"]
