"""A controller nobody knows yet: listed, trusted with nothing, and made a door by the code on its label."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from access import newcomers
from access.cli_prepare import sheet
from access.keeping import keeper
from access.models import Door, DoorEvent, DoorKind, DoorState
from access.newcomer_models import Newcomer
from access.register import DoorWish
from access.strangers import NEW_IN_PAUSE, Strangers
from booking.refusals import BadInput
from devices.link import topic_of
from devices.mqtt import Arrived
from tests import make
from tests.access.fake_door import FakeDoor
from tests.access.make import VAULT, house
from tests.access.site import CARD, made_site


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture
def site(engine, sessions, now):
    return made_site(engine, sessions, now)


def prepared(site):
    with site.sessions.begin() as session:
        (made,) = newcomers.prepare(session, VAULT, 1, None, now=site.now)
    return made


def plug_in(site, record):
    stranger = FakeDoor(record, int(site.now.timestamp()))
    site.wire.plug_in(stranger)
    site.settle()
    return stranger


def listed(site):
    with site.sessions() as session:
        return {row.name: row.proved for row in newcomers.listed(session)}


def wish(site):
    return DoorWish(site.home.premises.id, "", DoorKind.INNER, "Uusi ovi", spaces=(site.home.hall.id,))


def test_a_controller_is_heard_claimed_and_has_its_list_with_all_that_it_told_before(site):
    made = prepared(site)
    site.book()
    stranger = plug_in(site, made.record)
    assert listed(site) == {made.controller_id: True}
    assert stranger.held is None
    site.at("18:00")
    stranger.show(CARD)
    site.settle()
    with site.sessions.begin() as session:
        door = newcomers.claim(session, VAULT, made.code, wish(site), by=site.holder.id, now=site.now)
    site.pass_time(seconds=1)
    site.settle()
    assert listed(site) == {}
    with site.sessions() as session:
        assert session.get_one(DoorState, door.id).online
        kinds = session.scalars(select(DoorEvent.kind).where(DoorEvent.door_id == door.id)).all()
    assert stranger.held is not None
    assert kinds[:2] == ["boot", "denied"]


def test_one_with_the_name_of_a_prepared_controller_but_not_its_keys_proves_nothing(site):
    made = prepared(site)
    plug_in(site, {**made.record, "link_key": "00" * 32})
    assert listed(site) == {made.controller_id: False}
    plug_in(site, {**made.record, "door": "not-from-here"})
    assert listed(site) == {made.controller_id: False, "not-from-here": False}


def test_a_code_serves_once_is_forgiven_its_writing_and_is_written_down_nowhere(rolled_back, now):
    with rolled_back.begin() as session:
        home, boss = house(session, now), make.person(session)
        (made,) = newcomers.prepare(session, VAULT, 1, None, now=now)
        row = newcomers.by_code(session, VAULT, made.code)
        kept = repr({name: getattr(row, name) for name in [each.key for each in row.__table__.columns]})
        assert made.code.replace("-", "") not in kept
        assert bytes.fromhex(made.record["link_key"]) not in row.link_key
        loose = made.code.lower().replace("-", "  ").replace("0", "o").replace("1", "l")
        wanted = DoorWish(home.premises.id, "", DoorKind.INNER, "Uusi ovi", spaces=(home.hall.id,))
        newcomers.claim(session, VAULT, loose, wanted, by=boss.id, now=now)
        with pytest.raises(BadInput) as refused:
            newcomers.by_code(session, VAULT, made.code)
    assert refused.value.facts["problem"] == "claimed"
    page = sheet([made], "https://vuoro.example")
    assert made.code in page
    assert "<svg" in page


def test_a_flood_of_strangers_is_bounded_and_pushes_nothing_out_that_proved_its_keys(rolled_back, now):
    strangers = Strangers(rolled_back, VAULT)
    for n in range(NEW_IN_PAUSE * 3):
        strangers.take(Arrived(topic_of(f"flood-{n}", "online"), b"{}", retained=False, mid=0), now)
    with rolled_back.begin() as session:
        assert len(session.scalars(select(Newcomer)).all()) == NEW_IN_PAUSE
        newcomers.heard(session, "vuoro_mqtt", "proved", {}, now, proved=True)
        for n in range(newcomers.MOST):
            newcomers.heard(session, "shelly", f"shelly-{n}", {}, now)
        newcomers.heard(session, "vuoro_mqtt", "proved-late", {}, now, proved=True)
        names = {row.name for row in session.scalars(select(Newcomer))}
        assert len(names) == newcomers.MOST
        assert {"proved", "proved-late"} <= names
        newcomers.heard(session, "shelly", "shelly-later", {}, now + newcomers.KEPT + timedelta(seconds=1))
        assert {row.name for row in session.scalars(select(Newcomer))} == {"shelly-later"}
        assert session.scalar(select(Door).where(Door.controller_id == "proved")) is None


def test_odd_names_and_huge_messages_are_not_even_noted(rolled_back, now):
    strangers = Strangers(rolled_back, VAULT)
    for name, payload in (("Ä" * 10, b"{}"), ("x" * 90, b"{}"), ("big", b"x" * 70_000)):
        strangers.take(Arrived(f"vuoro/v1/d/{name}/online", payload, retained=False, mid=0), now)
    strangers.take(Arrived("shellyplus1-a8032abe54dc/online", b"true", retained=True, mid=0), now)
    with rolled_back() as session:
        assert [(row.driver, row.name) for row in newcomers.listed(session)] == [("shelly", "shellyplus1-a8032abe54dc")]
