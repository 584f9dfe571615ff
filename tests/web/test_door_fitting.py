"""Fitting a door: how it is connected first, then what that make asks for, checked with words that say what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from access import register
from access.models import Door, DoorSpace, Driver
from booking.roles import Role
from devices.drivers.settings import fields_of, settings_of
from tests.web.conftest import ClientAs
from tests.web.test_doors import NEW
from tests.web.town import Town
from web.words_of_drivers import TOPICS, setting_words


def address(town: Town) -> str:
    return f"/premises/{town.premises.ref}/doors/new"


def test_every_kind_says_what_it_can_and_cannot_before_it_is_chosen(town: Town, client_as: ClientAs) -> None:
    page = client_as(Role.MANAGER).get(address(town)).text
    assert page.count('class="ds-card house"') == len(Driver)
    assert "This door cannot prove that it opened" in page
    assert 'name="controller_id"' not in page


def test_the_form_of_a_make_asks_only_for_what_that_make_needs(town: Town, client_as: ClientAs) -> None:
    manager = client_as(Role.MANAGER)
    for driver in Driver:
        page = manager.get(f"{address(town)}?driver={driver.value}").text
        assert ('name="device_topic"' in page) == ("device_topic" in fields_of(driver.value))
        assert ('name="reader_path"' in page) == ("reader_path" in fields_of(driver.value))
        assert page.count('name="setting_') == len(settings_of(driver.value))


def test_every_setting_and_every_topic_has_words_of_its_own() -> None:
    settings = [(driver.value, one.name) for driver in Driver for one in settings_of(driver.value)]
    assert [each for each in settings if setting_words(*each)[0] == each[1]] == []
    assert [
        driver for driver in Driver if "device_topic" in fields_of(driver.value) and driver.value not in TOPICS
    ] == []


def test_a_port_that_is_not_there_is_told_before_anybody_climbs_down_the_ladder(
    town: Town, client_as: ClientAs, tmp_path: Path
) -> None:
    manager, wish = client_as(Role.MANAGER), NEW | {"driver": "rdm6300_relay", "reader_path": "/dev/no-such-port"}
    answer = manager.post(address(town), data=wish)
    assert answer.status_code == 422
    assert "There is no such port on this machine" in answer.text
    (tmp_path / "file").touch()
    assert "not a port" in manager.post(address(town), data=wish | {"reader_path": str(tmp_path / "file")}).text
    assert manager.post(address(town), data=wish | {"elsewhere": "1"}).status_code == 302


def test_a_port_a_topic_and_a_relay_belong_to_one_door(town: Town, client_as: ClientAs) -> None:
    manager, (_master, slave) = client_as(Role.MANAGER), os.openpty()
    port = os.ttyname(slave)
    wired = NEW | {"driver": "rdm6300_relay", "reader_path": port}
    assert manager.post(address(town), data=wired).status_code == 302
    answer = manager.post(address(town), data=wired | {"controller_id": "another"})
    assert "Another door, Ulko-ovi, already reads this port" in answer.text
    shelly = NEW | {"driver": "shelly", "device_topic": "shellyplus2-a8"}
    assert manager.post(address(town), data=shelly | {"controller_id": "one"}).status_code == 302
    answer = manager.post(address(town), data=shelly | {"controller_id": "two"})
    assert "already goes by this topic" in answer.text
    other_relay = shelly | {"controller_id": "two", "setting_relay": "1"}
    assert manager.post(address(town), data=other_relay).status_code == 302


def test_how_a_door_is_connected_can_be_changed_later(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    manager, wish = client_as(Role.MANAGER), NEW | {"driver": "shelly", "device_topic": "shellyplus1-a8"}
    manager.post(address(town), data=wish)
    with rolled_back() as session:
        door = session.scalars(select(Door).where(Door.controller_id == "school-front")).one()
    page = manager.get(f"/doors/{door.ref}/edit").text
    assert 'value="shellyplus1-a8"' in page
    changed = {"name_fi": "Ulko-ovi", "kind": "outer", "unlock_s": "5", "held_open_s": "60", "enabled": "1"}
    changed |= {"device_topic": "shellyplus1-b9", "setting_contact": "0"}
    assert manager.post(f"/doors/{door.ref}/edit", data=changed).status_code == 302
    with rolled_back() as session:
        door = session.get_one(Door, door.id)
        assert (door.device_topic, door.settings["contact"]) == ("shellyplus1-b9", "0")
    answer = manager.post(f"/doors/{door.ref}/edit", data=changed | {"setting_contact": "front"})
    assert 'id="e-setting_contact"' in answer.text


def test_a_door_is_changed_and_taken_out_of_use(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    changed = {"name_fi": "Takaovi", "kind": "outer", "unlock_s": "5", "held_open_s": "60"}
    manager, edit = client_as(Role.MANAGER), f"/doors/{town.samples['door_ref']}/edit"
    assert 'value="Salin ovi"' in manager.get(edit).text
    assert manager.post(edit, data=changed).status_code == 302
    with rolled_back() as session:
        row = register.by_ref(session, town.samples["door_ref"])
        assert (row.name_fi, row.enabled) == ("Takaovi", False)
        assert session.scalars(select(DoorSpace).where(DoorSpace.door_id == row.id)).all() == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"controller_id": "Hall A"}, "controller_id"),
        ({"unlock_s": "0"}, "unlock_s"),
        ({"driver": "rdm6300_relay"}, "reader_path"),
        ({"driver": "shelly"}, "device_topic"),
        ({"driver": "nuki", "device_topic": "nuki/+"}, "device_topic"),
        ({"driver": "by_template", "device_topic": "porch", "setting_card_form": "guess"}, "setting_card_form"),
        ({"spaces": "no-such-space"}, "spaces"),
        ({"kind": "garden"}, "kind"),
    ],
)
def test_what_is_wrong_with_a_new_door_is_told_beside_its_field(
    town: Town, client_as: ClientAs, wrong: dict[str, str], field: str
) -> None:
    answer = client_as(Role.MANAGER).post(f"/premises/{town.premises.ref}/doors/new", data=NEW | wrong)
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert 'value="Ulko-ovi"' in answer.text


def test_a_relay_of_another_maker_is_added_and_its_page_says_that_nobody_shows_a_card_there(
    town: Town, client_as: ClientAs
) -> None:
    wish = NEW | {"driver": "shelly", "device_topic": "shellyplus1-a8032abe54dc"}
    manager = client_as(Role.MANAGER)
    answer = manager.post(f"/premises/{town.premises.ref}/doors/new", data=wish)
    page = manager.get(answer.location).text
    assert "shellyplus1-a8032abe54dc" in page
    assert "it is only opened from afar" in page
    assert "List of rights" not in page
    assert "It shows as online once its device is heard" in page


def test_two_doors_cannot_have_one_controller(town: Town, client_as: ClientAs) -> None:
    answer = client_as(Role.MANAGER).post(
        f"/premises/{town.premises.ref}/doors/new", data=NEW | {"controller_id": "town-hall"}
    )
    assert answer.status_code == 422
    assert "a door with this controller already" in answer.text


def test_words_in_a_form_follow_the_language_of_each_reader(town: Town, client_as: ClientAs) -> None:
    page = f"{address(town)}?driver=vuoro_mqtt"
    assert "ulko-ovi" in client_as(Role.MANAGER, language="fi").get(page).text
    assert "ytterdörr" in client_as(Role.MANAGER, language="sv").get(page).text


def test_a_kind_that_is_not_in_use_cannot_be_chosen(town: Town, client_as: ClientAs) -> None:
    answer = client_as(Role.MANAGER).post(address(town), data=NEW | {"driver": "carrier_pigeon"})
    assert answer.status_code == 422
    assert 'id="e-driver"' in answer.text


ESP = {"driver": "esp_rfid", "device_topic": "site/porch", "setting_doorip": "192.168.1.20"}
UHPPOTE = {"driver": "uhppote", "setting_address": "192.168.1.30", "setting_serial": "405419896"}
UHPPOTE |= {"setting_board_door": "2", "reader_format": "wiegand26"}


@pytest.mark.parametrize("wish", [ESP, UHPPOTE], ids=["esp_rfid", "uhppote"])
def test_a_board_that_is_told_cards_says_so_and_how_many_it_was_proved_to_hold(
    town: Town, client_as: ClientAs, wish: dict[str, str]
) -> None:
    manager = client_as(Role.MANAGER)
    answer = manager.post(address(town), data=NEW | wish)
    assert answer.status_code == 302, answer.text
    page = manager.get(answer.location).text
    assert "It must be told the card itself" in page
    assert "0 of 0 cards proved" in page
    assert "It shows as online once its device is heard" in page


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (ESP | {"setting_doorip": "192.168.1.256"}, "setting_doorip"),
        (ESP | {"device_topic": "#"}, "device_topic"),
        (UHPPOTE | {"reader_format": "em4100"}, "reader_format"),
        (UHPPOTE | {"setting_serial": "12"}, "setting_serial"),
        (UHPPOTE | {"setting_board_door": "5"}, "setting_board_door"),
    ],
)
def test_a_board_that_cannot_be_is_told_beside_its_field(
    town: Town, client_as: ClientAs, wish: dict[str, str], field: str
) -> None:
    answer = client_as(Role.MANAGER).post(address(town), data=NEW | wish)
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text


def test_two_doors_of_a_board_are_two_doors_and_one_of_its_places_is_only_one(town: Town, client_as: ClientAs) -> None:
    manager = client_as(Role.MANAGER)
    assert manager.post(address(town), data=NEW | UHPPOTE).status_code == 302
    second = UHPPOTE | {"controller_id": "school-back", "setting_board_door": "3"}
    assert manager.post(address(town), data=NEW | second).status_code == 302
    again = UHPPOTE | {"controller_id": "school-side"}
    assert manager.post(address(town), data=NEW | again).status_code == 422
