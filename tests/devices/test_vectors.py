"""The committed vectors are what the script makes, and our code and the reference door answer as they say."""

import json
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from devices import canonical, vectors
from devices.credentials import credential_hash
from devices.envelope import Code, Refused, open_at_door, open_at_service, topic_end
from devices.events import follows, parse_event
from devices.fields import BadField
from devices.messages import parse_list, parse_mode, parse_page
from devices.orders import UnknownCommand, parse_command
from tests.devices import reference_door

FILE = Path(__file__).parents[2] / "docs" / "vectors" / "door-protocol.json"
VECTORS: dict[str, Any] = json.loads(FILE.read_text())
KEYS = VECTORS["keys"]
SERVICE_KEYS = {
    kid: Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)) for kid, key in KEYS["service_keys"].items()
}


def named(cases: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


def received(case: dict[str, Any]) -> str:
    """What our code makes of one envelope: ok, or the refusal code."""
    payload, how = case["payload"].encode(), {"topic": case["topic"], "retained": case["retained"]}
    parsers = {
        "desired": parse_list,
        "cmd": parse_command,
        "mode": parse_mode,
        "desired/1": lambda body: parse_page(body, 1),
    }
    try:
        if case["receiver"] == "service":
            open_at_service(payload, **how, keys={KEYS["link_kid"]: bytes.fromhex(KEYS["link_key"])})
            return "ok"
        envelope = open_at_door(payload, **how, keys=SERVICE_KEYS)
        parsers.get(topic_end(case["topic"]), lambda body: None)(envelope.body)
    except Refused as refused:
        return refused.code
    except UnknownCommand:
        return Code.UNKNOWN_COMMAND
    except BadField:
        return Code.BAD_BODY
    return "ok"


def test_the_file_is_what_the_script_makes() -> None:
    assert json.loads(json.dumps(vectors.document())) == VECTORS


@pytest.mark.parametrize("case", VECTORS["canonical"]["accepted"], ids=repr)
def test_a_value_has_one_spelling(case: dict[str, Any]) -> None:
    assert canonical.encode(case["value"]).decode() == case["text"]
    assert canonical.decode(case["text"].encode()) == case["value"]


@pytest.mark.parametrize("text", VECTORS["canonical"]["refused"])
def test_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(canonical.NotCanonical):
        canonical.decode(text.encode())


@pytest.mark.parametrize("case", VECTORS["credentials"], ids=lambda case: case["normal"])
def test_a_credential_has_one_hash_at_a_door(case: dict[str, str]) -> None:
    assert credential_hash(bytes.fromhex(KEYS["credential_key"]), case["normal"]) == case["hash"]


@named(VECTORS["envelopes"])
def test_an_envelope_is_taken_or_refused_as_written(case: dict[str, Any]) -> None:
    assert received(case) == case["expect"]


def test_the_hash_of_a_list_is_that_of_its_canonical_body() -> None:
    assert parse_list(VECTORS["list_hash"]["body"]).hash == VECTORS["list_hash"]["hash"]


@named(VECTORS["lists"])
def test_the_document_and_the_list_cases_agree(case: dict[str, Any]) -> None:
    assert reference_door.judge_list(case["held"], case["offered"], case["door"]) == case["expect"]


@named(VECTORS["commands"])
def test_the_document_and_the_command_cases_agree(case: dict[str, Any]) -> None:
    assert reference_door.judge_command(case["door"], case["sent"]) == case["expect"]


def test_the_list_of_the_decision_cases_is_a_valid_list() -> None:
    assert parse_list(VECTORS["decisions"]["example"]).version == 17


@named(VECTORS["lockout"])
def test_the_document_and_the_lockout_cases_agree(case: dict[str, Any]) -> None:
    keypad = reference_door.Keypad()
    assert [keypad.tried(step["try"], step["mono_ms"]) for step in case["steps"]] == [
        step["expect"] for step in case["steps"]
    ]


def test_the_events_are_a_chain() -> None:
    chain = [parse_event(each["event"]) for each in VECTORS["events"]]
    assert [event.hash for event in chain] == [each["hash"] for each in VECTORS["events"]]
    assert all(follows(before, after) for before, after in pairwise(chain))


@pytest.mark.parametrize("case", VECTORS["time"], ids=lambda case: str(case["age_s"]))
def test_uncertainty_grows_by_20_millionths(case: dict[str, Any]) -> None:
    grown = ceil(case["age_s"] * 20 / 1_000_000)
    assert case["uncertainty_s"] == (grown if case["age_s"] >= 86_400 else 0)


def test_the_worked_example_in_the_document_is_in_the_vectors() -> None:
    text = (FILE.parents[1] / "door-protocol.md").read_text()
    assert VECTORS["envelopes"][0]["payload"] in text
    assert VECTORS["envelopes"][6]["payload"] in text
    assert VECTORS["list_hash"]["hash"] in text
    assert all(credential_hash(vectors.CREDENTIAL_KEY, normal) in text for normal in EXAMPLES)


EXAMPLES = ("card:em4100:40:62e3086ced", "pin:493817")
