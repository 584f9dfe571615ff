"""New controllers on the page: what is heard, and claiming one by the code on its label."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from access import newcomers
from access.models import Door, DoorSpace
from access.newcomer_models import Newcomer
from access.newcomers import Prepared
from booking.acts import Act, ActKind
from booking.roles import Role
from tests.web.conftest import ClientAs
from tests.web.samples_staff import VAULT
from tests.web.town import NOW, Town


@pytest.fixture
def prepared(rolled_back: sessionmaker[Session]) -> Prepared:
    with rolled_back.begin() as session:
        (made,) = newcomers.prepare(session, VAULT, 1, None, now=NOW)
        newcomers.heard(session, "vuoro_mqtt", made.controller_id, {"firmware": "sim 1"}, NOW, proved=True)
        newcomers.heard(session, "vuoro_mqtt", "somebody", {"firmware": "<script>"}, NOW)
        newcomers.heard(session, "shelly", "shellyplus1-a8032abe54dc", {}, NOW)
    return made


def test_what_was_heard_is_listed_with_what_it_proved(town: Town, client_as: ClientAs, prepared: Prepared) -> None:
    page = client_as(Role.MANAGER).get("/doors/new-controllers").text
    assert page.index(prepared.controller_id) < page.index("shellyplus1-a8032abe54dc")
    assert "Proved its keys" in page
    assert "Anybody can call themselves this" in page
    assert "&lt;script&gt;" in page
    assert prepared.code not in page
    assert client_as(Role.CARETAKER).get("/doors/new-controllers").status_code == 403


def test_the_code_on_the_label_makes_it_a_door_with_the_keys_it_holds(
    town: Town, client_as: ClientAs, prepared: Prepared, rolled_back: sessionmaker[Session], acts_kept: list[Act]
) -> None:
    manager = client_as(Role.MANAGER)
    assert prepared.code in manager.get(f"/doors/claim?code={prepared.code}").text
    typed = prepared.code.lower().replace("-", " ")
    answer = manager.post("/doors/claim", data={"code": typed, "premises": town.premises.ref})
    assert answer.location.startswith(f"/premises/{town.premises.ref}/doors/claim?code=")
    form = {"code": typed, "name_fi": "Takaovi", "kind": "outer", "unlock_s": "5", "spaces": town.space.ref}
    answer = manager.post(answer.location, data=form)
    assert answer.status_code == 302
    assert manager.get(answer.location).status_code == 200
    with rolled_back() as session:
        door = session.scalars(select(Door).where(Door.controller_id == prepared.controller_id)).one()
        assert VAULT.unseal(door.link_key, of=f"{door.controller_id}:link").hex() == prepared.record["link_key"]
        assert session.scalars(select(DoorSpace.space_id).where(DoorSpace.door_id == door.id)).all() == [town.space.id]
        assert session.scalar(select(Newcomer).where(Newcomer.name == prepared.controller_id)) is None
    assert acts_kept[-1].kind is ActKind.CONTROLLER_CLAIMED
    assert "is a door already" in manager.post("/doors/claim", data={"code": typed, "premises": town.premises.ref}).text


def test_a_wrong_code_makes_nothing(
    town: Town, client_as: ClientAs, prepared: Prepared, rolled_back: sessionmaker[Session]
) -> None:
    manager = client_as(Role.MANAGER)
    wrong = {"code": "00000-00000", "premises": town.premises.ref}
    answer = manager.post("/doors/claim", data=wrong)
    assert answer.status_code == 422
    assert "No controller has this code" in answer.text
    form = wrong | {"name_fi": "Takaovi", "kind": "outer", "unlock_s": "5", "spaces": town.space.ref}
    assert manager.post(f"/premises/{town.premises.ref}/doors/claim", data=form).status_code == 422
    answer = manager.post(
        f"/premises/{town.premises.ref}/doors/claim", data=form | {"code": prepared.code, "spaces": ""}
    )
    assert 'id="e-spaces"' in answer.text
    with rolled_back() as session:
        assert session.scalar(select(Door).where(Door.name_fi == "Takaovi")) is None


def test_a_candidate_brings_its_topic_to_the_form_of_a_new_door(
    town: Town, client_as: ClientAs, prepared: Prepared
) -> None:
    told = {"p": town.premises.ref, "driver": "shelly", "topic": "shellyplus1-a8032abe54dc"}
    page = client_as(Role.MANAGER).get("/doors/fit-here", query_string=told, follow_redirects=True).text
    assert 'value="shellyplus1-a8032abe54dc"' in page
    assert client_as(Role.MANAGER, stranger=True).get("/doors/fit-here", query_string=told).status_code == 403
