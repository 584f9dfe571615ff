"""Samples of what was decided of rounds, as the demo's seed made them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.models import Organisation
from booking.rounds.decision_models import DecisionLetter, Review
from booking.rounds.models import Application, Round
from booking.rounds.plan_models import SlotGrant
from web.demo.people import ORGANISATIONS


def decided(session: Session) -> dict[str, str]:
    """The round whose proposals wait, one of them, and the letters and review of the one decided."""
    asked = select(SlotGrant).where(SlotGrant.state.in_(("proposed", "asked"))).order_by(SlotGrant.id)
    waiting = session.scalars(asked).first()
    assert waiting is not None, "the demo has proposals that wait"
    troop = Organisation.name == ORGANISATIONS["scouts"].name
    letters = select(DecisionLetter.ref).join(Application).join(Organisation).where(troop)
    return {
        "waiting_round_ref": session.get_one(Round, waiting.round_id).ref,
        "proposal_ref": waiting.ref,
        "decision_letter_ref": session.scalars(letters).first() or "",
        "review_ref": session.scalars(select(Review.ref)).one(),
    }
