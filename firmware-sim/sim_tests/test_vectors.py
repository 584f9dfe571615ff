"""The published vectors (docs/vectors/door-protocol.json), through this codec and these rules."""

import json
from pathlib import Path
from typing import Any

import pytest

from firmware_sim import canonical, decide, rules, shapes, trusted
from firmware_sim import held as held_module
from firmware_sim.clock import Clock
from firmware_sim.codec import Envelope, Refused, list_hash, open_from_door, open_from_service
from firmware_sim.credentials import credential_hash
from firmware_sim.eventlog import NO_HASH, event_hash
from firmware_sim.held import access_list as held_from
from firmware_sim.keypad import Keypad
from firmware_sim.listkeeper import ListKeeper

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


def belief(clock: dict[str, Any]) -> held_module.Belief:
    return held_module.Belief(clock["now"], clock["state"], clock["uncertainty_s"])


@named(VECTORS["lists"])
def test_a_list_is_applied_or_refused_as_published(case: dict[str, Any]) -> None:
    held, offered, door = case["held"], case["offered"], case["door"]
    verdict = rules.judge_list(
        rules.ListIdentity(**held) if held else None,
        rules.ListIdentity(offered["epoch"], offered["version"], offered["hash"]),
        issued_at=offered["iat"],
        rights=offered["rights"],
        most_rights=door["most_rights"],
        at=held_module.Belief(door["now"], door["clock"], 0),
    )
    assert verdict == case["expect"]


@named(VECTORS["commands"])
def test_a_command_is_accepted_or_refused_as_published(case: dict[str, Any]) -> None:
    door = case["door"]
    refusal = rules.refusal_of(
        rules.Sent(**case["sent"]),
        last_counter=door["last_counter"],
        challenges=(door["challenge"], door["previous_challenge"]),
        at=held_module.Belief(door["now"], door["clock"], door["uncertainty_s"]),
    )
    assert (refusal or "accepted") == case["expect"]


@named(VECTORS["decisions"]["cases"])
def test_the_door_decides_as_published(case: dict[str, Any]) -> None:
    body = case["list"] and {**VECTORS["decisions"]["example"], **case["changed"]}
    assert body is None or shapes.access_list(body)
    held = held_from(body) if body else None
    state = decide.Situation(**{**case["state"], "inside": frozenset(case["state"]["inside"])})
    decision = decide.decide(held, case["mode"], state, shown(case), belief(case["clock"]), case["mono_ms"])
    assert said(decision) == case["expect"]


@named(VECTORS["decision_runs"])
def test_the_door_decides_again_and_again_as_published(case: dict[str, Any]) -> None:
    held, state = held_from({**VECTORS["decisions"]["example"], **case["changed"]}), decide.Situation()
    for step in case["steps"]:
        at = held_module.Belief(step["now"], "synced", 0)
        decision = decide.decide(held, case["mode"], state, shown(step), at, step["mono_ms"])
        assert said(decision) == step["expect"]
        state = decision.after


def shown(case: dict[str, Any]) -> decide.Shown:
    presented = case["presented"]
    return decide.Shown(presented["kind"], presented["cred"], presented["reader"])


def said(decision: decide.Decision) -> dict[str, Any]:
    notes = list(decision.notes)
    return {"outcome": decision.outcome, "reason": decision.reason, "right": decision.right, "notes": notes}


@named(VECTORS["modes"])
def test_a_mode_is_applied_or_refused_as_published(case: dict[str, Any]) -> None:
    held, offered, door = case["held"], case["offered"], case["door"]
    verdict = rules.judge_mode(
        rules.ModeIdentity(**held) if held else None,
        rules.ModeIdentity(offered["epoch"], offered["version"], offered["mode"]),
        issued_at=offered["iat"],
        at=held_module.Belief(door["now"], door["clock"], 0),
    )
    assert verdict == case["expect"]


@named(VECTORS["trust"])
def test_a_key_is_trusted_or_dropped_as_published(case: dict[str, Any]) -> None:
    held = tuple(trusted.Key(**key) for key in case["held"])
    order, signer = case["order"], case["signed_by"]
    if order["cmd"] == "trust":
        code, after = trusted.trust(held, trusted.Key(order["kid"], order["key"]), signer=signer)
    else:
        code, after = trusted.drop(held, order["kid"], signer=signer)
    assert (code, [key.kid for key in after]) == (case["expect"], case["kids"])


@pytest.mark.parametrize("run", VECTORS["pages"]["runs"], ids=lambda run: run["name"])
def test_pages_are_collected_as_published(run: dict[str, Any]) -> None:
    keeper = ListKeeper(lambda effect: None, None, most_rights=run["most_rights"])
    at = held_module.Belief(VECTORS["list_hash"]["body"]["issued"], "synced", 0)
    for step in run["steps"]:
        body = VECTORS["pages"]["messages"][step["message"]]
        if "page" in body:
            verdict = keeper.page(body, at)
        else:
            verdict = keeper.offer(Envelope("", "", 0, body["issued"], 0, "", body), at)
        assert verdict == step["expect"], step


def test_pages_have_the_published_hashes() -> None:
    messages = VECTORS["pages"]["messages"]
    assert {name: list_hash(body) for name, body in messages.items()} == VECTORS["pages"]["hashes"]


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
