"""Which doors serve which spaces: a door given for a space serves the spaces below it, and whoever books one above."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.ids import DoorId
from access.models import Door, DoorSpace
from booking.ids import PremisesId, SpaceId
from booking.models import Space
from devices.drivers.registry import WITH_CREDENTIALS


def doors_of(session: Session, spaces: Iterable[SpaceId]) -> dict[SpaceId, frozenset[DoorId]]:
    """For each of these spaces the doors in use that its users pass; none that people can show nothing at."""
    spaces = set(spaces)
    premises = set(session.scalars(select(Space.premises_id).where(Space.id.in_(spaces)).distinct()))
    parents = _parents(session, premises)
    given = _given(session, premises)
    return {space: served(space, parents, given) for space in spaces}


def served(
    space: SpaceId, parents: Mapping[SpaceId, SpaceId | None], given: Mapping[SpaceId, frozenset[DoorId]]
) -> frozenset[DoorId]:
    """The doors given for the space, for a space above it, or for one below it."""
    line = _line(space, parents)
    family = line | {other for other in given if space in _line(other, parents)}
    return frozenset().union(*(given.get(each, frozenset()) for each in family))


def _line(space: SpaceId, parents: Mapping[SpaceId, SpaceId | None]) -> set[SpaceId]:
    """The space and all above it."""
    line: set[SpaceId] = set()
    step: SpaceId | None = space
    while step is not None and step not in line:
        line.add(step)
        step = parents.get(step)
    return line


def _parents(session: Session, premises: Iterable[PremisesId]) -> dict[SpaceId, SpaceId | None]:
    rows = session.execute(select(Space.id, Space.parent_id).where(Space.premises_id.in_(premises)))
    return {row.id: row.parent_id for row in rows}


def _given(session: Session, premises: Iterable[PremisesId]) -> dict[SpaceId, frozenset[DoorId]]:
    query = select(DoorSpace.space_id, DoorSpace.door_id).join(Door)
    given: dict[SpaceId, set[DoorId]] = {}
    query = query.where(Door.premises_id.in_(premises), Door.enabled, Door.driver.in_(WITH_CREDENTIALS))
    for row in session.execute(query):
        given.setdefault(row.space_id, set()).add(row.door_id)
    return {space: frozenset(doors) for space, doors in given.items()}
