"""The register: numbers are checked, secretaries run their own entry, roles have days."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from booking.acts import Act
from booking.models import Organisation, Person, RoleGrant
from booking.roles import Role
from tests import make
from tests.web.conftest import ClientAs
from tests.web.town import Town

GOOD: dict[str, Any] = {
    "name": "Metsän Menijät ry",
    "kind": "association",
    "registration_number": "123.123",
    "domicile": "Espoo",
    "purposes": ["scout", "youth"],
    "for_profit": "no",
    "members_total": "80",
    "members_under_18": "60",
}


def entry(sessions: sessionmaker[Session], name: str) -> Organisation | None:
    with sessions() as session:
        return session.scalar(select(Organisation).where(Organisation.name == name))


def grants(sessions: sessionmaker[Session], organisation: Organisation) -> list[RoleGrant]:
    with sessions() as session:
        return list(session.scalars(select(RoleGrant).where(RoleGrant.organisation_id == organisation.id)))


def test_whoever_enters_an_organisation_becomes_its_secretary(client_as: ClientAs, town: Town, rolled_back) -> None:
    answer = client_as(Role.BOOKER).post("/organisations/new", data=GOOD)
    made = entry(rolled_back, "Metsän Menijät ry")
    assert made
    assert answer.headers["Location"] == f"/organisations/{made.ref}"
    assert (made.registration_number, made.purposes, made.facts) == (
        "123.123",
        ["scout", "youth"],
        {"for_profit": False},
    )
    assert {(grant.person_id, grant.role) for grant in grants(rolled_back, made)} == {
        (town.booker.id, "secretary"),
        (town.booker.id, "booker"),
    }


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("business_id", "2077474-1", "not a valid business ID"),
        ("registration_number", "12345678", "not a valid number in the register"),
        ("registration_number", "", "gives its number in the register"),
        ("members_under_18", "81", "more than the number of members"),
        ("members_total", "many", "Write a whole number"),
        ("members_total", "-1", "cannot be negative"),
        ("domicile", "", "This is needed"),
        ("purposes", "world peace", "Choose one of the choices"),
        ("kind", "kingdom", "Choose one of the choices"),
        ("name", "x" * 201, "too long"),
    ],
)
def test_a_wrong_entry_is_refused_beside_its_field(
    client_as: ClientAs, rolled_back, field: str, value: str, words: str
) -> None:
    answer = client_as(Role.BOOKER).post("/organisations/new", data=GOOD | {field: value})
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert words in answer.text
    assert entry(rolled_back, "Metsän Menijät ry") is None


def test_a_number_stands_once_in_the_register(client_as: ClientAs, town: Town) -> None:
    answer = client_as(Role.BOOKER).post("/organisations/new", data=GOOD | {"registration_number": "123456"})
    assert answer.status_code == 422
    assert "registration number is in the register already" in answer.text


def test_nobody_makes_themselves_a_school(client_as: ClientAs, rolled_back) -> None:
    answer = client_as(Role.BOOKER).post("/organisations/new", data=GOOD | {"kind": "school"})
    assert answer.status_code == 422
    assert client_as(Role.ADMINISTRATOR).post("/organisations/new", data=GOOD | {"kind": "school"}).status_code == 302
    made = entry(rolled_back, "Metsän Menijät ry")
    assert made
    assert grants(rolled_back, made) == []


def test_the_secretary_changes_the_entry_and_the_log_names_the_fields(
    client_as: ClientAs, town: Town, rolled_back, acts_kept: list[Act]
) -> None:
    data = GOOD | {"name": town.organisation.name, "registration_number": "123.456", "domicile": "Kauniainen"}
    answer = client_as(Role.SECRETARY).post(f"/organisations/{town.organisation.ref}/edit", data=data)
    assert answer.status_code == 302
    changed = entry(rolled_back, town.organisation.name)
    assert changed
    assert changed.domicile == "Kauniainen"
    assert "domicile" in acts_kept[-1].body["fields"]


def test_what_the_municipality_judged_survives_the_secretarys_change(
    client_as: ClientAs, town: Town, rolled_back
) -> None:
    judged = {"relation": "partner", "complements": "yes", "grants": ["culture"]}
    client_as(Role.ADMINISTRATOR).post(f"/organisations/{town.organisation.ref}/standing", data=judged)
    data = GOOD | {"name": town.organisation.name, "registration_number": "123.456", "relation": "education_unit"}
    client_as(Role.SECRETARY).post(f"/organisations/{town.organisation.ref}/edit", data=data)
    changed = entry(rolled_back, town.organisation.name)
    assert changed
    assert changed.facts == {"relation": "partner", "complements": True, "grants": ["culture"], "for_profit": False}


@pytest.mark.parametrize("path", ["/edit", "", "/roles/GRANT/end"])
def test_a_secretary_elsewhere_changes_nothing_here(client_as: ClientAs, town: Town, path: str) -> None:
    url = f"/organisations/{town.organisation.ref}{path}".replace("GRANT", town.samples["grant_ref"])
    client = client_as(Role.SECRETARY, stranger=True)
    data = GOOD | {"email": town.booker.email, "role": "booker", "first_on": "2026-11-24"}
    assert client.post(url, data=data).status_code == 403


def test_a_secretary_ends_no_role_of_another_organisation(client_as: ClientAs, town: Town, rolled_back) -> None:
    with rolled_back() as session:
        other = session.scalars(select(RoleGrant).where(RoleGrant.person_id == town.strangers[Role.BOOKER].id)).one()
    url = f"/organisations/{town.organisation.ref}/roles/{other.ref}/end"
    assert client_as(Role.SECRETARY).post(url, data={"last_on": "2026-11-24"}).status_code == 404


def test_a_secretary_gives_a_dated_role(client_as: ClientAs, town: Town, rolled_back) -> None:
    newcomer = town.strangers[Role.AUDITOR]
    data = {"email": newcomer.email, "role": "booker", "first_on": "2026-12-01", "last_on": "2027-05-31"}
    assert client_as(Role.SECRETARY).post(f"/organisations/{town.organisation.ref}", data=data).status_code == 302
    given = [grant for grant in grants(rolled_back, town.organisation) if grant.person_id == newcomer.id]
    assert [(grant.first_on, grant.last_on) for grant in given] == [(date(2026, 12, 1), date(2027, 5, 31))]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": "nobody@esimerkki.example"}, "Nobody with this e-mail address"),
        ({"last_on": "2026-11-01", "role": "key_holder"}, "last day is before the first"),
        ({"role": "auditor"}, "Choose one of the choices"),
        ({"first_on": "soon"}, "Write the day"),
        ({}, "has this role already"),
    ],
)
def test_a_role_that_cannot_be_given_says_why(
    client_as: ClientAs, town: Town, change: dict[str, str], words: str
) -> None:
    data = {"email": town.booker.email, "role": "booker", "first_on": "2026-11-24"} | change
    answer = client_as(Role.SECRETARY).post(f"/organisations/{town.organisation.ref}", data=data)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_role_that_ended_opens_nothing(client_as: ClientAs, town: Town, rolled_back, clock) -> None:
    with rolled_back() as session:
        own = session.scalars(select(RoleGrant).where(RoleGrant.person_id == town.people[Role.SECRETARY].id)).one()
    client = client_as(Role.SECRETARY)
    client.post(f"/organisations/{town.organisation.ref}/roles/{own.ref}/end", data={"last_on": "2026-11-24"})
    assert client.get(f"/organisations/{town.organisation.ref}/edit").status_code == 200
    clock.at = make.at("2026-11-25", "00:01")
    assert client.get(f"/organisations/{town.organisation.ref}/edit").status_code == 403


def test_the_people_of_an_organisation_are_seen_by_its_own_only(client_as: ClientAs, town: Town) -> None:
    url = f"/organisations/{town.organisation.ref}"
    name = town.people[Role.KEY_HOLDER].name
    assert name in client_as(Role.BOOKER).get(url).text
    assert name not in client_as(Role.CARETAKER).get(url).text


def test_an_administrators_look_at_people_is_told(client_as: ClientAs, town: Town, acts_kept: list[Act]) -> None:
    client_as(Role.ADMINISTRATOR).get(f"/organisations/{town.organisation.ref}")
    look = [act for act in acts_kept if act.kind.value == "person.viewed"][-1]
    assert look.subject == town.organisation.ref
    assert town.booker.id in look.persons


def test_a_private_persons_entry_is_hidden_from_others(client_as: ClientAs, town: Town, rolled_back) -> None:
    with rolled_back.begin() as session:
        someone = session.get_one(Person, town.strangers[Role.BOOKER].id)
        own = make.organisation(session, name=someone.name, kind="person", person_id=someone.id)
    assert client_as(Role.BOOKER).get(f"/organisations/{own.ref}").status_code == 404
    assert client_as(someone).get(f"/organisations/{own.ref}").status_code == 200
    assert someone.name not in client_as(Role.BOOKER).get("/organisations").text


@pytest.mark.parametrize(("seek", "found"), [("kuusikon", True), ("123.456", True), ("100%", False), ("", True)])
def test_the_register_is_searched_by_name_and_number(client_as: ClientAs, town: Town, seek: str, found: bool) -> None:
    page = client_as(Role.BOOKER).get("/organisations", query_string={"q": seek}).text
    assert (f">{town.organisation.name}</a></th>" in page) == found
