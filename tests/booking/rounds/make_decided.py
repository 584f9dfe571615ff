"""A small round on its way to the calendar: two clubs, a hall, a chosen scenario; and the steps everybody takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.models import Organisation, Person, Premises, Space
from booking.roles import Role
from booking.rounds import answering, approving, proposing
from booking.rounds.answering import Answer
from booking.rounds.decision_models import RoundDecision
from booking.rounds.models import Application, Round, Section
from booking.rounds.plan_models import Scenario, Served, SlotGrant
from tests import make
from tests.booking.rounds import make_rounds

AFTER = datetime(2026, 12, 7, 10, 0, tzinfo=UTC)  # the window is over
ANSWER_BY = AFTER + timedelta(days=14)
DECIDED = AFTER + timedelta(days=15)


@dataclass
class Small:
    """Scouts have Monday 17–18, and dancers Tuesday 18–19.30 in the same hall."""

    round: Round
    hall: Space
    scouts: Application
    dancers: Application
    cubs: Section
    ballet: Section
    scenario: Scenario
    official: Person
    other: Person

    @property
    def house(self) -> Premises:
        return self.hall.premises


def small(session: Session, *, hall: Space | None = None, **values: Any) -> Small:
    hall = hall or make.space(session, kind="hall", name_fi="Iso sali", name_sv="Stora salen")
    round_ = make_rounds.a_round(session, spaces=[hall], **values)
    cubs, ballet = make_rounds.a_section(name="Sudenpennut"), make_rounds.a_section(name="Baletti", events=2)
    scouts = _applied(session, round_, "Metsän Partio ry", cubs)
    dancers = _applied(session, round_, "Tanssijat ry", ballet)
    scenario = make_rounds.a_scenario(
        session, round_, [(cubs, hall, 0, 1020, 1080), (ballet, hall, 1, 1080, 1170)], chosen=True, plan_hash="ab" * 32
    )
    reason = {"code": "higher_class", "weekday": 3, "start_min": 1020, "end_min": 1080, "blockers": 2, "class": "1"}
    session.add(Served(scenario_id=scenario.id, section_id=cubs.id, asked=1, granted=1))
    session.add(Served(scenario_id=scenario.id, section_id=ballet.id, asked=2, granted=1, reasons=[reason]))
    official, other = (_official(session, hall.premises, name) for name in ("Vieno Valmistelija", "Paavo Päättäjä"))
    return Small(round_, hall, scouts, dancers, cubs, ballet, scenario, official, other)


def _applied(session: Session, round_: Round, name: str, section: Section) -> Application:
    whose: Organisation = make.organisation(session, name=name)
    contact = make.person(session, f"Sihteeri {name}")
    make.role(session, contact, Role.SECRETARY, organisation_id=whose.id)
    return make_rounds.an_application(session, round_, whose, sections=[section], contact=contact)


def _official(session: Session, house: Premises, name: str) -> Person:
    someone = make.person(session, name)
    make.role(session, someone, Role.MANAGER, premises_id=house.id)
    return someone


def proposed(session: Session, made: Small) -> list[SlotGrant]:
    """The proposals, in order of weekday."""
    found = proposing.propose(session, made.round, answer_by_at=ANSWER_BY, by=made.official.id, now=AFTER)
    return sorted(found.new, key=lambda one: one.weekday)


def accepted(session: Session, made: Small) -> list[SlotGrant]:
    rows = proposed(session, made)
    for row in rows:
        by = row.section.application.contact_id
        answering.answer(session, row, Answer.ACCEPT, words="", by=by, now=AFTER + timedelta(days=1))
    return rows


def in_review(session: Session, made: Small) -> RoundDecision:
    accepted(session, made)
    row = approving.prepare(
        session,
        made.round,
        decision="Liikuntajohtaja 22.12.2026 § 14",
        conditions="",
        by=made.official.id,
        now=DECIDED,
        today=DECIDED.date(),
    )
    assert isinstance(row, RoundDecision)
    return row


def decided(session: Session, made: Small) -> RoundDecision:
    """Proposed, accepted, prepared and approved."""
    row = in_review(session, made)
    assert approving.approve(session, row, by=made.other.id, now=DECIDED, today=date(2026, 12, 22)) is None
    return row
