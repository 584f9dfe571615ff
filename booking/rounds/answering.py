"""Answers to proposals: accept, decline or ask, each slot alone or all at once, and what happens at the deadline.

Until its deadline an answer can be changed, as long as what was declined has not been granted to others meanwhile. A
question stops the clock: nothing lapses or counts before the house has answered it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.acts import Act, ActKind, tell
from booking.core.rules.rounds import Acceptance
from booking.ids import OrganisationId, PersonId
from booking.practice import practice
from booking.refusals import BadInput, NotNow
from booking.rounds.accepting import acceptance
from booking.rounds.decision_models import RoundStepKind
from booking.rounds.granted import LIVE, OPEN, loaded, note
from booking.rounds.models import Application, Round, RoundState, Section
from booking.rounds.plan_models import GrantState, Scenario, SlotGrant

ANSWERABLE = (*OPEN, GrantState.ACCEPTED.value, GrantState.DECLINED.value)


class Answer(StrEnum):
    """What an applicant says of a proposal."""

    ACCEPT = "accept"
    DECLINE = "decline"
    ASK = "ask"


STATE_AFTER = {
    Answer.ACCEPT: GrantState.ACCEPTED,
    Answer.DECLINE: GrantState.DECLINED,
    Answer.ASK: GrantState.ASKED,
}


def answerable(row: SlotGrant, now: datetime) -> bool:
    """Whether an applicant can (still) say something of it."""
    in_time = row.answer_by_at is None or now < row.answer_by_at
    waits = row.state == GrantState.ASKED
    return row.round.state == RoundState.PROPOSED and row.state in ANSWERABLE and (in_time or waits)


def answer(session: Session, row: SlotGrant, what: Answer, *, words: str, by: PersonId, now: datetime) -> None:
    """Accept, decline, or ask something with words. Raises NotNow when it is too late, or the slot was granted to
    others since it was declined; BadInput for a question without words."""
    lock_grants(session, [row])
    if not answerable(row, now):
        raise NotNow(state=row.state, reason="answer_over")
    if what is Answer.ASK and not words.strip():
        raise BadInput(field="words", problem="empty")
    if row.state == GrantState.DECLINED and what is not Answer.DECLINE and _given_on(session, row):
        raise NotNow(state=row.state, reason="given_on")
    row.state, row.answer = STATE_AFTER[what].value, words.strip()
    row.answered_by, row.answered_at = by, now
    session.flush()
    _tell(session, ActKind.GRANT_ANSWERED, row, {"answer": what.value, "words": row.answer}, by, now)


def answer_all(
    session: Session,
    round_: Round,
    organisation: OrganisationId,
    what: Answer,
    *,
    words: str,
    by: PersonId,
    now: datetime,
) -> int:
    """The same answer to every slot of an organisation in a round that has none yet. Returns how many."""
    query = loaded().join(Section, Section.id == SlotGrant.section_id)
    query = query.join(Application, Application.id == Section.application_id)
    query = query.where(SlotGrant.round_id == round_.id, Application.organisation_id == organisation)
    rows = list(session.scalars(query.where(SlotGrant.state == GrantState.PROPOSED.value).order_by(SlotGrant.id)))
    for row in rows:
        answer(session, row, what, words=words, by=by, now=now)
    return len(rows)


def reply(session: Session, row: SlotGrant, words: str, *, by: PersonId, now: datetime) -> None:
    """The house answers a question: the slot waits again, at least some days. Raises NotNow, BadInput."""
    lock_grants(session, [row])
    if row.state != GrantState.ASKED:
        raise NotNow(state=row.state)
    if not words.strip():
        raise BadInput(field="reply", problem="empty")
    least = now + timedelta(days=practice("proposal_reply_days"))
    row.state, row.reply = GrantState.PROPOSED.value, words.strip()
    row.answer_by_at = max(row.answer_by_at or least, least)
    session.flush()
    _tell(session, ActKind.GRANT_REPLIED, row, {"words": row.reply}, by, now)


def due(session: Session, now: datetime) -> list[Round]:
    """The rounds with proposals that nobody answered in time."""
    late = select(SlotGrant.round_id).where(SlotGrant.state == GrantState.PROPOSED.value, SlotGrant.answer_by_at <= now)
    query = select(Round).where(Round.id.in_(late), Round.state == RoundState.PROPOSED.value)
    return list(session.scalars(query.order_by(Round.id)))


def settle(session: Session, round_: Round, *, now: datetime) -> list[SlotGrant]:
    """What nobody answered in time: accepted or lapsed, as the rulebook says. Returns the grants it settled."""
    after = GrantState.ACCEPTED if acceptance(session, round_) is Acceptance.GRANTED_COUNTS else GrantState.LAPSED
    late = SlotGrant.state == GrantState.PROPOSED.value, SlotGrant.answer_by_at <= now
    query = loaded().where(SlotGrant.round_id == round_.id, *late).order_by(SlotGrant.id)
    rows = list(session.scalars(query.with_for_update(of=SlotGrant, key_share=True)))
    for row in rows:
        row.state, row.answered_at = after.value, now
    session.flush()
    if rows:
        note(session, round_, RoundStepKind.SETTLED, by=None, now=now, said=f"{after.value} {len(rows)}")
        body = {"after": after.value, "grants": [row.ref for row in rows]}
        tell(session, Act(ActKind.GRANT_SETTLED, now, None, round_.ref, body))
    return rows


def lock_grants(session: Session, rows: Sequence[SlotGrant]) -> None:
    """Nobody else changes these grants until the commit. Raises NotNow when one was changed since it was read."""
    query = select(SlotGrant.id, SlotGrant.state).where(SlotGrant.id.in_([row.id for row in rows]))
    locked = query.order_by(SlotGrant.id).with_for_update(key_share=True)
    found = {one.id: one.state for one in session.execute(locked)}
    for row in rows:
        if found.get(row.id) != row.state:
            raise NotNow(state=found.get(row.id, "gone"))


def _given_on(session: Session, row: SlotGrant) -> bool:
    """Whether a second run has begun since, or another's slot now lies there."""
    later = select(Scenario.id).where(Scenario.round_id == row.round_id, Scenario.phase == "second")
    if row.answered_at and session.scalar(later.where(Scenario.made_at >= row.answered_at).limit(1)) is not None:
        return True
    there = select(SlotGrant.id).where(
        SlotGrant.round_id == row.round_id,
        SlotGrant.space_id == row.space_id,
        SlotGrant.weekday == row.weekday,
        SlotGrant.state.in_(LIVE),
        SlotGrant.start_min < row.end_min,
        SlotGrant.end_min > row.start_min,
    )
    return session.scalar(there.limit(1)) is not None


def _tell(
    session: Session, kind: ActKind, row: SlotGrant, more: dict[str, object], by: PersonId, now: datetime
) -> None:
    application = row.section.application
    body = {"round": row.round.ref, "organisation": application.organisation.ref, "section": row.section.ref}
    persons = tuple({by, application.contact_id})
    tell(session, Act(kind, now, by, row.ref, body | {"state": row.state} | more, row.space.premises_id, persons))
