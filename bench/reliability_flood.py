"""R7: somebody holds a machine that makes up cards and PINs to one reader."""

from __future__ import annotations

import threading
import time
from collections import Counter

from sqlalchemy import select

from access.models import Door, DoorEvent
from bench.figures import times
from bench.ground import Ground
from bench.reliability import Found
from booking.db import reading

A_SECOND = 200
JOINED_S = 11.0  # joined events come out when their ten seconds are over (door-protocol.md 11.5)
MOST_EVENTS_IN_TEN_S = 25


def forged_reads(here: Ground) -> Found:
    """R7"""
    first = min(here.refs)
    others = f"{first[:-2]}[1-9]?"  # of bench-0001: bench-0010 to bench-0099
    lasts_s, memory_mb = here.lasting(15, 60), here.summary()["memory_mb"] or 0.0
    before = events(here, first)
    stop, made = threading.Event(), Counter[str]()
    flooding = threading.Thread(target=flood, args=(here, first, stop, made))
    flooding.start()
    until, ms = time.monotonic() + lasts_s, list[float]()
    while time.monotonic() < until:
        ms += here.doors.ask("/all/tap", {"card": "0000000001", "doors": others})["ms"]
        time.sleep(0.2)
    stop.set()
    flooding.join()
    time.sleep(JOINED_S)
    here.wait_sent()
    told, grown_mb = events(here, first) - before, (here.summary()["memory_mb"] or 0.0) - memory_mb
    taken, counted = times(ms), told["counted"]
    few = told["denied"] <= MOST_EVENTS_IN_TEN_S * (lasts_s / 10 + 2)
    holds = taken.p99_ms < 100 and told["lockout"] == 1 and counted == made["denied"] and few and grown_mb < 50
    a_second = made["denied"] / lasts_s
    observed = (
        f"{made['denied']} forged reads ({a_second:.0f} a second) in {told['denied']} events that count {counted}; "
        f"{told['lockout']} lockout; other doors' p99 {taken.p99_ms} ms; {grown_mb:.1f} MB more"
    )
    return Found(observed, holds, {"reads": made["denied"], "events": told["denied"], "p99_ms": taken.p99_ms})


def flood(here: Ground, door: str, stop: threading.Event, made: Counter[str]) -> None:
    """A new card or PIN each time; what the door said is counted."""
    n, began = 0, time.monotonic()
    while not stop.is_set():
        n += 1
        shown = {"pin": f"{n % 10**6:06}"} if n % 2 else {"card": f"FE{n:08X}"}
        made[here.doors.ask(f"/doors/{door}/tap", shown)["decision"]] += 1
        time.sleep(max(0.0, began + n / A_SECOND - time.monotonic()))


def events(here: Ground, controller: str) -> Counter[str]:
    """What the database has of this door's refusals: how many events, and how many reads they count."""
    with reading(here.db.sessions) as session:
        query = select(DoorEvent).join(Door).where(Door.controller_id == controller)
        found = session.scalars(query.where(DoorEvent.kind.in_(("denied", "lockout")))).all()
        told = Counter(row.kind for row in found)
        told["counted"] = sum(row.body["count"] for row in found if row.kind == "denied")
        return told
