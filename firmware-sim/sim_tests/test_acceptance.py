"""Cases of the acceptance list that are a door's own: DA1, DA9, DA10, DA12, DA13, D9, R8, R9, R16."""

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.codec import list_hash, topic_of
from sim_tests.make import CARD, CREDENTIAL_KEY, NOW, OTHER_CARD, Bench, a_list, desired, open_for, paged, right, signed

TEN, NOON = (int(datetime(2025, 11, 28, hour, tzinfo=UTC).timestamp()) for hour in (10, 12))
STAFF = right("s-1", cred=OTHER_CARD, **{"from": None}, until=None)


def at(second: int, **list_changes: Any) -> Bench:
    bench = Bench()
    bench.connect()
    rights = (right(**{"from": TEN}, until=NOON), STAFF)
    bench.give(a_list(1, *rights, issued=TEN - 3600, not_after=TEN + 10**6, **list_changes))
    bench.controller.clock.set(second * 1000, bench.mono_ms, "service")
    return bench


@pytest.mark.parametrize(
    ("second", "reason"), [(TEN - 1, "too_early"), (TEN, "granted"), (NOON - 1, "granted"), (NOON, "expired")]
)
def test_da1_a_right_is_half_open(second: int, reason: str) -> None:
    """DA1: one second before, the first, the last, and one after."""
    assert at(second).controller.card(CARD, 5).reason == reason


def test_da9_a_list_is_for_the_door_it_was_signed_for() -> None:
    """DA9: the list of hall-b, rightly signed, comes on hall-a's topic."""
    bench = at(TEN)
    bench.receive("desired", desired(a_list(9), topic=topic_of("hall-b", "desired")), retained=True)
    assert [event["reason"] for event in bench.events("list_refused")] == ["wrong_topic"]
    assert bench.controller.lists.name == {"epoch": 1, "version": 1}


def test_da10_a_captured_open_opens_once() -> None:
    """DA10: again after 8 s, and once more as a retained message."""
    bench = at(TEN)
    captured = signed("cmd", open_for(), counter=9, iat=TEN, exp=TEN + 10)
    for wait_s, retained in ((0, False), (8, False), (0, True)):
        bench.later(wait_s)
        bench.receive("cmd", captured, retained=retained)
    codes = [message.body["code"] for message in bench.published("cmd/rsp")]
    assert codes == ["opened", "old_counter", "retained"]
    assert len(bench.releases()) == 1


def test_da12_a_door_without_the_time_opens_for_staff_and_says_so() -> None:
    """DA12: power cut, no network, no battery-backed clock."""
    bench = at(NOON + 60)
    bench.start(rtc_ms=None)
    assert bench.controller.card(CARD, 5).reason == "clock_unknown"
    assert bench.controller.card(OTHER_CARD, 6).reason == "granted"
    [event] = bench.events("granted")
    assert (event["clock"], event["notes"]) == ("unknown", ["clock_unknown"])


def test_da13_a_fast_clock_shuts_early_and_the_event_keeps_the_doors_own_time() -> None:
    """DA13, the door's part: 40 s fast, at true 11:59:40 the right is over for it."""
    bench = at(NOON - 20 + 40)
    assert bench.controller.card(CARD, 5).reason == "expired"
    assert bench.events("denied")[0]["at"] == NOON + 20
    assert bench.controller.reported(5)["clock"]["at_ms"] // 1000 == NOON + 20


def many(number: int, prefix: str = "p") -> list[dict[str, Any]]:
    return [right(f"{prefix}-{n:05d}", cred=f"{n:064x}", holder=f"h-{n}") for n in range(number)]


def test_d9_five_thousand_rights_come_to_a_small_door_page_by_page() -> None:
    """D9: in pages of at most 16 kB, in any order, in force as a whole or not at all; no restart."""
    bench = Bench(page=16_384)
    bench.connect()
    bench.give(a_list(1))
    rights = many(5000)
    portions = [rights[n : n + 60] for n in range(0, 5000, 60)]
    pages = paged(2, *portions)
    body = a_list(2)
    bench.give({**body, "rights": [], "pages": [list_hash(page) for page in pages]})
    for page in reversed(pages[1:]):
        bench.give_page(body, page)
    assert bench.controller.lists.name == {"epoch": 1, "version": 1}
    assert bench.controller.card(CARD, 5).reason == "granted"
    bench.give_page(body, pages[0])
    assert bench.controller.lists.name == {"epoch": 1, "version": 2}
    assert bench.controller.card(f"{4999:064x}", 6).right == "p-04999"
    assert bench.events("list_refused") == []
    assert len(bench.events("boot")) == 1
    bench.start(rtc_ms=NOW * 1000)
    assert bench.controller.card(f"{4998:064x}", 7).reason == "granted"


