"""The waiting list of a round as its staff sees it: everybody in the order in which they are asked, and freed slots."""

from __future__ import annotations

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from booking.models import Space
from booking.refusals import NotAllowed
from booking.roles import Role
from booking.rounds import waiting
from booking.rounds.listing import round_of
from booking.rounds.season_models import FreedSlot, SlotOffer, WaitingEntry
from booking.rounds.staff import sees_round
from web import auth
from web.auth import requires
from web.db import reading

bp = Blueprint("round_waiting", __name__, url_prefix="/rounds/<round_ref>/waiting")


@bp.get("")
@requires(Role.MANAGER, Role.OPERATOR, Role.AUDITOR)
def show(round_ref: str) -> ResponseReturnValue:
    with reading() as db:
        row = round_of(db, round_ref)
        if not (sees_round(g.grants, row) or Role.ADMINISTRATOR in auth.held()):
            raise NotAllowed
        slots = select(FreedSlot).where(FreedSlot.round_id == row.id).options(joinedload(FreedSlot.space))
        offers = select(SlotOffer).join(FreedSlot, FreedSlot.id == SlotOffer.slot_id)
        loaded = (
            joinedload(SlotOffer.entry).joinedload(WaitingEntry.organisation),
            joinedload(SlotOffer.slot).joinedload(FreedSlot.space).joinedload(Space.premises),
        )
        return render_template(
            "waiting/round.html",
            row=row,
            entries=waiting.ranked(db, row),
            slots=list(db.scalars(slots.order_by(FreedSlot.id.desc()).limit(50))),
            offers=list(db.scalars(offers.where(FreedSlot.round_id == row.id).options(*loaded))),
        )
