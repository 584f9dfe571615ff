"""Samples of season rounds: one round of the town's hall, open for applications."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.rounds.decision_models import DecisionLetter, Review, RoundDecision
from booking.rounds.models import Round
from booking.rounds.plan_models import SlotGrant
from tests.booking.rounds import make_rounds
from tests.web.town import Town

NAME = "Näytekierros"


def the_round(session: Session, town: Town) -> Round:
    """The round of the walk, made the first time it is asked for."""
    found = session.scalar(select(Round).where(Round.name_fi == NAME))
    return found or make_rounds.a_round(session, name_fi=NAME, spaces=[town.space])


def decided(session: Session, town: Town) -> Review:
    """The troop's slot in a decided round of the town's hall, its letter (not written yet) and a review of it: rows put
    there straight, as every test of a page makes them."""
    found = session.scalar(select(Review).limit(1))
    if found is not None:
        return found
    row = make_rounds.a_round(session, name_fi="Päätetty näytekierros", spaces=[town.space], state="decided")
    section = make_rounds.a_section()
    sent = make_rounds.an_application(session, row, town.organisation, sections=[section], contact=town.booker)
    run = make_rounds.a_scenario(session, row, [(section, town.space, 0, 1020, 1080)], chosen=True)
    decision = RoundDecision(
        round_id=row.id, state="approved", decision="§ 1", prepared_by=row.made_by, prepared_at=make_rounds.SENT_AT
    )
    session.add(decision)
    session.flush()
    letter = DecisionLetter(decision_id=decision.id, application_id=sent.id, language="fi")
    slot = {"space_id": town.space.id, "weekday": 0, "start_min": 1020, "end_min": 1080, "state": "decided"}
    slot |= {"round_id": row.id, "scenario_id": run.id, "section_id": section.id, "proposed_at": make_rounds.SENT_AT}
    session.add_all([letter, SlotGrant(**slot)])
    session.flush()
    came = {"received_on": row.first_on, "review_by_on": row.last_on, "late": False, "entered_at": make_rounds.SENT_AT}
    made = Review(
        round_id=row.id, application_id=sent.id, letter_id=letter.id, demand="x", grounds="y", entered_by=row.made_by
    )
    for name, value in came.items():
        setattr(made, name, value)
    session.add(made)
    session.flush()
    return made


def slot(session: Session, town: Town) -> str:
    row = decided(session, town).round_id
    return session.scalars(select(SlotGrant.ref).where(SlotGrant.round_id == row)).one()


def decision_letter(session: Session, town: Town) -> str:
    return session.get_one(DecisionLetter, decided(session, town).letter_id).ref


SAMPLES: dict[str, Callable[[Session, Town], str]] = {
    "round_ref": lambda session, town: the_round(session, town).ref,
    "proposal_ref": slot,
    "decision_letter_ref": decision_letter,
    "review_ref": lambda session, town: decided(session, town).ref,
}
