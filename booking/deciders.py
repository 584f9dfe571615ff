"""Who answers what a rulebook leaves to a role: the people who hold that role at the premises, or stand in for them.

A person with an interest in the applicant is stopped. Where nobody holds the role, or everybody is stopped, it goes to
the managers and operators of the premises, and then to the administrators: a request never waits for nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.ids import PersonId, PremisesId
from booking.models import Booking, Person, Premises, RoleGrant
from booking.register.interests import interests
from booking.roles import Role

HOUSE = frozenset({Role.MANAGER, Role.OPERATOR})
# The rulebooks' roles that are roles of the staff by themselves; any other is held by a decider of that name. Who
# operates premises for their owner is in charge of them, as a manager is.
PLAIN: Mapping[str, frozenset[str]] = {
    "manager": frozenset({Role.MANAGER, Role.OPERATOR}),
    "operator": frozenset({Role.OPERATOR}),
    "caretaker": frozenset({Role.CARETAKER}),
    "administrator": frozenset({Role.ADMINISTRATOR}),
}


@dataclass(frozen=True, slots=True)
class Deciders:
    """Who may decide a request. `stopped`: they would, but for an interest in the applicant; `named`: they hold the
    very role that the rules name."""

    may: tuple[Person, ...]
    stopped: tuple[Person, ...]
    named: bool

    def lets(self, person: PersonId) -> bool:
        return any(one.id == person for one in self.may)

    def stops(self, person: PersonId) -> bool:
        return any(one.id == person for one in self.stopped)


def deciders(session: Session, premises: PremisesId, word: str | None, booking: Booking, on: date) -> Deciders:
    """Who may decide on a request of this booking as `word`, a role of the rulebooks (None: the house)."""
    grants = _staff(session, premises, on)
    stopped: dict[PersonId, Person] = {}
    for level, people in enumerate(_levels(grants, word)):
        interested = with_interest(session, [one.id for one in people], booking, premises, on)
        stopped |= {one.id: one for one in people if one.id in interested}
        if may := tuple(one for one in people if one.id not in interested):
            return Deciders(may, tuple(stopped.values()), named=level == 0)
    return Deciders((), tuple(stopped.values()), named=False)


def with_interest(
    session: Session, people: Collection[PersonId], booking: Booking, premises: PremisesId, on: date
) -> set[PersonId]:
    """Those of these people who act for the applicant or did lately, or for whom the time is. That an umbrella which
    operates the premises has the applicant as a member ties nobody: deciding for members is what it operates for."""
    operator = session.scalar(select(Premises.operator_id).where(Premises.id == premises))
    ties = {one: interests(session, one, booking.organisation_id, on=on) for one in people}
    tied = {
        one
        for one, found in ties.items()
        if any(not (tie.umbrella and tie.organisation.id == operator) for tie in found)
    }
    return tied | {one for one in people if one == booking.holder_id}


def note_stopped(session: Session, booking: Booking, person: Person, *, premises: PremisesId, now: datetime) -> None:
    """Record that somebody with an interest was kept from deciding."""
    body = {"organisation": booking.organisation.ref, "why": "interest"}
    persons = tuple({person.id, booking.holder_id})
    tell(session, Act(ActKind.DECISION_STOPPED, now, person.id, booking.ref, body, premises, persons))


def _staff(session: Session, premises: PremisesId, on: date) -> list[RoleGrant]:
    query = (
        select(RoleGrant)
        .where(RoleGrant.organisation_id.is_(None), RoleGrant.first_on <= on)
        .where(or_(RoleGrant.last_on.is_(None), RoleGrant.last_on >= on))
        .where(or_(RoleGrant.premises_id.is_(None), RoleGrant.premises_id == premises))
        .options(joinedload(RoleGrant.person))
        .order_by(RoleGrant.stand_in, RoleGrant.id)
    )
    return list(session.scalars(query))


def _levels(grants: Collection[RoleGrant], word: str | None) -> Iterator[list[Person]]:
    """Those named, then the house, then the administrators; each person once."""
    if word is not None:
        yield _people(grant for grant in grants if holds(grant, word))
    yield _people(grant for grant in grants if grant.role in HOUSE)
    yield _people(grant for grant in grants if grant.role == Role.ADMINISTRATOR)


def holds(grant: RoleGrant, word: str) -> bool:
    """Whether the grant gives the rulebooks' role of this name."""
    if word in PLAIN:
        return grant.role in PLAIN[word]
    return grant.role == Role.DECIDER and grant.decides_as == word


def _people(grants: Iterable[RoleGrant]) -> list[Person]:
    return list({grant.person_id: grant.person for grant in grants}.values())
