"""The register for programs, and bookings that name their group."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from booking.models import Booking, Group
from booking.roles import Role
from tests import make


def test_an_entry_tells_everybody_the_plain_and_its_own_the_rest(client_as, town):
    url = f"/api/v1/organisations/{town.organisation.ref}"
    own = client_as(Role.SECRETARY).get(url).json
    assert own["name"] == town.organisation.name
    assert own["proof"] == "not_verified"
    assert "Sudenpennut" in {group["name"] for group in own["groups"]}
    assert own["members"][0]["name"] == "Jäsenkerho ry"
    other = client_as(Role.SECRETARY, stranger=True).get(url).json
    assert (other["proof"], other["groups"], other["registration_number"]) == (None, None, "123.456")


def test_entries_are_sought_by_name_number_and_kind(client_as, town):
    client = client_as(Role.BOOKER)
    found = client.get("/api/v1/organisations?q=123.456").json
    assert [one["ref"] for one in found] == [town.organisation.ref]
    assert client.get("/api/v1/organisations?q=kuusikon&kind=company").json == []
    assert client_as(None).get("/api/v1/organisations").status_code == 401


def test_the_ref_of_a_merged_entry_gives_the_one_that_stays(client_as, town, rolled_back):
    with rolled_back.begin() as session:
        gone = make.organisation(session, name="Vanha", merged_into_id=town.organisation.id)
    assert client_as(Role.BOOKER).get(f"/api/v1/organisations/{gone.ref}").json["ref"] == town.organisation.ref


@pytest.fixture
def wish(town):
    """A time that anybody of the troop may have, as a program asks for it."""
    told = {"space": town.space.ref, "title": "Laumailta", "purpose": "weekly_meeting", "people": 20}
    return told | {"day": "2026-11-25", "start": "18:00", "end": "19:00", "organisation": town.organisation.ref}


def group_of(rolled_back, ref):
    with rolled_back() as session:
        return session.scalar(select(Booking.group_id).where(Booking.ref == ref))


def test_a_booking_names_its_group(client_as, town, wish, rolled_back):
    group = town.samples["group_ref"]
    made = client_as(Role.BOOKER).post("/api/v1/bookings", json=wish | {"subgroup": group})
    assert made.status_code == 201, made.json
    assert group_of(rolled_back, made.json["ref"]) is not None
    assert "Sudenpennut" in client_as(Role.BOOKER).get(f"/bookings/{made.json['ref']}").text
    assert "Sudenpennut (" in client_as(Role.BOOKER).get("/book").text


def test_who_books_for_one_group_books_for_that_group_without_naming_it(client_as, town, wish, rolled_back):
    coach = town.strangers[Role.AUDITOR]
    data = {"email": coach.email, "role": "booker", "first_on": "2026-11-24", "group": town.samples["group_ref"]}
    client_as(Role.SECRETARY).post(f"/organisations/{town.organisation.ref}", data=data)
    made = client_as(coach).post("/api/v1/bookings", json=wish)
    assert made.status_code == 201, made.json
    assert group_of(rolled_back, made.json["ref"]) is not None


def test_a_team_books_neither_for_another_team_nor_in_another_association(client_as, town, wish, rolled_back):
    """Acceptance S11."""
    coach = town.strangers[Role.AUDITOR]
    with rolled_back.begin() as session:
        other = Group(organisation_id=town.organisation.id, name="Tarpojat")
        elsewhere = make.organisation(session, name="Naapuriseura ry")
        theirs = Group(organisation_id=elsewhere.id, name="P13")
        session.add_all([other, theirs])
    data = {"email": coach.email, "role": "booker", "first_on": "2026-11-24", "group": town.samples["group_ref"]}
    client_as(Role.SECRETARY).post(f"/organisations/{town.organisation.ref}", data=data)
    client = client_as(coach)
    assert client.post("/api/v1/bookings", json=wish | {"subgroup": other.ref}).status_code == 403
    assert client.post("/api/v1/bookings", json=wish | {"organisation": elsewhere.ref}).status_code == 403
    assert client.post("/api/v1/bookings", json=wish | {"subgroup": theirs.ref}).status_code == 422
    assert "Naapuriseura" not in client.get("/book").text
