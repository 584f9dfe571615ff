"""Premises: the public page, and the editor of facts for those who run them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from booking.acts import Act, ActKind
from booking.models import Premises
from booking.roles import Role
from tests import make
from tests.web.conftest import ClientAs
from tests.web.town import Town


def typed(town: Town, owner: str, **changes: str) -> dict[str, str]:
    facts = {"name_fi": "Uusi talo", "kind": "service_centre", "owner": owner, "operator": owner, "manager": owner}
    facts |= {"contact_name": "Vuokko Vastaava", "address": "Uusitie 2", "municipality": "Espoo", "rulebook": "espoo"}
    return facts | {"step_free": "1"} | changes


def owner_of(rolled_back: sessionmaker[Session], town: Town) -> str:
    with rolled_back.begin() as session:
        return make.organisation(session, name="Uusi omistaja ry").ref


def test_everybody_sees_the_premises_and_what_is_in_them(town: Town, client_as: ClientAs) -> None:
    assert town.premises.name_fi in client_as(None).get("/premises").text
    page = client_as(None, language="sv").get(f"/premises/{town.premises.ref}").text
    assert "Stora salen" in page
    assert "8.00–22.00" in page
    assert "Ändra" not in page


def test_the_manager_changes_the_facts_and_it_is_told(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session], acts_kept: list[Act]
) -> None:
    new_owner = owner_of(rolled_back, town)
    answer = client_as(Role.MANAGER).post(f"/premises/{town.premises.ref}/edit", data=typed(town, new_owner))
    assert answer.status_code == 302
    with rolled_back() as session:
        row = session.scalars(select(Premises).where(Premises.ref == town.premises.ref)).one()
        assert (row.name_fi, row.address, row.step_free, row.closed_on_holidays) == (
            "Uusi talo",
            "Uusitie 2",
            True,
            False,
        )
    assert acts_kept[-1].kind is ActKind.PREMISES_CHANGED
    assert acts_kept[-1].body["changed"]["address"] == ["Keksitie 1", "Uusitie 2"]


def test_a_manager_of_other_premises_changes_nothing(town: Town, client_as: ClientAs) -> None:
    manager = client_as(Role.MANAGER, stranger=True)
    assert manager.get(f"/premises/{town.premises.ref}/edit").status_code == 403
    assert manager.post(f"/premises/{town.premises.ref}/edit", data=typed(town, "x")).status_code == 403


def test_a_form_with_errors_keeps_what_was_typed_and_says_what_is_wrong(town: Town, client_as: ClientAs) -> None:
    wrong = typed(town, "no-such-organisation", contact_email="not an address", kind="castle")
    answer = client_as(Role.MANAGER).post(f"/premises/{town.premises.ref}/edit", data=wrong)
    assert answer.status_code == 422
    assert "Uusitie 2" in answer.text
    assert 'id="e-contact_email"' in answer.text
    assert 'id="e-kind"' in answer.text


def test_an_owner_that_is_not_in_the_register_is_refused_beside_its_field(town: Town, client_as: ClientAs) -> None:
    answer = client_as(Role.MANAGER).post(f"/premises/{town.premises.ref}/edit", data=typed(town, "nobody"))
    assert answer.status_code == 422
    assert 'id="e-owner"' in answer.text


def test_only_the_administrator_adds_premises(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    owner = owner_of(rolled_back, town)
    assert client_as(Role.MANAGER).get("/premises/new").status_code == 403
    assert client_as(Role.ADMINISTRATOR).post("/premises/new", data=typed(town, owner)).status_code == 302
    assert "Uusi talo" in client_as(None).get("/premises").text
