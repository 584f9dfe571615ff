"""Reliability scenarios of a door alone: power cuts byte by byte, and clocks and lists in virtual time."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from bench.figures import progress
from bench.reliability import Found
from firmware_sim import memory, scenario, virtual
from firmware_sim.flash import PowerCut, RamFlash
from firmware_sim.store import Store

CARD = "62E3086CED"
NOW = 1_764_324_000
LIST = {"at_s": 1, "rights": [{"card": CARD}]}


def list_of(version: int, rights: int) -> bytes:
    """A list as a door keeps it."""
    entry = {
        "cred": "c" * 64,
        "kind": "card",
        "from": NOW,
        "until": NOW + 7200,
        "flags": [],
        "holder": "h",
        "uses": None,
    }
    entries = [{**entry, "id": f"r-{version}-{n:05}"} for n in range(rights)]
    return memory.save_list({"applied_at": NOW, "body": {"epoch": 1, "version": version, "rights": entries}}).content


def cut_at_each_byte(full: bool) -> Found:  # noqa: FBT001 - as all scenarios of the door
    """R3: every byte of a write of a list, and between all steps of its renaming."""
    old, new = list_of(1, 1500 if full else 200), list_of(2, 1500 if full else 200)
    flash = RamFlash()
    Store(flash).save("list", old)
    before = {name: bytes(content) for name, content in flash.files.items()}
    seen = {"old": 0, "new": 0, "else": 0}
    points = len(new) + 75
    for steps in range(points):
        cut = RamFlash(before)
        cut.cut_in(steps)
        with suppress(PowerCut):
            Store(cut).save("list", new)
        found = Store(cut).load().get("list")
        seen["old" if found == old else "new" if found == new else "else"] += 1
    found_then = f"{seen['old']} times the old, {seen['new']} the new, {seen['else']} else"
    observed = f"{points} cuts in a list of {len(new)} bytes: {found_then}"
    return Found(observed, seen["else"] == 0 and seen["new"] > 0, {"points": points, **seen})


def played(ends_s: float, *, doors: int = 1, lists: list[dict[str, Any]] | None = None, **more: Any) -> virtual.World:
    table = {"seed": 11, "ends_s": ends_s, "sites": [{"name": "bench", "doors": doors}], "lists": lists or [LIST]}
    return virtual.run(scenario.scenario({**table, **more}))


def taps(count: int, at_s: float = 60, every_s: float = 5) -> list[dict[str, Any]]:
    return [{"at_s": at_s, "card": CARD, "times": count, "every_s": every_s, "spread_s": 4}]


def cut_in_the_log(full: bool) -> Found:  # noqa: FBT001
    """R4: power cuts inside whatever is written, at every fifth byte (every byte at full length)."""
    points, conflicts, breaks, unsent, events = 0, 0, 0, 0, 0
    for after in range(0, 600, 1 if full else 5):
        cuts = [{"kind": "torn", "at_s": 59 + 30 * n, "after": after} for n in range(3)]
        told = played(240, taps=taps(12), faults=cuts).summary()
        points += 3
        conflicts, breaks = conflicts + told["conflicts"], breaks + told["chain_breaks"]
        unsent, events = unsent + told["not_yet_sent"], events + sum(told["events"].values())
    progress(f"R4: {points} power cuts")
    observed = (
        f"{points} cuts, {events} events: {conflicts} numbers used twice, {breaks} breaks of the chain, {unsent} unsent"
    )
    return Found(observed, conflicts == breaks == unsent == 0, {"cuts": points, "events": events})


def versions_out_of_order(_full: bool) -> Found:  # noqa: FBT001
    """R6"""
    lists = [{"at_s": n, "rights": [{"card": CARD}], "version": version} for n, version in enumerate((7, 5, 6, 7), 1)]
    world = played(60, lists=lists)
    (held,) = world.service.kept.values()
    refused = {event["list"]["version"] for event in held.events.values() if event.get("reason") == "lower_version"}
    version = held.reported["list"]["version"]
    return Found(f"ends at {version}; {sorted(refused)} refused and reported", version == 7 and refused == {5, 6})


def wrong_clocks(_full: bool) -> Found:  # noqa: FBT001
    """R9: a right that ended at 100 s, a clock that is wrong from 150 s on."""
    wrong: dict[str, list[dict[str, Any]]] = {
        "-1 h": [{"kind": "clock", "at_s": 150, "jump_s": -3600}],
        "+1 h": [{"kind": "clock", "at_s": 150, "jump_s": 3600}],
        "jump -2 h": [{"kind": "clock", "at_s": 150, "jump_s": -7200}],
        "power cut, no battery": [{"kind": "power", "at_s": 150, "for_s": 5, "rtc_lost": True}],
    }
    short = {"at_s": 1, "rights": [{"card": CARD, "from_s": -86400, "until_s": 100}]}
    told = {
        name: played(300, lists=[short], taps=taps(5, at_s=160), faults=faults).summary()["taps"]
        for name, faults in wrong.items()
    }
    opened = {name: taken for name, taken in told.items() if any(key.startswith("granted") for key in taken)}
    observed = "; ".join(f"{name}: {', '.join(taken)}" for name, taken in told.items())
    return Found(observed, not opened, {"opened": len(opened)})
