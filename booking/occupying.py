"""Taking and releasing atoms: the only place that writes occupancy rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.availability import Tree
from booking.core.span import Span
from booking.db import constraint
from booking.ids import OccurrenceId, PremisesId, SpaceId
from booking.models import Occupancy, Occurrence, OccurrenceState, Premises, Space
from booking.refusals import NotNow, SpaceTaken


def held_by(row: Occurrence) -> Span:
    """The time the occurrence holds its space, with the set-up and turnaround frozen on it."""
    return Span(row.starts_at, row.ends_at).widened(before_min=row.setup_min, after_min=row.turnaround_min)


def lock(session: Session, rows: Sequence[Occurrence]) -> None:
    """Nobody else changes these occurrences until the commit: call it before the first change.

    Raises NotNow when somebody changed one since it was read; of two changes at once one would otherwise be lost."""
    # NO KEY UPDATE: rights and events may point at an occurrence meanwhile.
    query = select(Occurrence.id, Occurrence.state, Occurrence.sequence).order_by(Occurrence.id)
    query = query.where(Occurrence.id.in_([row.id for row in rows])).with_for_update(key_share=True)
    found = {row.id: row for row in session.execute(query)}
    for row in rows:
        kept = found.get(row.id)
        if kept is None or (kept.state, kept.sequence) != (row.state, row.sequence):
            raise NotNow(state=kept.state if kept else "gone")


def occupy(session: Session, row: Occurrence, now: datetime) -> None:
    """Hold the atoms below the occurrence's space. Raises SpaceTaken: the database's constraint is the rule."""
    held = held_by(row)
    keep_tree(session, row.space.premises_id)
    atoms = Tree(session, [row.space.premises_id]).atoms(row.space_id)
    _queue(session, atoms)
    _drop_late_holds(session, atoms, held, now)
    try:
        with session.begin_nested():
            for atom in atoms:
                session.add(
                    Occupancy(atom_id=atom, occurrence_id=row.id, starts_at=held.starts_at, ends_at=held.ends_at)
                )
            session.flush()
    except IntegrityError as error:
        if "occupancy_no_overlap" in constraint(error):
            raise SpaceTaken(space=row.space.ref, starts_at=row.starts_at, ends_at=row.ends_at) from error
        raise


def keep_tree(session: Session, premises: PremisesId, *, to_change: bool = False) -> None:
    """Until the commit the premises' tree of spaces stays as it is, or (`to_change`) nobody books by the old one: a
    booking of the whole would otherwise miss a part added in the same moment. Bookings do not wait for each other."""
    query = select(Premises.id).where(Premises.id == premises)
    session.execute(query.with_for_update(read=not to_change, key_share=to_change))


def _queue(session: Session, atoms: Sequence[SpaceId]) -> None:
    """Writers of one atom go one after the other until the commit.

    PostgreSQL checks an exclusion constraint after the row is in: of two that go in at one moment each waits for the
    other, and after a second one fails as a deadlock instead of as taken. SQLite has one writer anyway. NO KEY UPDATE,
    because the occurrences just made already share the key of their space."""
    session.execute(select(Space.id).where(Space.id.in_(atoms)).order_by(Space.id).with_for_update(key_share=True))


def vacate(session: Session, rows: Sequence[Occurrence]) -> None:
    """Release the atoms of these occurrences; their state is the caller's to set."""
    session.execute(delete(Occupancy).where(Occupancy.occurrence_id.in_([row.id for row in rows])))


def _drop_late_holds(session: Session, atoms: Sequence[SpaceId], held: Span, now: datetime) -> None:
    late = list(
        session.scalars(
            select(Occurrence)
            .join(Occupancy, Occupancy.occurrence_id == Occurrence.id)
            .where(Occupancy.atom_id.in_(atoms))
            .where(Occupancy.starts_at < held.ends_at, Occupancy.ends_at > held.starts_at)
            .where(Occurrence.state == OccurrenceState.HELD.value, Occurrence.hold_until <= now)
            .order_by(Occurrence.id)
            .with_for_update(of=Occurrence, key_share=True)  # one being confirmed just now is waited for, and stays
        )
    )
    vacate(session, late)


def occupies(session: Session, row: OccurrenceId) -> bool:
    """Whether the occurrence still has its atoms (a hold that ran out may have lost them)."""
    return session.scalar(select(Occupancy.id).where(Occupancy.occurrence_id == row).limit(1)) is not None
