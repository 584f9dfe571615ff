"""Bookings a second, contended and not, beside the bare INSERT into occupancy that no booking can do without."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError

from bench.databases import Database, database
from bench.figures import Times, progress, ratio, rounded, times
from bench.town import CARDS, Town, booked, enrol, fit_outer, settle
from booking.db import constraint
from booking.ids import OccurrenceId, SpaceId
from booking.models import Booking, Occupancy, Occurrence
from booking.refusals import SpaceTaken

# tries one slot of one space: True when it was got, False when somebody else has it
Try = Callable[[SpaceId, int], bool]
DEADLOCK = "40P01"
MOST_SLOTS = 4_000  # as many hours as a year of 13-hour days has, with room: the horizon ends there


class Crowding(StrEnum):
    """Who wants what."""

    ALONE = "alone"
    APART = "apart"  # each thread in a hall of its own
    ONE_SLOT = "one_slot"  # all threads after the same slot at once, then after the next


@dataclass(frozen=True, slots=True)
class Speed:
    """`won`: slots got, a second; `answered`: answers of both kinds, a second; times of single answers; `of_bare`:
    its part of the bare INSERT's slots."""

    database: str
    what: str
    crowding: str
    threads: int
    won_per_s: float
    answered_per_s: float
    answer: Times
    of_bare: float | None = None


class Broken(Exception):
    """The measurement showed what must never be: a slot with no winner, or with two."""


def measure(kind: str, folder: Path, postgres: str | None, *, seconds: float, threads: int) -> list[Speed]:
    """The four figures of one database. Raises Broken."""
    with database(kind, folder, postgres) as db:
        now = datetime.now(UTC)
        with db.sessions.begin() as session:
            town = settle(session, 2 * (threads + 5), now)
            fit_outer(session, db.vault, town, now)
            enrol(session, db.vault, town, CARDS[:1], now)
        halls = iter(town.spaces)
        bare, real = bare_insert(db, town, now), real_booking(db, town)
        found: list[Speed] = []
        for crowding in Crowding:
            crowd = 1 if crowding is Crowding.ALONE else threads
            pair = [
                timed(db.name, what, attempt, halls, crowding=crowding, threads=crowd, seconds=seconds)
                for what, attempt in (("bare INSERT", bare), ("booking", real))
            ]
            found += [pair[0], compared(pair[1], pair[0])]
        check(db)
        return found


def real_booking(db: Database, town: Town) -> Try:
    """The whole act: availability, rulebook, price, occupancy, door rights, audit; one commit."""

    def attempt(space: SpaceId, number: int) -> bool:
        try:
            with db.sessions.begin() as session:
                booked(session, town.wish(space, number), datetime.now(UTC))
        except SpaceTaken:
            return False
        return True

    return attempt


def bare_insert(db: Database, town: Town, now: datetime) -> Try:
    """One row of occupancy, refused by the database when it overlaps; one commit.

    Of two inserts at one moment PostgreSQL may end one as a deadlock, a second later; that is a slot not got, too."""
    occurrence = holder_row(db, town, now)
    first = datetime(now.year + 1, 1, 1, tzinfo=UTC)
    engine = db.sessions.kw["bind"]

    def attempt(space: SpaceId, number: int) -> bool:
        starts_at = first + timedelta(hours=number)
        row = {"atom_id": space, "occurrence_id": occurrence, "starts_at": starts_at}
        try:
            with engine.begin() as connection:
                connection.execute(insert(Occupancy).values(row | {"ends_at": starts_at + timedelta(hours=1)}))
        except (IntegrityError, OperationalError) as error:
            if "occupancy_no_overlap" in constraint(error) or getattr(error.orig, "sqlstate", "") == DEADLOCK:
                return False
            raise
        return True

    return attempt


