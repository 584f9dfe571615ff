"""No two groups in one room is a fact of the database: raw SQL cannot break it either."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from booking.db import constraint
from booking.models import Occupancy, Space
from booking.occupying import occupy
from booking.refusals import SpaceTaken
from tests import make
from tests.make import span

INSERT = "INSERT INTO occupancy (atom_id, occurrence_id, starts_at, ends_at) VALUES (:atom, :occurrence, :a, :b)"


@pytest.fixture
def gym(session):
    """A gym of two halves, the first booked 18–20."""
    hall = make.space(session, kind="gym", capacity=120)
    halves = [make.space(session, hall.premises, parent_id=hall.id, name_fi=f"Lohko {n}") for n in "AB"]
    taken = make.occurrence(session, halves[0], span("2026-11-24", "18:00", "20:00"))
    return hall, halves, taken


def written(when, session):
    """The instants as Vuoro's own rows have them on this database."""
    if session.get_bind().dialect.name == "sqlite":
        return {k: v.strftime("%Y-%m-%d %H:%M:%S.%f") for k, v in (("a", when.starts_at), ("b", when.ends_at))}
    return {"a": when.starts_at, "b": when.ends_at}


def refused(session, statement, **values):
    with pytest.raises(DBAPIError) as error, session.begin_nested():
        session.execute(text(statement), values)
    return constraint(error.value)


@pytest.mark.parametrize(
    ("start", "end"), [("19:00", "21:00"), ("17:00", "18:01"), ("18:00", "20:00"), ("18:30", "19:00")]
)
def test_raw_sql_cannot_insert_an_overlap(session, gym, start, end):
    _, halves, taken = gym
    values = written(span("2026-11-24", start, end), session)
    assert "occupancy_no_overlap" in refused(session, INSERT, atom=halves[0].id, occurrence=taken.id, **values)


def test_raw_sql_cannot_move_a_row_onto_another(session, gym):
    _, halves, _taken = gym
    other = make.occurrence(session, halves[1], span("2026-11-24", "18:00", "20:00"))
    move = "UPDATE occupancy SET atom_id = :atom WHERE occurrence_id = :occurrence"
    assert "occupancy_no_overlap" in refused(session, move, atom=halves[0].id, occurrence=other.id)


def test_raw_sql_cannot_stretch_a_row_over_another(session, gym):
    _, halves, taken = gym
    make.occurrence(session, halves[0], span("2026-11-24", "20:00", "21:00"))
    stretch = "UPDATE occupancy SET ends_at = :b WHERE occurrence_id = :occurrence"
    values = written(span("2026-11-24", "18:00", "20:30"), session)
    assert "occupancy_no_overlap" in refused(session, stretch, occurrence=taken.id, b=values["b"])


def test_raw_sql_cannot_hold_the_whole_instead_of_its_atoms(session, gym):
    hall, _, taken = gym
    values = written(span("2026-11-24", "18:00", "20:00"), session)
    assert "occupancy_on_atom" in refused(session, INSERT, atom=hall.id, occurrence=taken.id, **values)


def test_an_occupied_space_cannot_be_divided_behind_its_bookings_back(session, gym):
    _, halves, _ = gym
    session.add(Space(premises_id=halves[0].premises_id, parent_id=halves[0].id, name_fi="x", kind="gym", capacity=1))
    with pytest.raises(DBAPIError) as error, session.begin_nested():
        session.flush()
    assert "space_parent_occupied" in constraint(error.value)
    session.expunge_all()


def test_a_space_cannot_become_its_own_ancestor(session, gym):
    hall, halves, taken = gym
    session.execute(text("DELETE FROM occupancy WHERE occurrence_id = :one"), {"one": taken.id})
    under = "UPDATE space SET parent_id = :half WHERE id = :hall"
    assert "space_no_cycle" in refused(session, under, half=halves[0].id, hall=hall.id)


def test_sqlite_refuses_instants_written_otherwise(session, gym):
    _, halves, taken = gym
    when = {"a": "2026-11-25T18:00:00+02:00", "b": "2026-11-25T20:00:00+02:00"}
    if session.get_bind().dialect.name == "sqlite":
        assert "occupancy_instants" in refused(session, INSERT, atom=halves[0].id, occurrence=taken.id, **when)
    else:  # PostgreSQL reads them as the instants they are
        session.execute(text(INSERT), {"atom": halves[0].id, "occurrence": taken.id, **when})
        assert session.query(Occupancy).filter_by(atom_id=halves[0].id).count() == 2


def test_back_to_back_times_share_a_room(session, gym):
    _, halves, _ = gym
    make.occurrence(session, halves[0], span("2026-11-24", "20:00", "21:00"))
    assert session.query(Occupancy).filter_by(atom_id=halves[0].id).count() == 2


def test_the_whole_hall_is_taken_when_a_half_is(session, gym, now):
    hall, _, _ = gym
    other = make.occurrence(session, make.space(session, hall.premises), span("2026-11-24", "19:00", "21:00"))
    session.execute(text("DELETE FROM occupancy WHERE occurrence_id = :one"), {"one": other.id})
    other.space, other.space_id = hall, hall.id
    session.flush()
    with pytest.raises(SpaceTaken):
        occupy(session, other, now)


def test_siblings_are_free_of_each_other(session, gym, now):
    _, halves, _ = gym
    row = make.occurrence(session, halves[1], span("2026-11-24", "18:00", "20:00"))
    assert session.query(Occupancy).filter_by(occurrence_id=row.id).one().atom_id == halves[1].id
