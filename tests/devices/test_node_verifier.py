"""A verifier in another language, written from the document alone, agrees with the vectors, with our code and with a
simulated door."""

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from devices import orders
from devices.link import Happened, Outgoing, Rejected, Reported
from devices.messages import DoorMode, ModeOrder, Position, parse_list
from devices.pages import paged
from devices.vectors import CARD, access_list
from firmware_sim.effects import Publish
from sim_tests.make import Bench
from tests.devices.make import AT, link

NODE = shutil.which("node")
VERIFY = Path(__file__).parent / "node" / "verify.mjs"
FILE = Path(__file__).parents[2] / "docs" / "vectors" / "door-protocol.json"
NOW = datetime.fromtimestamp(AT, UTC)


def verified(*files: Path) -> dict[str, Any]:
    if NODE is None:
        pytest.skip("node is not installed")
    run = subprocess.run([NODE, VERIFY, *files], capture_output=True, text=True, timeout=60, check=False)
    found: dict[str, Any] = json.loads(run.stdout)
    assert (run.returncode == 0) == (found["failed"] == []), run.stderr
    return found


def test_it_agrees_with_every_vector() -> None:
    found = verified(FILE)
    assert found["failed"] == []
    assert found["checked"] > 380


def test_it_notices_vectors_that_are_wrong(tmp_path: Path) -> None:
    vectors = json.loads(FILE.read_text())
    case = vectors["decisions"]["cases"][0]
    case["expect"]["reason"] = "granted"
    vectors["envelopes"][0]["payload"] = vectors["envelopes"][0]["payload"].replace('"v":1', '"v":2')
    wrong = tmp_path / "vectors.json"
    wrong.write_text(json.dumps(vectors))
    assert [each["what"] for each in verified(wrong)["failed"]] == ["list, retained", case["name"]]


def orders_of_each_kind() -> list[orders.Command]:
    return [
        orders.Open("c-1", 5, "phone"),
        orders.Open("c-2", 5, "phone", override=True),
        orders.SetTime("c-3", AT * 1000),
        orders.Forgive("c-4"),
        orders.FireReset("c-5"),
        orders.Trust("c-6", "svc-2", "55" * 32),
        orders.DropKey("c-7", "svc-2"),
    ]


def told(bench: Bench) -> list[Outgoing]:
    """All that our code says to a door in an evening, given to a simulated one as it is made."""
    service = link()
    example = parse_list(access_list(version=18, issued=AT - 10, not_after=AT + 86_400))
    rights = tuple(replace(example.rights[0], id=f"r-{n}", cred=CARD if n == 5 else f"{n:064x}") for n in range(9))
    head, pages = paged(replace(example, rights=rights), most_bytes=1400)
    order = ModeOrder(1, 1, AT, DoorMode.LOCKED)
    sent = [service.mode(order), service.desired(head), *service.pages(head, pages)]
    for message in sent:
        bench.controller.receive(message.topic, message.payload, bench.mono_ms, retained=message.retain)
    for counter, command in enumerate(orders_of_each_kind(), start=1):
        hear(service, bench)
        message = service.command(command, counter=counter, now=NOW)
        sent.append(message)
        bench.controller.receive(message.topic, message.payload, bench.mono_ms, retained=False)
    assert bench.controller.card(CARD, bench.mono_ms).reason == "granted"
    sent.append(service.ack(Position(1, 2), now=NOW))
    bench.controller.receive(sent[-1].topic, sent[-1].payload, bench.mono_ms, retained=False)
    assert bench.controller.lists.applied is not None
    assert bench.controller.lists.applied["hash"] == head.hash
    return sent


def hear(service: Any, bench: Bench) -> list[Any]:
    """What the door published, as our code reads it: nothing is refused."""
    said = [effect for effect in bench.effects if isinstance(effect, Publish)]
    heard = [each for one in said for each in service.feed(one.topic, one.payload, retained=one.retain, now=NOW)]
    assert not [each for each in heard if isinstance(each, Rejected) and each.code != "old_counter"]
    return heard


def test_what_our_code_and_a_simulated_door_say_to_each_other_is_right_to_a_third(tmp_path: Path) -> None:
    bench = Bench()
    bench.connect()
    sent = told(bench)
    answers = [message.body["code"] for message in bench.published("cmd/rsp")]
    assert answers == ["opened", "opened", "time_set", "forgiven", "fire_reset", "trusted", "dropped"]
    said = [effect for effect in bench.effects if isinstance(effect, Publish)]
    heard = hear(link(), bench)
    assert {type(each) for each in heard} >= {Reported, Happened}
    made = {
        "keys": json.loads(FILE.read_text())["keys"],
        "envelopes": [
            *(envelope(each.topic, each.payload, retained=each.retain, receiver="door") for each in sent),
            *(envelope(each.topic, each.payload, retained=each.retain, receiver="service") for each in said),
            {**envelope(said[0].topic, said[0].payload, retained=True, receiver="door"), "expect": "bad_envelope"},
        ],
        "lists": [{"body": json.loads(sent[1].payload)["body"], "hash": bench.controller.lists.applied["hash"]}],
        "chains": [[event for batch in bench.published("ev")[-1:] for event in batch.body["events"]]],
    }
    file = tmp_path / "messages.json"
    file.write_text(json.dumps(made))
    found = verified(FILE, file)
    assert found["failed"] == []
    assert found["checked"] > 380 + len(made["envelopes"])


def envelope(topic: str, payload: bytes, *, retained: bool, receiver: str) -> dict[str, Any]:
    case = {"topic": topic, "payload": payload.decode(), "retained": retained, "receiver": receiver}
    return {"name": f"{receiver} {topic}", "expect": "ok", **case}
