"""Lockdown, free and locked: in force only when the door says so, before any command, also for doors that were away."""

import pytest
from sqlalchemy import select

from access import board, commands, door_modes
from access.audit_models import Audit
from access.keeping import keeper
from access.mode_models import ModeChange
from access.models import CommandState, Door, DoorCommand
from booking.acts import ActKind
from booking.refusals import BadInput
from devices.messages import DoorMode, ModeOrder
from tests.access.make import VAULT
from tests.access.site import CARD, made_site


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture
def site(engine, sessions, now):
    return made_site(engine, sessions, now)


def order(site, mode, *doors):
    chosen = [door.id for door in doors or (site.home.outer, site.home.hall_door)]
    with site.sessions.begin() as session:
        door_modes.order(session, chosen, mode, by=site.holder.id, reason="Uhka pihalla", now=site.now)


def status(site, door):
    with site.sessions() as session:
        return next(each for each in door_modes.statuses(session, site.home.premises.id) if each.door.id == door.id)


def test_a_lockdown_is_confirmed_by_each_door_and_its_card_opens_no_more(site):
    site.book()
    site.at("18:10")
    site.settle()
    order(site, DoorMode.LOCKDOWN)
    assert not status(site, site.home.outer).confirmed
    site.settle()
    assert status(site, site.home.outer).confirmed
    assert site.outer.show(CARD).reason == "lockdown"
    order(site, DoorMode.NORMAL)
    site.settle()
    assert site.outer.show(CARD).granted


def test_lockdown_while_a_door_is_off_it_locks_at_first_contact_before_any_command(site):
    site.book()
    site.at("18:10")
    site.settle()
    site.wire.unplug(site.outer)
    order(site, DoorMode.LOCKDOWN)
    site.settle()
    there, away = status(site, site.home.hall_door), status(site, site.home.outer)
    assert (there.confirmed, away.confirmed, away.online, away.held) == (True, False, False, DoorMode.NORMAL)
    assert site.outer.show(CARD).granted  # it cannot know yet, and the page says so
    site.wire.published.clear()
    site.wire.plug_in(site.outer)
    assert site.outer.show(CARD).reason == "lockdown"  # by what the broker kept, before we heard of it
    site.settle()
    assert status(site, site.home.outer).confirmed
    assert site.wire.published.index("mode") < site.wire.published.index("desired")
    assert "cmd" not in site.wire.published


def test_an_opening_asked_for_while_the_lockdown_is_on_its_way_travels_after_it(site):
    order(site, DoorMode.LOCKDOWN, site.home.outer)
    with site.sessions.begin() as session:
        commands.ask_open(session, site.home.outer.ref, by=site.holder.id, reason="Huolto", now=site.now)
    site.wire.published.clear()
    site.settle()
    assert site.wire.published.index("mode") < site.wire.published.index("cmd")


def test_opening_in_spite_of_lockdown_says_so_in_the_order(site):
    with site.sessions.begin() as session:
        commands.ask_open(
            session, site.home.outer.ref, by=site.holder.id, reason="Poliisi", now=site.now, override=True
        )
        row = session.scalars(select(DoorCommand)).one()
        assert commands.body_of(row, site.home.outer, site.now).body()["override"] is True


def test_the_same_mode_again_changes_nothing_and_a_door_keeps_its_own_count(site):
    order(site, DoorMode.LOCKDOWN, site.home.outer)
    order(site, DoorMode.LOCKDOWN)
    order(site, DoorMode.NORMAL)
    with site.sessions() as session:
        rows = session.execute(select(ModeChange.door_id, ModeChange.version, ModeChange.mode).order_by(ModeChange.id))
        assert list(rows) == [
            (site.home.outer.id, 1, "lockdown"),
            (site.home.hall_door.id, 1, "lockdown"),
            (site.home.outer.id, 2, "normal"),
            (site.home.hall_door.id, 2, "normal"),
        ]
        kinds = session.scalars(select(Audit.kind)).all()
        assert kinds.count(ActKind.DOOR_MODE_ORDERED) == 4


def test_a_mode_needs_a_reason_and_hardware_that_knows_modes(site, now):
    with pytest.raises(BadInput), site.sessions.begin() as fresh:
        door_modes.order(fresh, [site.home.outer.id], DoorMode.FREE, by=site.holder.id, reason=" ", now=now)
    with site.sessions.begin() as fresh:
        fresh.get_one(Door, site.home.outer.id).driver = "shelly"
    with pytest.raises(BadInput), site.sessions.begin() as fresh:
        door_modes.order(fresh, [site.home.outer.id], DoorMode.FREE, by=site.holder.id, reason="Juhla", now=now)
    assert not status(site, site.home.outer).can


def test_a_restarted_service_knows_what_was_ordered_and_publishes_it_again(site):
    order(site, DoorMode.LOCKED)
    site.settle()
    site.restart_service()
    site.wire.published.clear()
    site.settle()
    assert site.wire.published.count("mode") == 2
    assert status(site, site.home.outer).confirmed


def test_a_door_that_lost_its_memory_is_not_said_to_be_locked_down(site):
    order(site, DoorMode.LOCKDOWN)
    site.settle()
    site.wire.connected = False
    site.outer.mode = None
    site.wire.connected = True
    site.pass_time(seconds=30)
    site.outer.report()
    site.wire.to_doors.clear()
    site.wire._all_up()
    site.service._gather()
    site.service._store()
    assert not status(site, site.home.outer).confirmed


def test_a_mode_that_was_never_ordered_is_an_alarm(site):
    site.outer.mode = ModeOrder(1, 7, int(site.now.timestamp()), DoorMode.FREE)
    site.outer.report()
    site.settle()
    with site.sessions() as session:
        assert "mode_mismatch" in [alarm.kind for alarm in board.alarms(session, None)]


def test_after_the_epoch_was_raised_the_mode_is_given_anew_with_it(site):
    order(site, DoorMode.LOCKDOWN)
    site.settle()
    with site.sessions.begin() as session:
        door = session.get_one(Door, site.home.outer.id)
        door.epoch, door.version = door.epoch + 1, door.version + 1
    site.settle()
    assert (site.outer.mode.epoch, site.outer.mode.version, site.outer.mode.mode) == (2, 2, DoorMode.LOCKDOWN)
    assert status(site, site.home.outer).confirmed


def test_a_fire_is_an_alarm_until_it_is_reset_and_forced_doors_are_none_meanwhile(site):
    site.outer.note("fire", active=True)
    site.outer.note("forced")
    site.outer.send_events()
    site.settle()

    def kinds():
        with site.sessions() as session:
            return {alarm.kind for alarm in board.alarms(session, None)}

    assert kinds() == {"fire"}
    with site.sessions.begin() as session:
        door = session.get_one(Door, site.home.outer.id)
        commands.ask_fire_reset(session, door, by=site.holder.id, reason="Paloilmoitin kuitattu", now=site.now)
    site.settle()
    with site.sessions() as session:
        row = session.scalars(select(DoorCommand)).one()
        assert (row.kind, row.state, row.result) == ("fire_reset", CommandState.DONE, "fire_reset")
    site.outer.note("fire", active=False)
    site.outer.send_events()
    site.settle()
    assert kinds() == set()
