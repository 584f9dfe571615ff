"""Events: none lost unsaid, none twice, in one chain over restarts and power cuts (door-protocol.md 11)."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.controller import Controller
from firmware_sim.effects import Append, Effect, Publish, Save
from firmware_sim.eventlog import NO_HASH, event_hash, position
from sim_tests.make import CARD, NOW, OTHER_CARD, Bench, a_list, open_for


def assert_chained(events: list[dict[str, Any]], *, first: str | None = NO_HASH) -> None:
    for before, event in zip([None, *events], events, strict=False):
        if before is not None:
            assert event["prev"] == event_hash(before)
        elif first is not None:
            assert event["prev"] == first


def tap_many(bench: Bench, times: int) -> None:
    for _ in range(times):
        bench.later(4)
        bench.controller.card(CARD, bench.mono_ms)


def ready() -> Bench:
    bench = Bench()
    bench.give(a_list(unlock_s=1))
    return bench


def test_events_of_an_offline_hour_are_kept_and_sent_once_each_after_reconnect() -> None:
    bench = ready()
    tap_many(bench, 120)
    assert bench.published("ev") == []
    bench.connect()
    got: list[dict[str, Any]] = []
    while len(batches := bench.published("ev")) and batches[-1].body["events"][-1] not in got:
        got += batches[-1].body["events"]
        bench.ack(*position(got[-1]))
    assert_chained(got)
    assert [event["seq"] for event in got] == list(range(1, 124))
    assert len(bench.controller.log) == 0
    assert got[3]["at"] == NOW + 4


def test_a_batch_not_acknowledged_is_sent_again_after_10_20_40_and_60_s() -> None:
    bench = ready()
    bench.connect()
    seen = []
    for second in range(260):
        before = len(bench.published("ev"))
        bench.later(1)
        if len(bench.published("ev")) > before:
            seen.append(second + 1)
    assert seen == [10, 30, 70, 130, 190, 250]


def test_only_one_batch_is_under_way() -> None:
    bench = ready()
    bench.connect()
    tap_many(bench, 2)
    assert len(bench.published("ev")) == 1
    bench.ack(1, 3)
    assert [event["seq"] for event in bench.published("ev")[-1].body["events"]] == [4, 5]


def test_a_lower_or_unknown_acknowledgement_changes_nothing() -> None:
    bench = ready()
    bench.connect()
    bench.ack(1, 2)
    for boot_epoch, seq in ((1, 1), (1, 99), (7, 1)):
        bench.ack(boot_epoch, seq)
    assert [event["seq"] for event in bench.events()] == [3]


def test_what_was_acknowledged_stays_forgotten_after_a_power_cut() -> None:
    bench = ready()
    bench.connect()
    bench.ack(1, 3)
    bench.start(rtc_ms=NOW * 1000)
    [boot] = bench.events()
    assert (boot["kind"], boot["boot_epoch"], boot["previous"]) == ("boot", 2, {"boot_epoch": 1, "seq": 3})


def test_a_full_buffer_says_what_it_lost() -> None:
    bench = Bench(events=200)
    bench.give(a_list(unlock_s=1))
    tap_many(bench, 500)
    held = bench.events()
    assert len(held) <= 200
    assert_chained(held, first=None)
    gone, last_said = 0, None
    for event in held:
        if event["kind"] == "overflow":
            gone, last_said = gone + event["count"], event["last"]
    assert last_said is not None
    assert last_said["seq"] + 1 == held[0]["seq"]
    assert held[-1]["seq"] >= 503


def test_after_an_overflow_every_missing_position_is_named_by_an_overflow_still_held() -> None:
    bench = Bench(events=200)
    bench.give(a_list(unlock_s=1))
    tap_many(bench, 1200)
    held = bench.events()
    named: set[int] = set()
    for event in held:
        if event["kind"] == "overflow":
            named |= set(range(event["first"]["seq"], event["last"]["seq"] + 1))
    assert set(range(1, held[0]["seq"])) <= named


def test_the_first_overflow_counts_and_names_exactly_what_was_lost() -> None:
    bench = Bench(events=200)
    bench.give(a_list(unlock_s=1))
    tap_many(bench, 200)
    [said] = bench.events("overflow")
    assert (said["count"], said["first"]["seq"], said["last"]["seq"]) == (100, 1, 100)
    assert said["seq"] == 201


def test_one_denial_is_one_event_also_when_its_ten_seconds_end() -> None:
    bench = ready()
    bench.controller.card(OTHER_CARD, bench.mono_ms)
    bench.later(30)
    assert [event["count"] for event in bench.events("denied")] == [1]


def test_the_session_of_a_connection_is_the_counter_of_its_last_will() -> None:
    bench = ready()
    bench.effects.append(bench.controller.will(bench.mono_ms))
    bench.controller.connected(bench.mono_ms)
    bench.controller.goodbye(bench.mono_ms)
    will, hello, goodbye = bench.published("online")
    assert will.body == {"online": False, "session": will.counter}
    assert hello.body == {"online": True, "session": will.counter}
    assert goodbye.body == will.body


def test_an_acknowledgement_that_comes_after_the_overflow_does_no_harm() -> None:
    bench = Bench(events=200)
    bench.give(a_list(unlock_s=1))
    bench.connect()
    tap_many(bench, 250)
    oldest = bench.events()[0]["seq"]
    bench.ack(1, 2)
    assert bench.events()[0]["seq"] == oldest
    assert bench.published("ev")[-1].body["events"][0]["seq"] == oldest


def test_a_storm_of_unknown_cards_becomes_few_events() -> None:
    bench = ready()
    before = len(bench.controller.log)
    for n in range(12_000):
        bench.mono_ms = n * 5
        if bench.controller.due_ms() <= bench.mono_ms:
            bench.controller.tick(bench.mono_ms)
        bench.controller.card(f"{n:064x}", bench.mono_ms)
    bench.later(20)
    denied = bench.events("denied")
    assert sum(event["count"] for event in denied) == 12_000
    assert len(bench.controller.log) - before < 100


# --- power cuts ---


class PowerCut(Exception):
    pass


class Cut:
    """Performs so many effects, then the power is gone; the last write may be torn in the middle."""

    def __init__(self, files: dict[str, bytes], steps: int, torn: int) -> None:
        self.files, self.left, self.torn = files, steps, torn
        self.sent: list[Publish] = []

    def __call__(self, effect: Effect) -> None:
        if self.left == 0:
            if isinstance(effect, Append):
                line = effect.line + b"\n"
                self.files[effect.name] = self.files.get(effect.name, b"") + line[: self.torn % len(line)]
            raise PowerCut
        self.left -= 1
        if isinstance(effect, Save):
            self.files[effect.name] = effect.content
        elif isinstance(effect, Append):
            self.files[effect.name] = self.files.get(effect.name, b"") + effect.line + b"\n"
        elif isinstance(effect, Publish):
            self.sent.append(effect)


def evening(bench: Bench, cut: Cut) -> None:
    """A start, a connection, taps, an open and an acknowledgement, until the power goes."""
    try:
        bench.controller = Controller(bench.record, dict(cut.files), cut, dice=bench.dice, rtc_ms=NOW * 1000)
        bench.mono_ms = 0
        bench.connect()
        bench.controller.card(CARD, 10)
        bench.controller.card(OTHER_CARD, 20)
        bench.command(open_for())
        oldest = bench.events()[0]
        bench.ack(*position(oldest))
        bench.later(15)
    except PowerCut:
        pass


@given(cuts=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 500)), min_size=1, max_size=6))
@settings(deadline=None, max_examples=60)
def test_no_position_is_used_twice_whenever_the_power_goes(cuts: list[tuple[int, int]]) -> None:
    bench = ready()
    seen: dict[tuple[int, int], dict[str, Any]] = {}
    counters: set[int] = set()
    for steps, torn in [*cuts, (1000, 0)]:
        cut = Cut(bench.files, steps, torn)
        evening(bench, cut)
        bench.effects = list(cut.sent)
        messages = [message for ending in ("ev", "reported", "online") for message in bench.published(ending)]
        for message in messages:
            assert message.counter not in counters
            counters.add(message.counter)
            for event in message.body.get("events", ()):
                assert seen.setdefault(position(event), event) == event
    held = bench.events()
    assert_chained(held, first=None)
    for event in held:
        assert seen.setdefault(position(event), event) == event
