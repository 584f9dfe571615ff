"""Lockdown, free and locked: in force only when the door says so, before any command, also for doors that were away."""

import pytest
from sqlalchemy import select

from access import board, commands, door_modes
from access.keeping import keeper
from access.mode_models import ModeChange
from access.models import CommandState, Door, DoorCommand
from booking.acts import ActKind, told
from booking.refusals import BadInput
from devices.messages import DoorMode, ModeOrder
from tests import make
from tests.access.make import VAULT, house
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


def test_opening_in_spite_of_lockdown_says_so_in_the_order(session, now):
    home, by = house(session, now), make.person(session).id
    row = commands.ask_open(session, home.outer.ref, by=by, reason="Poliisi", now=now, override=True)
    assert commands.body_of(row, home.outer, now).body()["override"] is True


def test_the_same_mode_again_changes_nothing_and_a_door_keeps_its_own_count(session, now):
    home, by = house(session, now), make.person(session).id
    both = [home.outer.id, home.hall_door.id]
    for doors, mode in ((both[:1], DoorMode.LOCKDOWN), (both, DoorMode.LOCKDOWN), (both, DoorMode.NORMAL)):
        door_modes.order(session, doors, mode, by=by, reason="Uhka pihalla", now=now)
    rows = session.execute(select(ModeChange.door_id, ModeChange.version, ModeChange.mode).order_by(ModeChange.id))
    assert list(rows) == [
        (both[0], 1, "lockdown"),
        (both[1], 1, "lockdown"),
        (both[0], 2, "normal"),
        (both[1], 2, "normal"),
    ]
    assert [act.kind for act in told(session)].count(ActKind.DOOR_MODE_ORDERED) == 4


def test_a_mode_needs_a_reason_and_hardware_that_knows_modes(session, now):
    home, by = house(session, now), make.person(session).id
    with pytest.raises(BadInput):
        door_modes.order(session, [home.outer.id], DoorMode.FREE, by=by, reason=" ", now=now)
    home.outer.driver = "shelly"
    session.flush()
    with pytest.raises(BadInput):
        door_modes.order(session, [home.outer.id], DoorMode.FREE, by=by, reason="Juhla", now=now)
    assert not door_modes.status(session, home.outer).can


def test_a_restarted_service_publishes_what_was_ordered_again_and_with_a_raised_epoch_anew(site):
    order(site, DoorMode.LOCKDOWN)
    site.settle()
    site.restart_service()
    site.wire.published.clear()
    site.settle()
    assert site.wire.published.count("mode") == 2
    assert status(site, site.home.outer).confirmed
    with site.sessions.begin() as session:
        door = session.get_one(Door, site.home.outer.id)
        door.epoch, door.version = door.epoch + 1, door.version + 1
    site.settle()
    assert (site.outer.mode.epoch, site.outer.mode.version, site.outer.mode.mode) == (2, 2, DoorMode.LOCKDOWN)
    assert status(site, site.home.outer).confirmed


def test_a_door_that_lost_its_memory_is_not_said_to_be_locked_down_and_a_mode_nobody_ordered_is_an_alarm(site):
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
    site.outer.mode = ModeOrder(1, 7, int(site.now.timestamp()), DoorMode.FREE)
    site.outer.report()
    site.settle()
    with site.sessions() as session:
        assert "mode_mismatch" in [alarm.kind for alarm in board.alarms(session, None)]


def test_a_fire_is_an_alarm_until_it_is_reset_and_forced_doors_are_none_meanwhile(site):
    """DA33, the service's part."""
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
