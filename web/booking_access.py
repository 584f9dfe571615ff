"""Who may see a booking whole, and who may change it; everybody may see what the calendar shows of it."""

from __future__ import annotations

from datetime import timedelta

from flask import g

from booking import roles
from booking.life import grace as life_grace
from booking.models import Booking, Space
from booking.refusals import NotAllowed
from booking.roles import Role
from web import auth

SEES_AT = (Role.MANAGER, Role.OPERATOR, Role.CARETAKER)
CHANGES_AT = (Role.MANAGER, Role.OPERATOR)
EXCEEDS_AT = (Role.MANAGER, Role.OPERATOR)
SEES_FOR = (Role.SECRETARY, Role.BOOKER, Role.KEY_HOLDER, Role.CODE_READER, Role.PAYER)
CHANGES_FOR = (Role.SECRETARY, Role.BOOKER)


def is_own(booking: Booking) -> bool:
    """Whether it is this person's own, or of an organisation they act for."""
    return g.person is not None and (_belongs(booking) or g.person.id == booking.holder_id)


def sees(booking: Booking) -> bool:
    return g.person is not None and (is_own(booking) or _at(booking, SEES_AT))


def changes(booking: Booking) -> bool:
    """Whether this person may move and cancel it: its organisation, the house, the holder while they belong to the
    organisation, and who noted it for somebody on the phone while they work there."""
    if g.person is None:
        return False
    held = g.person.id == booking.holder_id and _belongs(booking)
    noted = g.person.id == booking.made_by and _at(booking, SEES_AT)
    return held or noted or _for(booking, CHANGES_FOR) or _at(booking, CHANGES_AT)


def changes_own(booking: Booking) -> bool:
    """Whether this person speaks for the group itself: only such may swap a time or take another instead of it."""
    held = g.person is not None and g.person.id == booking.holder_id and _belongs(booking)
    return held or (g.person is not None and _for(booking, CHANGES_FOR))


def require_changes(booking: Booking) -> None:
    """Raises NotAllowed unless `changes`."""
    if not changes(booking):
        raise NotAllowed


def grace(booking: Booking) -> timedelta:
    """How long after its start this person may still change a time: the house a little, users not at all."""
    return life_grace.grace(staff=g.person is not None and _at(booking, CHANGES_AT))


def require_space(booking: Booking, space: Space) -> None:
    """Raises NotAllowed for who changes the booking only as staff of one house and would move it into another."""
    if not (is_own(booking) or _for(booking, CHANGES_FOR)):
        auth.require_at(space.premises_id, *CHANGES_AT, Role.CARETAKER)


def may_exceed(space: Space) -> bool:
    """Whether this person may let a booking exceed limits of the rules: who runs the premises."""
    return auth.works_at(space.premises_id, *EXCEEDS_AT)


def require_exceeding(space: Space, reason: str) -> None:
    """Raises NotAllowed for a reason to exceed limits from somebody who may not."""
    if reason.strip() and not may_exceed(space):
        raise NotAllowed


def _belongs(booking: Booking) -> bool:
    """Whether this person has a role now in its organisation, or in the group of it that booked."""
    return roles.acts_for(g.grants, booking.organisation_id, as_any=frozenset(SEES_FOR), group=booking.group_id)


def _for(booking: Booking, as_any: tuple[Role, ...]) -> bool:
    return auth.acts_for(booking.organisation_id, *as_any, group=booking.group_id)


def _at(booking: Booking, as_any: tuple[Role, ...]) -> bool:
    return any(auth.works_at(place, *as_any) for place in {row.space.premises_id for row in booking.occurrences})
