"""Where the person of this request works: the premises they may see and change."""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking import premises
from booking.ids import PremisesId
from booking.models import Premises, Space
from booking.refusals import NotFound
from booking.roles import Role
from web import auth

KEEPERS = (Role.MANAGER, Role.OPERATOR)  # who run the premises and write its facts
ON_SITE = (Role.CARETAKER, Role.MANAGER, Role.OPERATOR)  # who see to its doors tonight


def workplaces(db: Session, *as_any: Role) -> list[Premises]:
    """The premises at which this person holds one of these roles; the administrator all of them."""
    return [place for place in premises.all_premises(db) if auth.works_at(place.id, *as_any)]


def chosen(places: list[Premises], ref: str) -> list[Premises]:
    """The one of the places with this ref, or all of them when there is none."""
    return [place for place in places if place.ref == ref] or places


def ids(places: list[Premises]) -> list[PremisesId]:
    return [place.id for place in places]


def place_of(db: Session, ref: str, *as_any: Role) -> Premises:
    """The premises, when this person holds one of these roles there. Raises NotFound, NotAllowed."""
    place = premises.premises_of(db, ref)
    auth.require_at(place.id, *as_any)
    return place


def space_of(db: Session, place: Premises, ref: str) -> Space:
    """A space of the premises. Raises NotFound, also for a space of another premises."""
    space = premises.space_by_ref(db, ref)
    if space.premises_id != place.id:
        raise NotFound(what="space")
    return space
