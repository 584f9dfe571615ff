"""One answer for calendar, search and booking."""

from datetime import date, timedelta
from random import Random

import pytest

from booking.availability import Problem, timetable
from booking.bookings import book
from booking.core.pattern import Pattern
from booking.core.span import Span
from booking.models import ClosedDays, Term
from booking.refusals import BadInput, Refusal
from booking.search import Need, find, starts
from tests import make
from tests.make import at, span


def problems(session, place, when, now):
    table = timetable(session, place, when.widened(before_min=1440, after_min=1440), now)
    return [obstacle.problem for obstacle in table.obstacles(when, now)]


def test_a_free_hour_has_nothing_against_it(session, now):
    assert problems(session, make.space(session), span("2026-11-25", "18:00", "19:00"), now) == []


@pytest.mark.parametrize(
    ("start", "end", "problem"),
    [
        ("07:00", "09:00", Problem.OUTSIDE_HOURS),
        ("18:05", "19:05", Problem.OFF_GRID),
        ("18:00", "18:15", Problem.TOO_SHORT),
        ("08:00", "21:00", Problem.TOO_LONG),
    ],
)
def test_the_reason_is_named(session, now, start, end, problem):
    assert problems(session, make.space(session), span("2026-11-25", start, end), now) == [problem]


def test_the_past_cannot_be_had(session, now):
    assert problems(session, make.space(session), span("2026-11-24", "09:00", "10:00"), now) == [Problem.PAST]


def test_a_holiday_is_told_by_name(session, now):
    table = timetable(session, make.space(session), span("2026-12-06", "00:00", "23:00"), now)
    [obstacle] = table.obstacles(span("2026-12-06", "18:00", "19:00"), now)
    assert (obstacle.problem, obstacle.names["sv"]) == (Problem.HOLIDAY, "Självständighetsdagen")


def test_margins_of_both_bookings_keep_them_apart(session, now):
    place = make.space(session, setup_min=15, turnaround_min=15)
    make.occurrence(session, place, span("2026-11-25", "18:00", "19:00"), setup_min=15, turnaround_min=15)
    session.flush()
    from booking.models import Occupancy

    held = session.query(Occupancy).filter_by(atom_id=place.id).one()
    held.starts_at, held.ends_at = at("2026-11-25", "17:45"), at("2026-11-25", "19:15")
    session.flush()
    assert Problem.TAKEN in problems(session, place, span("2026-11-25", "19:15", "20:00"), now)
    assert problems(session, place, span("2026-11-25", "19:30", "20:30"), now) == []


def test_a_term_of_the_other_supervision_does_not_open(session, now):
    place = make.space(session, supervised=True)
    first, last = date(2026, 8, 1), date(2026, 12, 31)
    session.add(
        Term(premises_id=place.premises_id, name_fi="x", supervision="self_supervised", first_on=first, last_on=last)
    )
    session.add(
        Term(
            premises_id=place.premises_id,
            name_fi="y",
            supervision="supervised",
            first_on=first,
            last_on=date(2026, 11, 24),
        )
    )
    session.flush()
    assert problems(session, place, span("2026-11-25", "18:00", "19:00"), now) == [Problem.OUTSIDE_TERM]


def test_a_half_taken_makes_the_whole_taken_and_its_sister_free(session, now):
    hall = make.space(session)
    halves = [make.space(session, hall.premises, parent_id=hall.id) for _ in "AB"]
    make.occurrence(session, halves[0], span("2026-11-25", "18:00", "20:00"))
    when = span("2026-11-25", "19:00", "20:00")
    assert [problems(session, place, when, now) for place in (hall, *halves)] == [[Problem.TAKEN], [Problem.TAKEN], []]


def test_a_whole_day_is_a_day_also_when_it_has_25_hours(session, now):
    # acceptance T4
    place = make.space(session, make.premises(session, closed_on_holidays=False), longest_min=1440)
    for row in place_hours(session, place):
        row.opens_min, row.closes_min = 0, 1440
    session.flush()
    later = at("2027-10-01", "12:00")
    whole = Span(at("2027-10-31", "00:00"), at("2027-11-01", "00:00"))
    assert whole.minutes == 25 * 60
    assert problems(session, place, whole, later) == []


def place_hours(session, place):
    from booking.models import OpeningHours

    return session.query(OpeningHours).filter_by(premises_id=place.premises_id)


def test_search_finds_the_piano_without_steps_for_twenty(session, now):
    house = make.premises(session, step_free=True)
    wanted = make.space(session, house, equipment=["piano"], step_free=True, capacity=30)
    make.space(session, house, equipment=["piano"], step_free=False, capacity=30)
    make.space(session, house, step_free=True, capacity=30)
    make.space(session, house, equipment=["piano"], step_free=True, capacity=19)
    make.occurrence(session, wanted, span("2026-12-01", "17:00", "18:00"))
    day = date(2026, 12, 1)
    need = Need(day, day, 17 * 60, 20 * 60, 60, 20, frozenset({"piano"}), step_free=True)
    [found] = find(session, need, now)
    assert (found.space.id, found.starts[0], found.starts[-1]) == (
        wanted.id,
        at("2026-12-01", "18:00"),
        at("2026-12-01", "19:00"),
    )


def test_search_says_why_nothing_is_free(session, now):
    place = make.space(session)
    first = date(2026, 12, 1)
    session.add(ClosedDays(premises_id=place.premises_id, name_fi="Remontti", first_on=first, last_on=first))
    session.flush()
    [found] = find(session, Need(first, first, 17 * 60, 20 * 60, 60), now)
    assert (found.starts, [one.names["fi"] for one in found.obstacles]) == ((), ["Remontti"])


def test_a_search_for_longer_than_its_window_is_told_so(session, now):
    make.space(session)
    day = date(2026, 12, 1)
    with pytest.raises(BadInput) as refused:
        find(session, Need(day, day, 17 * 60, 18 * 60, 61), now)
    assert refused.value.facts == {"field": "minutes", "problem": "too_many", "limit": 60}


def test_calendar_search_and_booking_agree_about_random_times(session, now):
    # acceptance C15
    dice = Random(7)
    hall = make.space(session, setup_min=15)
    halves = [make.space(session, hall.premises, parent_id=hall.id) for _ in "AB"]
    whose, holder = make.organisation(session), make.person(session)
    for _ in range(500):
        place = dice.choice([hall, *halves])
        start = at("2026-12-04", "00:00") + timedelta(minutes=15 * dice.randrange(4 * 24 * 4))
        when = Span(start, start + timedelta(minutes=15 * dice.randrange(1, 20)))
        table = timetable(session, place, when.widened(before_min=1440, after_min=1440), now)
        free_by_calendar = any(one.covers(when) for one in table.free())
        free_by_search = when.starts_at in starts(table, when, when.minutes, now)
        local = when.starts_at.astimezone(make.HELSINKI)
        minute = local.hour * 60 + local.minute
        wish = make.wish(place, whose, holder, Pattern.once(local.date(), minute, minute + when.minutes))
        try:
            with session.begin_nested():
                book(session, wish, by=holder.id, now=now)
            booked = True
        except Refusal:
            booked = False
        assert booked == free_by_search
        assert free_by_calendar or not booked
