"""What a round offers to those who apply: its spaces with their weekly hours, kinds, premises, districts, equipment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability import Tree
from booking.ids import PremisesId, SpaceId
from booking.models import Premises, Space
from booking.premises import all_spaces
from booking.rounds.models import Round, RoundHours

Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Where:
    """Where a section would go, as it is told: a ref of a space, or any of kind, ref of premises, district together."""

    space: str = ""
    kind: str = ""
    premises: str = ""
    district: str = ""

    def holds(self, space: Space) -> bool:
        """Whether the space is meant."""
        if self.space:
            return space.ref == self.space
        return (
            self.kind in ("", space.kind)
            and self.premises in ("", space.premises.ref)
            and self.district in ("", space.premises.district)
        )


@dataclass(frozen=True)
class Offered:
    """`spaces`: those with hours in the round, by premises and each whole before its parts, premises loaded;
    `hours`: joined stretches by space and weekday."""

    round: Round
    spaces: tuple[Space, ...]
    hours: Mapping[SpaceId, Mapping[int, list[Stretch]]]
    tree: Tree

    @cached_property
    def by_ref(self) -> Mapping[str, Space]:
        return {space.ref: space for space in self.spaces}

    @cached_property
    def premises(self) -> Mapping[str, Premises]:
        return {space.premises.ref: space.premises for space in self.spaces}

    @cached_property
    def kinds(self) -> list[str]:
        return sorted({space.kind for space in self.spaces})

    @cached_property
    def districts(self) -> list[str]:
        return sorted({space.premises.district for space in self.spaces} - {""})

    @cached_property
    def equipment(self) -> list[str]:
        return sorted({word for space in self.spaces for word in space.equipment})

    @cached_property
    def periods(self) -> Mapping[str, Mapping[str, str]]:
        return {str(one["key"]): one for one in self.round.periods}

    @cached_property
    def depths(self) -> Mapping[SpaceId, int]:
        """How deep below other spaces of the round each one is: a third of a hall is 1."""
        mine = {space.id for space in self.spaces}
        return {space.id: len(mine.intersection(self.tree.above(space.id))) - 1 for space in self.spaces}

    def known(self, where: Where) -> bool:
        """Whether the round has anything that is meant."""
        return any(where.holds(space) for space in self.spaces)

    def meant(self, wishes: tuple[Where, ...]) -> list[Space]:
        """The spaces that any of these mean, in the order of the first that means each."""
        return list(dict.fromkeys(space for one in wishes for space in self.spaces if one.holds(space)))

    def sharing(self, spaces: list[Space]) -> set[SpaceId]:
        """The spaces of the round that have a part in common with any of these, themselves too."""
        atoms = {atom for space in spaces for atom in self.tree.atoms(space.id)}
        return {space.id for space in self.spaces if not atoms.isdisjoint(self.tree.atoms(space.id))}


def offered(session: Session, round_: Round) -> Offered:
    """What can be applied for in the round."""
    columns = (RoundHours.space_id, RoundHours.weekday, RoundHours.opens_min, RoundHours.closes_min)
    rows = session.execute(select(*columns).where(RoundHours.round_id == round_.id)).all()
    hours: dict[SpaceId, dict[int, list[Stretch]]] = {}
    for space, weekday, opens, closes in rows:
        hours.setdefault(space, {}).setdefault(weekday, []).append((opens, closes))
    joint = {space: {day: joined(some) for day, some in days.items()} for space, days in hours.items()}
    houses = _houses(session, set(hours))
    spaces = [space for space in all_spaces(session, houses) if space.id in hours]
    return Offered(round_, tuple(spaces), joint, Tree(session, houses))


def _houses(session: Session, spaces: set[SpaceId]) -> list[PremisesId]:
    return list(session.scalars(select(Space.premises_id).where(Space.id.in_(spaces)).distinct()))


def joined(stretches: list[Stretch]) -> list[Stretch]:
    """The same time with stretches that touch or overlap made one."""
    made: list[Stretch] = []
    for start, end in sorted(stretches):
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], end))
        else:
            made.append((start, end))
    return made
