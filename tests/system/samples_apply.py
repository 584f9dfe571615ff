"""Samples of applications, as the demo's seed made them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import reading
from booking.models import Organisation
from booking.rounds.models import Application, Round, RoundState, Section
from tests.system.town import Town
from web.demo.people import ORGANISATIONS


def samples(town: Town) -> dict[str, str]:
    """The scouts' application with its first group, and the draft of the Swedish-speaking association."""
    with reading(town.sessions) as session:
        scouts = _application(session, "scouts")
        section = select(Section.ref).where(Section.application_id == scouts.id).order_by(Section.position)
        first = session.scalars(section.limit(1)).one()
        draft = _application(session, "swedish").ref
    return {"application_ref": scouts.ref, "section_ref": first, "draft_application_ref": draft}


def _application(session: Session, key: str) -> Application:
    """The one of the round that can be applied to."""
    whose = select(Organisation.id).where(Organisation.name == ORGANISATIONS[key].name).scalar_subquery()
    query = select(Application).join(Round).where(Application.organisation_id == whose)
    return session.scalars(query.where(Round.state == RoundState.PUBLISHED.value)).one()
