"""Events come repeated, out of order and from the past; each is kept once, and acknowledgements never go back."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from access import access_list, intake, register
from access.models import AccessList, DoorEvent, DoorState
from access.practice import practice
from booking.acts import ActKind, told
from devices.events import parse_batch, parse_event
from tests.access.fake_door import FakeDoor
from tests.access.make import VAULT, house


def batches_of(fake, size):
    """All its events in batches, as a door that is never acknowledged would send them."""
    oldest = {"boot_epoch": fake.events[0]["boot_epoch"], "seq": fake.events[0]["seq"]}
    cuts = range(0, len(fake.events), size)
    return [parse_batch({"events": fake.events[cut : cut + size], "oldest": oldest}) for cut in cuts]


def stored(session):
    rows = session.scalars(select(DoorEvent).order_by(DoorEvent.boot_epoch, DoorEvent.seq))
    return [(row.boot_epoch, row.seq) for row in rows]


@pytest.fixture
def home(session, now):
    return house(session, now)


@pytest.fixture
def fake(home, now):
    return FakeDoor(register.provisioning(VAULT, home.outer), int(now.timestamp()))


@pytest.mark.parametrize("seed", range(5))
def test_repeated_five_times_and_in_any_order_each_event_is_kept_once(session, home, fake, now, seed):
    for number in range(59):
        fake.note("door_opened" if number % 2 else "door_closed")
    batches = batches_of(fake, 7)
    shuffled = batches * 5
    random.Random(seed).shuffle(shuffled)
    acks = [intake.take_batch(session, home.outer, batch, now) for batch in [*shuffled, *batches]]
    assert stored(session) == [(1, seq) for seq in range(1, 61)]
    known = [ack for ack in acks if ack]
    assert known == sorted(known)
    assert (known[-1].boot_epoch, known[-1].seq) == (1, 60)
    assert len([act for act in told(session) if act.kind is ActKind.DOOR_EVENT]) == 60


def test_a_hole_is_not_acknowledged_until_it_is_filled(session, home, fake, now):
    for _ in range(9):
        fake.note("door_opened")
    first, second, third = batches_of(fake, 4)
    assert intake.take_batch(session, home.outer, first, now).seq == 4
    assert intake.take_batch(session, home.outer, third, now).seq == 4
    assert intake.take_batch(session, home.outer, second, now).seq == 8
    assert intake.take_batch(session, home.outer, third, now).seq == 10


def test_times_a_door_cannot_mean_are_kept_as_it_said_them(session, home, fake, now):
    fake.now = 2**52
    fake.note("door_opened")
    intake.take_batch(session, home.outer, batches_of(fake, 50)[0], now)
    row = session.scalars(select(DoorEvent).where(DoorEvent.kind == "door_opened")).one()
    assert (row.device_at.year, row.body["at"]) == (9999, 2**52)


def test_the_year_2038_and_long_uptimes_are_no_limits(session, home, fake, now):
    raw = fake.note("door_opened")
    event = parse_event(raw | {"at": 2**31 + 5, "mono_ms": 2**41, "seq": 2**33})
    intake.store(session, home.outer, [event], now)
    row = session.scalars(select(DoorEvent)).one()
    assert (row.seq, row.device_at.timestamp()) == (2**33, 2**31 + 5)


def test_a_replaced_list_is_emptied_after_its_days_and_its_hash_stays(session, home, now):
    first = access_list.issue(session, VAULT, home.outer, now)
    second = access_list.issue(session, VAULT, home.outer, now)
    access_list.forget_old(session, now + timedelta(days=practice().list_kept_days, seconds=1))
    session.expire_all()
    assert (session.get(AccessList, first.id).payload, bool(session.get(AccessList, second.id).payload)) == (b"", True)
    assert session.get(AccessList, first.id).hash
    assert session.get(DoorState, home.outer.id).confirmed_version == 0
