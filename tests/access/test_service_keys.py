"""The service's signing key is changed while doors work, one by one (DA40); lists too large for a door go in pages."""

import pytest
from sqlalchemy import select

from access import board, key_rotation, list_post, register, service_keys
from access.access_list import newest
from access.every import Every
from access.keeping import keeper
from access.keys import SERVICE_KID
from access.models import AccessList, Door, DoorCommand
from access.status import RightState, right_status
from booking.refusals import BadInput
from devices import canonical
from devices.messages import Clock
from tests.access.make import VAULT
from tests.access.site import CARD, made_site


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture
def site(engine, sessions, now):
    made = made_site(engine, sessions, now)
    with sessions.begin() as session:  # its controller was never hung on the wall
        session.get_one(Door, made.home.club_door.id).enabled = False
    return made


def signer(site, door, end="desired"):
    return canonical.decode(site.wire.retained[f"vuoro/v1/d/{door.id}/{end}"])["kid"]


def rotate(site):
    with site.sessions.begin() as session:
        return service_keys.rotate(session, site.now)


def live(site):
    with site.sessions() as session:
        return service_keys.live(session)


def alarms(site):
    with site.sessions() as session:
        return [(alarm.kind, alarm.door_id) for alarm in board.alarms(session, None)]


def go_on(site, times=4, **delta):
    for _ in range(times):
        site.pass_time(**(delta or {"minutes": 11}))
        for door in (site.outer, site.hall):
            if door.id not in site.wire.unplugged:
                door.report()
        site.wire.carry()
        site.settle()
        site.settle()  # what was found to be done meanwhile


def test_da40_a_door_that_was_away_gets_lists_by_the_old_key_until_it_knows_the_new(site):
    """DA40: both keys are in use until each door has acknowledged the new one."""
    site.wire.unplug(site.hall)
    site.settle()
    assert rotate(site) == "svc-2"
    go_on(site)
    site.book()
    go_on(site)
    assert (signer(site, site.outer), signer(site, site.hall)) == ("svc-2", SERVICE_KID)
    assert site.outer.kids == [SERVICE_KID, "svc-2"]  # the old one stays while somebody needs it
    assert live(site) == [SERVICE_KID, "svc-2"]
    site.wire.plug_in(site.hall)
    go_on(site)
    assert signer(site, site.hall) == "svc-2"
    assert site.outer.kids == site.hall.kids == ["svc-2"]
    assert live(site) == ["svc-2"]
    assert site.outer.show(CARD).reason == "too_early"


def test_da40_a_door_that_stays_away_for_thirty_days_needs_a_visit(site):
    """DA40: after 30 days "needs visit"."""
    site.wire.unplug(site.hall)
    site.settle()
    rotate(site)
    go_on(site, 1, days=29, hours=23)
    assert ("needs_visit", site.home.hall_door.id) not in alarms(site)
    go_on(site, 1, hours=2)
    assert ("needs_visit", site.home.hall_door.id) in alarms(site)
    assert ("needs_visit", site.home.outer.id) not in alarms(site)
    site.wire.plug_in(site.hall)
    go_on(site)
    assert ("needs_visit", site.home.hall_door.id) not in alarms(site)


def test_orders_after_the_change_are_signed_with_the_new_key(site):
    rotate(site)
    go_on(site)
    assert live(site) == ["svc-2"]
    site.outer.clock = Clock.UNKNOWN
    site.outer.report()
    go_on(site, 1)
    assert site.outer.clock is Clock.SYNCED
    with site.sessions() as session:
        assert set(session.scalars(select(DoorCommand.state))) == {"done"}


def test_one_rotation_at_a_time_and_names_that_never_come_again(site):
    rotate(site)
    with pytest.raises(BadInput):
        rotate(site)
    go_on(site)
    assert rotate(site) == "svc-3"
    with site.sessions() as session:
        assert [row["doors"] for row in key_rotation.progress(session)] == ["2 of 2", "0 of 2"]


def test_a_controller_fitted_meanwhile_is_given_both_keys(site):
    rotate(site)
    with site.sessions() as session:
        record = register.provisioning(VAULT, site.home.outer, kids=service_keys.live(session))
    assert set(record["service_keys"]) == {SERVICE_KID, "svc-2"}
    assert record["service_keys"]["svc-2"] == VAULT.public("svc-2")


def test_a_list_too_large_for_a_door_comes_in_pages_and_is_in_force_as_a_whole(site):
    """D9, the service's part: pages, each with its hash in the list."""
    site.outer.most_bytes = 1100
    site.outer.report()
    for start, end in (("08:00", "10:00"), ("12:00", "14:00"), ("18:00", "20:00")):
        turn = site.book(start, end)
    site.settle()
    topic = f"vuoro/v1/d/{site.outer.id}/desired"
    pages = [each for each in site.wire.retained if each.startswith(f"{topic}/") and site.wire.retained[each]]
    assert len(pages) >= 2
    assert all(len(site.wire.retained[each]) <= 1100 for each in (topic, *pages))
    with site.sessions() as session:
        assert {each.state for each in right_status(session, turn.id, site.now)} == {RightState.IN_DOOR}
        row = newest(session, site.home.outer)
        assert list_post.read(row.payload) == site.outer.whole
    assert [right.id for right in site.outer.whole.rights] == sorted(right.id for right in site.outer.whole.rights)


def test_pages_that_are_needed_no_more_are_taken_from_the_broker(site):
    site.outer.most_bytes = 1100
    site.outer.report()
    turns = [site.book(f"{hour:02}:00", f"{hour + 1:02}:00") for hour in (8, 10, 12)]
    site.settle()
    second = f"vuoro/v1/d/{site.outer.id}/desired/2"
    assert site.wire.retained[second]
    for turn in turns[1:]:
        site.cancel(turn)
    site.settle()
    assert site.wire.retained[second] == b""


def test_a_page_that_was_lost_on_the_way_is_sent_again_with_its_list(site):
    site.outer.most_bytes = 1100
    site.outer.report()
    site.settle()
    turn = site.book()
    while not any(topic.endswith("/desired/1") for topic, _, _ in site.wire.to_doors):
        site.service.turn()
    site.wire.to_doors = [each for each in site.wire.to_doors if not each[0].endswith("/desired/1")]
    site.settle()
    assert site.outer.awaited is not None
    site.service._minute = Every(0)
    go_on(site, 1, minutes=2)
    assert site.outer.awaited is None
    with site.sessions() as session:
        assert {each.state for each in right_status(session, turn.id, site.now)} == {RightState.IN_DOOR}


def test_a_list_is_kept_with_its_pages_one_message_a_line(site):
    site.book()
    site.settle()
    with site.sessions() as session:
        rows = session.scalars(select(AccessList).where(AccessList.payload != b"")).all()
        assert all(b"\n" not in row.payload for row in rows)
        assert all(list_post.read(row.payload).hash == row.hash for row in rows)
