"""The administrator: staff roles, and what is kept about a person."""

from __future__ import annotations

from sqlalchemy import select

from booking.acts import Act, ActKind
from booking.models import Person, RoleGrant
from booking.roles import Role
from tests.web.conftest import ClientAs
from tests.web.town import Town


def test_the_administrator_gives_a_role_at_one_premises(client_as: ClientAs, town: Town, rolled_back) -> None:
    data = {
        "email": town.booker.email,
        "role": "caretaker",
        "premises": town.premises.ref,
        "first_on": "2026-11-24",
    }
    assert client_as(Role.ADMINISTRATOR).post("/people", data=data).status_code == 302
    with rolled_back() as session:
        query = select(RoleGrant).where(RoleGrant.person_id == town.booker.id, RoleGrant.role == "caretaker")
        assert session.scalars(query).one().premises_id == town.premises.id


def test_an_auditor_of_one_premises_is_refused_beside_the_field(client_as: ClientAs, town: Town) -> None:
    data = {"email": town.booker.email, "role": "auditor", "premises": town.premises.ref, "first_on": "2026-11-24"}
    answer = client_as(Role.ADMINISTRATOR).post("/people", data=data)
    assert answer.status_code == 422
    assert "This role does not belong here" in answer.text


def test_the_administrator_ends_a_staff_role(client_as: ClientAs, town: Town, rolled_back) -> None:
    with rolled_back() as session:
        held = session.scalars(select(RoleGrant).where(RoleGrant.person_id == town.people[Role.CARETAKER].id)).one()
    client = client_as(Role.ADMINISTRATOR)
    assert client.post(f"/people/roles/{held.ref}/end", data={"last_on": "2026-11-30"}).status_code == 302
    assert "30 Nov 2026" in client.get("/people").text


def test_roles_in_organisations_are_not_ended_from_the_staff_page(client_as: ClientAs, town: Town) -> None:
    url = f"/people/roles/{town.samples['grant_ref']}/end"
    assert client_as(Role.ADMINISTRATOR).post(url, data={"last_on": "2026-11-30"}).status_code == 404


def test_a_person_is_found_by_address_and_the_look_is_told(
    client_as: ClientAs, town: Town, acts_kept: list[Act]
) -> None:
    client = client_as(Role.ADMINISTRATOR)
    found = client.get("/people/find", query_string={"email": town.booker.email})
    assert town.booker.name in client.get(found.headers["Location"]).text
    assert [act.subject for act in acts_kept if act.kind is ActKind.PERSON_VIEWED] == [town.booker.ref]
    assert client.get("/people/find", query_string={"email": "nobody@example.fi"}).status_code == 422


def test_a_person_is_erased_only_by_somebody_who_is_sure(client_as: ClientAs, town: Town, rolled_back) -> None:
    client, url = client_as(Role.ADMINISTRATOR), f"/people/{town.booker.ref}"
    assert client.post(f"{url}/erase", data={"ground": "asked"}).status_code == 422
    assert client.get(url).status_code == 200
    assert client.post(f"{url}/erase", data={"ground": "asked", "sure": "1"}).status_code == 302
    assert client.get(url).status_code == 404
    with rolled_back() as session:
        erased = session.get_one(Person, town.booker.id)
    assert (erased.name, erased.email) == ("", None)
