"""For whom a person may book: the organisations they act for, and, for staff at the phone, anybody in the register."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g
from sqlalchemy.orm import Session

from booking import organisations, people
from booking.ids import GroupId, PersonId
from booking.models import Organisation, OrganisationKind, Person, Space
from booking.refusals import BadInput, NotAllowed
from booking.register import groups
from booking.roles import Role
from web import auth
from web.clock import now, today

BOOKS_FOR = (Role.SECRETARY, Role.BOOKER)
AT_PHONE = (Role.MANAGER, Role.OPERATOR, Role.CARETAKER)


@dataclass(frozen=True, slots=True)
class Applicants:
    """Whom the form offers. `chosen`: the organisation to book for; `people`: who may answer for it when somebody of
    the house books on its behalf (empty when one books for oneself or one's own)."""

    mine: tuple[Organisation, ...]
    chosen: Organisation | None
    people: tuple[Person, ...] = ()
    on_behalf: bool = False

    @property
    def organisation(self) -> Organisation:
        """Raises BadInput when there is nobody to book for."""
        if self.chosen is None:
            raise BadInput(field="organisation", problem="missing")
        return self.chosen

    def holder(self, ref: str) -> PersonId:
        """Who answers for the group and gets in. Raises BadInput when the organisation has no such person."""
        if not self.on_behalf:
            return auth.signed_in().id
        named = [one.id for one in self.people if ref in ("", one.ref)]
        if not named:
            raise BadInput(field="holder", problem="missing")
        return named[0]


def applicants_for(session: Session, ref: str, space: Space | None) -> Applicants:
    """The choices, with the organisation of this ref chosen ("": whom one acts for just now).

    Raises NotAllowed for an organisation that is neither one's own nor asked for by staff of the premises."""
    mine = tuple(auth.organisations(*BOOKS_FOR))
    own = next((one for one in mine if one.ref == ref), None)
    if own or not ref:
        now_for = g.acting_for if g.acting_for in mine else next(iter(mine), None)
        return Applicants(mine, own or now_for)
    if not at_phone(space):
        raise NotAllowed
    other = organisations.by_ref(session, ref)
    return Applicants(mine, other, tuple(people_of(session, other)), on_behalf=True)


def at_phone(space: Space | None) -> bool:
    """Whether this person books for those who phone: at the space's premises, or anywhere when none is chosen yet."""
    if space is None:
        return bool(auth.held() & {*AT_PHONE, Role.ADMINISTRATOR})
    return auth.works_at(space.premises_id, *AT_PHONE)


def people_of(session: Session, other: Organisation) -> list[Person]:
    """Who may answer for the organisation: the private person, or those who may book for it."""
    if other.kind == OrganisationKind.PERSON:
        behind = people.entry_of(session, other.id)
        return [behind] if behind else []
    grants = organisations.members(session, other, on=today(), at=now())
    return list({grant.person_id: grant.person for grant in grants}.values())


def group_for(session: Session, ref: str, who: Applicants) -> GroupId | None:
    """The group of the organisation that books, by its ref ("": none, or the one group this person books for).

    Raises NotAllowed for one that this person does not book for, BadInput for a group of others, and when they book
    for several groups and named none."""
    organisation = who.organisation.id
    whole = who.on_behalf or auth.acts_for(organisation, *BOOKS_FOR)
    if ref:
        group = next((one for one in groups.of_organisation(session, organisation, on=today()) if one.ref == ref), None)
        if group is None:
            raise BadInput(field="subgroup", problem="not_one_of")
        if not whole and not auth.acts_for(organisation, *BOOKS_FOR, group=group.id):
            raise NotAllowed
        return group.id
    own = [one.group_id for one in g.grants if one.organisation_id == organisation and one.role in BOOKS_FOR]
    if not whole and len(set(own)) != 1:
        raise BadInput(field="subgroup", problem="missing")
    return None if whole else own[0]
