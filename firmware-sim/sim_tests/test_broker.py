"""Doors on a real mosquitto: the network cut, power cuts, and who hears what."""

import time
from itertools import pairwise
from typing import Any

import pytest

from firmware_sim.codec import list_hash, topic_of
from firmware_sim.eventlog import event_hash
from sim_tests.conftest import Control, Service, TestBroker, eventually
from sim_tests.make import a_list, open_for, paged, right, set_time, signed

pytestmark = pytest.mark.mosquitto
CARD = "62E3086CED"


def fresh_list(version: int = 1, *rights: dict[str, Any]) -> dict[str, Any]:
    now = int(time.time())
    entries = rights or ({**right(), "from": now - 60, "until": now + 3600},)
    return a_list(version, *entries, issued=now - 60, not_after=now + 86400, unlock_s=1)


def told_the_time(service: Service, door: str) -> None:
    first = eventually(lambda: service.said(door, "reported"))[-1]
    service.command(door, set_time(time.time_ns() // 1_000_000), nonce=first["challenge"])
    eventually(lambda: [said for said in service.said(door, "reported") if said["clock"]["state"] == "synced"])


def with_list(service: Service, door: str, body: dict[str, Any]) -> None:
    service.give(door, body)
    eventually(
        lambda: [said for said in service.said(door, "reported") if (said["list"] or {}) and in_force(said, body)]
    )


def in_force(said: dict[str, Any], body: dict[str, Any]) -> bool:
    return bool(said["list"]["version"] == body["version"])


def test_a_door_gets_its_time_and_its_list_and_opens(service: Service, control: Control) -> None:
    told_the_time(service, "hall-a")
    with_list(service, "hall-a", fresh_list())
    tapped = control.post("/doors/hall-a/tap", card=CARD)
    assert (tapped["decision"], tapped["right"], tapped["unlocked"]) == ("granted", "r-1", True)
    assert 0 < tapped["ms"] < 50
    assert control.get("/doors/hall-a")["lock"] == "unlocked"
    assert eventually(lambda: [event for event in service.events("hall-a") if event["kind"] == "granted"])
    eventually(lambda: control.get("/doors/hall-a")["lock"] == "locked")


def test_a_list_in_pages_kept_by_the_broker_is_in_force_after_a_start(service: Service, control: Control) -> None:
    told_the_time(service, "hall-a")
    body = fresh_list(2)
    window = {key: body["rights"][0][key] for key in ("from", "until")}
    pages = paged(2, [{**right("a-1"), **window}], [{**right("b-1", cred="8" * 64), **window}])
    for page in reversed(pages):
        ending = f"desired/{page['page']}"
        payload = signed(ending, page, topic=topic_of("hall-a", ending))
        service.publish("hall-a", ending, payload, retain=True)
    service.give("hall-a", {**body, "rights": [], "pages": [list_hash(page) for page in pages]})
    assert control.get("/doors/hall-a")["list"] is None  # its pages came before it, and to a door they meant nothing
    control.post("/doors/hall-a/power", off_s=0)
    assert eventually(lambda: control.get("/doors/hall-a")["list"])["rights"] == 2
    assert control.post("/doors/hall-a/tap", card=CARD)["right"] == "a-1"


def test_a_lockdown_kept_by_the_broker_meets_a_door_that_comes_back(service: Service, control: Control) -> None:
    told_the_time(service, "hall-a")
    with_list(service, "hall-a", fresh_list())
    control.post("/doors/hall-a/network", plugged=False)
    order = {"epoch": 1, "version": 1, "issued": int(time.time()), "mode": "lockdown"}
    payload = signed("mode", order, topic=topic_of("hall-a", "mode"), exp=2**53 - 1, iat=order["issued"])
    service.publish("hall-a", "mode", payload, retain=True)
    assert control.post("/doors/hall-a/tap", card=CARD)["decision"] == "granted"
    control.post("/doors/hall-a/network", plugged=True)
    eventually(lambda: (control.get("/doors/hall-a")["mode"] or {}).get("mode") == "lockdown")
    assert control.post("/doors/hall-a/tap", card=CARD, reader="out")["reason"] == "lockdown"


def test_with_the_plug_pulled_the_door_decides_and_its_events_arrive_once_afterwards(
    service: Service, control: Control
) -> None:
    told_the_time(service, "hall-a")
    with_list(service, "hall-a", fresh_list())
    control.post("/doors/hall-a/network", plugged=False)
    assert eventually(lambda: service.said("hall-a", "online"))[-1]
    eventually(lambda: service.said("hall-a", "online")[-1]["online"] is False)
    assert control.post("/doors/hall-a/tap", card=CARD)["decision"] == "granted"
    assert control.post("/doors/hall-a/tap", card="0000000001")["reason"] == "unknown_credential"
    held = control.get("/doors/hall-a/events")["events"]
    assert [event["kind"] for event in held][-2:] == ["granted", "denied"]
    assert control.get("/doors/hall-a")["network"] == "unplugged"
    service.heard.clear()
    control.post("/doors/hall-a/network", plugged=True)
    eventually(lambda: control.get("/doors/hall-a")["queue"]["length"] == 0)
    sent = [event for body in service.said("hall-a", "ev") for event in body["events"]]
    assert [event for event in sent if event["kind"] != "boot"] == [event for event in held if event in sent]
    assert sent[-2:] == held[-2:]
    assert service.said("hall-a", "online")[-1]["online"] is True


def test_a_list_sent_while_the_plug_was_out_is_applied_when_it_is_in_again(service: Service, control: Control) -> None:
    told_the_time(service, "hall-a")
    with_list(service, "hall-a", fresh_list(1))
    control.post("/doors/hall-a/network", plugged=False)
    service.give("hall-a", fresh_list(2, right(cred="0" * 64)))
    control.post("/doors/hall-a/network", plugged=True)
    eventually(lambda: control.get("/doors/hall-a")["list"]["version"] == 2)
    assert control.post("/doors/hall-a/tap", card=CARD)["reason"] == "unknown_credential"


def until_said(service: Service, *, online: bool) -> None:
    eventually(lambda: service.said("hall-a", "online")[-1]["online"] is online)


def until_up(control: Control, door: str) -> None:
    eventually(lambda: control.get(f"/doors/{door}")["network"] == "up", within_s=30)


def test_each_connection_has_a_session_of_its_own(service: Service, control: Control) -> None:
    eventually(lambda: service.said("hall-a", "online"))
    for plugged in (False, True, False, True):
        control.post("/doors/hall-a/network", plugged=plugged)
        until_said(service, online=plugged)
    said = service.said("hall-a", "online")[-5:]
    sessions = [body["session"] for body in said if body["online"]]
    assert sessions == sorted(set(sessions))
    assert [body["online"] for body in said][-4:] == [False, True, False, True]


def test_a_remote_open_is_answered_and_an_old_one_is_not_obeyed(service: Service, control: Control) -> None:
    told_the_time(service, "hall-b")
    service.command("hall-b", open_for(1, "c-1"))
    service.command("hall-b", open_for(1, "c-2"), counter=1)
    answers = eventually(lambda: said if len(said := service.said("hall-b", "cmd/rsp")) == 3 else None)
    assert [answer["code"] for answer in answers] == ["time_set", "opened", "old_counter"]


def test_a_command_the_broker_kept_is_refused_as_retained(service: Service, control: Control) -> None:
    told_the_time(service, "hall-a")
    control.post("/doors/hall-a/network", plugged=False)
    now = int(time.time())
    payload = signed("cmd", open_for(), topic=topic_of("hall-a", "cmd"), counter=2**50, iat=now, exp=now + 10)
    service.publish("hall-a", "cmd", payload, retain=True)
    control.post("/doors/hall-a/network", plugged=True)
    answer = eventually(lambda: [a for a in service.said("hall-a", "cmd/rsp") if a["id"] == "c-1"])[0]
    assert (answer["result"], answer["code"]) == ("refused", "retained")
    assert control.get("/doors/hall-a")["lock"] == "locked"


def test_after_a_power_cut_the_door_knows_its_list_and_its_chain_goes_on(service: Service, control: Control) -> None:
    told_the_time(service, "hall-a")
    with_list(service, "hall-a", fresh_list())
    control.post("/doors/hall-a/power", off_s=0, rtc_lost=True)
    after = control.get("/doors/hall-a")
    assert (after["boot_epoch"], after["clock"]["state"], after["list"]["version"]) == (2, "unknown", 1)
    assert control.post("/doors/hall-a/tap", card=CARD)["reason"] == "clock_unknown"
    events = eventually(
        lambda: found if (found := service.events("hall-a"))[-1]["kind"] == "denied" else None, within_s=20
    )
    for before, event in pairwise(events):
        assert event["prev"] == event_hash(before)


def test_with_a_battery_the_clock_survives_and_without_power_nothing_answers(
    service: Service, control: Control
) -> None:
    told_the_time(service, "hall-a")
    control.post("/doors/hall-a/power", off_s=0.3)
    assert control.ask("POST", "/doors/hall-a/tap", '{"card":"62E3086CED"}')[0] == 409
    state = eventually(lambda: seen if (seen := control.get("/doors/hall-a"))["power"] else None)
    assert state["clock"]["state"] == "holdover"
    assert abs(state["clock"]["offset_ms"]) < 1000


def test_the_broker_restarted_finds_its_doors_again(broker: TestBroker, service: Service, control: Control) -> None:
    eventually(lambda: control.get("/doors/hall-a")["network"] == "up")
    broker.stop()
    eventually(lambda: control.get("/doors/hall-a")["network"] == "connecting")
    for _ in range(3):
        control.post("/doors/hall-b/tap", card=CARD)
    broker.start()
    for door in ("hall-a", "hall-b"):
        until_up(control, door)
    eventually(lambda: control.get("/doors/hall-b")["queue"]["length"] == 0, within_s=30)


def test_a_drifted_clock_is_seen_in_reported_and_healed(service: Service, control: Control) -> None:
    told_the_time(service, "hall-a")
    assert abs(control.post("/doors/hall-a/clock", offset_s=-40)["clock"]["offset_ms"] + 40_000) < 100
    said = eventually(
        lambda: [s for s in service.said("hall-a", "reported") if s["clock"]["at_ms"] < time.time() * 1000 - 39_000]
    )
    assert said[-1]["clock"]["state"] == "unknown" or said[-1]["clock"]["state"] == "synced"
    service.command(
        "hall-a",
        set_time(time.time_ns() // 1_000_000, "t-2"),
        nonce=service.said("hall-a", "reported")[-1]["challenge"],
    )
    eventually(lambda: abs(control.get("/doors/hall-a")["clock"]["offset_ms"]) < 1000)
