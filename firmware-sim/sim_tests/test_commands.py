"""Commands: each way to be refused has its code, each accepted one is used once (door-protocol.md 10)."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim.codec import topic_of
from sim_tests.make import CARD, NOW, Bench, a_list, open_for, set_time, signed


def ready() -> Bench:
    bench = Bench()
    bench.connect()
    return bench


def answers(bench: Bench) -> list[tuple[str, str]]:
    return [(message.body["result"], message.body["code"]) for message in bench.published("cmd/rsp")]


def test_an_open_releases_the_lock_for_as_long_as_it_says() -> None:
    bench = ready()
    bench.command(open_for(7))
    assert answers(bench) == [("done", "opened")]
    bench.later(6.999)
    assert bench.controller.reported(bench.mono_ms)["lock"] == "unlocked"
    bench.later(0.001)
    assert bench.controller.reported(bench.mono_ms)["lock"] == "locked"
    assert bench.published("reported")[-1].body["lock"] == "locked"


def test_counter_then_lock_then_event_then_answer() -> None:
    bench = ready()
    bench.effects.clear()
    bench.command(open_for())
    kinds = [
        type(effect).__name__ if not hasattr(effect, "topic") else effect.topic.split("/", 4)[4]
        for effect in bench.effects
    ]
    assert kinds[:4] == ["Save", "Release", "Append", "cmd/rsp"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"iat": NOW - 11, "exp": NOW - 1}, "expired"),
        ({"iat": NOW - 10, "exp": NOW}, "expired"),
        ({"iat": NOW, "exp": NOW + 31}, "expired"),
        ({"iat": NOW + 31, "exp": NOW + 41}, "future_iat"),
        ({"counter": 0}, "old_counter"),
        ({"retained": True}, "retained"),
    ],
)
def test_a_refused_open_is_answered_with_its_code_and_opens_nothing(fields: dict[str, Any], code: str) -> None:
    bench = ready()
    bench.command(open_for(), **fields)
    assert answers(bench) == [("refused", code)]
    assert bench.releases() == []
    assert bench.controller.command_counter == 0
    assert [(event["command"], event["reason"]) for event in bench.events("command_refused")] == [("c-1", code)]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (signed("cmd", open_for(), key=Ed25519PrivateKey.generate(), counter=1), "bad_signature"),
        (signed("cmd", open_for(), counter=1, topic=topic_of("hall-b", "cmd")), "wrong_topic"),
        (signed("cmd", open_for(), counter=1, kid="svc-2"), "unknown_key"),
        (signed("cmd", open_for(), counter=1, v=2), "bad_version"),
        (b"open sesame", "not_canonical"),
        (b"x" * 65537, "too_big"),
    ],
)
def test_what_nobody_known_has_sent_is_never_answered(payload: bytes, code: str) -> None:
    bench = ready()
    bench.receive("cmd", payload)
    assert (answers(bench), bench.releases()) == ([], [])
    assert [(event["command"], event["reason"]) for event in bench.events("command_refused")] == [(None, code)]


def test_a_captured_open_sent_again_opens_nothing() -> None:
    bench = ready()
    payload = signed("cmd", open_for(), counter=5)
    bench.receive("cmd", payload)
    bench.receive("cmd", payload)
    assert answers(bench) == [("done", "opened"), ("refused", "old_counter")]
    assert len(bench.releases()) == 1


def test_the_counter_survives_a_power_cut() -> None:
    bench = ready()
    payload = signed("cmd", open_for(), counter=5)
    bench.receive("cmd", payload)
    bench.start(rtc_ms=NOW * 1000)
    bench.connect()
    bench.receive("cmd", payload)
    assert answers(bench)[-1] == ("refused", "old_counter")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**open_for(), "cmd": "explode"}, "unknown_command"),
        ({**open_for(), "unlock_s": 0}, "bad_body"),
        ({**open_for(), "unlock_s": 601}, "bad_body"),
        ({**open_for(), "extra": 1}, "bad_body"),
        ({**open_for(), "reason": "Words for people"}, "bad_body"),
    ],
)
def test_a_signed_command_of_a_wrong_form_is_answered(body: dict[str, Any], code: str) -> None:
    bench = ready()
    bench.command(body)
    assert answers(bench) == [("refused", code)]


def test_a_signed_command_without_an_id_has_no_answer() -> None:
    bench = ready()
    bench.command({"cmd": "open", "unlock_s": 5, "reason": "phone", "override": False})
    assert answers(bench) == []
    assert bench.events("command_refused")[0]["command"] is None


def test_a_door_without_the_time_takes_an_open_only_with_its_challenge() -> None:
    bench = Bench(synced=False)
    bench.connect()
    bench.command(open_for())
    bench.command(open_for(), nonce=bench.challenge)
    assert answers(bench) == [("refused", "bad_challenge"), ("done", "opened")]


def test_the_time_is_set_with_a_challenge_and_only_once_with_each() -> None:
    bench = Bench(synced=False)
    bench.connect()
    challenge = bench.challenge
    bench.command(set_time(NOW * 1000 + 5), nonce=challenge)
    bench.command(set_time(0, "t-2"), nonce=challenge)
    assert answers(bench) == [("done", "time_set"), ("refused", "bad_challenge")]
    assert bench.controller.clock.at_ms(bench.mono_ms) == NOW * 1000 + 5
    event = bench.events("clock_set")[0]
    assert (event["before"], event["at"], event["clock"], event["source"]) == (0, NOW, "synced", "service")
    assert bench.published("reported")[-1].body["clock"]["state"] == "synced"


def test_the_challenge_before_is_good_until_the_next_minute() -> None:
    bench = Bench(synced=False)
    bench.connect()
    challenge = bench.challenge
    bench.later(119)
    bench.command(set_time(NOW * 1000), nonce=challenge)
    assert answers(bench) == [("done", "time_set")]
    old = bench.challenge
    bench.later(120)
    bench.command(set_time(NOW * 1000, "t-2"), nonce=old)
    assert answers(bench)[-1] == ("refused", "bad_challenge")


def test_a_new_challenge_is_a_heartbeat_each_minute() -> None:
    bench = ready()
    before = len(bench.published("reported"))
    bench.later(600)
    assert len(bench.published("reported")) == before + 10
    assert len({message.body["challenge"] for message in bench.published("reported")}) == 11


def test_an_open_never_shortens_what_is_already_released() -> None:
    bench = ready()
    bench.give(a_list(unlock_s=60))
    bench.controller.card(CARD, bench.mono_ms)
    bench.command(open_for(5))
    assert bench.controller.lock.until_ms == 60_000


def test_counters_only_rise_over_all_topics_and_restarts() -> None:
    bench = ready()
    bench.give(a_list())
    bench.command(open_for())
    bench.start(rtc_ms=NOW * 1000)
    bench.connect()
    sent = [m for ending in ("online", "reported", "ev", "cmd/rsp") for m in bench.published(ending)]
    counters = [message.counter for message in sent]
    assert len(set(counters)) == len(counters)
    assert max(c for c in counters if c >> 32 == 1) < min(c for c in counters if c >> 32 == 2)
