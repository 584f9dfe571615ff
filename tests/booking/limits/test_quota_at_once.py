"""Two bookings at once, each the last that a quota allows: only one of them is made. Real threads, both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from booking.bookings import book
from booking.models import Occurrence
from booking.refusals import RuleLimits
from tests import make
from tests.booking.own_rules import limit, rules
from tests.make import once


@pytest.mark.parametrize("per", ["organisation", "person"])
def test_of_many_bookings_at_once_only_as_many_are_made_as_the_quota_allows(sessions, now, per):
    with sessions.begin() as session:
        places = [make.space(session)]
        places += [make.space(session, places[0].premises) for _ in range(7)]
        values = {"value": 2, "count": "bookings", "per": per, "window": "week"}
        rules(session, places[0].premises, limit("two-a-week", "quota", **values))
        holder = make.person(session)
        ours = make.organisation(session)
        others = [make.organisation(session) for _ in range(8)] if per == "person" else [ours] * 8

    def attempt(number):
        wish = make.wish(places[number], others[number], holder, once("2026-12-01", "18:00", "19:00"))
        try:
            with sessions.begin() as session:
                book(session, wish, by=holder.id, now=now)
        except RuleLimits:
            return "limited"
        return "booked"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(8)))
    assert sorted(answers) == [*["booked"] * 2, *["limited"] * 6]
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Occurrence)) == 2
