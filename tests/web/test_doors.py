"""Doors: their pages, opening remotely, and fitting them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from access import commands, register
from access.lock_code_models import DoorCode
from access.models import CommandState, Credential, Door, DoorCommand, DoorSpace
from booking.acts import Act, ActKind
from booking.roles import Role
from tests.web import samples_staff
from tests.web.conftest import ClientAs
from tests.web.town import NOW, Town

NEW = {"name_fi": "Ulko-ovi", "kind": "outer", "controller_id": "school-front", "driver": "vuoro_mqtt", "enabled": "1"}
NEW |= {"reader_format": "em4100", "unlock_s": "7", "held_open_s": "90"}


def told(acts: list[Act], kind: ActKind) -> list[Act]:
    return [act for act in acts if act.kind is kind]


def test_the_page_of_a_door_shows_its_own_time_and_when_we_heard(
    town: Town, client_as: ClientAs, acts_kept: list[Act]
) -> None:
    page = client_as(Role.CARETAKER, language="fi").get(f"/doors/{town.samples['door_ref']}").text
    assert "24.11.2026 11.00" in page
    assert "24.11.2026 11.02" in page
    assert town.booker.name in page
    assert "Kuusikon Kiipijät ry" in page
    assert town.booker.id in told(acts_kept, ActKind.LOG_VIEWED)[-1].persons


def test_opening_remotely_needs_a_reason(town: Town, client_as: ClientAs) -> None:
    answer = client_as(Role.CARETAKER).post(f"/doors/{town.samples['door_ref']}/open", data={"reason": "  "})
    assert answer.status_code == 422
    assert 'id="e-reason"' in answer.text


def test_opening_remotely_is_an_audited_row_that_waits_for_the_door(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session], acts_kept: list[Act]
) -> None:
    with rolled_back.begin() as session:
        samples_staff.online(session, town)
    caretaker = client_as(Role.CARETAKER)
    answer = caretaker.post(f"/doors/{town.samples['door_ref']}/open", data={"reason": "Ryhmä odottaa sateessa"})
    assert answer.status_code == 302
    assert told(acts_kept, ActKind.DOOR_COMMAND_ASKED)[-1].body["reason"] == "Ryhmä odottaa sateessa"
    page = caretaker.get(answer.location).text
    assert "Waiting to be sent" in page
    assert 'hx-trigger="every 1s"' in page
    assert "Look again" in page


@pytest.mark.parametrize(
    ("state", "result", "said"),
    [
        (CommandState.DONE, "opened", "The door was opened"),
        (CommandState.EXPIRED, commands.NO_ANSWER, "The door did not answer"),
        (CommandState.FAILED, "bad_challenge", "did not answer the door’s latest challenge"),
    ],
)
def test_how_an_opening_ended_is_said_and_asks_no_more(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session], state: CommandState, result: str, said: str
) -> None:
    with rolled_back.begin() as session:
        door = samples_staff.online(session, town)
        by = town.people[Role.CARETAKER].id
        row = commands.ask_open(session, door.ref, by=by, reason="Kokeilu", now=NOW)
        commands.end(session, row, state, result, NOW)
        ref = row.ref
    page = client_as(Role.CARETAKER).get(f"/doors/commands/{ref}").text
    assert said in page
    assert "hx-trigger" not in page


def test_a_door_that_is_offline_is_said_to_be_so_at_once(town: Town, client_as: ClientAs) -> None:
    caretaker = client_as(Role.CARETAKER)
    page = caretaker.post(
        f"/doors/{town.samples['door_ref']}/open", data={"reason": "Kokeilu"}, follow_redirects=True
    ).text
    assert "the door is offline" in page


def test_a_caretaker_of_other_premises_opens_nothing(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    stranger, door = client_as(Role.CARETAKER, stranger=True), town.samples["door_ref"]
    for address in (f"/doors/{door}", f"/doors/{door}/open", f"/doors/commands/{town.samples['command_ref']}"):
        assert stranger.get(address).status_code == 403
    assert stranger.post(f"/doors/{door}/open", data={"reason": "Saanko"}).status_code == 403
    with rolled_back() as session:
        assert len(session.scalars(select(DoorCommand)).all()) == 1  # the sample's own


def test_a_manager_fits_a_door_and_takes_its_record_which_is_noted(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session], acts_kept: list[Act]
) -> None:
    manager = client_as(Role.MANAGER)
    answer = manager.post(f"/premises/{town.premises.ref}/doors/new", data=NEW | {"spaces": town.space.ref})
    assert answer.status_code == 302
    with rolled_back() as session:
        made = session.scalars(select(Door).where(Door.controller_id == "school-front")).one()
        assert (made.kind, made.unlock_s, made.held_open_s, made.premises_id) == ("outer", 7, 90, town.premises.id)
        assert session.scalars(select(DoorSpace.space_id).where(DoorSpace.door_id == made.id)).all() == [town.space.id]
        wanted = register.provisioning(samples_staff.VAULT, made)
    assert wanted["link_key"] not in manager.get(answer.location).text
    shown = manager.post(answer.location)
    assert wanted["link_key"] in shown.text
    assert json.dumps(wanted["service_keys"])[1:-1].replace('"', "&#34;") in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert told(acts_kept, ActKind.DOOR_CHANGED)[-1].body == {"controller_record": "shown"}


def test_a_caretaker_neither_changes_doors_nor_sees_their_records(town: Town, client_as: ClientAs) -> None:
    caretaker, door = client_as(Role.CARETAKER), town.samples["door_ref"]
    assert caretaker.get(f"/doors/{door}/edit").status_code == 403
    assert caretaker.post(f"/doors/{door}/controller").status_code == 403


def test_codes_that_a_lock_does_not_confirm_are_shown_as_such(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    """DA24: the operator sees it."""
    with rolled_back.begin() as session:
        door = samples_staff.door_of(session, town)
        door.driver, door.device_topic = "zigbee2mqtt", "zigbee2mqtt/porch"
        card = session.scalars(select(Credential).limit(1)).one()
        code = {"door_id": door.id, "credential_id": card.id, "tries": 3, "sent_at": NOW}
        session.add(DoorCode(**code, slot=5, state="clearing", asked_at=NOW - timedelta(seconds=40)))
    page = client_as(Role.CARETAKER).get(f"/doors/{town.samples['door_ref']}").text
    assert "not confirmed by the lock" in page
    assert "sent 3 times" in page
