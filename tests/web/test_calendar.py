"""The calendars as people meet them."""

from datetime import date

import pytest

from booking.models import ClosedDays
from tests import make
from web.weeks import Week


def test_weeks_are_counted_as_finns_count_them():
    assert Week.of(date(2026, 12, 31)).code == "2026-W53"
    assert Week.of(date(2027, 1, 3)) == Week(2026, 53)
    assert Week(2026, 53).later(1) == Week(2027, 1)
    assert Week.read("2026-W54") is None
    assert Week.read("week 48") is None


@pytest.mark.parametrize(
    ("locale", "said"),
    [("fi", "23.–29.11.2026"), ("sv_FI", "23–29 nov. 2026"), ("en_GB", "23–29 Nov 2026")],
)
def test_the_days_of_a_week_are_written_as_the_language_writes_them(locale, said):
    assert Week(2026, 48).interval(locale) == said


def test_the_week_shows_what_is_booked_and_by_whom(client_as, town):
    page = client_as(None).get("/week?w=2026-W48").text
    assert "<title>Week 48, 23–29 Nov 2026" in page
    assert "18:00–19:30" in page
    assert "Kuusikon Kiipijät ry" in page


def test_the_title_is_what_finns_say(client_as, town):
    assert "<title>Viikko 48, 23.–29.11.2026" in client_as(None, language="fi").get("/week?w=2026-W48").text


def test_a_private_person_is_never_named(client_as, town, rolled_back):
    with rolled_back.begin() as session:
        own = make.organisation(session, name="Yksityinen Ihminen", kind="person", purposes=[])
        make.occurrence(session, session.merge(town.space), make.span("2026-11-26", "18:00", "19:00"), whose=own)
    for view in ("/week?w=2026-W48", "/list?w=2026-W48", "/day?d=2026-11-26"):
        page = client_as(None).get(view).text
        assert "Yksityinen" not in page
        assert "Taken" in page


def test_a_name_that_the_rules_hide_is_not_shown(client_as, town, rolled_back):
    with rolled_back.begin() as session:
        club = make.organisation(session, name="Salainen Seura ry")
        row = make.occurrence(session, session.merge(town.space), make.span("2026-11-26", "18:00", "19:00"), whose=club)
        row.trace = {"publicity": {"row": "hidden", "name_shown": False, "purpose_shown": False}}
    for view in ("/week?w=2026-W48", "/list?w=2026-W48", "/day?d=2026-11-26"):
        page = client_as(None).get(view).text
        assert "Salainen" not in page
        assert "Kuusikon Kiipijät ry" in client_as(None).get("/week?w=2026-W48").text


def test_own_bookings_are_marked_in_words(client_as, town):
    assert "Own booking: Laumailta" in " ".join(client_as(town.booker).get("/week?w=2026-W48").text.split())


def test_a_closed_day_says_why_and_takes_no_bookings(client_as, town, rolled_back):
    with rolled_back.begin() as session:
        day = date(2026, 11, 26)
        session.add(
            ClosedDays(premises_id=town.premises.id, first_on=day, last_on=day, name_fi="Vahaus", name_en="Waxing")
        )
    page = client_as(None).get("/day?d=2026-11-26").text
    assert "Waxing" in page
    assert "day=2026-11-26" not in page.split("<table", 1)[1].split("Toinen talo")[0]


def test_a_public_holiday_is_named(client_as, town):
    assert "itsenäisyyspäivä" in client_as(None, language="fi").get("/day?d=2026-12-06").text.lower()


def test_a_booking_of_the_whole_stands_in_its_halves_too(client_as, town, rolled_back):
    with rolled_back.begin() as session:
        hall = session.merge(town.space)
        whole = make.space(session, hall.premises, name_fi="Halli", name_en="Hall")
        half = make.space(session, hall.premises, name_fi="Halli, lohko A", name_en="Hall, half A", parent_id=whole.id)
        make.occurrence(session, half, make.span("2026-11-25", "10:00", "11:00"))
        taken = make.occurrence(session, half, make.span("2026-11-25", "12:00", "13:00"))
        taken.space_id = whole.id
    page = " ".join(client_as(None).get("/week?w=2026-W48").text.split())
    assert page.count("(half A)") == 1  # the half's time, in the whole's row
    assert page.count("(the whole space)") == 1  # the whole's time, in the half's row


def test_an_address_that_means_nothing_shows_this_week(client_as, town):
    page = client_as(None).get("/week?w=nonsense&d=31.2.2026&p=nobody&kind=cellar")
    assert page.status_code == 200
    assert "There are no spaces like that" in page.text


def test_past_days_offer_no_booking(client_as, town):
    table = client_as(None).get("/week?w=2026-W47").text.split("<table", 1)[1]
    assert 'class="add' not in table


def test_the_year_turns_in_the_right_week(client_as, town):
    page = client_as(None).get("/week?w=2026-W53").text
    assert "w=2027-W01" in page
    assert "w=2026-W52" in page
