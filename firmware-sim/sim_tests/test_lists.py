"""Lists: newest wins, forged ones are refused by name, and no power cut leaves half of one (door-protocol.md 5, 7)."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim.codec import topic_of
from sim_tests.make import CARD, NOW, Bench, a_list, desired, right


def versions_refused(bench: Bench) -> list[int]:
    return [event["list"]["version"] for event in bench.events("list_refused")]


def test_versions_delivered_7_5_6_7_end_at_7() -> None:
    bench = Bench()
    bench.connect()
    for version in (7, 5, 6, 7):
        bench.give(a_list(version))
    said = bench.published("reported")
    assert bench.controller.reported(0)["list"]["version"] == 7
    assert [entry.body["refused"]["list"]["version"] for entry in said if entry.body["refused"]] == [5, 6, 6]
    assert {entry.body["refused"]["reason"] for entry in said if entry.body["refused"]} == {"lower_version"}
    bench.later(10)
    assert versions_refused(bench) == [5, 6]
    assert [event["list"]["version"] for event in bench.events("list_applied")] == [7]


def test_a_raised_epoch_goes_before_a_lower_version() -> None:
    bench = Bench()
    bench.give(a_list(7))
    bench.give(a_list(1, epoch=2))
    assert bench.controller.lists.name == {"epoch": 2, "version": 1}


def test_another_list_of_the_same_version_is_a_conflict() -> None:
    bench = Bench()
    bench.give(a_list(7))
    bench.give(a_list(7, unlock_s=9))
    assert bench.controller.lists.refused is not None
    assert bench.controller.lists.refused["reason"] == "version_conflict"
    assert bench.controller.lists.held is not None
    assert bench.controller.lists.held.unlock_s == 5


def test_the_same_list_again_is_reported_again_without_an_event() -> None:
    bench = Bench()
    bench.connect()
    bench.give(a_list(7))
    before = len(bench.published("reported"))
    bench.give(a_list(7))
    assert len(bench.published("reported")) == before + 1
    assert len(bench.events("list_applied")) == 1


def test_a_list_is_in_force_and_in_memory_before_it_is_reported() -> None:
    bench = Bench()
    bench.connect()
    bench.effects.clear()
    bench.give(a_list(7))
    kinds = [getattr(effect, "name", None) or getattr(effect, "topic", "")[-8:] for effect in bench.effects]
    assert kinds[:2] == ["list", "events.log"]
    assert kinds.index("list") < kinds.index("reported")


def refused_code(payload: bytes, topic: str = topic_of("hall-a", "desired")) -> str:
    bench = Bench()
    bench.give(a_list(1))
    bench.controller.receive(topic, payload, bench.mono_ms, retained=True)
    assert bench.controller.lists.name == {"epoch": 1, "version": 1}
    event = bench.events("list_refused")[-1]
    return str(event["reason"])


def test_a_list_signed_by_a_stranger_is_refused() -> None:
    assert refused_code(desired(a_list(9), key=Ed25519PrivateKey.generate())) == "bad_signature"


def test_a_list_changed_on_the_way_is_refused() -> None:
    assert refused_code(desired(a_list(8)).replace(b'"version":8', b'"version":9')) == "bad_signature"


def test_a_list_for_another_door_is_refused() -> None:
    assert refused_code(desired(a_list(9), topic=topic_of("hall-b", "desired"))) == "wrong_topic"


def test_a_list_of_another_door_is_refused_also_when_its_topic_is_delivered_here() -> None:
    other = topic_of("hall-b", "desired")
    assert refused_code(desired(a_list(9), topic=other), other) == "wrong_topic"


def test_a_list_by_an_unknown_key_is_refused() -> None:
    assert refused_code(desired(a_list(9), kid="svc-9")) == "unknown_key"


def test_a_list_from_the_future_is_refused_by_a_door_that_knows_the_time() -> None:
    assert refused_code(desired(a_list(9), iat=NOW + 301)) == "future_iat"


def test_a_list_larger_than_the_door_is_refused() -> None:
    bench = Bench(rights=2)
    bench.give(a_list(1, right("r-1"), right("r-2"), right("r-3")))
    assert bench.events("list_refused")[-1]["reason"] == "too_many_rights"
    assert bench.controller.lists.held is None


@pytest.mark.parametrize("garbage", [b"{", b"[]", b"\xff\xfe", b'{"v": 1}', b"[" * 100_000, b'{"a":1e5}'])
def test_garbage_is_refused_and_the_door_lives_on(garbage: bytes) -> None:
    assert refused_code(garbage) == "not_canonical"


def test_an_empty_payload_means_nothing() -> None:
    bench = Bench()
    bench.receive("desired", b"", retained=True)
    assert bench.events("list_refused") == []


def test_a_flood_of_forged_lists_is_two_events_and_two_reports() -> None:
    bench = Bench()
    bench.connect()
    before = len(bench.published("reported"))
    for _ in range(300):
        bench.receive("desired", b"{}")
    bench.later(10)
    assert [event["count"] for event in bench.events("list_refused")] == [1, 299]
    assert len(bench.published("reported")) == before + 1


def test_a_door_switched_on_again_decides_by_the_list_it_had() -> None:
    bench = Bench()
    bench.give(a_list(7))
    bench.start(rtc_ms=NOW * 1000)
    assert bench.controller.card(CARD, 0).granted
    assert bench.controller.lists.name == {"epoch": 1, "version": 7}
