"""The doors process with doors on a wire that can be cut: nothing is lost, nothing opens that should not."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from access import board, commands
from access.doors import DoorService
from access.keeping import keeper
from access.models import CommandState, DoorAlarm, DoorCommand, DoorEvent, DoorState
from access.status import RightState, overall, right_status
from booking.refusals import BadInput
from devices import canonical
from devices.messages import Clock
from devices.mqtt import Arrived
from tests.access.make import VAULT
from tests.access.site import CARD, made_service, made_site


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture
def site(engine, sessions, now):
    return made_site(engine, sessions, now)


def states(site, occurrence):
    with site.sessions() as session:
        return {each.state for each in right_status(session, occurrence.id, site.now)}


def events(site, kind=None):
    with site.sessions() as session:
        rows = session.scalars(select(DoorEvent).order_by(DoorEvent.door_id, DoorEvent.boot_epoch, DoorEvent.seq)).all()
        return [row for row in rows if kind in (None, row.kind)]


def alarm_kinds(site):
    with site.sessions() as session:
        return [alarm.kind for alarm in board.alarms(session, None)]


def test_a_booking_is_in_the_doors_and_the_page_says_since_when(site):
    turn = site.book()
    assert states(site, turn) == {RightState.PENDING}
    site.settle()
    with site.sessions() as session:
        status = right_status(session, turn.id, site.now)
    assert [each.state for each in status] == [RightState.IN_DOOR] * 2
    assert [each.list_version for each in status] == [site.outer.version.version, site.hall.version.version]
    assert {each.since for each in status} == {site.now}


@pytest.mark.parametrize(
    ("seconds", "granted", "reason"),
    [(-1, False, "too_early"), (0, True, "granted"), (8099, True, "granted"), (8100, False, "expired")],
)
def test_the_door_opens_from_the_first_second_until_just_before_the_end(site, seconds, granted, reason):
    """DA1, with a list of the service: the second before, the first, the last, the one after."""
    site.book()
    site.settle()
    site.at("17:45")
    site.pass_time(seconds=seconds)
    decision = site.outer.show(CARD)
    assert (decision.granted, decision.reason) == (granted, reason)


def test_with_the_network_cut_the_card_opens_and_the_events_arrive_once_with_the_doors_own_time(site):
    site.book()
    site.settle()
    site.wire.unplug(site.outer)
    site.at("18:10")
    assert site.outer.show(CARD).granted
    shown_at = site.now
    site.at("18:40")
    site.wire.plug_in(site.outer)
    site.outer.send_events()  # and once more, as after a lost acknowledgement
    site.settle()
    (granted,) = events(site, "granted")
    assert (granted.device_at, granted.received_at) == (shown_at, site.now)
    assert (granted.person_id, granted.occurrence_id is not None) == (site.holder.id, True)
    assert site.outer.events == []


def test_cancelled_while_its_list_is_under_way_leaves_no_right_installed(site):
    """DA3."""
    turn = site.book()
    site.service.turn()  # published, not yet delivered
    site.cancel(turn)
    site.settle()
    assert states(site, turn) == {RightState.REVOKED}
    site.at("18:10")
    assert not site.outer.show(CARD).granted


def test_a_cancelled_booking_is_pending_until_an_offline_door_confirms_it(site):
    """D1: "revocation pending" until the door itself says otherwise."""
    turn = site.book()
    site.settle()
    site.wire.unplug(site.outer)
    site.cancel(turn)
    site.settle()
    with site.sessions() as session:
        outer, hall = right_status(session, turn.id, site.now)
    assert (outer.state, hall.state) == (RightState.REVOCATION_PENDING, RightState.REVOKED)
    assert outer.offline_since == site.now
    site.wire.plug_in(site.outer)
    site.settle()
    assert states(site, turn) == {RightState.REVOKED}


def test_on_reconnect_the_denial_is_there_before_any_command(site):
    """D1: deny first."""
    turn = site.book()
    site.settle()
    site.wire.unplug(site.outer)
    site.cancel(turn)
    site.settle()
    site.wire.published.clear()
    site.wire.plug_in(site.outer)
    site.wire.carry()
    site.service._gather()
    site.service._store()
    with site.sessions.begin() as session:
        commands.ask_open(session, site.home.outer.ref, by=site.holder.id, reason="Avain hukassa", now=site.now)
    site.settle()
    assert site.wire.published.index("desired") < site.wire.published.index("cmd")


def test_a_booking_is_valid_while_the_broker_is_down_and_its_right_follows(site):
    """D4."""
    site.wire.cut()
    turn = site.book()
    site.settle()
    assert states(site, turn) == {RightState.PENDING}
    site.wire.mend()
    site.settle()
    assert states(site, turn) == {RightState.IN_DOOR}


def test_a_right_not_in_the_door_an_hour_before_is_an_alarm(site):
    """D4: an alarm when it is not installed by T-60 min."""
    site.wire.unplug(site.hall)
    site.book()
    site.at("16:44")
    site.settle()
    assert "not_installed" not in alarm_kinds(site)
    site.at("16:46")
    site.settle()
    assert "not_installed" in alarm_kinds(site)
    with site.sessions() as session:
        assert board.tonight(session, None, site.now)[0].at_risk
    site.wire.plug_in(site.hall)
    site.pass_time(seconds=5)
    site.settle()
    site.pass_time(seconds=5)
    site.settle()
    assert "not_installed" not in alarm_kinds(site)


def test_a_broker_that_forgot_everything_is_told_everything_again(site):
    site.book()
    site.settle()
    site.wire.retained.clear()
    site.wire.mend()
    site.settle()
    assert set(site.wire.retained) == {f"vuoro/v1/d/{door.id}/desired" for door in (site.outer, site.hall)} | {
        topic for topic in site.wire.retained if "desired" in topic
    }


def test_a_service_that_dies_after_the_commit_acknowledges_when_it_is_back_and_stores_nothing_twice(site):
    """DA28: the door sends again, no second row, the acknowledgement comes."""
    site.book()
    site.settle()
    site.at("18:00")
    site.outer.show(CARD)
    site.outer.send_events()
    site.wire.carry()
    site.service._gather()
    site.service._stored(site.service._waiting)  # committed; killed before the acknowledgement
    site.restart_service()
    assert site.outer.events
    site.outer.send_events()
    site.settle()
    assert (site.outer.events, len(events(site, "granted"))) == ([], 1)


def test_another_event_under_a_stored_number_changes_nothing_and_both_are_kept(site):
    """DA27: the first stays, the second is kept in an alarm as evidence."""
    before = len(events(site))
    first = site.outer.note("door_opened")
    site.outer.send_events()
    site.settle()
    site.outer.seq -= 1
    site.outer.prev = "ab" * 32
    second = site.outer.note("forced")
    site.outer.send_events()
    site.settle()
    assert len(events(site)) == before + 1
    with site.sessions() as session:
        alarm = session.scalars(select(DoorAlarm).where(DoorAlarm.kind == "event_conflict")).one()
    assert alarm.facts["first_hash"] == canonical.digest(first)
    assert alarm.facts["second"] == second


def test_a_hole_in_the_numbers_that_nothing_explains_is_an_alarm(site):
    site.outer.seq += 5
    site.outer.note("door_opened")
    site.outer.send_events()
    site.settle()
    assert "event_gap" in alarm_kinds(site)


def test_opening_from_afar_is_kept_with_its_reason_and_ends_with_the_doors_answer(site):
    with site.sessions.begin() as session:
        row = commands.ask_open(
            session, site.home.hall_door.ref, by=site.holder.id, reason="Siivooja ilman korttia", now=site.now
        )
    site.settle()
    with site.sessions() as session:
        ended = commands.command_of(session, row.ref)
    assert (ended.state, ended.result, ended.reason) == ("done", "opened", "Siivooja ilman korttia")
    assert site.hall.opened == ["remote"]
    assert events(site, "opened_remote")[0].command_id == row.id


def test_a_door_known_to_be_offline_is_not_asked(site):
    site.wire.unplug(site.hall)
    site.settle()
    with site.sessions.begin() as session:
        row = commands.ask_open(session, site.home.hall_door.ref, by=site.holder.id, reason="Huolto", now=site.now)
    assert (row.state, row.result) == ("failed", "offline")
    site.wire.plug_in(site.hall)
    site.settle()
    assert site.hall.opened == []


def test_a_door_that_does_not_answer_is_said_not_to_answer_and_is_not_asked_again(site):
    site.hall.mute = True
    with site.sessions.begin() as session:
        row = commands.ask_open(session, site.home.hall_door.ref, by=site.holder.id, reason="Huolto", now=site.now)
    site.settle()
    assert commands.shown_state(row, site.now + timedelta(seconds=13)) is CommandState.EXPIRED
    site.pass_time(seconds=13)
    site.settle()
    with site.sessions() as session:
        ended = commands.command_of(session, row.ref)
    assert (ended.state, ended.result) == ("expired", "no_answer")
    assert site.wire.published.count("cmd") == 1


@pytest.mark.parametrize("reason", ["", "  ", "x", "x" * 201])
def test_opening_from_afar_needs_a_reason(site, reason):
    with pytest.raises(BadInput), site.sessions.begin() as session:
        commands.ask_open(session, site.home.hall_door.ref, by=site.holder.id, reason=reason, now=site.now)


def test_counters_of_commands_rise_also_after_a_restart(site):
    for _ in range(2):
        with site.sessions.begin() as session:
            commands.ask_open(session, site.home.hall_door.ref, by=site.holder.id, reason="Huolto", now=site.now)
        site.settle()
        site.restart_service()
    with site.sessions() as session:
        counters = list(session.scalars(select(DoorCommand.counter).order_by(DoorCommand.id)))
    assert counters == sorted(set(counters))
    assert site.hall.opened == ["remote", "remote"]


def test_a_clock_far_off_is_an_alarm_and_is_set(site):
    """D10."""
    site.hall.offset_s = 40
    site.hall.report()
    site.settle()
    assert site.hall.offset_s == 0
    with site.sessions() as session:
        kinds = list(session.scalars(select(DoorAlarm.kind)))
    assert "clock_drift" in kinds


def test_a_door_that_lost_its_time_is_given_the_time(site):
    site.hall.clock = Clock.UNKNOWN
    site.hall.report()
    site.settle()
    assert site.hall.clock is Clock.SYNCED


def test_a_silent_door_is_offline_after_its_heartbeat_and_back_with_the_next_word(site):
    """D7."""
    site.pass_time(seconds=151)
    site.settle()
    with site.sessions() as session:
        assert not session.get(DoorState, site.home.outer.id).online
    assert "offline" in alarm_kinds(site)
    site.outer.report()
    site.hall.report()
    site.settle()
    with site.sessions() as session:
        assert session.get(DoorState, site.home.outer.id).online
    assert "offline" not in alarm_kinds(site)


def test_a_list_is_renewed_long_before_it_goes_stale(site):
    site.book()
    site.settle()
    version = site.outer.version.version
    site.pass_time(hours=13)
    site.settle()
    assert site.outer.version.version == version + 1
    assert site.outer.held.not_after > site.outer.now + 71 * 3600


def test_a_door_that_forgot_its_list_is_seen_and_served_again(site):
    turn = site.book()
    site.settle()
    site.outer.held = None
    site.outer.report()
    site.settle()
    with site.sessions() as session:
        assert overall(right_status(session, turn.id, site.now)) is RightState.PENDING
    site.wire.plug_in(site.outer)
    site.outer.sent += 1
    site.settle()
    assert states(site, turn) == {RightState.IN_DOOR}


def test_garbage_and_forged_messages_change_nothing_and_are_told_once(site):
    before = len(events(site))
    topic = f"vuoro/v1/d/{site.outer.id}/ev"
    for payload in (b"", b"{", b"\xff" * 10, b"[]"):
        site.service.inbox.put(type_arrived(topic, payload))
    site.service.inbox.put(type_arrived("vuoro/v1/d/nobody/ev", b"{}"))
    site.settle()
    assert len(events(site)) == before
    assert alarm_kinds(site).count("bad_message") == 1


def type_arrived(topic, payload):
    return Arrived(topic, payload, retained=False, mid=0)


def test_a_lost_database_loses_no_event(site):
    site.outer.note("door_opened")
    site.outer.send_events()
    site.wire.carry()
    real = site.service.sessions
    site.service.sessions = type("Gone", (), {"begin": lambda self: gone(), "__call__": lambda self: gone()})()

    def gone():
        raise OperationalError("gone", {}, Exception())

    with pytest.raises(OperationalError):
        site.service.turn()
    assert site.outer.events
    site.service.sessions = real
    site.settle()
    assert (len(events(site, "door_opened")), site.outer.events) == (1, [])


class Choking(DoorService):
    """A doors process with a bug: it cannot take what one door says."""

    cannot_take = ""

    def _take(self, session, door, event, now):
        if event.door == self.cannot_take:
            raise ZeroDivisionError
        return super()._take(session, door, event, now)


def test_a_message_that_cannot_be_stored_does_not_hold_up_the_others(site):
    site.service = made_service(site, Choking)
    site.service.cannot_take = site.outer.id
    for door in (site.outer, site.hall):
        door.note("door_opened")
        door.send_events()
    site.wire.carry()
    for _ in range(6):
        try:
            site.service.turn()
        except ZeroDivisionError:
            site.service._suspect()
    assert [row.door_id for row in events(site, "door_opened")] == [site.home.hall_door.id]


def test_text_that_no_database_keeps_does_not_stop_a_door(site):
    site.outer.firmware = "1.0\0"
    site.outer.report()
    site.settle()
    with site.sessions() as session:
        assert session.get(DoorState, site.home.outer.id).firmware == "1.0"
