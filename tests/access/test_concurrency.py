"""Many at once, on real databases: no right outlives its credential, nobody waits in a ring, nothing is doubled."""

import threading

import pytest
from sqlalchemy import select

from access import credentials, rights
from access.keeping import keeper
from access.models import Credential, Door, Right
from booking.acts import Act, ActKind, tell
from tests import make
from tests.access.make import VAULT, card, house, turn


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


def at_once(*jobs):
    """Run the jobs in threads that start together; their exceptions, if any."""
    gate, failures = threading.Barrier(len(jobs)), []

    def one(job):
        gate.wait()
        try:
            job()
        except Exception as error:  # noqa: BLE001 - shown by the test
            failures.append(error)

    threads = [threading.Thread(target=one, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def book(sessions, home, holder, now, hour):
    with sessions.begin() as session:
        row = turn(session, home.hall, make.span("2026-11-24", f"{hour}:00", f"{hour}:50"), holder)
        tell(session, Act(ActKind.BOOKING_MADE, now, holder.id, row.ref, occurrences=(row.id,)))


def test_bookings_revocations_and_reconciling_at_once_leave_what_reconciling_finds_right(sessions, now):
    with sessions.begin() as session:
        home = house(session, now)
        holders = [make.person(session) for _ in range(6)]
        cards = [card(session, holder, now) for holder in holders]

    def revoke(row):
        with sessions.begin() as session:
            credentials.revoke(session, row.ref, by=None, now=now, why="lost")

    def reconcile():
        with sessions.begin() as session:
            rights.reconcile(session, home.premises.id, now, vault=VAULT)

    jobs = [lambda h=holder, n=n: book(sessions, home, h, now, 10 + n) for n, holder in enumerate(holders)]
    jobs += [lambda c=each: revoke(c) for each in cards[:3]] + [reconcile, reconcile]
    assert at_once(*jobs) == []
    reconcile()
    with sessions() as session:
        live = select(Right).join(Credential).where(Right.out_version.is_(None))
        assert session.scalars(live.where(Credential.revoked_at.is_not(None))).all() == []
        assert len(session.scalars(live).all()) == 12
        versions = {door.id: door.version for door in session.scalars(select(Door))}
        for right in session.scalars(live):
            assert right.in_version <= versions[right.door_id]


def test_two_pins_made_at_once_for_one_door_differ(sessions, now):
    with sessions.begin() as session:
        home = house(session, now)
        holders = [make.person(session) for _ in range(8)]
    assert at_once(*[lambda h=h, n=n: book(sessions, home, h, now, 10 + n) for n, h in enumerate(holders)]) == []
    with sessions() as session:
        assert len(session.scalars(select(Credential)).all()) == 8
        assert len(session.scalars(select(Right).where(Right.out_version.is_(None))).all()) == 16
