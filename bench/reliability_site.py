"""Reliability scenarios at a running site: broker, service and database taken away, messages forged and mangled."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from access import access_list
from access.models import Door, DoorEvent
from bench import echo
from bench.doors import in_doors
from bench.figures import times
from bench.ground import Ground, database_down, delays_s, doors_process, now
from bench.reliability import Found
from bench.site import wait_for
from booking.db import reading
from devices.link import DoorLink, topic_of
from devices.orders import Open

FORGED_S = 4.0
SHARED_S = 10.0  # leases.py: silence and a beat


def counted(told: list[dict[str, Any]]) -> tuple[int, int, list[float]]:
    """Taps, granted ones, and how long each took."""
    granted = sum(each["decisions"].get("granted:granted", 0) for each in told)
    return sum(each["doors"] for each in told), granted, [ms for each in told for ms in each["ms"]]


def without_broker(here: Ground) -> Found:
    """R1"""
    before, down_s = here.kept(), here.lasting(20, 600)
    here.broker.end()
    began = time.monotonic()
    taps, granted, ms = counted(here.tap_all(20, between_s=0.1))
    time.sleep(max(0.0, down_s - (time.monotonic() - began)))
    here.broker.start()
    sent_s = here.wait_sent()
    after = here.kept()
    stored = after.opened - before.opened
    taken = times(ms)
    holds = taps == granted == stored and taken.p99_ms < 50 and sent_s < 60 and after.breaks == 0
    observed = f"{granted} of {taps} granted, p99 {taken.p99_ms} ms; {stored} stored {sent_s:.1f} s after the restart"
    figures = {"taps": taps, "granted": granted, "stored": stored, "p99_ms": taken.p99_ms, "sent_s": round(sent_s, 1)}
    return Found(observed, holds, {**figures, "down_s": down_s, "breaks": after.breaks})


def broker_killed(here: Ground) -> Found:
    """R2"""
    before = here.list_versions()
    here.broker.kill()
    time.sleep(1)
    here.broker.start()
    began = time.monotonic()
    wait_for(here.up, "doors back", 120)
    wait_for(lambda: in_doors(here.db), "lists confirmed", 120)
    seconds = time.monotonic() - began
    retained = len(heard_retained(here, "vuoro/v1/d/+/desired", len(before)))
    after = here.list_versions()
    older = sum(after[door] < version for door, version in before.items())
    forgot = here.summary()["no_list"]
    holds = retained == len(before) and older == forgot == 0
    observed = (
        f"{retained} of {len(before)} lists retained again after {seconds:.1f} s; {older} older, {forgot} forgotten"
    )
    return Found(observed, holds, {"retained": retained, "older": older, "forgot": forgot, "back_s": round(seconds, 1)})


def heard_retained(here: Ground, topic: str, wanted: int) -> dict[str, bytes]:
    """What the broker keeps on these topics."""
    found: dict[str, bytes] = {}
    with echo.listening(here.port, topic) as (_client, arrived):
        until = time.monotonic() + 10
        while len(found) < wanted and time.monotonic() < until:
            _at, name, payload = arrived.get(timeout=10)
            found[name] = payload
    return found


def doubled_and_shuffled(here: Ground) -> Found:
    """R5"""
    before = here.kept()
    here.doors.ask("/all/weather", {"duplicate": 1, "copies": 5, "reorder": 50})
    taps, granted, _ms = counted(here.tap_all(20, between_s=here.lasting(0.3, 3)))
    here.doors.ask("/all/weather", {})
    here.wait_sent()
    after = here.kept()
    stored, sound = after.opened - before.opened, here.audit_sound()
    holds = stored == granted == taps and after.breaks == 0 and sound
    observed = (
        f"{stored} of {granted} events stored once, {after.breaks} breaks in the doors' chains; audit sound: {sound}"
    )
    return Found(observed, holds, {"taps": taps, "stored": stored, "breaks": after.breaks, "audit_sound": sound})


def forged(here: Ground) -> Found:
    """R8: each forged message to the first door, and what it said of it."""
    versions = here.list_versions()
    first, second = sorted(versions)[:2]
    sent = forgeries(here, first, second)
    opens = link_of(here, first)[0].command(Open("forged-0", 1, "phone"), counter=2**50, now=now()).payload
    with echo.listening(here.port, topic_of(first, "cmd/rsp")) as (client, _arrived):
        for ending, payload in sent.values():
            client.publish(topic_of(first, ending), payload, qos=1).wait_for_publish(5)
        here.doors.plug(first, plugged=False)
        client.publish(topic_of(first, "cmd"), opens, qos=1, retain=True).wait_for_publish(5)
        here.doors.plug(first, plugged=True)
        time.sleep(FORGED_S)
        client.publish(topic_of(first, "cmd"), b"", qos=1, retain=True).wait_for_publish(5)
    here.wait_sent()
    wanted, said = {*sent, "retained"}, reasons(here, first)
    opened = here.doors.ask(f"/doors/{first}")["lock"] != "locked"
    accepted = opened or here.list_versions()[first] != versions[first]
    observed = f"{'some' if accepted else 0} of {len(wanted)} accepted; refused as {', '.join(sorted(said & wanted))}"
    return Found(observed, not accepted and wanted <= said, {"forged": len(wanted), "unsaid": sorted(wanted - said)})


def link_of(here: Ground, *controllers: str) -> list[DoorLink]:
    """The service's ends of the wires to these doors: what is signed here is signed rightly."""
    with reading(here.db.sessions) as session:
        found = session.scalars(select(Door).where(Door.controller_id.in_(controllers)))
        links = {door.controller_id: access_list.link_of(here.db.vault, door) for door in found}
    return [links[name] for name in controllers]


