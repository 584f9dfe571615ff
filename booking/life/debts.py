"""The debt procedure: notice, a deadline, all slots cancelled, apply anew. Each step by the rulebook, when it is due.

What is owed and since when comes from booking/money; what the rulebook says of it, as the event "debt"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.bookings import tell_of
from booking.happenings.models import DebtCase, Sanction, SanctionKind, SanctionState
from booking.ids import OrganisationId, PersonId, PremisesId
from booking.life import penalties
from booking.life.judged import debt_judged
from booking.life.penalties import Measure
from booking.life.verdicts import Verdict
from booking.models import OCCUPYING, Booking, Occurrence, OccurrenceState, Organisation, Premises, Space
from booking.money.balances import Debt, debt, open_invoices
from booking.occupying import lock, vacate

REASON = "debt"


class StepKind(StrEnum):
    """In this order."""

    NOTICE = "notice"
    DEADLINE = "deadline"
    SLOTS_CANCELLED = "slots_cancelled"
    REAPPLY = "reapply"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case: the day it is due (None: not known before the one before it), and when it was done."""

    kind: StepKind
    due_on: date | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Done:
    """What a look at the debts did: for letters."""

    case: DebtCase
    step: StepKind
    cancelled: tuple[Occurrence, ...] = ()


def steps(case: DebtCase) -> list[Step]:
    """The whole procedure of a case, as staff sees it."""
    return [
        Step(StepKind.NOTICE, case.opened_on, case.noticed_at),
        Step(StepKind.DEADLINE, case.deadline_on, case.paid_at or case.cancelled_at),
        Step(StepKind.SLOTS_CANCELLED, case.deadline_on, case.cancelled_at),
        Step(StepKind.REAPPLY, None, case.paid_at if case.cancelled_at else None),
    ]


def cases(session: Session, premises: Sequence[PremisesId] | None = None) -> list[DebtCase]:
    """The open cases, those at the rulebooks of these premises (None: all), oldest first."""
    query = select(DebtCase).where(DebtCase.ended_at.is_(None)).options(joinedload(DebtCase.organisation))
    if premises is not None:
        query = query.where(DebtCase.rulebook.in_(select(Premises.rulebook).where(Premises.id.in_(premises))))
    return list(session.scalars(query.order_by(DebtCase.opened_on, DebtCase.id)))


def mind(session: Session, *, today: date, now: datetime) -> list[Done]:
    """Do every step that is due today, for everybody in debt; close the cases of those who have paid."""
    done = [step for case in cases(session) if (step := _closed(session, case, today, now))]
    for organisation in debtors(session):
        owed = debt(session, organisation.id, today)
        if owed.cents:
            for family, premises in _rulebooks(session, organisation.id):
                done += _mind_one(session, organisation, owed, family, premises, today=today, now=now)
    return done


def debtors(session: Session) -> list[Organisation]:
    """Who has an invoice that is not paid."""
    ids = {invoice.organisation_id for invoice, _cents in open_invoices(session)}
    return list(session.scalars(select(Organisation).where(Organisation.id.in_(ids)).order_by(Organisation.id)))


def _rulebooks(session: Session, organisation: OrganisationId) -> list[tuple[str, Premises]]:
    """The families of rules of the premises it has used or will, each with one of the premises."""
    query = (
        select(Premises)
        .join(Space, Space.premises_id == Premises.id)
        .join(Occurrence, Occurrence.space_id == Space.id)
        .join(Booking, Booking.id == Occurrence.booking_id)
        .where(Booking.organisation_id == organisation)
        .order_by(Premises.id.desc())
    )
    return sorted({place.rulebook: place for place in session.scalars(query).unique()}.items())


def _mind_one(
    session: Session, whose: Organisation, owed: Debt, family: str, place: Premises, *, today: date, now: datetime
) -> list[Done]:
    case = session.scalar(
        select(DebtCase).where(
            DebtCase.organisation_id == whose.id, DebtCase.rulebook == family, DebtCase.ended_at.is_(None)
        )
    )
    if case is None:
        opened = _open(session, whose, owed, family, place, today, now)
        return [Done(opened, StepKind.NOTICE)] if opened else []
    case.owed_cents = owed.cents
    late = case.deadline_on is not None and today > case.deadline_on
    if not late or case.cancelled_at is not None:
        return []
    verdict = debt_judged(session, whose, place, owed, grace_over=True, on=today)
    return [_cancel_all(session, case, verdict, place, now)] if _takes_slots(verdict) else []


