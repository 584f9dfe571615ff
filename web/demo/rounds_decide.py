"""The demo's past round decided: proposed, answered, approved by a second person, in the calendar, one review open; and
a small round whose proposals wait for their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.span import local
from booking.models import Person
from booking.rounds import answering, approving, granted, into_calendar, letters, proposing, reviews
from booking.rounds.answering import Answer
from booking.rounds.decision_models import DecisionLetter, RoundDecision
from booking.rounds.models import Application, Round, RoundHours, RoundState, Section
from booking.rounds.plan_models import GrantState, Placement, Scenario, ScenarioState, SlotGrant
from booking.rounds.reviews import Demand
from web.clock import HELSINKI
from web.demo.diary import hm
from web.demo.town import Built


class DemoFault(RuntimeError):
    """A step of the demo's own decision was refused."""


@dataclass(frozen=True, slots=True)
class Officials:
    """Who prepares, and who approves."""

    prepares: Person
    approves: Person


def decide_past(session: Session, round_: Round, who: Officials, *, now: datetime) -> None:
    """From the chosen scenario to the calendar, on days of last season’s spring."""
    round_.state = RoundState.ALLOCATING.value
    proposed_at = round_.apply_to_at + timedelta(days=4)
    answer_by_at = proposed_at + timedelta(days=14)
    proposing.propose(session, round_, answer_by_at=answer_by_at, by=who.prepares.id, now=proposed_at)
    _answers(session, round_, who, proposed_at + timedelta(days=2))
    answering.settle(session, round_, now=answer_by_at)
    decided_at = answer_by_at + timedelta(days=3)
    row = _approved(session, round_, who, decided_at)
    for letter in letters.unwritten(session, most=100):
        letters.write(session, letter, now=decided_at)
    into_calendar.begin(session, round_, by=who.prepares.id, now=decided_at)
    for grant in granted.of_round(session, round_, (GrantState.DECIDED.value,)):
        into_calendar.book(session, grant, by=who.prepares.id, now=decided_at)
    _review(session, row, who, decided_at + timedelta(days=9), now=now)


def _answers(session: Session, round_: Round, who: Officials, at: datetime) -> None:
    """The first asks something and is answered, half of the rest say yes, the others say nothing."""
    rows = granted.of_round(session, round_)
    for place, row in enumerate(rows):
        by = row.section.application.contact_id
        if place == 0:
            answering.answer(session, row, Answer.ASK, words="Saammeko tuoda omat matot?", by=by, now=at)
            said = "Saatte, kaapissa numero 2 on tilaa."
            answering.reply(session, row, said, by=who.prepares.id, now=at + timedelta(hours=5))
        elif place % 2:
            answering.answer(session, row, Answer.ACCEPT, words="", by=by, now=at)


def _approved(session: Session, round_: Round, who: Officials, at: datetime) -> RoundDecision:
    row = approving.prepare(
        session,
        round_,
        decision=f"Liikuntapäällikkö {at:%-d.%-m.%Y} § 14",
        conditions="Saliin mennään sisäkengissä. Vuoro, jota ei käytetä, luovutetaan takaisin edellisenä päivänä.",
        by=who.prepares.id,
        now=at,
        today=at.date(),
    )
    if not isinstance(row, RoundDecision):
        raise DemoFault(row.why)
    if stop := approving.approve(session, row, by=who.approves.id, now=at + timedelta(hours=3), today=at.date()):
        raise DemoFault(stop.why)
    return row


def _review(session: Session, row: RoundDecision, who: Officials, at: datetime, *, now: datetime) -> None:
    """Whoever got least asks for a review, which now goes to the board."""
    found = session.scalars(select(DecisionLetter).where(DecisionLetter.decision_id == row.id)).all()
    letter = letters.letter_of(session, min(found, key=_share).ref)
    person = session.get_one(Person, letter.application.contact_id)
    asked = Demand(
        demand="Pyydämme toista viikkovuoroa arki-iltaan.",
        grounds="Ryhmässä on enemmän lapsia kuin hakemuksessa kerrottiin, ja luokan pitäisi siksi olla toinen.",
        received_on=at.date(),
        from_whom=f"{person.name}, Espoo, {person.email}",
    )
    review = reviews.receive(session, letter, asked, by=person.id, now=at)
    reviews.prepare(session, review, by=who.prepares.id, now=at + timedelta(days=2))
    meets = (now + timedelta(days=13)).date()
    reviews.to_board(session, review, board="Liikuntalautakunta", on=meets, item="§ 12", by=who.prepares.id, now=now)


