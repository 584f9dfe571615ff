"""The published vectors (docs/vectors/door-protocol.json), through this codec and these rules."""

import json
from pathlib import Path
from typing import Any

import pytest

from firmware_sim import canonical, decide, rules, shapes
from firmware_sim.clock import Clock
from firmware_sim.codec import Refused, list_hash, open_from_door, open_from_service
from firmware_sim.credentials import credential_hash
from firmware_sim.eventlog import NO_HASH, event_hash
from firmware_sim.keypad import Keypad

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "vectors" / "door-protocol.json").read_text()
)
KEYS = VECTORS["keys"]
SERVICE_KEYS = {kid: bytes.fromhex(key) for kid, key in KEYS["service_keys"].items()}
LINK_KEYS = {KEYS["link_kid"]: bytes.fromhex(KEYS["link_key"])}


def named(cases: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


@pytest.mark.parametrize("case", VECTORS["canonical"]["accepted"], ids=lambda case: case["text"][:30])
def test_an_accepted_spelling_is_read_and_written_the_same(case: dict[str, Any]) -> None:
    assert canonical.encode(case["value"]) == case["text"].encode()
    assert canonical.parse(case["text"].encode()) == case["value"]


@pytest.mark.parametrize("text", VECTORS["canonical"]["refused"])
def test_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(canonical.NotCanonical):
        canonical.parse(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("case", VECTORS["credentials"], ids=lambda case: case["normal"])
def test_a_credential_has_the_published_hash(case: dict[str, str]) -> None:
    assert credential_hash(bytes.fromhex(KEYS["credential_key"]), case["normal"]) == case["hash"]


@named(VECTORS["envelopes"])
def test_an_envelope_is_taken_or_refused_as_published(case: dict[str, Any]) -> None:
    assert judged(case) == case["expect"]


def judged(case: dict[str, Any]) -> str:
    at_door = case["receiver"] == "door"
    unseal, keys = (open_from_service, SERVICE_KEYS) if at_door else (open_from_door, LINK_KEYS)
    try:
        unseal(case["payload"].encode(), case["topic"], retained=case["retained"], keys=keys)
    except Refused as refused:
        return refused.code
    return "ok"


def test_a_list_has_the_published_hash() -> None:
    assert list_hash(VECTORS["list_hash"]["body"]) == VECTORS["list_hash"]["hash"]


def belief(clock: dict[str, Any]) -> decide.Belief:
    return decide.Belief(clock["now"], clock["state"], clock["uncertainty_s"])


@named(VECTORS["lists"])
def test_a_list_is_applied_or_refused_as_published(case: dict[str, Any]) -> None:
    held, offered, door = case["held"], case["offered"], case["door"]
    verdict = rules.judge_list(
        rules.ListIdentity(**held) if held else None,
        rules.ListIdentity(offered["epoch"], offered["version"], offered["hash"]),
        issued_at=offered["iat"],
        rights=offered["rights"],
        most_rights=door["most_rights"],
        at=decide.Belief(door["now"], door["clock"], 0),
    )
    assert verdict == case["expect"]


@named(VECTORS["commands"])
def test_a_command_is_accepted_or_refused_as_published(case: dict[str, Any]) -> None:
    door = case["door"]
    refusal = rules.refusal_of(
        rules.Sent(**case["sent"]),
        last_counter=door["last_counter"],
        challenges=(door["challenge"], door["previous_challenge"]),
        at=decide.Belief(door["now"], door["clock"], door["uncertainty_s"]),
    )
    assert (refusal or "accepted") == case["expect"]


@named(VECTORS["decisions"]["cases"])
def test_the_door_decides_as_published(case: dict[str, Any]) -> None:
    body = case["list"] and {**VECTORS["decisions"]["example"], **case["changed"]}
    assert body is None or shapes.access_list(body)
    decision = decide.decide(
        decide.access_list(body) if body else None,
        case["presented"]["kind"],
        case["presented"]["cred"],
        belief(case["clock"]),
        locked_out=case["locked_out"],
    )
    assert {"granted": decision.granted, "reason": decision.reason, "right": decision.right} == case["expect"]


@named(VECTORS["lockout"])
def test_the_keypad_locks_out_as_published(case: dict[str, Any]) -> None:
    keypad = Keypad()
    assert [tried(keypad, step) for step in case["steps"]] == [step["expect"] for step in case["steps"]]


def tried(keypad: Keypad, step: dict[str, Any]) -> str:
    if step["try"] != "card" and keypad.locked_out(step["mono_ms"]):
        return "locked_out"
    if step["try"] == "wrong":
        keypad.wrong(step["mono_ms"])
        return "unknown_credential"
    if step["try"] == "right":
        keypad.right()
    return "too_early" if step["try"] == "early" else "granted"


def test_events_are_chained_as_published() -> None:
    previous = NO_HASH
    for entry in VECTORS["events"]:
        assert entry["event"]["prev"] == previous
        previous = event_hash(entry["event"])
        assert previous == entry["hash"]


@pytest.mark.parametrize("case", VECTORS["time"], ids=lambda case: str(case["age_s"]))
def test_uncertainty_grows_as_published(case: dict[str, Any]) -> None:
    clock = Clock(base_ms=case["age_s"] * 1000, synced_ms=0)
    assert (clock.state(0), clock.uncertainty_s(0)) == (case["state"], case["uncertainty_s"])
