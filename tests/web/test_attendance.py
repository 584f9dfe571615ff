"""Telling how many came: from my bookings, by the link at the door, corrected by the house."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.happenings.models import Attendance
from booking.life import door_links
from booking.roles import Role
from tests.web.test_booking import plain


@pytest.fixture
def over(town, clock):
    """It is half past seven in the evening: the troop's time has just ended."""
    clock.at = town.occurrence.ends_at
    return town.occurrence


def told(rolled_back):
    with rolled_back() as session:
        return session.scalar(select(Attendance))


def test_one_tap_from_my_bookings_is_enough(client_as, town, over, rolled_back):
    client = client_as(town.booker)
    page = client.get("/mine").text
    assert "As expected (20)" in page
    address = re.search(r'action="(/attendance/[a-z0-9]+)"', page)[1]
    assert client.post(address, data={"as_expected": "1"}).status_code == 302
    assert (told(rolled_back).heads, told(rolled_back).told_by) == (20, town.booker.id)
    assert "As expected (20)" not in client.get("/mine").text


def test_numbers_by_age_group_are_kept_and_shown(client_as, town, over, rolled_back):
    client = client_as(town.booker, language="fi")
    client.post(f"/attendance/{over.ref}", data={"group_7_12": "9", "group_20_64": "2", "guests": "4"})
    assert told(rolled_back).groups == {"7_12": 9, "20_64": 2}
    page = plain(client.get(f"/attendance/{over.ref}").text)
    assert "15 kävijää: 7–12 v. 9, 20–64 v. 2, vieraita 4" in page


def test_nonsense_comes_back_beside_its_field(client_as, town, over, rolled_back):
    answer = client_as(town.booker).post(f"/attendance/{over.ref}", data={"total": "many"})
    assert answer.status_code == 422
    assert 'aria-describedby="h-total e-total"' in answer.text
    assert told(rolled_back) is None


def test_before_the_start_and_after_two_weeks_the_group_tells_nothing(client_as, town, clock, rolled_back):
    client, row = client_as(town.booker), town.occurrence
    assert client.post(f"/attendance/{row.ref}", data={"as_expected": "1"}).status_code == 422
    clock.at = row.ends_at + timedelta(days=14, minutes=1)
    assert client.post(f"/attendance/{row.ref}", data={"as_expected": "1"}).status_code == 422
    assert told(rolled_back) is None


def test_the_house_corrects_with_a_reason_and_never_without(client_as, town, over, rolled_back):
    client_as(town.booker).post(f"/attendance/{over.ref}", data={"as_expected": "1"})
    client = client_as(Role.CARETAKER)
    assert client.post(f"/attendance/{over.ref}", data={"total": "3"}).status_code == 422
    client.post(f"/attendance/{over.ref}", data={"total": "3", "reason": "Counted at the door"})
    assert (told(rolled_back).heads, told(rolled_back).correction) == (3, "Counted at the door")
    assert "Counted at the door" in client_as(town.booker).get(f"/attendance/{over.ref}").text


@pytest.mark.parametrize("role", [Role.SECRETARY, Role.BOOKER, Role.CARETAKER, Role.MANAGER])
def test_nobody_from_elsewhere_tells_anything(client_as, over, role):
    assert client_as(role, stranger=True).post(f"/attendance/{over.ref}", data={"as_expected": "1"}).status_code == 403


@pytest.fixture
def link(town, rolled_back, clock):
    with rolled_back.begin() as session:
        return door_links.make(session, town.premises, town.space, by=town.people[Role.MANAGER].id, now=clock.at)


def test_the_link_at_the_door_needs_no_sign_in_and_shows_no_names_of_people(client_as, town, over, link, rolled_back):
    client = client_as(None)
    page = client.get(f"/a/{link.code}").text
    assert town.organisation.name in page
    assert town.booker.name not in page
    assert town.occurrence.booking.title not in page
    client.post(f"/a/{link.code}", data={"time": over.ref, "as_expected": "1"})
    assert (told(rolled_back).heads, told(rolled_back).told_by) == (20, None)
    assert "20 people came" in plain(client.get(f"/a/{link.code}").text)


def test_the_link_reaches_only_what_goes_on_behind_it(client_as, town, clock, link, rolled_back):
    client = client_as(None)
    assert "No booked time is going on here" in client.get(f"/a/{link.code}").text
    assert client.post(f"/a/{link.code}", data={"time": town.occurrence.ref, "as_expected": "1"}).status_code == 404
    assert told(rolled_back) is None
    assert client.get("/a/nosuchcode").status_code == 404


def test_the_house_makes_a_link_prints_its_notice_and_ends_it(client_as, town, rolled_back):
    client, base = client_as(Role.CARETAKER), f"/premises/{town.premises.ref}/attendance-links"
    answer = client.post(base, data={"space": town.space.ref})
    notice = client.get(answer.headers["Location"]).text
    code = re.search(r"/a/([a-z0-9]{10})", notice)[1]
    assert "Kuinka monta tuli?" in notice
    assert client_as(None).get(f"/a/{code}").status_code == 200
    client.post(answer.headers["Location"] + "/end")
    assert client_as(None).get(f"/a/{code}").status_code == 404


def test_programs_tell_and_read_it_too(client_as, town, over):
    client = client_as(town.booker)
    address = f"/api/v1/occurrences/{over.ref}/attendance"
    assert client.get(address).json == {"heads": None, "groups": {}, "guests": None, "as_expected": False}
    answer = client.post(address, json={"groups": {"7_12": 9}, "guests": 1})
    assert (answer.status_code, answer.json["heads"]) == (200, 10)
    assert client.post(address, json={"groups": {"teens": 9}}).status_code == 422