def test_d9_a_message_larger_than_the_door_is_refused() -> None:
    """D9: by name, and the list before stays."""
    bench = Bench(page=16_384)
    bench.give(a_list(1, *many(100)))
    assert [event["reason"] for event in bench.events("list_refused")] == ["too_big"]


def test_d9_a_power_cut_between_two_pages_leaves_the_old_list() -> None:
    """D9: checksummed page by page, in force as a whole."""
    bench = Bench()
    bench.give(a_list(1))
    pages = paged(2, many(3, "a"), many(3, "b"))
    body = a_list(2)
    bench.give({**body, "rights": [], "pages": [list_hash(page) for page in pages]})
    bench.give_page(body, pages[0])
    bench.start(rtc_ms=NOW * 1000)
    bench.give_page(body, pages[1])
    assert bench.controller.lists.name == {"epoch": 1, "version": 1}
    bench.give_pages(body, many(3, "a"), many(3, "b"))
    assert bench.controller.lists.name == {"epoch": 1, "version": 2}


DELIVERIES = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2)), max_size=14)


@given(deliveries=DELIVERIES)
@settings(max_examples=40, deadline=None)
def test_lists_in_pages_in_any_order_are_in_force_whole_and_their_version_never_falls(
    deliveries: list[tuple[int, int]],
) -> None:
    """R6 with pages: what is held is always all of one version."""
    bench, held = Bench(), 0
    for version, part in deliveries:
        pages = paged(version, many(2, f"a{version}"), many(3, f"b{version}"))
        body = a_list(version)
        if part == 0:
            bench.give({**body, "rights": [], "pages": [list_hash(page) for page in pages]})
        else:
            bench.give_page(body, pages[part - 1])
        now = bench.controller.lists.held
        assert now is None or (now.version >= held and now.count == 5)
        held = now.version if now else 0


FORGED = [
    ("cmd", signed("cmd", open_for(), counter=9, key=Ed25519PrivateKey.generate()), False, "bad_signature"),
    ("cmd", signed("cmd", open_for(), counter=9, kid="svc-7"), False, "unknown_key"),
    ("cmd", signed("cmd", open_for(), counter=0), False, "old_counter"),
    ("cmd", signed("cmd", open_for(), counter=9), True, "retained"),
    ("cmd", signed("cmd", open_for(), counter=9, iat=NOW + 99, exp=NOW + 109), False, "future_iat"),
    ("cmd", signed("cmd", open_for(), counter=9, iat=NOW - 99, exp=NOW - 89), False, "expired"),
    ("cmd", signed("cmd", open_for(), counter=9, topic=topic_of("hall-b", "cmd")), False, "wrong_topic"),
    ("desired", desired(a_list(9), topic=topic_of("hall-b", "desired")), True, "wrong_topic"),
    ("desired", desired(a_list(9), iat=NOW + 9999), True, "future_iat"),
    ("desired", desired(a_list(9), key=Ed25519PrivateKey.generate()), True, "bad_signature"),
    ("desired/1", signed("desired/1", paged(9, [])[0], key=Ed25519PrivateKey.generate()), True, "bad_signature"),
    ("mode", signed("mode", {}, key=Ed25519PrivateKey.generate()), True, "bad_signature"),
    ("mode", signed("mode", {"epoch": 1}), True, "bad_body"),
    ("ev/ack", signed("ev/ack", {"boot_epoch": 1, "seq": 1}), True, "retained"),
]


