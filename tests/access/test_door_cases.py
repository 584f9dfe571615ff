"""Cases of the acceptance list that need doors, doors process and database together (docs/door-cases.md)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from access import board, credentials, pin_codes, rights
from access.keeping import keeper
from access.models import Credential, DoorAlarm, DoorEvent
from access.status import RightState, right_status
from booking.acts import Act, ActKind, tell
from booking.models import Occurrence, Premises, RoleGrant
from booking.roles import Role, end_at
from devices.credentials import pin as normal_pin
from devices.messages import Clock
from tests import make
from tests.access.make import VAULT, card
from tests.access.make import turn as booked
from tests.access.site import CARD, made_site

# What depends on the database is shown on both next door, in test_doors.py.
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True, scope="session")

DAY = "2026-11-24"


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture
def site(engine, sessions, now):
    return made_site(engine, sessions, now)


def states(site, turn):
    """Of the outer door and of the hall's."""
    with site.sessions() as session:
        return [each.state for each in right_status(session, turn.id, site.now)]


def told(site, kind):
    with site.sessions() as session:
        return session.scalars(select(DoorEvent).where(DoorEvent.kind == kind).order_by(DoorEvent.id)).all()


def alarms(site):
    with site.sessions() as session:
        return {alarm.kind for alarm in board.alarms(session, None)}


def starts(door):
    """When the rights begin that this door decides by."""
    return [right.starts for right in door.whole.rights]


def dies_silently(site, door):
    """No last will: nobody has noticed that the connection is dead."""
    site.wire.unplugged.add(door.id)


def test_cancelled_half_an_hour_before_is_out_of_an_offline_door_before_it_hears_of_anything_new(site):
    """D1: revoked and confirmed by the door; offline it is pending, and goes ahead of any new right."""
    turn = site.book("18:00", "20:00")
    site.settle()
    site.at("17:30")
    site.wire.unplug(site.outer)
    site.cancel(turn)
    site.settle()
    assert states(site, turn) == [RightState.REVOCATION_PENDING, RightState.REVOKED]
    later = site.book("21:00", "22:00")
    site.settle()
    site.at("18:05")
    applied = len([event for event in site.outer.events if event["kind"] == "list_applied"])
    site.wire.plug_in(site.outer)
    assert starts(site.outer) == [int(make.at(DAY, "20:45").timestamp())]
    assert len([event for event in site.outer.events if event["kind"] == "list_applied"]) == applied + 1
    assert not site.outer.show(CARD).granted
    site.settle()
    assert set(states(site, turn)) == {RightState.REVOKED}
    assert set(states(site, later)) == {RightState.IN_DOOR}


def test_a_door_whose_link_is_dead_for_hours_is_an_alarm_goes_on_and_tells_afterwards_with_its_own_time(site):
    """D7: the heartbeat is missed; its list goes on opening; events come later with their original time."""
    site.book("18:00", "20:00")
    site.settle()
    dies_silently(site, site.outer)
    site.pass_time(seconds=149)
    site.hall.report()
    site.settle()
    assert "offline" not in alarms(site)
    site.pass_time(seconds=2)
    site.settle()
    assert "offline" in alarms(site)
    site.at("18:10")
    shown_at = site.now
    assert site.outer.show(CARD).granted
    site.at("19:50")
    site.wire.plug_in(site.outer)
    site.hall.report()
    site.settle()
    [event] = told(site, "granted")
    assert (event.device_at, event.received_at) == (shown_at, site.now)
    assert "offline" not in alarms(site)


@pytest.mark.parametrize("minutes", [-20, 20])
def test_a_clock_twenty_minutes_off_is_an_alarm_and_set_before_it_lets_anybody_in_too_late(site, minutes):
    """D10: from its first word on, the door decides by the right time again."""
    site.book("18:00", "20:00")
    site.settle()
    site.hall.offset_s = minutes * 60
    site.at("20:01")
    site.hall.report()
    site.settle()
    assert site.hall.offset_s == 0
    with site.sessions() as session:
        [alarm] = session.scalars(select(DoorAlarm).where(DoorAlarm.kind == "clock_drift"))
    assert alarm.facts["offset_ms"] == minutes * 60_000
    assert site.hall.show(CARD).reason == "expired"


def test_a_door_without_its_time_honours_no_right_with_a_window(site):
    """D10: unset. That the exit never depends on the clock is shown in firmware-sim."""
    site.book("18:00", "20:00")
    site.settle()
    site.at("18:30")
    site.hall.clock = Clock.UNKNOWN
    assert site.hall.show(CARD).reason == "clock_unknown"
    site.hall.report()
    site.settle()
    assert site.hall.show(CARD).granted


