"""Grants become series: every date once, those left out with why, the same again, from two processes too."""

import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from booking.models import ClosedDays, Occupancy, Occurrence
from booking.rounds import granted, into_calendar
from booking.rounds.plan_models import GrantState, SlotGrant
from tests import make
from tests.booking.rounds import make_rounds
from tests.booking.rounds.make_decided import DECIDED, decided, small

ROOT = Path(__file__).resolve().parents[3]


def filed(session, made, now=DECIDED):
    """Every decided grant of the round put into the calendar."""
    into_calendar.begin(session, made.round, by=made.other.id, now=now)
    rows = granted.of_round(session, made.round, (GrantState.DECIDED.value,))
    return [(row, into_calendar.book(session, row, by=made.other.id, now=now)) for row in rows]


def of(session, booking):
    return list(session.scalars(select(Occurrence).where(Occurrence.booking_id == booking.id).order_by(Occurrence.key)))


def test_a_grant_becomes_a_series_with_every_date_and_those_left_out_with_why(session):
    made = small(session)
    closed = ClosedDays(
        premises_id=made.house.id, name_fi="Remontti", first_on=date(2027, 2, 1), last_on=date(2027, 2, 7)
    )
    session.add(closed)
    make.occurrence(session, made.hall, make.span("2027-02-15", "16:00", "17:30"))
    decided(session, made)
    (cubs, series), _ = filed(session, made)
    rows = of(session, series)
    assert len(rows) == 20, "the Mondays of the season, Easter Monday too"
    assert cubs.left_out == [
        {"day": "2027-02-01", "why": "closed_day", "names": {"fi": "Remontti", "sv": "Remontti", "en": "Remontti"}},
        {"day": "2027-02-15", "why": "taken"},
        {"day": "2027-03-29", "why": "holiday", "names": cubs.left_out[2]["names"]},
    ]
    assert cubs.left_out[2]["names"]["en"] == "Easter Monday"
    assert [row.state for row in rows].count("confirmed") == 17
    assert (series.kind, series.title, series.holder_id) == ("regular", "Sudenpennut", made.scouts.contact_id)
    assert {row.priority_class for row in rows} != {None}, "classes and prices are judged as of any booking"
    assert {row.price_cents for row in rows if row.state == "confirmed"} == {0}


def test_local_time_stays_when_clocks_change(session):
    made = small(session)
    decided(session, made)
    (_, series), _ = filed(session, made)
    starts = {row.key: row.starts_at for row in of(session, series)}
    assert starts["2027-03-22"] == make.at("2027-03-22", "17:00")
    assert starts["2027-04-05"] == make.at("2027-04-05", "17:00")


def test_run_twice_creates_nothing(session):
    # acceptance S2
    made = small(session)
    decided(session, made)
    first = [booking.id for _, booking in filed(session, made)]
    count = session.scalar(select(func.count()).select_from(Occurrence))
    again = [
        into_calendar.book(session, row, by=made.other.id, now=DECIDED) for row in granted.of_round(session, made.round)
    ]
    assert [booking.id for booking in again] == first
    assert into_calendar.begin(session, made.round, by=made.other.id, now=DECIDED) == 0
    assert session.scalar(select(func.count()).select_from(Occurrence)) == count


def test_periods_and_alternate_weeks_give_their_own_dates(session):
    periods = [
        {"key": "one", "name": "I", "first_on": "2027-01-11", "last_on": "2027-02-08"},
        {"key": "two", "name": "II", "first_on": "2027-04-12", "last_on": "2027-05-03"},
    ]
    made = small(session, periods=periods)
    made.cubs.periods, made.cubs.weeks, made.ballet.weeks = ["one", "two"], "A", "B"
    decided(session, made)
    (_, cubs), (_, ballet) = filed(session, made)
    assert [row.key for row in of(session, cubs)] == [
        "2027-01-11",
        "2027-01-25",
        "2027-02-08",
        "2027-04-19",
        "2027-05-03",
    ]
    assert [row.key for row in of(session, ballet)][:2] == ["2027-01-19", "2027-02-02"]


def test_hours_of_a_part_of_the_season_leave_the_rest_out(session):
    made = small(session)
    for row in made_hours(session, made):
        row.last_on = date(2027, 3, 31)
    decided(session, made)
    (cubs, series), _ = filed(session, made)
    assert {one["why"] for one in cubs.left_out} == {"holiday", "not_in_round"}
    assert max(row.key for row in of(session, series)) == "2027-03-29"


def made_hours(session, made):
    from booking.rounds.models import RoundHours

    return session.scalars(select(RoundHours).where(RoundHours.round_id == made.round.id)).all()


def test_dates_that_are_over_stay_over(session):
    made = small(session)
    decided(session, made)
    (cubs, series), _ = filed(session, made, now=make.at("2027-02-03", "12:00"))
    assert [one["day"] for one in cubs.left_out if one["why"] == "past"] == [
        "2027-01-11",
        "2027-01-18",
        "2027-01-25",
        "2027-02-01",
    ]
    assert min(row.key for row in of(session, series)) == "2027-02-08"