def holder_row(db: Database, town: Town, now: datetime) -> OccurrenceId:
    """The occurrence that the bare rows belong to."""
    with db.sessions.begin() as session:
        booking = Booking(organisation_id=town.organisation, holder_id=town.holder, made_by=town.holder, made_at=now)
        booking.kind, booking.title, booking.purpose, booking.people = "single", "Mittaus", "hobby", 1
        session.add(booking)
        session.flush()
        row = Occurrence(booking_id=booking.id, space_id=town.spaces[-1], key="bare", state="confirmed")
        row.starts_at, row.ends_at = now, now + timedelta(hours=1)
        session.add(row)
        session.flush()
        return row.id


def timed(
    name: str, what: str, attempt: Try, halls: Iterator[SpaceId], *, crowding: Crowding, threads: int, seconds: float
) -> Speed:
    """One figure."""
    progress(f"{name}: {what}, {crowding.value}, threads: {threads}, {seconds:g} s")
    attempt(next(halls), 0)  # the first one fills caches
    crowd = Crowd(attempt, seconds)
    began = time.monotonic()
    if crowding is Crowding.ONE_SLOT:
        crowd.fight(next(halls), threads)
    else:
        crowd.spread([next(halls) for _ in range(threads)])
    took = time.monotonic() - began
    return Speed(
        database=name,
        what=what,
        crowding=crowding.value,
        threads=threads,
        won_per_s=rounded(crowd.won / took),
        answered_per_s=rounded(len(crowd.taken_ms) / took),
        answer=times(crowd.taken_ms),
    )


@dataclass
class Crowd:
    """Threads that try, and what they were answered."""

    attempt: Try
    seconds: float
    won: int = 0

    def __post_init__(self) -> None:
        self.taken_ms: list[float] = []
        self.ends = time.monotonic() + self.seconds

    def once(self, space: SpaceId, number: int) -> bool:
        began = time.perf_counter()
        got = self.attempt(space, number)
        self.taken_ms.append((time.perf_counter() - began) * 1000)
        return got

    def spread(self, spaces: list[SpaceId]) -> None:
        """Each thread books its own hall, hour after hour: nobody is in the way. Raises Broken when somebody is."""

        def alone(space: SpaceId) -> int:
            for number in range(MOST_SLOTS):
                if time.monotonic() >= self.ends:
                    return number
                if not self.once(space, number):
                    raise Broken(f"slot {number} of space {space} was taken, by nobody")
            return MOST_SLOTS

        with ThreadPoolExecutor(len(spaces)) as pool:
            self.won = sum(pool.map(alone, spaces))

    def fight(self, space: SpaceId, threads: int) -> None:
        """All want one slot at the same moment; then the next. Raises Broken unless each has exactly one winner."""
        gate = threading.Barrier(threads)
        with ThreadPoolExecutor(threads) as pool:
            while time.monotonic() < self.ends and self.won < MOST_SLOTS:
                slot = self.won
                tries = [pool.submit(self.together, gate, space, slot) for _ in range(threads)]
                winners = sum(answer.result() for answer in tries)
                if winners != 1:
                    raise Broken(f"slot {slot} had {winners} winners")
                self.won += 1

    def together(self, gate: threading.Barrier, space: SpaceId, number: int) -> bool:
        gate.wait(120)
        return self.once(space, number)


def compared(speed: Speed, bare: Speed) -> Speed:
    """The figure with its part of the bare one: 0.1 means a tenth as many a second."""
    values = {name: getattr(speed, name) for name in speed.__slots__ if name != "of_bare"}
    return Speed(**values, of_bare=ratio(speed.won_per_s, bare.won_per_s))


def check(db: Database) -> None:
    """No two rows of one atom overlap, whatever the threads did. Raises Broken."""
    one, other = Occupancy, select(Occupancy).subquery()
    overlapping = (
        select(func.count())
        .select_from(one)
        .join(other, (one.atom_id == other.c.atom_id) & (one.id < other.c.id))
        .where(one.starts_at < other.c.ends_at, one.ends_at > other.c.starts_at)
    )
    with db.sessions() as session:
        if found := session.scalar(overlapping):
            raise Broken(f"{found} double bookings")
