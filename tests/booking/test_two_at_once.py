"""Two people change one booking in the same moment: whoever reads first and writes last must not undo the other."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from booking import deciding, moving
from booking.bookings import book, booking_of, cancel, confirm, hold, let_go, readd, restore, sweep_holds
from booking.models import Booking, Occupancy, Occurrence
from booking.moving import NewTime
from booking.occupying import lock
from booking.refusals import NotNow, SpaceTaken
from tests import make
from tests.make import once


@pytest.fixture
def wish(sessions):
    with sessions.begin() as session:
        place, whose, holder = make.space(session), make.organisation(session), make.person(session)
    return make.wish(place, whose, holder, once("2026-11-26", "18:00", "19:00"))


@pytest.fixture
def ref(sessions, wish, now):
    with sessions.begin() as session:
        return book(session, wish, by=wish.holder, now=now).ref


@pytest.fixture
def read_before(sessions):
    """A session that has read the booking before somebody else changes it."""
    opened = []

    def read(ref):
        session = sessions()
        opened.append(session)
        booking = booking_of(session, ref)
        session.commit()
        return session, booking

    yield read
    for session in opened:
        session.close()


def cancelled(sessions, ref, by, now):
    with sessions.begin() as session:
        booking = booking_of(session, ref)
        cancel(session, booking.occurrences, by=by, now=now)


LATE = {
    "moved": lambda session, booking, by, now: moving.move(
        session, booking, booking.occurrences, NewTime(0, 1140, 1200), by=by, now=now
    ),
    "cancelled": lambda session, booking, by, now: cancel(session, booking.occurrences, by=by, now=now),
}


@pytest.mark.parametrize("late", LATE.values(), ids=LATE)
def test_what_somebody_cancelled_meanwhile_holds_no_room(sessions, wish, ref, read_before, now, late):
    session, booking = read_before(ref)
    cancelled(sessions, ref, wish.holder, now)
    with pytest.raises(NotNow):
        late(session, booking, wish.holder, now)
    session.rollback()
    with sessions() as look:
        assert look.scalar(select(func.count()).select_from(Occupancy)) == 0
        assert look.scalar(select(Occurrence.state)) == "cancelled"


def test_nobody_approves_what_was_cancelled_meanwhile(sessions, wish, ref, read_before, now):
    with sessions.begin() as session:
        session.scalars(select(Occurrence)).one().state = "pending"
    session, booking = read_before(ref)
    cancelled(sessions, ref, wish.holder, now)
    with pytest.raises(NotNow):
        answer = deciding.Answer(reason="sopii")
        deciding.approve(session, booking.occurrences, answer, by=wish.holder, by_ref="x", now=now)


@pytest.mark.parametrize("back", [restore, readd])
def test_a_time_comes_back_once(sessions, wish, ref, read_before, now, back):
    cancelled(sessions, ref, wish.holder, now)
    session, booking = read_before(ref)
    with sessions.begin() as first:
        again = booking_of(first, ref)
        back(first, again.occurrences[0], by=wish.holder, now=now)
    with pytest.raises(NotNow):
        back(session, booking.occurrences[0], by=wish.holder, now=now)


def test_a_hold_is_locked_as_it_was_read(sessions, wish, read_before, now):
    with sessions.begin() as session:
        ref = hold(session, wish, by=wish.holder, now=now).ref
    session, booking = read_before(ref)
    with sessions.begin() as other:
        confirm(other, ref, by=wish.holder, now=now)
    with pytest.raises(NotNow):
        lock(session, booking.occurrences)
    session.rollback()
    with sessions.begin() as other:
        assert sweep_holds(other, now + timedelta(hours=1)) == 0


def test_giving_up_what_a_person_refused_keeps_the_refusal(sessions, wish, ref, now):
    with sessions.begin() as session:
        session.scalars(select(Occurrence)).one().state = "pending"
    with sessions.begin() as session:
        booking = booking_of(session, ref)
        deciding.refuse(session, booking.occurrences, reason="ei sovi", by=wish.holder, now=now)
    with sessions.begin() as session:
        let_go(session, ref)
        assert sweep_holds(session, now) == 0
    with sessions() as look:
        assert look.scalar(select(func.count()).select_from(Booking)) == 1


def test_a_late_hold_being_confirmed_is_taken_by_nobody_else(sessions, wish, now):
    with sessions.begin() as session:
        ref = hold(session, wish, by=wish.holder, now=now).ref
    later = now + timedelta(minutes=11)

    def other():
        with sessions.begin() as session:
            book(session, wish, by=wish.holder, now=later)

    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            confirm(session, ref, by=wish.holder, now=later)
            answer = pool.submit(other)
            time.sleep(1)
        with pytest.raises(SpaceTaken):
            answer.result(timeout=30)
    with sessions() as look:
        assert look.scalar(select(func.count()).select_from(Occupancy)) == 1
