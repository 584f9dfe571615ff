"""Samples of the running season, as the demo's seed made them."""

from __future__ import annotations

from sqlalchemy import select

from booking.db import reading
from booking.rounds.grants import loaded
from booking.rounds.models import Round
from booking.rounds.plan_models import SlotGrant
from booking.rounds.season_models import GrantSwap, GroupSession, SlotOffer
from tests.system.town import Town


def samples(town: Town) -> dict[str, str]:
    """The troop's slot with sessions, the swap it is asked for, and the slot that is offered to it."""
    with reading(town.sessions) as session:
        inside = select(GroupSession.grant_id).limit(1).scalar_subquery()
        grant = session.scalars(select(SlotGrant).where(SlotGrant.id == inside).options(*loaded())).one()
        swap = session.scalars(select(GrantSwap)).one()
        return {
            "granted_ref": grant.ref,
            "other_granted_ref": session.get_one(SlotGrant, swap.one_id).ref,
            "grant_swap_ref": swap.ref,
            "offer_ref": session.scalars(select(SlotOffer.ref)).one(),
            "running_round_ref": session.get_one(Round, grant.round_id).ref,
        }
