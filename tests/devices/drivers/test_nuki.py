"""Nuki: the published events, the keypad's rule for codes, and codes with a window through nuki_hub."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers import nuki
from devices.drivers.nuki import NothingOpened, Nuki
from devices.drivers.nuki_hub import NukiHub
from devices.drivers.told import Acknowledged, LockSaid, LockState, Means, Passed, Warned

BEGINS = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
ENDS = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("3,0,54321,12345,1", Passed(granted=True, means=Means.PIN, who="12345")),
        ("1,0,54321,12345,2", Passed(granted=True, means=Means.FINGER, who="12345")),
        ("1,172,0,0,0", Passed(granted=True, means=Means.NETWORK)),
        ("4,2,0,0,0", Passed(granted=True, means=Means.BUTTON)),
        ("2,0,54321,0,0", NothingOpened()),
        ("90,2,0,0,2", NothingOpened()),
        ("3,0,54321", None),
        ("a,b,c,d,e", None),
        ("3,0,54321,12345,-1", None),
    ],
)
def test_the_published_events_are_understood(line: str, says: object) -> None:
    assert nuki.lock_action(line) == says


@pytest.mark.parametrize(("said", "state"), [("1", "locked"), ("3", "unlocked"), ("254", "jammed"), ("255", "unknown")])
def test_states(said: str, state: str) -> None:
    lock = Nuki("1A")
    told = lock.feed("nuki/1A/state", said.encode(), retained=True, mono_ms=0)
    assert told == (LockSaid(LockState(state)),)


def test_a_weak_battery_is_told_again_only_after_it_was_well() -> None:
    lock = Nuki("1A")

    def battery(said: bytes) -> tuple[object, ...]:
        return lock.feed("nuki/1A/batteryCritical", said, retained=False, mono_ms=0)

    assert battery(b"true") == (Warned("battery"),)
    assert battery(b"true") == battery(b"false") == ()
    assert battery(b"true") == (Warned("battery"),)


def test_commands_are_the_published_numbers() -> None:
    lock = Nuki("1A")
    assert [each.payload for each in (lock.unlock(), lock.lock(), lock.release())] == [b"1", b"2", b"3"]
    assert {each.topic for each in (lock.unlock(), lock.lock(), lock.release())} == {"nuki/1A/lockAction"}


@given(digits=st.lists(st.integers(0, 9), min_size=200, max_size=200).filter(lambda each: sum(d > 2 for d in each) > 5))
def test_every_code_made_is_one_the_keypad_takes(digits: list[int]) -> None:
    code = nuki.code(iter(digits))
    assert nuki.is_code(code)
    assert len(code) == 6
    assert "0" not in code
    assert not code.startswith("12")


@given(code=st.from_regex(re.compile(r"[1-9]{6}", re.ASCII), fullmatch=True).filter(lambda c: not c.startswith("12")))
def test_every_code_the_keypad_takes_can_come(code: str) -> None:
    assert nuki.code(int(digit) for digit in code) == code


@given(code=st.text("0123456789", min_size=0, max_size=8))
def test_the_rule_is_the_keypads(code: str) -> None:
    allowed = len(code) == 6 and "0" not in code and code[:2] != "12"
    assert nuki.is_code(code) == allowed


def test_too_few_random_digits_make_no_code() -> None:
    with pytest.raises(ValueError, match="digits"):
        nuki.code(iter([0] * 50))


def test_a_code_with_a_window_is_added_as_the_bridge_describes_it() -> None:
    made = NukiHub().add_code("r-4711", "589472", BEGINS, ENDS)
    assert made.topic == "nuki/lock/keypad/actionJson"
    assert json.loads(made.payload) == {
        "action": "add",
        "code": "589472",
        "name": "r-4711",
        "enabled": 1,
        "timeLimited": 1,
        "allowedFrom": "2026-11-24 16:00:00",
        "allowedUntil": "2026-11-24 18:00:00",
    }


def test_a_window_told_in_another_zone_is_the_same_moment() -> None:
    helsinki = timezone(timedelta(hours=2))
    there = NukiHub().add_code("r", "589472", BEGINS.astimezone(helsinki), ENDS.astimezone(helsinki))
    assert there == NukiHub().add_code("r", "589472", BEGINS, ENDS)


@pytest.mark.parametrize("code", ["120000", "123456", "058947", "58947", "5894721"])
def test_a_code_the_keypad_would_refuse_is_never_sent(code: str) -> None:
    with pytest.raises(ValueError, match="code"):
        NukiHub().add_code("r", code, BEGINS, ENDS)
    with pytest.raises(ValueError, match="code"):
        NukiHub().add_code("r" * 21, "589472", BEGINS, ENDS)


def test_older_bridges_have_the_keypad_elsewhere() -> None:
    old = NukiHub(keypad="keypad")
    assert old.delete_code(7).topic == "nuki/keypad/actionJson"
    assert {"nuki/keypad/commandResultJson", "nuki/configuration/commandResultJson"} <= set(old.topics)


def test_one_result_on_both_topics_is_one_answer() -> None:
    hub = NukiHub()
    told: list[object] = []
    for at, end in enumerate(("keypad", "configuration")):
        topic = f"nuki/lock/{end}/commandResultJson"
        told += hub.feed(topic, b"success", retained=False, mono_ms=at * 10)
    assert told == [Acknowledged("keypad", ok=True, code="success")]
