"""What was really used of last season, as history for the next round."""

from datetime import date

from booking import bookings
from booking.core.allocation.instance import Held
from booking.core.pattern import Pattern
from booking.happenings.models import Happening
from booking.rounds.grants import ahead_of, times_of
from booking.rounds.used import use_of_last_season
from tests import make
from tests.booking.rounds.make_rounds import a_round
from tests.booking.rounds.make_season import FIRST, NOW, a_grant


def no_show(session, row, state="confirmed"):
    decided = NOW if state == "confirmed" else None
    session.add(
        Happening(
            key=f"no_show:{row.ref}",
            kind="no_show",
            state=state,
            organisation_id=row.booking.organisation_id,
            premises_id=row.space.premises_id,
            occurrence_id=row.id,
            happened_at=row.starts_at,
            noted_at=row.ends_at,
            decided_at=decided,
        )
    )
    session.flush()


def test_dates_cancelled_or_not_come_to_are_unused_and_those_the_house_took_count_for_nothing(session):
    grant = a_grant(session, last_on=date(2027, 3, 28))  # eleven Tuesdays
    rows = ahead_of(times_of(session, grant), NOW)
    bookings.cancel(session, rows[:2], by=rows[0].booking.holder_id, now=NOW)
    no_show(session, rows[2])
    no_show(session, rows[3], "proposed")
    rows[4].state = "displaced"
    session.flush()
    found = use_of_last_season(session, rows[0].booking.organisation_id)
    assert found == [Held(grant.space.ref, 1, 1080, 1260, use_percent=70)]


def test_only_the_latest_round_counts(session):
    club, hall = make.organisation(session), make.space(session)
    before = a_round(session, spaces=[hall], state="closed", first_on=date(2026, 1, 10), last_on=date(2026, 5, 30))
    a_grant(session, hall, club, round_=before, weekday=2)
    a_grant(session, hall, club, weekday=3)
    assert [one.weekday for one in use_of_last_season(session, club.id)] == [3]


def test_before_any_round_its_own_weekly_series_are_its_history(session):
    club, hall, someone = make.organisation(session), make.space(session), make.person(session)
    pattern = Pattern(FIRST, date(2027, 2, 14), 1080, 1140, (1, 3))
    bookings.book(session, make.wish(hall, club, someone, pattern, regular=True), by=someone.id, now=NOW)
    bookings.book(
        session, make.wish(hall, club, someone, make.once("2027-01-13", "10:00", "11:00")), by=someone.id, now=NOW
    )
    assert [(one.weekday, one.use_percent) for one in use_of_last_season(session, club.id)] == [(1, 100), (3, 100)]


def test_who_had_nothing_has_no_history(session):
    assert use_of_last_season(session, make.organisation(session).id) == []
