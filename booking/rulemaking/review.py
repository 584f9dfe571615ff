"""From draft to rule: sent to review, decided by a second person who is not disqualified, in force from a day ahead.

Who is stopped is recorded, so nothing is raised for it: the answer says so and its step is kept with the commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.ids import PersonId
from booking.refusals import BadInput, NotNow
from booking.rulemaking.concerns import concerned
from booking.rulemaking.drafts import checked, note
from booking.versions.known import books, forget
from booking.versions.models import OPEN, RulebookStep, RulebookVersion, StepKind, VersionState


@dataclass(frozen=True, slots=True)
class Stop:
    """Why somebody may not decide: `own` (their own draft), `disclosed` (said so themselves) or `role` (they act for
    `organisations`, which the change concerns)."""

    why: str
    organisations: tuple[str, ...] = ()


def send(session: Session, row: RulebookVersion, *, by: PersonId, now: datetime, decision: str) -> None:
    """Send a draft to review. Raises NotNow, BadInput when it is faulty or has no decision to stand on."""
    require(row, VersionState.DRAFT)
    if not decision.strip():
        raise BadInput(field="decision", problem="empty")
    if checked(row).book is None:
        raise BadInput(field="state", problem="faulty_rulebook")
    row.state, row.sent_by, row.decision = VersionState.IN_REVIEW.value, by, decision.strip()
    note(session, row, StepKind.SENT, by=by, now=now, said=decision.strip())


def send_back(session: Session, row: RulebookVersion, *, by: PersonId, now: datetime, reason: str) -> None:
    """Back to its maker, to be changed; who sent it may take it back themselves. Raises NotNow, BadInput."""
    require(row, VersionState.IN_REVIEW)
    needed(reason)
    row.state = VersionState.DRAFT.value
    note(session, row, StepKind.SENT_BACK, by=by, now=now, said=reason.strip())


def withdraw(session: Session, row: RulebookVersion, *, by: PersonId, now: datetime, today: date, reason: str) -> None:
    """Give up a version that is not in force yet. Raises NotNow for one that is, or was."""
    coming = row.state == VersionState.APPROVED and row.valid_from > today
    if row.state not in OPEN and not coming:
        raise NotNow(state=row.state)
    needed(reason)
    row.state = VersionState.WITHDRAWN.value
    forget(session)
    note(session, row, StepKind.WITHDRAWN, by=by, now=now, said=reason.strip())


def disclose(session: Session, row: RulebookVersion, *, by: PersonId, now: datetime, reason: str) -> None:
    """Somebody says that they are disqualified: they are kept from deciding about this version for good."""
    if row.state not in OPEN:
        raise NotNow(state=row.state)
    needed(reason)
    note(session, row, StepKind.DISCLOSED, by=by, now=now, said=reason.strip())


def approve(
    session: Session, row: RulebookVersion, *, by: PersonId, now: datetime, today: date, reason: str = ""
) -> Stop | None:
    """Approve a version: in force from its first day. None when done, else why this person was stopped.

    Raises NotNow, BadInput when its first day has passed or belongs to another version, or it is faulty."""
    require(row, VersionState.IN_REVIEW)
    if (stop := stopped(session, row, by, today)) is not None:
        record(session, row, stop, by=by, now=now)
        return stop
    may_begin(session, row, today)
    row.state, row.reviewed_by, row.reviewed_at = VersionState.APPROVED.value, by, now
    forget(session)
    note(session, row, StepKind.APPROVED, by=by, now=now, said=reason.strip() or row.decision)
    return None


def reject(
    session: Session, row: RulebookVersion, *, by: PersonId, now: datetime, today: date, reason: str
) -> Stop | None:
    """Turn a version down for good. None when done, else why this person was stopped. Raises NotNow, BadInput."""
    require(row, VersionState.IN_REVIEW)
    needed(reason)
    if (stop := stopped(session, row, by, today)) is not None:
        record(session, row, stop, by=by, now=now)
        return stop
    row.state, row.reviewed_by, row.reviewed_at = VersionState.REJECTED.value, by, now
    note(session, row, StepKind.REJECTED, by=by, now=now, said=reason.strip())
    return None


def record(session: Session, row: RulebookVersion, stop: Stop, *, by: PersonId, now: datetime) -> None:
    note(session, row, StepKind.STOPPED, by=by, now=now, said=": ".join([stop.why, *stop.organisations]))


def require(row: RulebookVersion, state: VersionState) -> None:
    if row.state != state:
        raise NotNow(state=row.state)


def needed(reason: str) -> None:
    if not reason.strip():
        raise BadInput(field="reason", problem="empty")


def may_begin(session: Session, row: RulebookVersion, today: date) -> None:
    """Raises BadInput for a first day in the past or that of another version, or for a faulty version."""
    if row.valid_from < today:
        raise BadInput(field="valid_from", problem="in_the_past_day")
    same = [book for book in books(session) if (book.family, book.valid_from) == (row.family, row.valid_from)]
    if same:
        raise BadInput(field="valid_from", problem="other_version_then", version=same[0].id)
    if checked(row).book is None:
        raise BadInput(field="state", problem="faulty_rulebook")


def stopped(session: Session, row: RulebookVersion, by: PersonId, today: date) -> Stop | None:
    """Why this person may not decide about the version; None when they may."""
    if by in (row.made_by, row.sent_by) or by in makers(session, row):
        return Stop("own")
    if by in disclosed(session, row):
        return Stop("disclosed")
    book = checked(row).book
    found = concerned(session, book, by, today) if book is not None else []
    return Stop("role", tuple(one.name for one in found)) if found else None


def makers(session: Session, row: RulebookVersion) -> frozenset[PersonId]:
    """Everybody who wrote a part of it."""
    return who(session, row, StepKind.MADE, StepKind.CHANGED, StepKind.SENT)


def disclosed(session: Session, row: RulebookVersion) -> frozenset[PersonId]:
    return who(session, row, StepKind.DISCLOSED)


def who(session: Session, row: RulebookVersion, *kinds: StepKind) -> frozenset[PersonId]:
    query = select(RulebookStep.by).where(RulebookStep.version_id == row.id)
    return frozenset(session.scalars(query.where(RulebookStep.kind.in_([kind.value for kind in kinds]))))