def test_a_lost_card_is_blocked_at_every_door_by_one_act_and_the_sessions_stay(site):
    """D13."""
    turns = [site.book("14:00", "16:00"), site.book("18:00", "20:00")]
    site.settle()
    site.at("14:05")
    assert site.outer.show(CARD).granted
    with site.sessions.begin() as session:
        ref = session.scalars(select(Credential.ref).where(Credential.kind == "card")).one()
        credentials.revoke(session, ref, by=site.holder.id, now=site.now, why="lost")
    site.settle()
    for clock in ("14:10", "18:05"):
        site.at(clock)
        assert [door.show(CARD).reason for door in (site.outer, site.hall)] == ["unknown_credential"] * 2
    with site.sessions() as session:
        assert [session.get_one(Occurrence, turn.id).state for turn in turns] == ["confirmed"] * 2


def test_one_removed_from_the_club_in_mid_turn_is_refused_at_the_door_and_the_others_go_on(site):
    """DA36, at the door: not a second passes between the removal and the refusal."""
    with site.sessions.begin() as session:
        club, members = make.organisation(session), [make.person(session) for _ in range(3)]
        roles = [make.role(session, one, Role.KEY_HOLDER, organisation_id=club.id).id for one in members]
        for n, one in enumerate(members):
            card(session, one, site.now, f"0A0B0C0D0{n}")
        row = booked(session, site.home.hall, make.span(DAY, "18:00", "20:00"), site.holder, whose=club)
        tell(session, Act(ActKind.BOOKING_MADE, site.now, site.holder.id, row.ref, occurrences=(row.id,)))
    site.settle()
    site.at("18:30")
    cards = [f"card:em4100:40:0a0b0c0d0{n}" for n in range(3)]
    assert [site.hall.show(one).granted for one in cards] == [True] * 3
    with site.sessions.begin() as session:
        end_at(session, session.get_one(RoleGrant, roles[0]), at=site.now, on=site.now.date(), by=None, now=site.now)
    site.settle()
    assert [site.hall.show(one).granted for one in [*cards, CARD]] == [False, True, True, True]


def test_cancelled_while_its_list_is_under_way_it_waits_for_the_door_until_that_says_so(site):
    """DA3: the next version is without it; until the door confirms that one, the page says that it waits."""
    turn = site.book("18:00", "20:00")
    site.service.turn()
    under_way = list(site.wire.to_doors)
    assert under_way
    site.cancel(turn)
    assert states(site, turn) == [RightState.REVOCATION_PENDING] * 2
    site.wire.carry()  # the list with the right arrives after all
    assert starts(site.outer) == [int(make.at(DAY, "17:45").timestamp())]
    first = site.outer.version
    assert states(site, turn) == [RightState.REVOCATION_PENDING] * 2
    site.settle()
    assert site.outer.version > first
    assert states(site, turn) == [RightState.REVOKED] * 2
    site.at("18:10")
    assert [site.outer.show(CARD).granted, site.hall.show(CARD).granted] == [False, False]


def test_a_clock_forty_seconds_fast_shuts_early_is_an_alarm_and_both_times_are_kept(site):
    """DA13: the right ends at 20:00:00; the card is shown at true 19:59:40."""
    site.book("18:00", "20:00")
    site.settle()
    site.at("19:59")
    site.pass_time(seconds=40)
    site.hall.offset_s = 40
    assert site.hall.show(CARD).reason == "expired"
    site.hall.send_events()
    site.hall.report()
    site.settle()
    [event] = told(site, "denied")
    assert (event.device_at, event.received_at) == (site.now + timedelta(seconds=40), site.now)
    with site.sessions() as session:
        [alarm] = session.scalars(select(DoorAlarm).where(DoorAlarm.kind == "clock_drift"))
    assert alarm.facts["offset_ms"] == 40_000


@pytest.mark.parametrize(("seconds", "found"), [(10, set()), (11, {"clock_drift"})])
def test_a_clock_is_an_alarm_from_more_than_ten_seconds_on(site, seconds, found):
    """DA13."""
    site.hall.offset_s = seconds
    site.hall.report()
    site.settle()
    with site.sessions() as session:
        assert set(session.scalars(select(DoorAlarm.kind).where(DoorAlarm.door_id == site.home.hall_door.id))) == found


def test_a_twin_typed_at_an_offline_door_opens_and_the_alarm_comes_with_its_event(site):
    """DA22: queued while the door is offline; at once when it is not."""
    with site.sessions.begin() as session:
        session.get_one(Premises, site.home.premises.id).duress_codes = True
    turn = site.book("18:00", "20:00")
    with site.sessions.begin() as session:
        rights.ask_pin(session, VAULT, turn.booking.ref, by=site.holder.id, now=site.now)
    with site.sessions.begin() as session:
        twin = pin_codes.twin_shown(session, VAULT, turn.booking.ref, by=site.holder.id)
    site.settle()
    site.at("18:05")
    site.wire.unplug(site.hall)
    assert site.hall.show(normal_pin(twin)).granted
    site.settle()
    assert "duress" not in alarms(site)
    site.wire.plug_in(site.hall)
    site.settle()
    assert "duress" in alarms(site)
    site.outer.show(normal_pin(twin))
    site.outer.send_events()
    site.settle()
    with site.sessions() as session:
        raised = session.scalars(select(DoorAlarm.raised_at).where(DoorAlarm.kind == "duress")).all()
    assert raised == [site.now] * 2
