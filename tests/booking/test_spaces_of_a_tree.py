"""Spaces put below others while there are bookings: the tree may change, two groups in one room may not come of it."""

from datetime import date

import pytest

from booking import premises
from booking.acts import told
from booking.bookings import book
from booking.models import Occupancy
from booking.refusals import BadInput, SpaceTaken
from tests import make
from tests.make import once

EVENING = once("2026-11-26", "18:00", "19:00")


@pytest.fixture
def whole(session):
    """A house with one room in it."""
    house = make.space(session)
    make.space(session, house.premises, parent_id=house.id)
    return house


@pytest.fixture
def booked(session, now):
    whose, holder = make.organisation(session), make.person(session)

    def made(place):
        return book(session, make.wish(place, whose, holder, EVENING), by=holder.id, now=now)

    return made


def values(whole, **more):
    return {"premises_id": whole.premises_id, "parent_id": whole.id, "name_fi": "Uusi", "kind": "hall"} | more


def test_a_further_room_is_held_by_the_bookings_of_the_whole(session, whole, booked, now):
    booked(whole)
    by = make.person(session)
    new = premises.add_space(session, values(whole, capacity=20, premises=whole.premises), by=by.id, now=now)
    with pytest.raises(SpaceTaken), session.begin_nested():
        booked(new)
    assert session.query(Occupancy).count() == 2


def test_a_room_moved_below_a_booked_whole_is_held_with_it(session, whole, booked, now):
    booked(whole)
    free = make.space(session, whole.premises)
    premises.change_space(session, free, {"parent_id": whole.id}, by=make.person(session).id, now=now)
    with pytest.raises(SpaceTaken), session.begin_nested():
        booked(free)


def test_a_whole_keeps_its_place_while_a_room_of_it_is_booked(session, whole, booked, now):
    above = make.space(session, whole.premises)
    make.space(session, whole.premises, parent_id=above.id)
    booked(whole)
    with pytest.raises(BadInput) as refused:
        premises.change_space(session, whole, {"parent_id": above.id}, by=make.person(session).id, now=now)
    assert refused.value.facts["problem"] == "has_bookings"


def test_the_log_hears_refs_and_no_row_ids(session, whole, now):
    by, owner = make.person(session), make.organisation(session)
    premises.change_premises(session, whole.premises, {"owner_id": owner.id}, by=by.id, now=now)
    premises.add_space(session, values(whole, capacity=20), by=by.id, now=now)
    changed, added = (act.body for act in told(session)[-2:])
    assert changed["changed"]["owner"][1] == owner.ref
    assert (added["added"]["parent"], added["added"]["premises"]) == (whole.ref, whole.premises.ref)
    assert not {key for body in (changed["changed"], added["added"]) for key in body if key.endswith("_id")}


def test_a_time_taken_back_finds_the_door_of_a_closed_house_shut(session, whole, booked, now):
    from booking.bookings import cancel, restore
    from booking.models import ClosedDays
    from booking.refusals import SpaceClosed

    made = booked(whole)
    row, by = made.occurrences[0], make.person(session)
    cancel(session, [row], by=by.id, now=now)
    day = date(2026, 11, 26)
    closed = ClosedDays(premises_id=whole.premises_id, name_fi="Remontti", first_on=day, last_on=day)
    premises.close_days(session, closed, whole.premises, space=None, by=by.id, now=now)
    with pytest.raises(SpaceClosed), session.begin_nested():
        restore(session, row, by=by.id, now=now)
