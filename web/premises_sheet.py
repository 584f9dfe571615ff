"""Everything a page shows of one premises, read once: its tree of spaces, when it is open, and when it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from booking import opening_rows, premises
from booking.ids import SpaceId
from booking.models import ClosedDays, Premises, Space, Term

Week = Sequence[Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Part:
    """A space and how deep in the tree it stands; `hours` are its own, None when it follows the premises."""

    space: Space
    depth: int
    hours: Week | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A premises as its pages show it."""

    place: Premises
    parts: Sequence[Part]
    hours: Week
    terms: Sequence[Term]
    closed: Sequence[ClosedDays]

    def space_name(self, space: SpaceId | None, language: str) -> str:
        """The name of one of its spaces; nothing when the whole premises is meant."""
        return next((part.space.name(language) for part in self.parts if part.space.id == space), "")


def sheet(db: Session, ref: str, today: date) -> Sheet:
    """Raises NotFound."""
    place = premises.premises_of(db, ref)
    own = opening_rows.spaces_with_own_hours(db, place)
    return Sheet(
        place,
        [
            Part(space, depth, opening_rows.weekly_hours(db, place, space) if space.id in own else None)
            for space, depth in tree(premises.all_spaces(db, [place.id]))
        ],
        opening_rows.weekly_hours(db, place),
        opening_rows.terms_of(db, place),
        opening_rows.closed_days_of(db, place, today),
    )


def tree(spaces: Sequence[Space]) -> list[tuple[Space, int]]:
    """The spaces, each whole before its parts, with their depth."""
    depth: dict[SpaceId | None, int] = {}
    for space in spaces:
        depth[space.id] = depth.get(space.parent_id, -1) + 1
    return [(space, depth[space.id]) for space in spaces]