def _open(
    session: Session, whose: Organisation, owed: Debt, family: str, place: Premises, today: date, now: datetime
) -> DebtCase | None:
    """The notice with its deadline, when the rulebook says that the debt is old enough for one."""
    verdict = debt_judged(session, whose, place, owed, grace_over=False, on=today)
    if verdict.deadline_on is None or owed.oldest_due_on is None:
        return None
    case = DebtCase(
        organisation_id=whose.id,
        rulebook=family,
        oldest_due_on=owed.oldest_due_on,
        owed_cents=owed.cents,
        opened_on=today,
        deadline_on=verdict.deadline_on,
        noticed_at=now,
        answer=verdict.plain(),
        organisation=whose,
    )
    session.add(case)
    session.flush()
    _tell(session, case, StepKind.NOTICE, now, {"deadline_on": verdict.deadline_on.isoformat()})
    return case


def _takes_slots(verdict: Verdict) -> bool:
    return verdict.slot == "all_lost" or any(one.kind == SanctionKind.SLOTS_CANCELLED for one in verdict.penalties)


def _cancel_all(session: Session, case: DebtCase, verdict: Verdict, place: Premises, now: datetime) -> Done:
    """Every time to come at premises of this rulebook is free for others; nothing new is booked until it is paid."""
    rows = _ahead(session, case, now)
    lock(session, rows)
    vacate(session, rows)
    for row in rows:
        row.state, row.reason, row.hold_until = OccurrenceState.DISPLACED.value, REASON, None
        row.sequence += 1
    case.cancelled_at, case.slots_cancelled, case.answer = now, len(rows), verdict.plain()
    session.flush()
    for row in rows:
        tell_of(session, ActKind.OCCURRENCE_DISPLACED, row.booking, [row], row.booking.made_by, now, debt=case.ref)
    today = case.deadline_on or case.opened_on
    measure = Measure(SanctionKind.BAN, "all", today, None, REASON, until="paid")
    citation = dict(next(iter(verdict.reasons), {}))
    penalties.give_new(session, case.organisation, place.id, measure, by=None, now=now, citation=citation)
    _tell(session, case, StepKind.SLOTS_CANCELLED, now, {"slots": len(rows)})
    return Done(case, StepKind.SLOTS_CANCELLED, tuple(rows))


def _ahead(session: Session, case: DebtCase, now: datetime) -> list[Occurrence]:
    query = (
        select(Occurrence)
        .join(Booking, Booking.id == Occurrence.booking_id)
        .join(Space, Space.id == Occurrence.space_id)
        .join(Premises, Premises.id == Space.premises_id)
        .where(Booking.organisation_id == case.organisation_id, Premises.rulebook == case.rulebook)
        .where(Occurrence.state.in_(OCCUPYING), Occurrence.starts_at > now)
        .options(
            joinedload(Occurrence.space).joinedload(Space.premises),
            joinedload(Occurrence.booking).joinedload(Booking.holder),
            joinedload(Occurrence.booking).joinedload(Booking.organisation),
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    return list(session.scalars(query))


def _closed(session: Session, case: DebtCase, today: date, now: datetime) -> Done | None:
    """All is paid: the case ends, and so do the bans that lasted until then. Slots cancelled are applied for anew."""
    if debt(session, case.organisation_id, today).cents:
        return None
    case.paid_at = case.ended_at = now
    bans = select(Sanction).where(
        Sanction.organisation_id == case.organisation_id,
        Sanction.until == "paid",
        Sanction.state == SanctionState.GIVEN.value,
    )
    for ban in session.scalars(bans):
        penalties.end(session, ban, reason="paid", by=None, now=now)
    session.flush()
    _tell(session, case, StepKind.REAPPLY, now, {"paid": True})
    return Done(case, StepKind.REAPPLY)


def _tell(session: Session, case: DebtCase, step: StepKind, now: datetime, more: dict[str, object]) -> None:
    body: dict[str, object] = {"step": step.value, "organisation": case.organisation.ref, "owed_cents": case.owed_cents}
    by: PersonId | None = None
    tell(session, Act(ActKind.DEBT_STEP, now, by, case.ref, body | more))
