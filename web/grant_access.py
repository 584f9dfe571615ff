"""Who may see a granted slot, and who may do what with it. Everybody else gets 403 and sees nothing of it."""

from __future__ import annotations

from flask import g
from sqlalchemy.orm import Session

from booking.ids import GroupId
from booking.models import Group
from booking.refusals import NotAllowed
from booking.register import groups
from booking.roles import OF_ORGANISATION, Role
from booking.rounds.grants import grant_of, organisation_of
from booking.rounds.plan_models import SlotGrant
from booking.rounds.staff import runs_round, sees_round
from web import auth
from web.clock import today

ACTS_FOR = (Role.SECRETARY, Role.BOOKER)
STAFF = (Role.MANAGER, Role.OPERATOR)


def belongs(grant: SlotGrant) -> bool:
    """Whether this person has a role in its organisation or in any group of it."""
    whose = organisation_of(grant).id
    return any(one.organisation_id == whose and one.role in OF_ORGANISATION for one in g.grants)


def acts(grant: SlotGrant) -> bool:
    """Whether this person speaks for the whole organisation."""
    return auth.acts_for(organisation_of(grant).id, *ACTS_FOR)


def runs(grant: SlotGrant) -> bool:
    """Whether this person runs its round."""
    return runs_round(g.grants, grant.round) or Role.ADMINISTRATOR in auth.held()


def seen_grant(db: Session, ref: str) -> SlotGrant:
    """Raises NotFound, and NotAllowed for who has nothing to do with it."""
    grant = grant_of(db, ref)
    if not (belongs(grant) or runs(grant) or sees_round(g.grants, grant.round)):
        raise NotAllowed
    return grant


def own_grant(db: Session, ref: str) -> SlotGrant:
    """For who speaks for its organisation. Raises NotFound, NotAllowed."""
    grant = grant_of(db, ref)
    if not acts(grant):
        raise NotAllowed
    return grant


def changed_grant(db: Session, ref: str) -> SlotGrant:
    """For who speaks for its organisation, and for who runs the round. Raises NotFound, NotAllowed."""
    grant = grant_of(db, ref)
    if not (acts(grant) or runs(grant)):
        raise NotAllowed
    return grant


def run_grant(db: Session, ref: str) -> SlotGrant:
    """For who runs the round. Raises NotFound, NotAllowed."""
    grant = grant_of(db, ref)
    if not runs(grant):
        raise NotAllowed
    return grant


def books_for(grant: SlotGrant, group: GroupId) -> bool:
    """Whether this person may set sessions of a group: who speaks for the organisation, or books for that group."""
    return auth.acts_for(organisation_of(grant).id, *ACTS_FOR, group=group)


def own_groups(db: Session, grant: SlotGrant) -> list[Group]:
    """The groups this person may set sessions for."""
    there = groups.of_organisation(db, organisation_of(grant).id, on=today())
    return [one for one in there if books_for(grant, one.id)]


def session_grant(db: Session, ref: str) -> SlotGrant:
    """For who may set sessions inside it, for a group at least. Raises NotFound, NotAllowed."""
    grant = grant_of(db, ref)
    if not (acts(grant) or own_groups(db, grant)):
        raise NotAllowed
    return grant
