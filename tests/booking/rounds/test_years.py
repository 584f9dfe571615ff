"""Grants for two years: the second season comes from the same grant, with its exceptions, once."""

from datetime import date

import pytest

from booking.models import Term
from booking.refusals import BadInput, NotNow
from booking.rounds import years
from booking.rounds.grants import ahead_of, day_of, minutes_of, times_of
from booking.rounds.years import ExceptionKind, ExceptionWish
from tests import make
from tests.booking.rounds.make_rounds import a_round
from tests.booking.rounds.make_season import NOW, a_grant

LATER = make.at("2027-11-01", "12:00")
FIRST, LAST = date(2028, 1, 10), date(2028, 5, 28)


@pytest.fixture
def grant(session):
    """Tuesdays 18–21 in spring 2027, granted for two years."""
    hall = make.space(session)
    round_ = a_round(session, spaces=[hall], state="decided", grant_years=2)
    return a_grant(session, hall, round_=round_)


@pytest.fixture
def terms(session, grant):
    spring = {"premises_id": grant.space.premises_id, "name_fi": "Kevät"}
    session.add(Term(first_on=date(2027, 1, 1), last_on=date(2027, 5, 31), **spring))
    session.add(Term(first_on=FIRST, last_on=LAST, **spring))
    session.flush()


def made(session, grant):
    return years.make_year(session, grant, by=grant.round.made_by, now=LATER)


def tell(session, grant, kind, first_on, last_on=None, minutes=None, now=LATER):
    wish = ExceptionWish(kind, first_on, last_on, minutes)
    return years.add_exception(session, grant, wish, by=grant.round.made_by, now=now)


def second(session, grant):
    return [row for row in ahead_of(times_of(session, grant), LATER) if day_of(row).year == 2028]


def test_before_the_terms_are_known_there_is_no_second_season(session, grant):
    assert years.coming(session, grant, LATER) is None
    with pytest.raises(NotNow):
        made(session, grant)


@pytest.mark.usefixtures("terms")
class TestSecondSeason:
    def test_it_is_looked_at_first_and_made_once(self, session, grant):
        found = years.coming(session, grant, LATER)
        assert (found.year, found.first_on, found.last_on, len(found.dates)) == (2, FIRST, LAST, 20)
        row = made(session, grant)
        assert (row.year, len(second(session, grant))) == (2, 20)
        with pytest.raises(NotNow):
            made(session, grant)

    def test_days_under_an_exception_are_left_out_and_others_at_their_hours(self, session, grant):
        tell(session, grant, ExceptionKind.WITHOUT, date(2028, 2, 14), date(2028, 2, 27))
        tell(session, grant, ExceptionKind.HOURS, date(2028, 5, 1), date(2028, 5, 28), (1020, 1140))
        preview = years.coming(session, grant, LATER)
        assert [one.day for one in preview.dates if one.problem] == [date(2028, 2, 15), date(2028, 2, 22)]
        row = made(session, grant)
        assert [one["day"] for one in row.left_out] == ["2028-02-15", "2028-02-22"]
        assert {minutes_of(one) for one in second(session, grant) if day_of(one).month == 5} == {(1020, 1140)}
        assert {minutes_of(one) for one in second(session, grant) if day_of(one).month < 5} == {(1080, 1260)}

    def test_a_grant_that_ended_has_no_second_season(self, session, grant):
        tell(session, grant, ExceptionKind.ENDED, date(2027, 2, 1), now=NOW)
        assert [day_of(row) for row in ahead_of(times_of(session, grant), NOW)][-1] == date(2027, 1, 26)
        assert years.coming(session, grant, LATER) is None

    def test_what_others_booked_meanwhile_is_told_and_left_out(self, session, grant):
        make.occurrence(session, grant.space, make.span("2028-01-18", "20:00", "21:00"))
        problems = {one.day: one.problem for one in years.coming(session, grant, LATER).dates if one.problem}
        assert problems == {date(2028, 1, 18): "taken"}
        assert made(session, grant).left_out == [{"day": "2028-01-18", "reason": "taken"}]

    def test_a_season_of_nothing_but_exceptions_is_refused(self, session, grant):
        tell(session, grant, ExceptionKind.WITHOUT, FIRST, LAST)
        with pytest.raises(BadInput):
            made(session, grant)


def test_a_grant_for_one_year_is_for_one_year(session):
    grant = a_grant(session)
    assert years.coming(session, grant, LATER) is None


def test_an_exception_in_the_running_season_gives_its_dates_back_and_moves_others(session, grant):
    tell(session, grant, ExceptionKind.WITHOUT, date(2027, 1, 18), date(2027, 1, 31), now=NOW)
    tell(session, grant, ExceptionKind.HOURS, date(2027, 2, 1), date(2027, 2, 7), (1020, 1140), now=NOW)
    rows = [(day_of(row).day, *minutes_of(row)) for row in ahead_of(times_of(session, grant), NOW)]
    assert rows == [(12, 1080, 1260), (2, 1020, 1140), (9, 1080, 1260)]


@pytest.mark.parametrize(
    ("kind", "last_on", "minutes"),
    [
        (ExceptionKind.ENDED, date(2028, 2, 1), None),
        (ExceptionKind.WITHOUT, None, None),
        (ExceptionKind.WITHOUT, date(2027, 1, 1), None),
        (ExceptionKind.HOURS, date(2028, 2, 28), None),
        (ExceptionKind.HOURS, date(2028, 2, 28), (1140, 1080)),
    ],
)
def test_an_exception_without_its_days_or_hours_is_refused(session, grant, kind, last_on, minutes):
    with pytest.raises(BadInput):
        tell(session, grant, kind, date(2028, 2, 1), last_on, minutes)
