"""Rules, inputs and warnings at a whole controller (door-protocol.md 9)."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sim_tests.make import CARD, NOW, OTHER_CARD, PIN, Bench, a_list, open_for, right, signed, with_rules


def ready(*rights: dict[str, Any], **rules: Any) -> Bench:
    bench = Bench()
    bench.connect()
    bench.give(a_list(1, *rights, **with_rules(**rules)))
    return bench


def card(bench: Bench, cred: str = CARD, reader: str = "in") -> str:
    bench.later(4)
    return bench.controller.card(cred, bench.mono_ms, reader).reason


ONE, TWO = right("r-1", holder="h-1"), right("r-2", cred=OTHER_CARD, holder="h-2")
ONE_PIN = right("r-3", cred=PIN, kind="pin", holder="h-1")


def test_who_is_inside_outlives_a_power_cut() -> None:
    bench = ready(ONE, TWO, apb={"kind": "hard", "minutes": 0})
    assert card(bench) == "granted"
    bench.start(rtc_ms=(NOW + 60) * 1000)
    assert (card(bench), card(bench, reader="out"), card(bench)) == ("passback", "granted", "granted")
    assert [event["reader"] for event in bench.events("granted")] == ["in", "out", "in"]


def test_forgiving_one_or_all_lets_them_in_again() -> None:
    bench = ready(ONE, TWO, apb={"kind": "hard", "minutes": 0})
    card(bench), card(bench, OTHER_CARD)
    bench.command({"cmd": "forgive", "id": "c-1", "holder": "h-1"})
    assert (card(bench), card(bench, OTHER_CARD)) == ("granted", "passback")
    bench.command({"cmd": "forgive", "id": "c-2", "holder": None})
    assert card(bench, OTHER_CARD) == "granted"
    assert [event["holder"] for event in bench.events("forgiven")] == ["h-1", None]


def test_soft_passback_opens_and_is_noted_timed_forgets_after_its_minutes() -> None:
    bench = ready(ONE, apb={"kind": "soft", "minutes": 0})
    assert [card(bench), card(bench)] == ["granted", "granted"]
    assert [event["notes"] for event in bench.events("granted")] == [[], ["passback"]]
    bench = ready(ONE, apb={"kind": "timed", "minutes": 1})
    assert [card(bench), card(bench)] == ["granted", "passback"]
    bench.later(52)
    assert card(bench) == "granted"


def test_the_same_card_at_the_other_side_is_another_reading() -> None:
    bench = ready(ONE)
    assert bench.controller.card(CARD, 1, "in").reason == "granted"
    assert bench.controller.card(CARD, 2, "out").reason == "granted"
    assert bench.controller.card(CARD, 3, "out").reason == "same_reading"


def test_card_and_pin_together_open_and_one_alone_does_not() -> None:
    bench = ready(ONE, ONE_PIN, factors=2)
    assert card(bench) == "second_factor"
    assert bench.releases() == []
    assert bench.controller.pin(PIN, bench.mono_ms + 10_000).reason == "granted"
    assert len(bench.releases()) == 1
    [pending] = bench.events("pending")
    assert (pending["reason"], pending["right"], pending["reader"]) == ("second_factor", "r-1", "in")


def test_two_people_open_together() -> None:
    bench = ready(ONE, TWO, two_person_s=20)
    assert [card(bench), card(bench), card(bench, OTHER_CARD)] == ["second_person", "second_person", "granted"]


def test_a_right_of_one_use_opens_once_also_over_a_power_cut() -> None:
    bench = ready(right(uses=1))
    assert card(bench) == "granted"
    bench.start(rtc_ms=(NOW + 60) * 1000)
    assert card(bench) == "used_up"


def test_a_use_is_in_memory_before_the_lock_is_released() -> None:
    bench = ready(right(uses=1))
    bench.effects.clear()
    bench.controller.card(CARD, bench.mono_ms)
    kinds = [getattr(effect, "name", type(effect).__name__) for effect in bench.effects]
    assert kinds[:3] == ["passage", "Release", "events.log"]


def test_a_new_list_forgets_whom_it_names_no_more() -> None:
    bench = ready(right(uses=1), apb={"kind": "hard", "minutes": 0})
    card(bench)
    bench.give(a_list(2, TWO, **with_rules(apb={"kind": "hard", "minutes": 0})))
    assert (bench.controller.guard.state.inside, bench.controller.guard.state.used) == (frozenset(), {})


def test_an_air_lock_opens_one_door_at_a_time() -> None:
    bench = ready(ONE, interlock=True)
    bench.controller.interlock(bench.mono_ms, opened=True)
    assert card(bench) == "interlock"
    assert bench.published("reported")[-1].body["inputs"]["interlock"] == "open"
    bench.controller.interlock(bench.mono_ms, opened=False)
    assert card(bench) == "granted"


def test_duress_differs_in_a_note_and_in_nothing_else() -> None:
    runs = []
    for flags in ([], ["duress"]):
        bench = ready(right(flags=flags))
        bench.effects.clear()
        decision = bench.controller.card(CARD, 5)
        [event] = bench.events("granted")
        kinds = [type(effect).__name__ for effect in bench.effects]
        seen = {key: event[key] for key in event if key not in ("notes", "prev")}
        runs.append((event["notes"], decision.reason, decision.right, bench.releases(), kinds, seen))
    plain, duress = runs
    assert (plain[0], duress[0]) == ([], ["duress"])
    assert plain[1:] == duress[1:]


def test_held_open_is_announced_at_four_fifths_and_said_once() -> None:
    bench = ready(ONE)
    card(bench)
    bench.controller.move(bench.mono_ms, opened=True)
    bench.later(300)
    said = [(event["kind"], event["open_s"]) for event in bench.events() if event["kind"].startswith("held")]
    assert said == [("held_open_soon", 48), ("held_open", 60)]


def test_one_who_needs_long_may_hold_the_door_for_long() -> None:
    bench = ready(right(flags=["long_open"]), long_open_s=300)
    card(bench)
    bench.controller.move(bench.mono_ms, opened=True)
    bench.later(239)
    assert bench.events("held_open_soon") == []
    bench.later(61)
    assert [event["open_s"] for event in bench.events("held_open")] == [300]


def test_the_exit_button_excuses_an_opening_for_ten_seconds() -> None:
    bench = ready(ONE)
    for wait_s in (10, 10.001):
        bench.controller.rex(bench.mono_ms)
        bench.later(wait_s)
        bench.controller.move(bench.mono_ms, opened=True)
        bench.controller.move(bench.mono_ms, opened=False)
    assert (len(bench.events("rex")), len(bench.events("door_opened")), len(bench.events("forced"))) == (2, 1, 1)


@pytest.mark.parametrize("online", [True, False])
def test_da33_fire_releases_the_lock_and_silences_alarms_with_and_without_network(*, online: bool) -> None:
    """DA33: locks released, forced suspended, an event; broker down makes no difference."""
    bench = Bench()
    if online:
        bench.connect()
    bench.give(a_list(1, ONE))
    bench.controller.fire(bench.mono_ms, active=True)
    bench.controller.move(bench.mono_ms, opened=True)
    bench.later(3600)
    assert bench.controller.reported(bench.mono_ms)["lock"] == "unlocked"
    assert bench.controller.card("8" * 64, bench.mono_ms).reason == "fire"
    assert [event["active"] for event in bench.events("fire")] == [True]
    assert bench.events("forced") == bench.events("held_open") == bench.events("held_open_soon") == []


def test_fire_stays_until_it_is_reset_and_the_input_is_at_rest() -> None:
    bench = ready(ONE)
    bench.controller.fire(bench.mono_ms, active=True)
    bench.command({"cmd": "fire_reset", "id": "c-1"})
    bench.controller.fire(bench.mono_ms, active=False)
    bench.start(rtc_ms=(NOW + 60) * 1000)
    bench.connect()
    assert bench.controller.reported(0)["lock"] == "unlocked"
    bench.command({"cmd": "fire_reset", "id": "c-2"})
    answers = [(message.body["result"], message.body["code"]) for message in bench.published("cmd/rsp")]
    assert answers == [("refused", "fire_still_active"), ("done", "fire_reset")]
    assert bench.controller.reported(0)["lock"] == "locked"
    assert [event["active"] for event in bench.events("fire")] == [True, False]


def test_fire_goes_before_a_lockdown() -> None:
    bench = ready(ONE)
    bench.controller.fire(bench.mono_ms, active=True)
    bench.order("lockdown")
    assert bench.controller.reported(bench.mono_ms)["lock"] == "unlocked"


def trust(kid: str, key: str, name: str) -> dict[str, Any]:
    return {"cmd": "trust", "id": name, "kid": kid, "key": key}


def test_a_new_key_is_trusted_over_a_power_cut_and_the_old_one_dropped_by_it() -> None:
    new = Ed25519PrivateKey.from_private_bytes(b"\x55" * 32)
    bench = ready(ONE)
    bench.command(trust("svc-2", new.public_key().public_bytes_raw().hex(), "c-1"))
    bench.start(rtc_ms=(NOW + 60) * 1000)
    bench.connect()
    assert bench.controller.reported(0)["kids"] == ["svc-1", "svc-2"]
    drop = {"cmd": "drop_key", "id": "c-2", "kid": "svc-1"}
    bench.command(drop)
    bench.receive(
        "cmd", signed("cmd", {**drop, "id": "c-3"}, key=new, kid="svc-2", counter=50, iat=NOW + 60, exp=NOW + 70)
    )
    bench.command(open_for(), counter=51)
    codes = [message.body["code"] for message in bench.published("cmd/rsp")]
    assert codes == ["trusted", "key_in_use", "dropped"]
    assert [event["reason"] for event in bench.events("command_refused")] == ["key_in_use", "unknown_key"]
    assert [event["kids"] for event in bench.events("trust_changed")] == [["svc-1", "svc-2"], ["svc-2"]]