def test_one_that_cannot_be_booked_is_listed_with_its_reason_and_stops_nobody(session):
    made = small(session)
    made.cubs.people = 400
    decided(session, made)
    (cubs, none), (ballet, series) = filed(session, made)
    assert (none, cubs.state, cubs.problem) == (None, "decided", "bad_input")
    assert cubs.problem_facts["limit"] == 40
    assert series is not None
    assert ballet.state == "booked"
    assert into_calendar.progress(session, made.round) == into_calendar.Filed(waiting=0, booked=1, problems=1)
    made.cubs.people = 20
    assert into_calendar.begin(session, made.round, by=made.other.id, now=DECIDED) == 1
    assert into_calendar.book(session, cubs, by=made.other.id, now=DECIDED) is not None


def test_one_with_no_free_date_at_all_says_so(session):
    made = small(session)
    days = ClosedDays(
        premises_id=made.house.id, name_fi="Kiinni", first_on=made.round.first_on, last_on=made.round.last_on
    )
    session.add(days)
    decided(session, made)
    (cubs, none), _ = filed(session, made)
    assert (none, cubs.problem, len(cubs.left_out)) == (None, "no_date", 20)


def test_what_the_rules_leave_to_people_was_decided_with_the_round(session):
    made = small(session)
    made.cubs.audience = {}
    decided(session, made)
    _, *_ = filed(session, made)
    states = set(session.scalars(select(Occurrence.state)))
    assert "pending" not in states


@pytest.mark.parametrize(("starts", "clash"), [(1080, False), (1079, True)])
def test_two_seasons_whose_windows_touch_share_a_space_and_its_dates_but_not_one_minute(session, starts, clash):
    # acceptance S3
    hall = make.space(session, kind="hall", grid_min=1, turnaround_min=0)
    one, other = small(session, hall=hall), small(session, hall=hall, name_fi="Toinen kierros", grid_min=5)
    for made, start in ((one, 1020), (other, starts)):
        decided(session, made)
        row = session.scalars(
            select(SlotGrant).where(SlotGrant.round_id == made.round.id, SlotGrant.weekday == 0)
        ).one()
        row.start_min, row.end_min = start, start + 60
    (_, first), *_ = filed(session, one)
    (grant, second), *_ = filed(session, other)
    assert len([row for row in of(session, first) if row.state == "confirmed"]) == 19
    if clash:
        assert (second, grant.problem) == (None, "no_date")
        assert {left["why"] for left in grant.left_out} == {"taken", "holiday"}
    else:
        assert len([row for row in of(session, second) if row.state == "confirmed"]) == 19


CHILD = """
import sys
from datetime import datetime
from booking.db import make_engine, make_sessions
from booking.rounds import into_calendar
from booking.rounds import decision_models, models, plan_models
sessions = make_sessions(make_engine(sys.argv[1]), lambda session, acts: None)
while into_calendar.work(sessions, datetime.fromisoformat(sys.argv[2])):
    pass
"""


def ready(sessions, groups=6):
    """A decided round with several weekly slots of one club, waiting for the calendar."""
    with sessions.begin() as session:
        made = small(session)
        made.scenario.chosen = False
        sections = [made.ballet for _ in range(groups)]
        times = [
            (section, made.hall, n % 5, 960 + 60 * (n // 5), 1020 + 60 * (n // 5)) for n, section in enumerate(sections)
        ]
        make_rounds.a_scenario(session, made.round, times, chosen=True)
        decided(session, made)
        into_calendar.begin(session, made.round, by=made.other.id, now=DECIDED)
        return made.round.id, datetime.isoformat(DECIDED)


def test_two_processes_at_once_book_each_slot_once(sessions, database_url):
    # acceptance S2, with real processes
    round_id, now = ready(sessions)
    command = [sys.executable, "-c", CHILD, database_url, now]
    running = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(2)]
    errors = [each.communicate(timeout=120)[1].decode() for each in running]
    assert [each.returncode for each in running] == [0, 0], errors
    with sessions() as session:
        grants = session.scalars(select(SlotGrant).where(SlotGrant.round_id == round_id)).all()
        assert {one.state for one in grants} == {"booked"}
        assert len({one.booking_id for one in grants}) == len(grants) == 6
        booked = session.scalar(select(func.count()).where(Occurrence.state == "confirmed"))
        assert booked == session.scalar(select(func.count()).select_from(Occupancy))


def test_after_a_crash_midway_the_rest_is_booked_and_nothing_twice(sessions):
    round_id, now = ready(sessions, groups=3)
    at = datetime.fromisoformat(now)
    with sessions() as session:
        first = into_calendar.next_ones(session, most=1)[0]
        into_calendar.book(session, into_calendar.waiting_grant(session, first), by=None, now=at)
        session.rollback()  # killed before its commit
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Occurrence)) == 0
    while into_calendar.work(sessions, at + timedelta(minutes=5)):
        pass
    with sessions() as session:
        grants = session.scalars(select(SlotGrant).where(SlotGrant.round_id == round_id)).all()
        assert {one.state for one in grants} == {"booked"}
        assert session.scalar(select(func.count(Occurrence.booking_id.distinct()))) == 3
