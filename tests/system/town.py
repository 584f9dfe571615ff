"""A whole running town for system tests: the demo's processes on the database of the test, and a hand on every door."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, sessionmaker

from access.keeping import keeper
from access.keys import Vault
from booking.bookings import cancel
from booking.db import make_engine, make_sessions, reading
from booking.models import OCCUPYING, Occurrence, Person, Premises, Space
from booking.premises import change_space, set_hours
from web.demo.command import start, surroundings
from web.demo.processes import Household, free_port


@dataclass(slots=True)
class Town:
    """The running town. Times are real: what a door knows, it knows by the clock on the wall."""

    base_url: str
    control: str
    folder: Path
    sessions: sessionmaker[Session]
    vault: Vault
    household: Household

    def door(self, door: str, act: str = "", **body: Any) -> dict[str, Any]:
        """Ask the simulated site: a door's state, or do something to it (tap, network, clock, power, contact)."""
        url = f"{self.control}/doors/{door}" + (f"/{act}" if act else "")
        payload = json.dumps(body).encode() if act else None
        request = urllib.request.Request(url, payload, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return dict(json.load(answer))

    def tap(self, door: str, **shown: str) -> dict[str, Any]:
        """Show a card or type a PIN; once more after three seconds where the reader still saw the card of before."""
        answer = self.door(door, "tap", **shown)
        if answer["decision"] == "ignored":
            time.sleep(3.1)
            answer = self.door(door, "tap", **shown)
        return answer

    def person(self, name: str) -> Person:
        with reading(self.sessions) as session:
            return session.scalars(select(Person).where(Person.name.startswith(name))).one()

    def space(self, name: str) -> Space:
        with reading(self.sessions) as session:
            return session.scalars(select(Space).where(Space.name_fi == name)).one()


@contextmanager
def running_town(database_url: str, folder: Path, *, embedded: bool = False) -> Iterator[Town]:
    """The demo's processes on this database; stopped, and killed if they do not stop, at the end."""
    environment = surroundings(folder, "127.0.0.1", free_port("127.0.0.1", 0))
    environment["VUORO_DATABASE_URL"] = database_url
    household = Household(folder, environment)
    vault = Vault(environment["VUORO_MASTER_KEY"])
    try:
        start(household, environment, folder, "127.0.0.1", embedded=embedded)
        engine = make_engine(database_url)
        sessions = make_sessions(engine, keeper(vault))
        town = Town(environment["VUORO_BASE_URL"], environment["VUORO_BENCH_URL"], folder, sessions, vault, household)
        eventually(lambda: _know_the_time(town), "every door on the network was told the time", 60)
        yield town
        engine.dispose()
    finally:
        household.stop()


def _know_the_time(town: Town) -> bool:
    """A door that was just switched on lets nobody in before the service has set its clock."""
    doors = [town.door(name) for name in ("park-outer", "park-hall", "park-cabin", "school-outer", "house-outer")]
    return all(door["clock"]["state"] == "synced" for door in doors)


def open_all_day(town: Town, name: str) -> None:
    """Let a space be booked at any minute, and clear its next hours, so that a test may book the hour that is now."""
    now, by = datetime.now(UTC), town.person("Ahti").id
    with town.sessions.begin() as session:
        space = session.scalars(select(Space).where(Space.name_fi == name)).one()
        house = session.get_one(Premises, space.premises_id)
        set_hours(session, house, [(day, 0, 1440) for day in range(7)], by=by, now=now)
        change_space(session, space, {"grid_min": 1, "shortest_min": 5}, by=by, now=now)
        soon = (Occurrence.starts_at < now + timedelta(hours=4)) & (Occurrence.ends_at > now)
        rows = session.scalars(
            select(Occurrence)
            .where(Occurrence.space_id == space.id, Occurrence.state.in_(OCCUPYING), soon)
            .options(joinedload(Occurrence.booking), joinedload(Occurrence.space))
        ).all()
        cancel(session, rows, by=by, now=now)


def eventually(true: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Wait until it is so; fail with `what` when it does not come."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"waited {seconds} s for: {what}"
        time.sleep(0.1)
