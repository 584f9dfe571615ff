"""The one decision function: the document's vectors, and the boundaries everybody can read."""

import json
from pathlib import Path
from typing import Any

import pytest

from access.decide import ClockView, Decision, Presented, Situation, decide
from devices.events import DoorReason
from devices.messages import AccessList, Clock, DoorMode, Medium, Reader, Right, parse_list

ALL = json.loads((Path(__file__).parents[2] / "docs/vectors/door-protocol.json").read_text("utf-8"))
VECTORS = ALL["decisions"]
CRED, OTHER = "aa" * 32, "bb" * 32
TEN, NOON = 1_764_064_800, 1_764_072_000  # 25.11.2025 10:00 and 12:00 UTC
OPENS, LATE = "granted", 1 << 40


def presented(case) -> Presented:
    shown = case["presented"]
    return Presented(Medium(shown["kind"]), shown["cred"], Reader(shown["reader"]))


def situation(state) -> Situation:
    return Situation(**{**state, "inside": frozenset(state["inside"])})


def plain(found: Decision) -> dict[str, Any]:
    return {
        "outcome": found.outcome.value,
        "reason": found.reason.value,
        "right": found.right,
        "notes": [note.value for note in found.notes],
    }


def the_list(*rights, not_after=LATE):
    return AccessList(1, 1, TEN - 86_400, not_after, 5, 60, tuple(rights))


def right(starts=TEN, ends=NOON, name="r-1", flags=()):
    return Right(name, CRED, Medium.CARD, starts, ends, flags)


def shown(held, now, clock=Clock.SYNCED, doubt=0, cred=CRED):
    return decide(held, Presented(Medium.CARD, cred), ClockView(clock, now, doubt))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_the_documents_vectors(case):
    clock = case["clock"]
    view = ClockView(Clock(clock["state"]), clock["now"], clock["uncertainty_s"])
    held = case["list"] and parse_list({**VECTORS["example"], **case["changed"]})
    mode, state = DoorMode(case["mode"]), situation(case["state"])
    found = decide(held, presented(case), view, mode=mode, state=state, mono_ms=case["mono_ms"])
    assert plain(found) == case["expect"]


@pytest.mark.parametrize("run", ALL["decision_runs"], ids=lambda run: run["name"])
def test_the_documents_runs(run):
    held, state = parse_list({**VECTORS["example"], **run["changed"]}), Situation()
    for step in run["steps"]:
        view, mode = ClockView(Clock.SYNCED, step["now"]), DoorMode(run["mode"])
        found = decide(held, presented(step), view, mode=mode, state=state, mono_ms=step["mono_ms"])
        assert plain(found) == step["expect"], step
        state = found.after


@pytest.mark.parametrize(
    ("now", "reason"), [(TEN - 1, "too_early"), (TEN, "granted"), (NOON - 1, "granted"), (NOON, "expired")]
)
def test_a_right_from_ten_to_noon_is_half_open(now, reason):
    assert shown(the_list(right()), now).reason == reason


def test_a_revoked_card_is_unknown_because_the_list_no_longer_has_it():
    assert shown(the_list(), TEN).reason is DoorReason.UNKNOWN_CREDENTIAL


def test_another_persons_card_is_unknown():
    assert shown(the_list(right()), TEN, cred=OTHER).reason is DoorReason.UNKNOWN_CREDENTIAL


def test_a_door_without_its_time_opens_only_to_rights_without_a_window():
    assert shown(the_list(right()), TEN, Clock.UNKNOWN).reason is DoorReason.CLOCK_UNKNOWN
    assert shown(the_list(right(None, None)), TEN, Clock.UNKNOWN).granted


def test_a_doubtful_clock_opens_at_the_start_and_shuts_before_the_end():
    assert shown(the_list(right()), TEN - 5, Clock.HOLDOVER, 5).granted
    assert shown(the_list(right()), NOON - 5, Clock.HOLDOVER, 5).reason is DoorReason.CLOCK_UNCERTAIN


def test_of_two_turns_that_touch_the_event_names_the_one_that_goes_on():
    held = the_list(right(name="r-1"), right(NOON - 900, NOON + 3600, name="r-2"))
    assert shown(held, NOON - 60).right == "r-2"


def test_a_stale_list_opens_nothing():
    assert shown(the_list(right(), not_after=TEN + 60), TEN + 60).reason is DoorReason.LIST_STALE
