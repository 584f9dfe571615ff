"""Staff roles for the administrator, and people who phone."""

from __future__ import annotations

from sqlalchemy import select

from booking.models import Organisation, Person, RoleGrant
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


def test_the_manager_registers_somebody_who_phoned_and_has_no_mail(
    client_as: ClientAs, town: Town, rolled_back
) -> None:
    data = {"name": "Puhelin-Pentti", "phone": "040 000 0001", "language": "fi"}
    answer = client_as(Role.MANAGER).post("/people/new", data=data)
    with rolled_back() as session:
        pentti = session.scalars(select(Person).where(Person.name == "Puhelin-Pentti")).one()
        own = session.scalars(select(Organisation).where(Organisation.person_id == pentti.id)).one()
    assert pentti.email is None
    assert answer.headers["Location"] == f"/organisations/{own.ref}"
