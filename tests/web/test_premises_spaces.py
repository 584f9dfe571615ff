"""Spaces of a premises: added, divided into parts, changed."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from booking.models import Space
from booking.roles import Role
from tests.web.conftest import ClientAs
from tests.web.town import Town

HALL = {"name_fi": "Kerhohuone", "kind": "club_room", "capacity": "15", "setup_min": "0", "turnaround_min": "15"}
HALL |= {"grid_min": "30", "shortest_min": "60", "longest_min": "240", "door_lead_min": "10", "bookable": "1"}


def spaces_called(rolled_back: sessionmaker[Session], name: str) -> list[Space]:
    with rolled_back() as session:
        return list(session.scalars(select(Space).where(Space.name_fi == name)))


def test_a_space_is_added_with_all_its_facts(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    typed = HALL | {
        "equipment": ["piano", "projector"],
        "other_equipment": "Urkuharmoni\n\nNuottiteline",
        "area_m2": "41",
    }
    assert client_as(Role.OPERATOR).post(f"/premises/{town.premises.ref}/spaces/new", data=typed).status_code == 302
    [made] = spaces_called(rolled_back, "Kerhohuone")
    assert made.equipment == ["piano", "projector", "Urkuharmoni", "Nuottiteline"]
    assert (made.area_m2, made.turnaround_min, made.shortest_min, made.bookable, made.parent_id) == (
        41,
        15,
        60,
        True,
        None,
    )


def test_a_part_goes_below_the_whole_although_the_whole_is_booked(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    page = client_as(Role.MANAGER).get(f"/premises/{town.premises.ref}/spaces/new?below={town.space.ref}").text
    assert f'value="{town.space.ref}" selected' in page
    typed = HALL | {"parent": town.space.ref, "name_fi": "Salin puolikas"}
    assert client_as(Role.MANAGER).post(f"/premises/{town.premises.ref}/spaces/new", data=typed).status_code == 302
    assert spaces_called(rolled_back, "Salin puolikas")[0].parent_id == town.space.id


def test_a_space_is_changed_and_shows_what_it_was(town: Town, client_as: ClientAs) -> None:
    manager, address = client_as(Role.MANAGER), f"/premises/{town.premises.ref}/spaces/{town.space.ref}"
    assert 'value="Iso sali"' in manager.get(address).text
    assert manager.post(address, data=HALL | {"name_fi": "Isompi sali"}).status_code == 302
    assert "Isompi sali" in client_as(None, language="fi").get(f"/premises/{town.premises.ref}").text


def test_numbers_that_make_no_sense_are_told_beside_their_fields(town: Town, client_as: ClientAs) -> None:
    wrong = HALL | {"door_lead_min": "1000", "shortest_min": "300", "capacity": "many"}
    answer = client_as(Role.MANAGER).post(f"/premises/{town.premises.ref}/spaces/new", data=wrong)
    assert answer.status_code == 422
    for field in ("door_lead_min", "longest_min", "capacity"):
        assert f'id="e-{field}"' in answer.text
    assert 'value="300"' in answer.text


def test_a_space_cannot_become_a_part_of_itself(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    manager, place = client_as(Role.MANAGER), f"/premises/{town.premises.ref}/spaces"
    manager.post(f"{place}/new", data=HALL | {"name_fi": "Koko talo"})
    manager.post(
        f"{place}/new", data=HALL | {"name_fi": "Siipi", "parent": spaces_called(rolled_back, "Koko talo")[0].ref}
    )
    [whole], [wing] = spaces_called(rolled_back, "Koko talo"), spaces_called(rolled_back, "Siipi")
    answer = manager.post(f"{place}/{whole.ref}", data=HALL | {"name_fi": "Koko talo", "parent": wing.ref})
    assert answer.status_code == 422
    assert "cannot be a part of itself" in answer.text


def test_the_space_of_other_premises_is_not_found_here(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    from tests import make

    with rolled_back.begin() as session:
        elsewhere = make.space(session).ref
    assert client_as(Role.MANAGER).get(f"/premises/{town.premises.ref}/spaces/{elsewhere}").status_code == 404
