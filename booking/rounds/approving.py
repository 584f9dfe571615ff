"""Deciding with four eyes: one person prepares the decision, another approves it or returns it with a reason.

Who acts for an applicant is stopped from both, and that they were is recorded: nothing is raised for it, so that the
record stays. On approval the accepted slots are decided, and every applicant gets a letter.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.ids import OrganisationId, PersonId
from booking.models import Organisation, Person, Premises, RoleGrant
from booking.refusals import BadInput, NotFound, NotNow
from booking.register.interests import interests
from booking.register.models import UmbrellaMember
from booking.rounds.decision_models import (
    DecisionLetter,
    DecisionState,
    RoundDecision,
    RoundStep,
    RoundStepKind,
)
from booking.rounds.granted import OPEN, counts, lock_round, note, of_round, require_state
from booking.rounds.models import Application, ApplicationState, Round, RoundState
from booking.rounds.plan_models import GrantState, SlotGrant
from booking.rounds.staff import premises_ids
from booking.rulemaking.review import Stop, needed

FROM = (RoundState.PROPOSED, RoundState.ALLOCATING)  # with nothing granted, nothing need be proposed


def decision_of(session: Session, round_: Round) -> RoundDecision | None:
    """The latest decision on a round, prepared or made."""
    query = select(RoundDecision).where(RoundDecision.round_id == round_.id).order_by(RoundDecision.id.desc()).limit(1)
    return session.scalar(query)


def decisions(session: Session, round_: Round) -> list[RoundDecision]:
    query = select(RoundDecision).where(RoundDecision.round_id == round_.id)
    return list(session.scalars(query.order_by(RoundDecision.id)))


def prepare(
    session: Session,
    round_: Round,
    *,
    decision: str,
    conditions: str,
    by: PersonId,
    now: datetime,
    today: date,
) -> RoundDecision | Stop:
    """Ask another person to approve what stands. Raises NotNow while answers are awaited or a decision is in review,
    BadInput without a body and paragraph. A Stop says why this person may not prepare it."""
    lock_round(session, round_)
    require_state(session, round_, *FROM)
    if not decision.strip():
        raise BadInput(field="decision", problem="empty")
    if waiting := sum(counts(session, round_).get(state, 0) for state in OPEN):
        raise NotNow(state="unanswered", reason="unanswered", count=waiting)
    last = decision_of(session, round_)
    if last is not None and last.state == DecisionState.IN_REVIEW:
        raise NotNow(state=last.state, reason="in_review")
    if (stop := _tied(session, round_, by, today)) is not None:
        _record(session, round_, stop, by=by, now=now)
        return stop
    made = RoundDecision(
        round_id=round_.id,
        round=round_,
        decision=decision.strip(),
        conditions=conditions.strip(),
        rulebook=round_.rulebook,
        prepared_by=by,
        prepared_at=now,
    )
    session.add(made)
    note(session, round_, RoundStepKind.PREPARED, by=by, now=now, said=made.decision)
    _tell(session, round_, made, "prepared", by, now)
    return made


def send_back(session: Session, row: RoundDecision, *, reason: str, by: PersonId, now: datetime) -> None:
    """Back to who prepared it, with a reason; who prepared it may take it back. Raises NotNow, BadInput."""
    _in_review(session, row)
    needed(reason)
    row.state, row.reason = DecisionState.RETURNED.value, reason.strip()
    note(session, row.round, RoundStepKind.RETURNED, by=by, now=now, said=reason)
    _tell(session, row.round, row, "returned", by, now)


def disclose(session: Session, row: RoundDecision, *, reason: str, by: PersonId, now: datetime) -> None:
    """Somebody says that they are disqualified: they are kept from deciding on this round for good."""
    _in_review(session, row)
    needed(reason)
    note(session, row.round, RoundStepKind.DISCLOSED, by=by, now=now, said=reason)
    _tell(session, row.round, row, "disclosed", by, now)


def approve(
    session: Session, row: RoundDecision, *, by: PersonId, now: datetime, today: date, reason: str = ""
) -> Stop | None:
    """Decide every accepted slot, and begin a letter to every applicant. None when done, else why this person was
    stopped. Raises NotNow."""
    _in_review(session, row)
    if (stop := stopped(session, row, by, today)) is not None:
        _record(session, row.round, stop, by=by, now=now)
        return stop
    row.state, row.reviewed_by, row.reviewed_at = DecisionState.APPROVED.value, by, now
    row.reason = reason.strip()
    granted = of_round(session, row.round, (GrantState.ACCEPTED.value,))
    for one in granted:
        one.state, one.decided_at, one.decision_id = GrantState.DECIDED.value, now, row.id
    row.round.state = RoundState.DECIDED.value
    session.flush()
    _begin_letters(session, row, granted)
    note(session, row.round, RoundStepKind.APPROVED, by=by, now=now, said=row.decision)
    _tell(session, row.round, row, "approved", by, now, granted=len(granted))
    return None


def _begin_letters(session: Session, row: RoundDecision, granted: Iterable[SlotGrant]) -> None:
    """One letter for each application that got something now, or was never told anything."""
    told = select(DecisionLetter.application_id).join(RoundDecision)
    told = told.where(RoundDecision.round_id == row.round_id, RoundDecision.state == DecisionState.APPROVED.value)
    before, now_granted = set(session.scalars(told)), {one.section.application_id for one in granted}
    query = select(Application.id, Person.language).join(Person, Person.id == Application.contact_id)
    sent = query.where(Application.round_id == row.round_id, Application.state == ApplicationState.SENT.value)
    for application, language in session.execute(sent.order_by(Application.id)):
        if application in now_granted or application not in before:
            session.add(DecisionLetter(decision_id=row.id, application_id=application, language=language))
    session.flush()


def stopped(session: Session, row: RoundDecision, by: PersonId, today: date) -> Stop | None:
    """Why this person may not approve; None when they may."""
    if by == row.prepared_by:
        return Stop("own")
    return _tied(session, row.round, by, today)


def _tied(session: Session, round_: Round, by: PersonId, today: date) -> Stop | None:
    if _said_so(session, round_, by):
        return Stop("disclosed")
    tied = with_interest(session, round_, by, today)
    return Stop("role", tuple(one.name for one in tied)) if tied else None


def _said_so(session: Session, round_: Round, by: PersonId) -> bool:
    query = select(RoundStep.id).where(RoundStep.round_id == round_.id, RoundStep.by == by)
    return session.scalar(query.where(RoundStep.kind == RoundStepKind.DISCLOSED.value).limit(1)) is not None


def with_interest(session: Session, round_: Round, person: PersonId, on: date) -> list[Organisation]:
    """The applicants of a round that somebody acts for or did lately, by themselves or through an umbrella; an
    umbrella that operates a house of the round ties nobody, as deciding for its members is what it operates for."""
    houses = premises_ids(round_)
    operators = set(session.scalars(select(Premises.operator_id).where(Premises.id.in_(houses))))
    found = []
    for one in _maybe(session, round_, person):
        ties = interests(session, person, one.id, on=on)
        if one.person_id == person or any(not (tie.umbrella and tie.organisation.id in operators) for tie in ties):
            found.append(one)
    return found


def _maybe(session: Session, round_: Round, person: PersonId) -> list[Organisation]:
    """The applicants that some role of this person might tie to them."""
    roles = select(RoleGrant.organisation_id).where(RoleGrant.person_id == person)
    own: set[OrganisationId] = {one for one in session.scalars(roles) if one is not None}
    below = select(UmbrellaMember.member_id).where(UmbrellaMember.umbrella_id.in_(own))
    applied = select(Application.organisation_id).where(
        Application.round_id == round_.id, Application.state == ApplicationState.SENT.value
    )
    query = select(Organisation).where(Organisation.id.in_(applied))
    ties = Organisation.id.in_({*own, *session.scalars(below)}) | (Organisation.person_id == person)
    return list(session.scalars(query.where(ties).order_by(Organisation.name)))


def by_ref(session: Session, ref: str) -> RoundDecision:
    """Raises NotFound."""
    query = select(RoundDecision).where(RoundDecision.ref == ref).options(joinedload(RoundDecision.round))
    found = session.scalar(query)
    if found is None:
        raise NotFound(what="decision")
    return found


def _in_review(session: Session, row: RoundDecision) -> None:
    lock_round(session, row.round)
    session.refresh(row, attribute_names=["state"])
    if row.state != DecisionState.IN_REVIEW:
        raise NotNow(state=row.state)


def _record(session: Session, round_: Round, stop: Stop, *, by: PersonId, now: datetime) -> None:
    note(session, round_, RoundStepKind.STOPPED, by=by, now=now, said=": ".join([stop.why, *stop.organisations]))
    body = {"why": stop.why, "organisations": list(stop.organisations)}
    tell(session, Act(ActKind.DECISION_STOPPED, now, by, round_.ref, body, persons=(by,)))


def _tell(
    session: Session, round_: Round, row: RoundDecision, step: str, by: PersonId, now: datetime, **more: object
) -> None:
    body = {"step": step, "decision": row.decision, "reason": row.reason, "rulebook": row.rulebook} | more
    tell(session, Act(ActKind.ROUND_DECISION, now, by, round_.ref, body, persons=(by,)))
