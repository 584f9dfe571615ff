"""Many people want the same hour at once: real threads on a real database."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from booking.bookings import book
from booking.models import Occupancy, Occurrence
from booking.refusals import SpaceTaken
from tests import make
from tests.make import once


def test_fifty_tries_for_one_slot_give_one_booking_and_49_clean_answers(sessions, now):
    # acceptance C1, on the domain; tests/system does it through the web server
    with sessions.begin() as session:
        hall = make.space(session, kind="gym", capacity=120)
        halves = [make.space(session, hall.premises, parent_id=hall.id) for _ in "AB"]
        whose, holder = make.organisation(session), make.person(session)
    places = [hall, *halves[:1]]

    def attempt(number):
        wish = make.wish(places[number % 2], whose, holder, once("2026-11-26", "18:00", "19:00"))
        try:
            with sessions.begin() as session:
                book(session, wish, by=holder.id, now=now)
        except SpaceTaken:
            return "taken"
        return "booked"

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(attempt, range(50)))
    assert sorted(answers) == ["booked", *["taken"] * 49]
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Occurrence)) == 1
        assert session.scalar(select(func.count()).select_from(Occupancy)) in (1, 2)
