"""Samples of applications: one that the town's organisation has sent, with a group that wishes the hall."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.roles import Role
from booking.rounds.models import Application, Section
from tests.booking.rounds import make_rounds
from tests.web.samples_rounds import the_round
from tests.web.town import Town


def the_application(session: Session, town: Town) -> Application:
    """The application of the walk, made the first time it is asked for."""
    row = the_round(session, town)
    mine = Application.round_id == row.id, Application.organisation_id == town.organisation.id
    found = session.scalar(select(Application).where(*mine))
    section = make_rounds.a_section(name="Sudenpennut", options=[town.space])
    contact = town.people[Role.SECRETARY]
    return found or make_rounds.an_application(session, row, town.organisation, sections=[section], contact=contact)


def the_section(session: Session, town: Town) -> str:
    mine = Section.application_id == the_application(session, town).id
    return session.scalars(select(Section.ref).where(mine)).one()


SAMPLES: dict[str, Callable[[Session, Town], str]] = {
    "application_ref": lambda session, town: the_application(session, town).ref,
    "section_ref": the_section,
}
