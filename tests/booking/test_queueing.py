"""Two who want one atom at the same moment go one after the other: neither fails as a deadlock (found by the bench)."""

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Barrier

from sqlalchemy import select

from booking import premises
from booking.models import Occupancy, Occurrence, Space
from booking.occupying import occupy, vacate
from booking.refusals import SpaceTaken
from tests import make

TUESDAY = make.span("2026-11-24", "18:00", "19:00")


def unplaced(session, hall):
    """A booked time whose atoms are not taken."""
    row = make.occurrence(session, hall, TUESDAY)
    vacate(session, [row])
    return row.id


def test_who_takes_an_atom_keeps_others_waiting_until_the_commit(sessions, now):
    with sessions.begin() as session:
        hall = make.space(session)
        ids = [unplaced(session, hall)]
    with sessions.begin() as session:
        occupy(session, loaded(session, ids[0]), now)
        if session.get_bind().dialect.name == "postgresql":
            free = select(Space.id).with_for_update(
                read=True, skip_locked=True
            )  # what the trigger takes does not count
            with sessions() as other:
                assert hall.id not in other.scalars(free).all()


def test_ten_who_take_one_atom_at_once_are_one_winner_and_nine_taken(sessions, now):
    with sessions.begin() as session:
        hall = make.space(session)
        ids = [unplaced(session, hall) for _ in range(10)]
    gate = Barrier(10)

    def attempt(row_id):
        gate.wait(30)
        try:
            with sessions.begin() as session:
                occupy(session, loaded(session, row_id), now)
        except SpaceTaken:
            return "taken"
        return "got"

    for _ in range(5):
        with ThreadPoolExecutor(10) as pool:
            assert sorted(pool.map(attempt, ids)) == ["got", *["taken"] * 9]
        with sessions.begin() as session:
            assert len(session.scalars(select(Occupancy)).all()) == 1
            vacate(session, list(session.scalars(select(Occurrence))))


def loaded(session, row_id):
    row = session.get_one(Occurrence, row_id)
    row.space = session.get_one(Space, row.space_id)
    return row


def test_a_part_added_while_the_whole_is_being_booked_is_booked_with_it(sessions, now):
    with sessions.begin() as session:
        hall = make.space(session)
        row_id, by = unplaced(session, hall), make.person(session).id
        make.space(session, hall.premises, parent_id=hall.id)
    values = {"premises_id": hall.premises_id, "parent_id": hall.id, "kind": "hall", "capacity": 9, "name_fi": "Uusi"}

    def add():
        with sessions.begin() as session:
            return premises.add_space(session, values, by=by, now=now).id

    with ThreadPoolExecutor(1) as pool, sessions() as booking:
        occupy(booking, loaded(booking, row_id), now)
        added = pool.submit(add)
        assert not wait([added], timeout=0.5).done
        booking.commit()
        new = added.result(30)
    with sessions() as session:
        assert new in session.scalars(select(Occupancy.atom_id).where(Occupancy.occurrence_id == row_id)).all()
