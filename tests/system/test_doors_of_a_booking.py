"""Steps 4–6 of the story on real processes, a real broker and simulated doors: who gets in, when, and offline."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from access.models import Door, DoorEvent
from access.pin_codes import pin_of
from access.status import RightState, right_status
from booking.bookings import book, booking_of, cancel
from booking.core.pattern import Pattern
from booking.db import reading
from booking.models import Organisation
from booking.wish import Wish
from tests.fixtures_databases import copied
from tests.make import HELSINKI
from tests.system.town import eventually, open_all_day, running_town

SINI, OTHERS = "0F12ABCD01", "0F12ABCD03"
CHILDREN = {"under_18": 9, "residents": 10, "under_18_residents": 9, "group": "children", "targets_residents": True}


@pytest.fixture(scope="module")
def town(template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    with copied(template, folder) as url, running_town(url, folder) as town:
        open_all_day(town, "Päiväkodin sali")
        yield town


def book_now(town, who, minutes_from_now, title):
    """A booking that starts so many minutes from now, and lasts ten."""
    now = datetime.now(UTC)
    start = (now + timedelta(minutes=minutes_from_now)).astimezone(HELSINKI)
    first = start.hour * 60 + start.minute
    holder, hall = town.person(who), town.space("Päiväkodin sali").id
    with town.sessions.begin() as session:
        troop = session.scalars(select(Organisation).where(Organisation.name.startswith("Partiolippukunta"))).one()
        pattern = Pattern.once(start.date(), first, first + 10)
        wish = Wish(hall, troop.id, holder.id, pattern, title, "weekly_meeting", 10, CHILDREN)
        booking = book(session, wish, by=holder.id, now=now)
        return booking.ref, booking.occurrences[0].id


def states(town, occurrence):
    with reading(town.sessions) as session:
        return {one.door.controller_id: one.state for one in right_status(session, occurrence, datetime.now(UTC))}


def has_in_doors(town, occurrence):
    eventually(lambda: set(states(town, occurrence).values()) == {RightState.IN_DOOR}, "the doors have the right")


def let_go(town, ref):
    with town.sessions.begin() as session:
        booking = booking_of(session, ref)
        cancel(session, booking.occurrences, by=booking.holder_id, now=datetime.now(UTC))


def events_at(town, controller):
    with reading(town.sessions) as session:
        query = select(DoorEvent).join(Door, Door.id == DoorEvent.door_id).where(Door.controller_id == controller)
        return session.scalars(query.order_by(DoorEvent.id)).all()


def test_the_card_opens_outer_and_hall_door_and_nothing_else(town):
    ref, occurrence = book_now(town, "Sini", 5, "Ovet auki")
    has_in_doors(town, occurrence)
    assert set(states(town, occurrence)) == {"park-outer", "park-hall"}
    answer = town.tap("park-outer", card=SINI)
    assert answer["unlocked"], answer
    assert town.tap("park-hall", card=SINI)["unlocked"]
    assert not town.tap("park-cabin", card=SINI)["unlocked"]
    assert not town.tap("park-hall", card=OTHERS)["unlocked"]
    let_go(town, ref)


def test_before_the_lead_minutes_the_card_opens_nothing(town):
    ref, occurrence = book_now(town, "Sini", 18, "Liian aikaisin")
    has_in_doors(town, occurrence)
    denied = town.tap("park-hall", card=SINI)
    assert (denied["unlocked"], denied["reason"]) == (False, "too_early")
    let_go(town, ref)


def test_who_has_no_card_gets_a_pin_that_opens_both_doors(town):
    ref, occurrence = book_now(town, "Veikko", 2, "Pinkoodilla")
    has_in_doors(town, occurrence)
    veikko = town.person("Veikko").id
    with town.sessions.begin() as session:
        pin = pin_of(session, town.vault, ref, by=veikko, now=datetime.now(UTC))
    assert town.tap("park-outer", pin=pin)["unlocked"]
    assert town.tap("park-hall", pin=pin)["unlocked"]
    let_go(town, ref)


def test_with_the_network_cut_cards_go_on_opening_and_events_come_once_afterwards(town):
    ref, occurrence = book_now(town, "Sini", 1, "Verkko poikki")
    has_in_doors(town, occurrence)
    town.door("park-hall", "network", plugged=False)
    shown_at = datetime.now(UTC)
    assert town.tap("park-hall", card=SINI)["unlocked"]
    town.door("park-hall", "network", plugged=True)

    def granted():
        return [e for e in events_at(town, "park-hall") if e.kind == "granted" and e.occurrence_id == occurrence]

    eventually(lambda: bool(granted()), "the event arrives")
    [event] = granted()
    assert abs((event.device_at - shown_at).total_seconds()) < 10
    let_go(town, ref)


def test_a_cancelled_booking_is_pending_until_its_offline_door_confirms(town):
    ref, occurrence = book_now(town, "Sini", 1, "Peruttu")
    has_in_doors(town, occurrence)
    town.door("park-hall", "network", plugged=False)
    let_go(town, ref)
    wanted = {"park-outer": RightState.REVOKED, "park-hall": RightState.REVOCATION_PENDING}
    eventually(lambda: states(town, occurrence) == wanted, "the door online confirms, the other is shown as pending")
    town.door("park-hall", "network", plugged=True)
    eventually(lambda: set(states(town, occurrence).values()) == {RightState.REVOKED}, "both confirm")
    town.door("park-hall", "network", plugged=False)
    denied = town.tap("park-hall", card=OTHERS), town.tap("park-hall", card=SINI)
    assert [one["unlocked"] for one in denied] == [False, False]
    town.door("park-hall", "network", plugged=True)


def test_doors_forget_nothing_when_the_power_is_cut(town):
    ref, occurrence = book_now(town, "Sini", 1, "Sähköt poikki")
    has_in_doors(town, occurrence)
    version = town.door("park-hall")["list"]["version"]
    town.door("park-hall", "power", off_s=0)
    eventually(lambda: town.door("park-hall").get("network") == "up", "the door is back")
    assert town.door("park-hall")["list"]["version"] >= version
    assert town.tap("park-hall", card=SINI)["unlocked"]
    let_go(town, ref)
