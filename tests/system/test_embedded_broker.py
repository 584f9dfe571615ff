"""The demo on a machine without mosquitto: the embedded broker carries lists and openings just as well."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from access.board import door_health
from access.commands import ask_open, command_of
from access.models import Door
from booking.db import reading
from tests.system.town import eventually, running_town


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("embedded")
    with running_town(f"sqlite:///{folder / 'vuoro.sqlite'}", folder, embedded=True) as town:
        yield town


def health(town):
    with reading(town.sessions) as session:
        found = door_health(session, None)
        return {one.door.controller_id: (one.online, one.wanted_version == one.confirmed_version) for one in found}


def test_every_door_on_the_network_has_its_list(town):
    eventually(lambda: health(town)["park-hall"] == (True, True), "the door online and its list confirmed", 40)
    assert health(town)["service-hall"][0] is False


def test_a_door_is_opened_remotely(town):
    by = town.person("Ville").id
    with town.sessions.begin() as session:
        ref = session.scalars(select(Door.ref).where(Door.controller_id == "park-cabin")).one()
        order = ask_open(session, ref, by=by, reason="Avaimet unohtuivat", now=datetime.now(UTC)).ref

    def ended():
        with reading(town.sessions) as session:
            return command_of(session, order).state == "done"

    eventually(ended, "the door opened")
    assert town.door("park-cabin")["lock"] == "unlocked"