def _share(letter: DecisionLetter) -> tuple[float, int]:
    sections = (letter.facts or {}).get("sections", [])
    asked = sum(one["events"] for one in sections) or 1
    return sum(len(one["granted"]) for one in sections) / asked, letter.id


def waiting_round(
    session: Session, built: Built, like: Round, asks: Application, manager: Person, *, now: datetime
) -> Round:
    """A short summer round after the coming one, proposed to one applicant, whose answers are awaited."""
    first = like.last_on + timedelta(days=8)
    row = Round(
        name_fi=f"Kesävuorot {first.year}",
        name_sv=f"Sommarturer {first.year}",
        name_en=f"Summer slots {first.year}",
        family=like.family,
        rulebook=like.rulebook,
        state=RoundState.ALLOCATING.value,
        first_on=first,
        last_on=first + timedelta(days=48),
        apply_from_at=now - timedelta(days=45),
        apply_to_at=now - timedelta(days=12),
        made_by=manager.id,
        made_at=now - timedelta(days=60),
        criteria=dict(like.criteria),
    )
    session.add(row)
    session.flush()
    hall = built.spaces["Päiväkodin sali"]
    for weekday in range(5):
        hours = RoundHours(round_id=row.id, space_id=hall.id, weekday=weekday, opens_min=hm(17), closes_min=hm(21))
        session.add(hours)
    _proposed(session, row, _asked(session, row, asks, now), hall.id, manager, now)
    return row


def _asked(session: Session, row: Round, like: Application, now: datetime) -> Sequence[Section]:
    """The same organisation asks for its groups again."""
    source = session.scalars(select(Section).where(Section.application_id == like.id).order_by(Section.position)).all()
    made = Application(
        round_id=row.id,
        organisation_id=like.organisation_id,
        state="sent",
        contact_id=like.contact_id,
        made_by=like.contact_id,
        made_at=now - timedelta(days=30),
        changed_at=now - timedelta(days=30),
        sent_at=now - timedelta(days=30),
        sections=[_like(one) for one in source],
    )
    session.add(made)
    session.flush()
    return session.scalars(select(Section).where(Section.application_id == made.id).order_by(Section.position)).all()


def _like(one: Section) -> Section:
    kept: Mapping[str, object] = {
        name: getattr(one, name)
        for name in ("position", "name", "purpose", "people", "audience", "events", "min_minutes", "max_minutes")
    }
    return Section(**kept)


def _proposed(
    session: Session, row: Round, sections: Sequence[Section], space: int, manager: Person, now: datetime
) -> None:
    at = now - timedelta(days=3)
    run = Scenario(
        round_id=row.id,
        name="Käsin tehty",
        state=ScenarioState.DONE.value,
        chosen=True,
        made_by=manager.id,
        made_at=at,
        ended_at=at,
    )
    session.add(run)
    session.flush()
    for weekday, section in enumerate(sections, 1):
        slot = Placement(
            scenario_id=run.id,
            section_id=section.id,
            space_id=space,
            weekday=weekday,
            start_min=hm(18),
            end_min=hm(19),
            origin="hand",
            reason="Kesällä vain yksi hakija",
        )
        session.add(slot)
    session.flush()
    until = local((now + timedelta(days=11)).astimezone(HELSINKI).date(), hm(16), HELSINKI)
    proposing.propose(session, row, answer_by_at=until, by=manager.id, now=at)
    first = session.scalars(select(SlotGrant).where(SlotGrant.round_id == row.id).order_by(SlotGrant.id)).first()
    if first is not None:
        grant = granted.grant_of(session, first.ref)
        words = "Voisiko vuoro alkaa jo puoli kuudelta?"
        answering.answer(session, grant, Answer.ASK, words=words, by=grant.section.application.contact_id, now=at)
