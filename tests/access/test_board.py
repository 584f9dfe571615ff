"""The caretaker's board, who opened what, and the command line."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from access import alarms, board, register
from access.cli import doors as doors_command
from access.keeping import keeper
from access.models import AccessList, Door, DoorAlarm, DoorKind, DoorState
from access.passages import PassageWish, passages
from access.register import DoorWish
from access.status import RightState
from booking.acts import ActKind, told
from booking.core.span import Span
from booking.refusals import AlreadyThere, BadInput, NotFound
from tests import make
from tests.access.make import VAULT, card, door, house
from tests.access.site import CARD, made_site


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture
def site(engine, sessions, now):
    return made_site(engine, sessions, now)


def test_what_will_fail_stands_on_top(site):
    fine = site.book("14:00", "15:00")
    site.settle()
    site.wire.cut()
    failing = site.book("12:30", "13:30")
    with site.sessions() as session:
        rows = board.tonight(session, None, site.now)
        assert [row.occurrence.id for row in rows] == [failing.id, fine.id]
        assert [row.at_risk for row in rows] == [True, False]
        assert rows[0].state is RightState.PENDING
        assert rows[0].occurrence.booking.holder.name == "Maija Esimerkki"
        assert board.tonight(session, [], site.now) == []


def test_a_doors_health_says_what_it_should_have_and_what_it_has(site):
    site.book()
    site.settle()
    with site.sessions() as session:
        health = {each.door.id: each for each in board.door_health(session, None)}
    hall = health[site.home.hall_door.id]
    assert (hall.online, hall.wanted_version, hall.confirmed_version) == (True, 2, 2)
    assert (hall.clock_state, hall.clock_offset_ms, hall.contact) == ("synced", 0, "closed")
    never_seen = health[site.home.club_door.id]
    assert (never_seen.online, never_seen.confirmed_version) == (False, 0)


def test_the_passages_of_a_door_are_by_its_own_time_newest_first(site):
    site.book()
    site.settle()
    site.at("18:00")
    site.outer.show(CARD)
    site.at("18:30")
    site.outer.show("pin:4938")
    site.outer.send_events()
    site.settle()
    with site.sessions() as session:
        wish = PassageWish(door=site.home.outer.ref, kinds=("granted", "denied"))
        denied, granted = passages(session, wish, by=site.holder.id, now=site.now).passages
        assert (denied.event.kind, denied.person) == ("denied", None)
        assert (granted.event.kind, granted.person.id) == ("granted", site.holder.id)
        assert granted.organisation is not None


def test_searching_finds_by_person_door_kind_and_time_and_is_told(site):
    site.book()
    site.settle()
    site.at("18:00")
    site.outer.show(CARD)
    site.hall.show(CARD)
    site.outer.send_events()
    site.hall.send_events()
    site.settle()
    hour = timedelta(hours=1)
    with site.sessions.begin() as session:

        def found(**wish):
            return passages(session, PassageWish(**wish), by=site.holder.id, now=site.now).total

        assert found(who="maija") == 2
        assert found(who="Maija", door=site.home.outer.ref) == 1
        assert found(kinds=("granted",), span=Span(site.now, site.now + hour)) == 2
        assert found(kinds=("granted",), span=Span(site.now - hour, site.now)) == 0
        assert found(kinds=("granted",), premises=site.home.premises.id) == 2
        viewed = [act for act in told(session) if act.kind is ActKind.LOG_VIEWED]
        assert len(viewed) == 5
        assert viewed[0].persons == (site.holder.id,)


def test_an_alarm_is_counted_while_it_lasts_and_ended_by_whoever_looked(site):
    with site.sessions.begin() as session:
        hall = session.get(Door, site.home.hall_door.id)
        for _ in range(3):
            alarms.sound(session, hall, alarms.AlarmKind.FORCED, {}, site.now)
        (row,) = board.alarms(session, [hall.premises_id])
        assert row.facts["count"] == 3
        alarms.end(session, row.ref, by=site.holder.id, now=site.now)
        assert board.alarms(session, None) == []
        with pytest.raises(NotFound):
            alarms.end(session, row.ref, by=site.holder.id, now=site.now)


def test_a_held_open_door_is_an_alarm_until_it_closes(site):
    site.outer.note("door_opened")
    site.outer.note("held_open", open_s=60)
    site.outer.send_events()
    site.settle()
    with site.sessions() as session:
        assert session.scalars(select(DoorAlarm.kind)).all() == ["held_open"]
    site.outer.note("door_closed")
    site.outer.send_events()
    site.settle()
    with site.sessions() as session:
        assert board.alarms(session, None) == []


def test_two_doors_cannot_have_one_controller(session, now):
    home = house(session, now)
    with pytest.raises(AlreadyThere):
        door(session, home.premises, [], now, controller_id=home.outer.controller_id)


def test_a_door_serves_spaces_of_its_own_premises_only(session, now):
    home, elsewhere = house(session, now), make.space(session)
    with pytest.raises(BadInput):
        door(session, home.premises, [elsewhere], now)


@pytest.mark.parametrize("controller", ["", "ab", "Hall", "hall a", "a" * 41, "hall/a", "hall+"])
def test_a_controller_has_a_name_that_fits_a_topic(session, now, controller):
    place = make.premises(session)
    with pytest.raises(BadInput):
        register.fit(session, VAULT, DoorWish(place.id, controller, DoorKind.INNER, name_fi="Ovi"), by=None, now=now)


def test_only_what_may_change_changes(session, now):
    home, someone = house(session, now), make.person(session)
    register.change(session, home.outer, {"unlock_s": 9}, by=someone.id, now=now)
    assert home.outer.unlock_s == 9
    with pytest.raises(BadInput):
        register.change(session, home.outer, {"link_key": b""}, by=someone.id, now=now)
    with pytest.raises(BadInput):
        register.change(session, home.outer, {"unlock_s": 601}, by=someone.id, now=now)


def test_a_door_taken_out_of_use_opens_for_nobody(site):
    site.book()
    site.settle()
    with site.sessions.begin() as session:
        outer = register.by_ref(session, site.home.outer.ref)
        register.change(session, outer, {"enabled": False}, by=site.holder.id, now=site.now)
    site.settle()
    site.at("18:00")
    assert not site.outer.show(CARD).granted
    assert site.hall.show(CARD).granted


def test_changing_which_spaces_a_door_serves_changes_its_rights_at_once(site):
    site.book()
    with site.sessions.begin() as session:
        outer = register.by_ref(session, site.home.outer.ref)
        register.serve(session, outer, [site.home.club.id], by=site.holder.id, now=site.now)
    site.settle()
    site.at("18:00")
    assert not site.outer.show(CARD).granted


def test_a_list_longer_than_the_door_holds_leaves_out_the_latest_and_says_so(site):
    site.book("13:00", "14:00")
    site.book("18:00", "19:00")
    with site.sessions.begin() as session:
        session.get(DoorState, site.home.outer.id).rights_limit = 1
    site.settle()
    with site.sessions() as session:
        newest = session.scalars(
            select(AccessList).where(AccessList.door_id == site.home.outer.id).order_by(AccessList.version.desc())
        ).first()
        assert (newest.rights, len(newest.left_out)) == (1, 1)
        assert "list_full" in [alarm.kind for alarm in board.alarms(session, None)]
    site.at("13:00")
    assert site.outer.show(CARD).granted


@pytest.fixture
def environment(database_url, monkeypatch):
    monkeypatch.setenv("VUORO_DATABASE_URL", database_url)
    monkeypatch.setenv("VUORO_SECRET_KEY", "a secret key of tests")
    monkeypatch.setenv("VUORO_MASTER_KEY", VAULT.master_key)


def test_the_command_line_lists_doors_and_writes_their_records(sessions, now, environment):
    with sessions.begin() as session:
        home = house(session, now)
        card(session, make.person(session), now)
    listed = json.loads(CliRunner().invoke(doors_command, ["list", "--json"]).stdout)
    assert {row["controller"] for row in listed} == {
        each.controller_id for each in (home.outer, home.hall_door, home.club_door)
    }
    lines = CliRunner().invoke(doors_command, ["provision"]).stdout.splitlines()
    assert [json.loads(line)["door"] for line in lines] == [row["controller"] for row in listed]


def test_after_a_restored_backup_the_epoch_rises_and_doors_take_the_lists_again(site, environment):
    site.book()
    site.settle()
    held = site.outer.version
    assert CliRunner().invoke(doors_command, ["raise-epoch", "--yes"]).exit_code == 0
    site.settle()
    assert site.outer.version > held
    assert site.outer.version.epoch == 2
    with site.sessions() as session:
        assert all(
            row.confirmed_version == row.wanted_version for row in board.door_health(session, None) if row.online
        )


def test_the_signing_key_is_changed_by_command_once_at_a_time(site, environment):
    made = CliRunner().invoke(doors_command, ["rotate-key"])
    again = CliRunner().invoke(doors_command, ["rotate-key"])
    assert (made.stdout, made.exit_code, again.exit_code) == ("svc-2\n", 0, 2)
    shown = CliRunner().invoke(doors_command, ["keys"]).stdout.splitlines()
    assert [line.split("  ")[0] for line in shown] == ["key=svc-1", "key=svc-2"]
    assert shown[1].endswith("doors=0 of 3")


def test_missing_settings_are_named(monkeypatch):
    monkeypatch.delenv("VUORO_DATABASE_URL", raising=False)
    answer = CliRunner().invoke(doors_command, ["list"])
    assert answer.exit_code == 2
    assert "DATABASE_URL" in answer.output


def test_a_later_list_never_gets_an_earlier_version(site):
    for hour in range(13, 17):
        site.book(f"{hour}:00", f"{hour}:30")
        site.settle()
        site.pass_time(seconds=timedelta(seconds=1).total_seconds())
    with site.sessions() as session:
        versions = session.scalars(
            select(AccessList.version).where(AccessList.door_id == site.home.outer.id).order_by(AccessList.id)
        ).all()
    assert versions == sorted(set(versions))