def forgeries(here: Ground, first: str, second: str) -> dict[str, tuple[str, bytes]]:
    """By the code with which a door must refuse it: topic's end, payload."""
    at = now()
    link, other = link_of(here, first, second)
    with reading(here.db.sessions) as session:
        door = session.scalars(select(Door).where(Door.controller_id == first)).one()
        body, _left = access_list.build(session, door, at)
    ahead = int(at.timestamp()) + 7200
    future = replace(body, version=body.version + 500, issued=ahead, not_after=ahead + 86400)
    newer = replace(body, version=body.version + 400)
    late = link.command(Open("forged-3", 1, "phone"), counter=2**50, now=at - timedelta(hours=1))
    return {
        "bad_signature": ("desired", link.desired(newer).payload.replace(b'"unlock_s":1', b'"unlock_s":9')),
        "wrong_topic": ("desired", other.desired(newer).payload),
        "lower_version": ("desired", link.desired(replace(body, version=1)).payload),
        "future_iat": ("desired", link.desired(future).payload),
        "old_counter": ("cmd", link.command(Open("forged-2", 1, "phone"), counter=1, now=at).payload),
        "expired": ("cmd", late.payload),
        "not_canonical": ("cmd", b"open sesame"),
    }


def reasons(here: Ground, door: str) -> set[str]:
    """Why this door refused lists and commands, as the database has it by now."""
    with reading(here.db.sessions) as session:
        query = select(DoorEvent.reason).join(Door).where(Door.controller_id == door)
        return set(session.scalars(query.where(DoorEvent.kind.in_(("list_refused", "command_refused")))))


def service_killed(here: Ground) -> Found:
    """R11: two processes share the doors, one of them dies."""
    other = doors_process(here.folder, here.db, here.port, "other")
    other.start()
    time.sleep(SHARED_S)
    before, since = here.kept(), now()
    tapped: list[dict[str, Any]] = []
    tapping = threading.Thread(target=lambda: tapped.extend(here.tap_all(20, between_s=0.1)))
    tapping.start()
    time.sleep(1)
    here.service.kill()
    tapping.join()
    here.wait_sent()
    taps, granted, _ms = counted(tapped)
    after = here.kept()
    stored, late = after.opened - before.opened, sorted(delays_s(here, since))
    here.service.start()
    time.sleep(SHARED_S)
    other.end()
    p95_s = late[int(0.95 * (len(late) - 1))]
    holds = stored == granted == taps and after.breaks == 0 and p95_s < 30
    observed = (
        f"one of two killed in the middle of {taps} taps: {stored} stored, p95 {p95_s:.1f} s from door to database"
    )
    return Found(observed, holds, {"taps": taps, "stored": stored, "p95_s": round(p95_s, 1)})


def without_database(here: Ground) -> Found:
    """R12"""
    before, down_s = here.kept(), here.lasting(20, 900)
    with database_down(here):
        began = time.monotonic()
        taps, granted, ms = counted(here.tap_all(20, between_s=0.2))
        time.sleep(max(0.0, down_s - (time.monotonic() - began)))
        waiting = here.summary()["queue"]
    drained_s = here.wait_sent()
    after = here.kept()
    stored, taken = after.opened - before.opened, times(ms)
    holds = stored == granted == taps and waiting >= taps and taken.p99_ms < 50 and after.breaks == 0
    meanwhile = f"{granted} of {taps} granted meanwhile, {waiting} events kept by the doors"
    observed = f"{meanwhile}, {stored} stored {drained_s:.1f} s after"
    figures = {"taps": taps, "waiting": waiting, "stored": stored, "p99_ms": taken.p99_ms}
    return Found(observed, holds, {**figures, "drained_s": round(drained_s, 1), "down_s": down_s})


def killed_again_and_again(here: Ground) -> Found:
    """R17"""
    before, dice, kills = here.kept(), random.Random(17), 200 if here.full else 10
    granted = 0
    for _ in range(kills):
        granted += counted(here.tap_all(2))[1]
        time.sleep(dice.uniform(0.5, 3.0))
        here.service.kill()
        here.service.start()
    here.wait_sent(600)
    after = here.kept()
    path = here.db.url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        whole = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    stored, sound = after.opened - before.opened, here.audit_sound()
    holds = whole and sound and stored == granted and after.breaks == 0
    observed = (
        f"{kills} kills: integrity {'ok' if whole else 'broken'}, audit sound: {sound}, {stored} of {granted} events"
    )
    return Found(observed, holds, {"kills": kills, "granted": granted, "stored": stored, "breaks": after.breaks})
