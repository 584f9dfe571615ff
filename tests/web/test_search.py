"""Finding a free time, and the page of a space."""

import re
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from booking.models import ClosedDays, Term
from tests import make
from tests.web.test_booking import asked, hold, plain  # noqa: F401 - `asked` is a fixture
from web.calendar_rows import Axis

WEDNESDAY = {"first_on": "2026-11-25", "start": "17:00", "end": "20:00", "minutes": "60", "people": "20"}


def test_free_starts_lead_into_the_form(client_as, town):
    client = client_as(town.booker)
    page = client.get("/find", query_string=WEDNESDAY).text
    link = re.search(r'href="(/book\?space=[^"]*start=17:00[^"]*|/book\?[^"]*start=17%3A00[^"]*)"', page)[1]
    form = client.get(link.replace("&amp;", "&")).text
    assert 'value="17:00"' in form
    assert 'value="18:00"' in form
    assert 'value="20"' in form


def test_what_is_not_free_says_why(client_as, town):
    asked_for = WEDNESDAY | {"first_on": "2026-11-24", "start": "18:00", "end": "19:30", "premises": town.premises.ref}
    page = plain(client_as(None, language="fi").get("/find", query_string=asked_for).text)
    assert "Ei vapaana, ja miksi" in page
    assert "Tila on silloin toisella: 18–19.30" in page


def test_only_spaces_with_all_that_is_wished_are_offered(client_as, town, rolled_back):
    with rolled_back.begin() as session:
        place = make.premises(session, name_fi="Esteetön talo", step_free=True, kind="resident_park")
        make.space(session, place, name_fi="Pianosali", equipment=["piano"], step_free=True, capacity=25)
    wished = WEDNESDAY | {"equipment": "piano", "step_free": "1"}
    page = plain(client_as(None).get("/find", query_string=wished).text)
    assert "1 space is free" in page
    assert "Pianosali" in page
    page = plain(client_as(None).get("/find", query_string=wished | {"premises_kind": "resident_park"}).text)
    assert "1 space is free" in page
    page = plain(client_as(None).get("/find", query_string=wished | {"people": "26"}).text)
    assert "No space fits" in page


def test_a_search_that_means_nothing_says_so_at_its_field(client_as, town):
    for wrong in (
        {"end": "16:00"},
        {"last_on": "2026-11-01"},
        {"last_on": "2027-11-01"},
        {"people": "0"},
        {"minutes": "x"},
    ):
        answer = client_as(None).get("/find", query_string=WEDNESDAY | wrong)
        assert answer.status_code == 422, wrong
        assert "Check these" in answer.text


def test_every_free_start_can_be_held(client_as, town, asked):  # noqa: F811
    client = client_as(town.booker)
    page = client.get("/find", query_string=WEDNESDAY | {"premises": town.premises.ref, "minutes": "90"}).text
    found = re.findall(r"start=(\d\d)(?::|%3A)(\d\d)", page)
    assert found
    for hour, minute in found[:3]:
        end = f"{int(hour) + (int(minute) + 90) // 60}:{(int(minute) + 90) % 60:02}"
        assert hold(client, asked | {"start": f"{hour}:{minute}", "end": end})


def test_the_page_of_a_space_tells_its_facts(client_as, town, rolled_back):
    with rolled_back.begin() as session:
        term = {"first_on": date(2026, 8, 1), "last_on": date(2026, 12, 31), "name_fi": "Syyskausi"}
        session.add(Term(premises_id=town.premises.id, name_en="Autumn term", **term))
        closed = {"first_on": date(2026, 12, 18), "last_on": date(2026, 12, 19), "name_fi": "Vahaus"}
        session.add(ClosedDays(premises_id=town.premises.id, name_en="Waxing", **closed))
    page = plain(client_as(None).get(f"/spaces/{town.space.ref}?w=2026-W48").text)
    for told in ("Great hall", "Room for people 40", "Vuokko Vastaava", "Autumn term", "Waxing", "Monday 08:00–22:00"):
        assert told in page
    assert "18:00–19:30" in page


def test_an_unknown_space_is_not_found(client_as, town):
    assert client_as(None).get("/spaces/nowhere").status_code == 404


@given(first=st.integers(0, 23), hours=st.integers(1, 24), start=st.integers(0, 1439), length=st.integers(1, 1440))
@settings(max_examples=200)
def test_what_is_drawn_never_leaves_its_axis(first, hours, start, length):
    axis = Axis(first * 60, (first + hours) * 60)
    place = axis.place(start, start + length)
    outside = start >= axis.last_min or start + length <= axis.first_min
    assert (place is None) == outside
    if place:
        assert place.x >= 0
        assert place.width >= 1
        assert place.x + place.width <= axis.quarters
