"""Why a door decided so: the decision taken again with the list it held and its own clock."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from access import convergence, risks
from access.access_list import forget_old
from access.board import tonight
from access.keeping import keeper
from access.models import AccessList, DoorEvent, DoorState
from access.replay import Agreement, Missing, replay
from access.risks import Cause
from devices.messages import Clock
from tests.access.make import VAULT
from tests.access.site import CARD, made_site


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture
def site(engine, sessions, now):
    return made_site(engine, sessions, now)


def last(site, kind):
    """The last decision of this kind, replayed."""
    with site.sessions() as session:
        query = select(DoorEvent).where(DoorEvent.kind == kind).options(joinedload(DoorEvent.door))
        return replay(session, session.scalars(query.order_by(DoorEvent.id.desc())).first())


def shown(site, clock, card=CARD):
    site.at(clock)
    site.hall.show(card)
    site.hall.send_events()
    site.settle()


def test_a_card_shown_too_early_late_or_in_time_is_explained_by_its_right(site):
    turn = site.book("18:00", "20:00")
    site.settle()
    shown(site, "17:00")
    found = last(site, "denied")
    assert (found.agreement, found.missing) == (Agreement.SAME, Missing.OTHER_TIME)
    assert found.near.turn.id == turn.id
    shown(site, "19:00")
    assert last(site, "granted").agreement is Agreement.SAME
    shown(site, "21:00")
    found = last(site, "denied")
    assert (found.event.reason, found.missing) == ("expired", Missing.OTHER_TIME)


def test_a_right_that_did_not_reach_the_door_in_time_is_told_so_and_so_is_one_taken_away(site):
    site.book("14:00", "15:00")
    site.settle()
    site.wire.cut()
    late = site.book("18:00", "20:00")
    site.at("19:00")
    site.hall.show(CARD)
    site.wire.mend()
    site.settle()
    found = last(site, "denied")
    assert (found.agreement, found.missing, found.near.turn.id) == (Agreement.SAME, Missing.ON_ITS_WAY, late.id)
    site.cancel(late)
    site.settle()
    shown(site, "19:10")
    assert last(site, "denied").missing is Missing.TAKEN_AWAY


def test_a_stranger_is_nobody_here(site):
    site.book("18:00", "20:00")
    site.settle()
    shown(site, "18:30", "card:em4100:40:0000000001")
    found = last(site, "denied")
    assert (found.agreement, found.missing, found.near) == (Agreement.SAME, Missing.STRANGER, None)


def test_a_door_that_did_not_follow_its_list_is_found_out(site):
    site.book("18:00", "20:00")
    site.settle()
    shown(site, "17:00")
    with site.sessions.begin() as session:
        session.execute(update(DoorEvent).where(DoorEvent.kind == "denied").values(kind="granted", reason="granted"))
    found = last(site, "granted")
    assert (found.agreement, found.again.reason) == (Agreement.OTHER, "too_early")


def test_a_list_whose_words_are_gone_or_that_was_never_issued_is_said_to_be_so(site):
    site.book("18:00", "20:00")
    site.settle()
    shown(site, "17:00")
    with site.sessions.begin() as session:
        forget_old(session, site.now + timedelta(days=400))
        session.execute(update(AccessList).values(payload=b""))
    assert last(site, "denied").agreement is Agreement.LIST_GONE
    with site.sessions.begin() as session:
        session.execute(update(AccessList).values(epoch=9))
    assert last(site, "denied").agreement is Agreement.LIST_UNKNOWN


def test_a_door_without_a_clock_is_replayed_without_one(site):
    """D10: without a clock no time-limited right opens; the replay says why."""
    site.book("18:00", "20:00")
    site.settle()
    site.hall.clock = Clock.UNKNOWN
    shown(site, "18:30")
    found = last(site, "denied")
    assert (found.event.reason, found.agreement, found.missing) == ("clock_unknown", Agreement.SAME, Missing.NOTHING)


def test_what_will_fail_is_told_with_its_cause_and_doors_behind_with_their_rights(site):
    site.wire.cut()
    site.pass_time(minutes=5)
    site.service._mind()
    failing = site.book("12:30", "13:30")
    with site.sessions() as session:
        row = next(one for one in tonight(session, None, site.now) if one.occurrence.id == failing.id)
        assert {risk.cause for risk in risks.risks(session, row)} == {Cause.DOOR_OFFLINE}
        behind = convergence.doors_behind(session, None, site.now)
        waits = [one for one in behind if one.entering]
        assert len(waits) == 2
        assert all(one.oldest_at == site.now for one in waits)
        assert {one.turn.id for one in convergence.waiting_rights(session, None, site.now)} == {failing.id}
    site.wire.mend()
    site.settle()
    with site.sessions() as session:
        assert all(one.converged for one in convergence.doors_behind(session, None, site.now) if one.state.online)
        assert convergence.waiting_rights(session, None, site.now) == []


def test_a_door_unlike_the_others_is_marked(site):
    with site.sessions.begin() as session:
        first, *others = session.scalars(select(DoorState).order_by(DoorState.door_id))
        first.firmware, first.clock_offset_ms = "0.9", 20 * 60_000
        for other in others:
            other.firmware, other.clock_state, other.clock_offset_ms = "1.0", "synced", 0
        session.flush()
        found = {one.door.id: one for one in convergence.doors_behind(session, None, site.now)}
        assert (found[first.door_id].firmware_outlier, found[first.door_id].clock_outlier) == (True, True)
        assert not any(found[other.door_id].firmware_outlier or found[other.door_id].clock_outlier for other in others)