@pytest.mark.parametrize(("ending", "payload", "retained", "code"), FORGED)
def test_r8_each_forged_message_is_refused_by_name_and_a_flood_of_it_is_two_events(
    ending: str, payload: bytes, code: str, *, retained: bool
) -> None:
    """R8: none accepted, each with its own reason, the log keeps its size."""
    bench = Bench()
    bench.connect()
    bench.give(a_list(1))
    before = len(bench.events())
    for _ in range(500):
        bench.receive(ending, payload, retained=retained)
    bench.later(11)
    new = bench.events()[before:]
    assert {event["reason"] for event in new} == {code}
    assert (len(new), sum(event["count"] for event in new)) == (2, 500)
    assert bench.releases() == []
    assert (bench.controller.command_counter, bench.controller.lists.name) == (0, {"epoch": 1, "version": 1})
    assert bench.controller.guard.applied is None


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("an hour slow", "expired"),
        ("an hour fast", "expired"),
        ("back two hours", "clock_unknown"),
        ("lost", "clock_unknown"),
    ],
)
def test_r9_no_fault_of_the_clock_brings_an_ended_right_back(fault: str, reason: str) -> None:
    """R9, at 12:00 and later: a clock that was an hour slow all along says so in `reported`, not in the right."""
    bench = at(NOON + 3600)
    clock = bench.controller.clock
    {
        "an hour slow": lambda: clock.drift_to(-3_600_000),
        "an hour fast": lambda: clock.drift_to(3_600_000),
        "back two hours": lambda: clock.jump(-7_200_000, bench.mono_ms),
        "lost": lambda: clock.forget(bench.mono_ms),
    }[fault]()
    assert bench.controller.card(CARD, 5).reason == reason


@pytest.mark.parametrize("uptime_ms", [2**31 - 2, 2**31, 2**32, 2**53 - 10**6])
def test_r16_a_long_uptime_wraps_nowhere(uptime_ms: int) -> None:
    """R16: 2^31 ms and more since boot."""
    bench = at(TEN)
    shift = uptime_ms - bench.mono_ms
    bench.controller.clock.base_mono_ms += shift
    bench.mono_ms = uptime_ms
    bench.controller.tick(uptime_ms)
    assert bench.controller.card(CARD, uptime_ms + 1).reason == "granted"
    assert bench.controller.card(CARD, uptime_ms + 2).reason == "same_reading"
    assert bench.releases()[-1] == uptime_ms + 1 + 5000
    bench.later(5.001)
    assert bench.controller.reported(bench.mono_ms)["lock"] == "locked"
    assert bench.events("granted")[-1]["mono_ms"] == uptime_ms + 1


def test_r16_numbers_past_two_to_the_32_keep_their_order() -> None:
    """R16: sequence numbers, counters of commands, versions."""
    bench = at(TEN)
    bench.controller.log._next_seq = 2**32 + 5  # noqa: SLF001 - nobody waits for so many events
    assert bench.controller.card(CARD, 5).granted
    bench.command(open_for(), counter=2**33)
    bench.command({**open_for(), "id": "c-2"}, counter=2**32)
    bench.give(a_list(2**33, STAFF))
    bench.give(a_list(2**32, STAFF))
    assert [event["seq"] for event in bench.events("granted")] == [2**32 + 5]
    assert [message.body["code"] for message in bench.published("cmd/rsp")] == ["opened", "old_counter"]
    assert bench.controller.lists.name == {"epoch": 1, "version": 2**33}
    bench.start(rtc_ms=TEN * 1000)
    assert bench.events("boot")[-1]["previous"]["seq"] > 2**32


@pytest.mark.parametrize(
    "moment",
    [
        "2026-03-29T01:00:00Z",
        "2026-10-25T01:00:00Z",
        "2038-01-19T03:14:08Z",
        "2016-12-31T23:59:59Z",
        "2106-02-07T06:28:16Z",
    ],
)
def test_r16_no_change_of_clocks_and_no_year_moves_a_right(moment: str) -> None:
    """R16: both changes of daylight saving time, a leap second, 2^31 and 2^32 seconds since 1970."""
    edge = int(datetime.fromisoformat(moment).timestamp())
    for second, reason in ((-1, "too_early"), (0, "granted"), (3599, "granted"), (3600, "expired")):
        bench = Bench()
        bench.give(a_list(1, right(**{"from": edge}, until=edge + 3600), issued=1, not_after=edge + 10**6))
        bench.controller.clock.set((edge + second) * 1000, 0, "service")
        assert bench.controller.card(CARD, 5).reason == reason
        assert bench.events()[-1]["at"] == edge + second


def test_the_credential_key_is_no_part_of_what_a_door_says() -> None:
    bench = at(TEN)
    bench.controller.card(CARD, 5)
    said = b"".join(getattr(effect, "payload", b"") for effect in bench.effects)
    assert CREDENTIAL_KEY.hex().encode() not in said
