"""What has been before, as rules ask for it."""

from datetime import date

import pytest

from booking.happenings.history import Before, bans, bans_at, history
from booking.models import Term
from tests import make
from tests.booking.life import make as life


@pytest.fixture
def troop(session):
    return make.organisation(session)


@pytest.fixture
def hall(session):
    return make.space(session)


def test_who_has_no_history_has_zeros(session, troop):
    assert history(session, troop.id, date(2026, 11, 30)) == Before(0, 0, 0)


def test_no_shows_count_from_the_first_of_august(session, troop, hall):
    for day in ("2026-07-31", "2026-08-03", "2026-11-10"):
        life.happened(session, life.over(session, troop, hall, day))
    assert history(session, troop.id, date(2026, 11, 30)).no_shows == 2


def test_no_shows_count_in_the_term_of_the_space(session, troop, hall):
    term = {"first_on": date(2026, 11, 1), "last_on": date(2026, 12, 20), "name_fi": "Loppusyksy"}
    session.add(Term(premises_id=hall.premises_id, **term))
    for day in ("2026-10-27", "2026-11-10"):
        life.happened(session, life.over(session, troop, hall, day))
    assert history(session, troop.id, date(2026, 11, 30), space=hall).no_shows == 1


def test_a_proposed_or_dismissed_no_show_is_no_history(session, troop, hall):
    life.happened(session, life.over(session, troop, hall, "2026-11-03"), state="proposed", decided_at=None)
    life.happened(session, life.over(session, troop, hall, "2026-11-10"), state="dismissed")
    assert history(session, troop.id, date(2026, 11, 30)).no_shows == 0


def test_unused_times_in_a_row_are_counted_back_to_the_last_used_one(session, troop, hall):
    days = ["2026-11-03", "2026-11-10", "2026-11-17", "2026-11-24"]
    rows = [life.over(session, troop, hall, day) for day in days]
    for row in (rows[0], rows[2], rows[3]):
        life.happened(session, row)
    assert history(session, troop.id, date(2026, 11, 30)).unused_running == 2


def test_a_cancelled_time_breaks_no_row_of_unused_ones(session, troop, hall):
    _used, unused = (life.over(session, troop, hall, day) for day in ("2026-11-03", "2026-11-10"))
    life.over(session, troop, hall, "2026-11-17", state="cancelled")
    life.happened(session, unused)
    assert history(session, troop.id, date(2026, 11, 30)).unused_running == 1


def test_warnings_given_in_the_season_count(session, troop):
    life.sanction(session, troop, "warning", make.at("2026-10-01", "12:00"))
    life.sanction(session, troop, "notice", make.at("2026-10-02", "12:00"))
    assert history(session, troop.id, date(2026, 11, 30)).warnings == 1


def test_a_ban_holds_on_its_first_and_last_day_and_not_after(session, troop):
    life.sanction(session, troop, "ban", make.at("2026-11-02", "12:00"), last_on=date(2026, 11, 29))
    days = [date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 29), date(2026, 11, 30)]
    assert [bans(session, troop.id, day) for day in days] == [(), ("all",), ("all",), ()]


def test_a_ban_on_one_house_holds_in_that_house_only(session, troop, hall):
    elsewhere = make.space(session)
    given = {"scope": "premises", "premises_id": hall.premises_id}
    life.sanction(session, troop, "ban", make.at("2026-11-02", "12:00"), **given)
    on = date(2026, 11, 20)
    assert [bans_at(session, troop.id, on, place) for place in (hall, elsewhere)] == [("premises",), ()]


def test_a_holiday_ban_holds_on_public_holidays_and_between_terms(session, troop, hall):
    for first, last in ((date(2026, 8, 12), date(2026, 10, 9)), (date(2026, 10, 19), date(2026, 12, 18))):
        session.add(Term(premises_id=hall.premises_id, first_on=first, last_on=last, name_fi="Syksy"))
    life.sanction(session, troop, "ban", make.at("2026-09-01", "12:00"), scope="holidays", last_on=None)
    days = [date(2026, 10, 12), date(2026, 11, 24), date(2026, 12, 6)]
    assert [bans_at(session, troop.id, day, hall) for day in days] == [("holidays",), (), ("holidays",)]


def test_a_lifted_or_proposed_ban_holds_nowhere(session, troop):
    at = make.at("2026-11-02", "12:00")
    life.sanction(session, troop, "ban", at, state="lifted")
    life.sanction(session, troop, "ban", at, state="proposed", given_at=None)
    assert bans(session, troop.id, date(2026, 11, 20)) == ()
