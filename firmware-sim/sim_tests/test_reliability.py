"""Short forms of the reliability scenarios (docs/reliability.md) in virtual time; the long ones are `vuoro bench`."""

from typing import Any

import pytest

from firmware_sim import scenario, virtual
from firmware_sim.eventlog import Position

CARD = "62E3086CED"
LIST = {"at_s": 1, "rights": [{"card": CARD}]}


def played(doors: int = 3, *, ends_s: float, lists: list[dict[str, Any]] | None = None, **more: Any) -> virtual.World:
    sites = [{"name": "koulu", "doors": doors, **more.pop("site", {})}]
    table = {"seed": 11, "ends_s": ends_s, "sites": sites, "lists": lists or [LIST], **more}
    return virtual.run(scenario.scenario(table))


def taps(count: int, *, at_s: float = 60, every_s: float = 5) -> list[dict[str, Any]]:
    return [{"at_s": at_s, "card": CARD, "times": count, "every_s": every_s, "spread_s": 4}]


def test_r1_without_a_broker_all_decisions_are_made_and_arrive_once_afterwards() -> None:
    told = played(ends_s=500, taps=taps(20), faults=[{"kind": "broker", "at_s": 50, "for_s": 200}]).summary()
    assert told["taps"] == {"granted:granted": 60}
    assert told["events"]["granted"] == 60
    assert (told["not_yet_sent"], told["conflicts"], told["chain_breaks"]) == (0, 0, 0)


def test_r2_a_broker_that_forgot_what_it_kept_makes_no_door_forget_its_list() -> None:
    fault = {"kind": "broker", "at_s": 50, "for_s": 20, "forgets": True}
    told = played(ends_s=300, taps=taps(5, at_s=120), faults=[fault]).summary()
    assert (told["taps"], told["lists"]) == ({"granted:granted": 15}, {"1": 3})


@pytest.mark.parametrize("after", range(0, 900, 45))
def test_r3_power_cut_inside_a_list_write_leaves_a_door_that_opens(after: int) -> None:
    second = {"at_s": 40, "rights": [{"card": CARD}, {"card": "0000000001"}]}
    cut = {"kind": "torn", "at_s": 39, "after": after}
    world = played(1, ends_s=90, lists=[LIST, second], taps=taps(1, at_s=60), faults=[cut])
    told = world.summary()
    assert told["taps"] == {"granted:granted": 1}
    assert told["lists"] in ({"1": 1}, {"2": 1})


@pytest.mark.parametrize("after", [0, 1, 50, 150, 330, 400])
def test_r4_no_sequence_number_is_used_twice_over_a_power_cut_inside_the_event_log(after: int) -> None:
    cuts = [{"kind": "torn", "at_s": 59 + 30 * n, "after": after} for n in range(5)]
    world = played(1, ends_s=400, taps=taps(20), faults=cuts)
    told = world.summary()
    assert (told["conflicts"], told["chain_breaks"], told["not_yet_sent"]) == (0, 0, 0)
    opened = sum(1 for note in world.journal if note.get("decision") == "granted")
    assert told["events"]["granted"] >= opened
    assert told["events"]["boot"] >= 5


def test_r5_doubled_and_shuffled_events_are_kept_once_and_in_their_chain() -> None:
    bad = {"kind": "network", "at_s": 30, "for_s": 400, "duplicate": 1.0, "copies": 5, "reorder": 50}
    world = played(3, ends_s=700, taps=taps(30), faults=[bad])
    told = world.summary()
    assert told["events"]["granted"] == 90
    assert told["events_sent"] > 3 * sum(told["events"].values())
    assert (told["conflicts"], told["chain_breaks"], told["not_yet_sent"]) == (0, 0, 0)


def test_r6_versions_7_5_6_7_end_at_7() -> None:
    lists = [{"at_s": n, "rights": [{"card": CARD}], "version": version} for n, version in enumerate((7, 5, 6, 7), 1)]
    world = played(1, ends_s=60, lists=lists)
    (kept,) = world.service.kept.values()
    refused = sorted(event["reason"] for event in kept.events.values() if event["kind"] == "list_refused")
    assert world.summary()["lists"] == {"7": 1}
    # the second 7 was signed at another moment, so it is not the same list
    assert refused == ["lower_version", "lower_version", "version_conflict"]


@pytest.mark.parametrize("jump_s", [-7200, -3600, 3600])
def test_r9_no_clock_fault_lets_an_expired_right_open(jump_s: int) -> None:
    short = {"at_s": 1, "rights": [{"card": CARD, "until_s": 100}]}
    wrong = {"kind": "clock", "at_s": 150, "jump_s": jump_s}
    told = played(1, ends_s=300, lists=[short], taps=taps(5, at_s=160), faults=[wrong]).summary()
    assert not [outcome for outcome in told["taps"] if outcome.startswith("granted")]


def test_r9_a_drifting_clock_is_sure_of_less_from_day_to_day() -> None:
    world = played(1, ends_s=7 * 86400, site={"drift_ppm": 20}, faults=[{"kind": "cut", "at_s": 60}])
    (door,) = world.site.doors.values()
    clock = door.view()["clock"]
    assert clock["state"] == "holdover"
    assert 0 < clock["offset_ms"] <= clock["uncertainty_s"] * 1000


def test_a_full_flash_drops_nothing_silently() -> None:
    faults = [{"kind": "cut", "at_s": 30, "for_s": 4000}, {"kind": "flash", "at_s": 40, "bytes": 60_000}]
    world = played(1, ends_s=4300, taps=taps(400, every_s=4), faults=faults)
    told, (kept,) = world.summary(), world.service.kept.values()
    lost = [event for event in kept.events.values() if event["kind"] == "overflow"]
    said = max(event["count"] for event in lost)
    assert told["taps"]["granted:granted"] == 400
    assert told["events"]["granted"] + said >= 400
    assert told["not_yet_sent"] == 0
    assert kept.acked == max(kept.events)


def test_a_list_that_has_no_room_is_refused_and_the_old_one_stays() -> None:
    many = [{"card": CARD}, *({"card": f"{n:010X}"} for n in range(300))]
    full = {"kind": "flash", "at_s": 20, "bytes": 30_000}
    lists = [LIST, {"at_s": 30, "rights": many}]
    world = played(1, ends_s=90, lists=lists, taps=taps(1), faults=[full])
    (kept,) = world.service.kept.values()
    assert world.summary()["taps"] == {"granted:granted": 1}
    assert kept.reported["refused"]["reason"] == "too_many_rights"
    assert kept.reported["list"]["version"] == 1


def test_the_service_of_scenarios_acknowledges_no_further_than_it_holds() -> None:
    world = played(1, ends_s=200, taps=taps(5), faults=[{"kind": "network", "at_s": 30, "loss": 0.6}])
    (kept,) = world.service.kept.values()
    assert isinstance(kept.acked, Position)
    assert set(range(1, kept.acked.seq + 1)) <= {at.seq for at in kept.events}
