"""What an applicant is told of a decision: what is granted, what not and why, by which rules, how to ask for a review.

The facts of a letter are gathered once and frozen on its row; nothing of them names another applicant. The words and
the PDF are made from them in web/grant_letters.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.core.deadlines import last_day
from booking.core.pattern import dated
from booking.core.rulebook import Citation, Outcome, Rulebook
from booking.judging import citation_facts
from booking.models import Person, Premises, Space
from booking.practice import practice
from booking.refusals import NotFound, Refusal
from booking.rounds.accepting import book_of_round, review_days
from booking.rounds.decision_models import DecisionLetter, DecisionState, RoundDecision
from booking.rounds.granted import chosen, in_order, loaded
from booking.rounds.into_calendar import wish_of
from booking.rounds.models import Application, Round, Section
from booking.rounds.plan_models import GrantState, Served, SlotGrant
from booking.rounds.slot_dates import days_of
from booking.rounds.staff import premises_ids
from booking.wishes import quotes_on

GRANTED = (GrantState.ACCEPTED.value, GrantState.DECIDED.value, GrantState.BOOKED.value)
Facts = dict[str, Any]
LANGUAGES = ("fi", "sv", "en")


def letter_of(session: Session, ref: str) -> DecisionLetter:
    """The letter with its decision and application. Raises NotFound."""
    found = session.scalar(_loaded().where(DecisionLetter.ref == ref))
    if found is None:
        raise NotFound(what="letter")
    return found


def letters_of(session: Session, application: Application) -> list[DecisionLetter]:
    """The letters of an application that were written, newest first."""
    query = _loaded().where(DecisionLetter.application_id == application.id, DecisionLetter.sent_at.is_not(None))
    return list(session.scalars(query.order_by(DecisionLetter.id.desc())))


def of_round(session: Session, round_: Round) -> list[DecisionLetter]:
    """All letters of a round, those not written yet too."""
    query = _loaded().where(RoundDecision.round_id == round_.id)
    return list(session.scalars(query.order_by(DecisionLetter.id)))


def unwritten(session: Session, *, most: int) -> list[DecisionLetter]:
    """Letters that wait to be written, the oldest first; somebody else may be writing others."""
    waiting = DecisionLetter.sent_at.is_(None), RoundDecision.state == DecisionState.APPROVED.value
    query = _loaded().where(*waiting).order_by(DecisionLetter.id).limit(most)
    return list(session.scalars(query.with_for_update(of=DecisionLetter, skip_locked=True, key_share=True)))


def _loaded() -> Select[DecisionLetter]:
    return (
        select(DecisionLetter)
        .join(DecisionLetter.decision)
        .options(joinedload(DecisionLetter.decision).joinedload(RoundDecision.round))
        .options(joinedload(DecisionLetter.application).joinedload(Application.organisation))
        .options(joinedload(DecisionLetter.application).joinedload(Application.round))
    )


def write(session: Session, letter: DecisionLetter, *, now: datetime) -> None:
    """Freeze what the letter says, and reckon the last day to ask for a review."""
    decision, round_ = letter.decision, letter.decision.round
    today = now.astimezone(ZoneInfo(round_.zone)).date()
    letter.review_by_on = review_by(session, round_, today)
    said = Said(decision.decision, decision.conditions, today, letter.review_by_on)
    letter.facts = facts_of(session, letter.application, said, now=now)
    letter.sent_at = now
    session.flush()


def review_by(session: Session, round_: Round, sent_on: date) -> date:
    """The last day to ask for a review of a decision sent on a day."""
    known_on = sent_on + timedelta(days=practice("notice_by_mail_days"))
    return last_day(known_on, review_days(session, round_))


@dataclass(frozen=True, slots=True)
class Said:
    """What the decision itself says. A draft letter has no day yet."""

    decision: str
    conditions: str
    sent_on: date | None = None
    review_by_on: date | None = None


def facts_of(session: Session, application: Application, said: Said, *, now: datetime) -> Facts:
    """All that the letter to this applicant says."""
    round_ = application.round
    book = book_of_round(session, round_)
    told = _Telling(session, round_, book, now)
    return {
        "round": names(round_),
        "season": [round_.first_on.isoformat(), round_.last_on.isoformat()],
        "organisation": application.organisation.name,
        "contact": session.get_one(Person, application.contact_id).name,
        "late": application.late,
        "office": _office(session, round_),
        "decision": said.decision,
        "conditions": said.conditions,
        "sent_on": said.sent_on.isoformat() if said.sent_on else None,
        "review_by_on": said.review_by_on.isoformat() if said.review_by_on else None,
        "review_days": review_days(session, round_),
        "notice_days": practice("notice_by_mail_days"),
        "rulebook": round_.rulebook or (book.id if book else ""),
        "plan": [{"scenario": one.ref, "plan_hash": one.plan_hash} for one in chosen(session, round_)],
        "sections": [told.section(one) for one in _sections(session, application)],
    }


def names(row: Round | Space | Premises) -> dict[str, str]:
    return {code: row.name(code) for code in LANGUAGES}


def _sections(session: Session, application: Application) -> Sequence[Section]:
    query = select(Section).where(Section.application_id == application.id).order_by(Section.position)
    loaded_too = joinedload(Section.application).joinedload(Application.organisation), selectinload(Section.windows)
    return session.scalars(query.options(*loaded_too)).all()


def _office(session: Session, round_: Round) -> Facts:
    """Who answers: the houses of the round and their contacts."""
    query = select(Premises).where(Premises.id.in_(premises_ids(round_))).options(joinedload(Premises.manager))
    houses = list(session.scalars(query.order_by(Premises.id)))
    if not houses:
        return {"name": "", "contact": "", "email": "", "address": ""}
    first = houses[0]
    return {
        "name": first.manager.name,
        "contact": first.contact_name,
        "email": first.contact_email,
        "address": first.address,
    }


@dataclass(slots=True)
class _Telling:
    """Tells of the sections of one letter; what they share is read once."""

    session: Session
    round: Round
    book: Rulebook | None
    now: datetime
    cited: Mapping[str, Citation] = field(init=False)
    scenarios: Sequence[int] = field(init=False)

    def __post_init__(self) -> None:
        self.cited = citations(self.book) if self.book else {}
        self.scenarios = [one.id for one in chosen(self.session, self.round)]

    def section(self, section: Section) -> Facts:
        grants = self._grants(section)
        granted = [one for one in grants if one.state in GRANTED]
        kept = {"events": section.events, "minutes": [section.min_minutes, section.max_minutes]}
        return kept | {
            "name": section.name,
            "people": section.people,
            "class": section.priority_class,
            "class_name": self._class_name(section),
            "rule": self._cited(section.class_row),
            "excluded_why": section.excluded_why,
            "granted": [self._slot(one) for one in granted],
            "given_up": [self._slot(one) for one in grants if one.state not in GRANTED],
            "reasons": [] if len(granted) >= section.events else self._reasons(section),
            "price": self._price(granted),
        }

    def _grants(self, section: Section) -> list[SlotGrant]:
        told = (*GRANTED, GrantState.DECLINED.value, GrantState.LAPSED.value)
        query = loaded().where(SlotGrant.section_id == section.id, SlotGrant.state.in_(told))
        return list(self.session.scalars(in_order(query)))

    def _slot(self, grant: SlotGrant) -> Facts:
        days = days_of(self.round, grant.section, grant.weekday)
        return {
            "space": names(grant.space),
            "premises": names(grant.space.premises),
            "weekday": grant.weekday,
            "start_min": grant.start_min,
            "end_min": grant.end_min,
            "weeks": grant.section.weeks,
            "first_on": days[0].isoformat() if days else None,
            "last_on": days[-1].isoformat() if days else None,
            "state": grant.state,
        }

    def _class_name(self, section: Section) -> Mapping[str, str]:
        found = self.book.priority.classes.get(section.priority_class or "") if self.book else None
        return dict(found.name) if found else {}

    def _cited(self, row: str | None) -> Facts | None:
        found = self.cited.get(row or "")
        return citation_facts(found) if found else None

    def _reasons(self, section: Section) -> list[Facts]:
        """Why not more, as the run explained it, the rows that it names cited."""
        query = select(Served.reasons).where(Served.section_id == section.id, Served.scenario_id.in_(self.scenarios))
        reasons = self.session.scalar(query.order_by(Served.scenario_id.desc()).limit(1)) or []
        return [dict(one) | {"cited": self._cited(one.get("rule") or one.get("quota"))} for one in reasons]

    def _price(self, granted: Sequence[SlotGrant]) -> Facts | None:
        """What the first date of the first slot costs by the rules as they are known now; None where nobody can say."""
        if not granted:
            return None
        grant = granted[0]
        wish = wish_of(grant)
        days = dated(wish.pattern, ZoneInfo(grant.space.premises.zone))[:1]
        try:
            outcome = quotes_on(self.session, wish, days, self.now)[0].outcome
        except Refusal:
            return None
        return price_facts(outcome, self.book) if outcome else None


def price_facts(outcome: Outcome, book: Rulebook | None) -> Facts | None:
    """The price class and price of one time, with the rows that decide them."""
    if outcome.price_class is None and outcome.price_cents is None:
        return None
    named = book.price.classes.get(outcome.price_class or "") if book else None
    rows = [citation_facts(one) for one in outcome.reasons if one.table != "priority"]
    return {
        "class": outcome.price_class,
        "class_name": dict(named.name) if named else {},
        "cents": outcome.price_cents,
        "rows": rows,
    }


def citations(book: Rulebook) -> Mapping[str, Citation]:
    """Every row that a letter may cite, by its id."""
    tables: Iterable[Citation] = (
        *(row.citation for row in book.exclusions.rows),
        *(one.row.citation for one in book.limits),
        *(one.row.citation for one in book.allocation_quotas),
        *(one.row.citation for one in book.tie_breaks),
        *((book.allocation.citation,) if book.allocation else ()),
        *(row.citation for row in book.priority.rows),
    )
    return {one.row: one for one in tables}
