"""The one decision function: the document's vectors, and the boundaries everybody can read."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.decide import ClockView, Decision, Outcome, Presented, Situation, decide
from devices.events import DoorReason, Note
from devices.messages import (
    DURESS,
    FLAGS,
    SURVIVES_LOCKDOWN,
    SURVIVES_STALE,
    AccessList,
    Apb,
    ApbKind,
    Clock,
    DoorMode,
    DoorRules,
    FreeWindow,
    Medium,
    Reader,
    Right,
    parse_list,
)
from firmware_sim import decide as sim
from firmware_sim.held import Belief
from firmware_sim.held import access_list as sim_list

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


# --- laws ---

HOLDERS = ("h-1", "h-2")
CREDS = tuple(digit * 64 for digit in "123")
SECONDS = st.integers(0, 60)
WINDOWS = st.tuples(SECONDS, SECONDS).filter(lambda pair: pair[0] < pair[1]) | st.just((None, None))
RIGHTS = st.builds(
    Right,
    id=st.just("r"),
    cred=st.sampled_from(CREDS),
    kind=st.sampled_from(Medium),
    starts=st.none(),
    ends=st.none(),
    flags=st.lists(st.sampled_from(FLAGS), unique=True).map(lambda flags: tuple(sorted(flags))),
    holder=st.sampled_from(HOLDERS),
    uses=st.none() | st.integers(1, 2),
)
RULES = st.builds(
    DoorRules,
    apb=st.none() | st.builds(Apb, st.sampled_from(ApbKind), st.integers(0, 2)),
    factors=st.integers(1, 2),
    interlock=st.booleans(),
    two_person_s=st.sampled_from((0, 5, 20)),
)
TAPS = st.tuples(st.sampled_from(CREDS), st.sampled_from(Medium), st.sampled_from(Reader), st.integers(0, 8_000))


@st.composite
def lists(draw) -> AccessList:
    rights = draw(st.lists(st.tuples(RIGHTS, WINDOWS), max_size=5))
    entries = [replace(right, id=f"r-{n}", starts=span[0], ends=span[1]) for n, (right, span) in enumerate(rights)]
    free = draw(st.sampled_from(((), (FreeWindow(10, 30),), (FreeWindow(10, 30, first_in=True),))))
    return AccessList(1, 1, 0, draw(st.integers(30, 90)), 5, 60, tuple(entries), draw(RULES), free)


def played(held, taps, mode=DoorMode.NORMAL, **state) -> list[tuple[Presented, int, Decision]]:
    """Each tap so many milliseconds after the one before, by a clock that is right."""
    situation, mono_ms, seen = Situation(**state), 0, []
    for cred, kind, reader, wait_ms in taps:
        mono_ms += wait_ms
        shown, view = Presented(kind, cred, reader), ClockView(Clock.SYNCED, mono_ms // 1000)
        found = decide(held, shown, view, mode=mode, state=situation, mono_ms=mono_ms)
        situation = found.after
        seen.append((shown, mono_ms // 1000, found))
    return seen


@given(held=lists(), taps=st.lists(TAPS, max_size=8))
def test_only_a_right_of_that_card_whose_window_holds_the_second_opens(held, taps):
    by_id = {right.id: right for right in held.rights}
    for shown, now, found in played(held, taps):
        if found.reason is DoorReason.GRANTED:
            right = by_id[found.right]
            assert (right.cred, right.kind) == (shown.cred, shown.kind)
            assert right.starts is None or right.starts <= now < right.ends
            assert now < held.not_after or SURVIVES_STALE in right.flags


@given(held=lists(), taps=st.lists(TAPS, max_size=8), armed=st.booleans())
def test_in_a_lockdown_nothing_opens_but_what_survives_it(held, taps, armed):
    survivors = {right.id for right in held.rights if SURVIVES_LOCKDOWN in right.flags}
    for _shown, _now, found in played(held, taps, DoorMode.LOCKDOWN, armed=armed):
        assert not found.granted or found.right in survivors


@given(held=lists(), taps=st.lists(TAPS, max_size=8), marked=st.sets(st.integers(0, 4)))
def test_duress_differs_in_a_note_and_never_in_what_the_door_does(held, taps, marked):
    plain = tuple(replace(r, flags=tuple(f for f in r.flags if f != DURESS)) for r in held.rights)
    forced = tuple(
        replace(r, flags=tuple(sorted((*r.flags, DURESS)))) if n in marked else r for n, r in enumerate(plain)
    )
    one, other = (played(replace(held, rights=rights), taps) for rights in (plain, forced))
    for (_, _, quiet), (_, _, told) in zip(one, other, strict=True):
        assert replace(told, notes=tuple(note for note in told.notes if note is not Note.DURESS)) == quiet


@given(held=lists(), taps=st.lists(TAPS, max_size=8), gone=st.integers(0, 4))
def test_a_revoked_right_never_opens_again(held, taps, gone):
    left = replace(held, rights=tuple(right for right in held.rights if right.id != f"r-{gone}"))
    assert all(found.right != f"r-{gone}" for _, _, found in played(left, taps))


@given(held=lists(), taps=st.lists(TAPS, max_size=12))
def test_a_right_never_opens_more_often_than_it_may(held, taps):
    for right in held.rights:
        if right.uses is not None:
            opened = sum(found.granted and found.right == right.id for _, _, found in played(held, taps))
            assert opened <= right.uses


@given(held=lists(), taps=st.lists(TAPS, max_size=8))
def test_a_denial_changes_nothing_that_is_remembered(held, taps):
    before = Situation()
    for _shown, _now, found in played(held, taps):
        if found.outcome is Outcome.DENIED:
            assert found.after == before
        before = found.after


@given(held=lists(), taps=st.lists(TAPS, max_size=8))
def test_the_simulated_door_decides_the_same_by_its_own_code(held, taps):
    """Two programs, each written from the document."""
    body = dict(held.body())
    theirs, mono_ms = sim.Situation(), 0
    for (shown, now, found), (*_, wait_ms) in zip(played(held, taps), taps, strict=True):
        mono_ms += wait_ms
        tap = sim.Shown(shown.kind.value, shown.cred, shown.reader.value)
        decision = sim.decide(sim_list(body), "normal", theirs, tap, Belief(now, "synced", 0), mono_ms)
        theirs = decision.after
        assert (decision.outcome, decision.reason, decision.right) == (found.outcome, found.reason, found.right)
        assert decision.notes == found.notes
