"""Money given to organisations: entered with its decision, withdrawn but never deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.acts import Act, ActKind, tell
from booking.ids import OrganisationId, PersonId
from booking.models import Organisation
from booking.refusals import BadInput, NotFound, NotNow
from booking.reports.models import MoneyGrant, MoneyGrantKind


@dataclass(frozen=True, slots=True)
class Given:
    """A grant as told: whole cents above zero, for one calendar year, by a decision."""

    kind: MoneyGrantKind
    year: int
    cents: int
    decision: str
    decided_on: date


def enter(session: Session, organisation: Organisation, given: Given, *, by: PersonId, now: datetime) -> MoneyGrant:
    """Raises BadInput for no money, a year out of reach, or no decision."""
    if given.cents <= 0:
        raise BadInput(field="euros", problem="too_few", limit=0)
    if not 1990 <= given.year <= 2200:
        raise BadInput(field="year", problem="out_of_range")
    if not given.decision.strip():
        raise BadInput(field="decision", problem="empty")
    row = MoneyGrant(
        organisation_id=organisation.id,
        kind=given.kind.value,
        year=given.year,
        cents=given.cents,
        decision=given.decision.strip(),
        decided_on=given.decided_on,
        entered_by=by,
        entered_at=now,
    )
    session.add(row)
    session.flush()
    body = {"kind": row.kind, "year": row.year, "cents": row.cents, "decision": row.decision}
    tell(session, Act(ActKind.MONEY_GRANT_ENTERED, now, by, organisation.ref, body))
    return row


def withdraw(session: Session, organisation: Organisation, ref: str, *, by: PersonId, now: datetime) -> None:
    """Take a grant out of the sums. Raises NotFound, NotNow when it is out already."""
    belongs = MoneyGrant.ref == ref, MoneyGrant.organisation_id == organisation.id
    row = session.scalar(select(MoneyGrant).where(*belongs))
    if row is None:
        raise NotFound(what="grant")
    if row.withdrawn_at is not None:
        raise NotNow(state="withdrawn")
    row.withdrawn_at = now
    session.flush()
    body = {"kind": row.kind, "year": row.year, "cents": row.cents}
    tell(session, Act(ActKind.MONEY_GRANT_WITHDRAWN, now, by, organisation.ref, body))


def of(session: Session, organisation: OrganisationId, year: int | None = None) -> list[MoneyGrant]:
    """The grants of an organisation that stand, newest year first."""
    query = select(MoneyGrant).where(MoneyGrant.organisation_id == organisation, MoneyGrant.withdrawn_at.is_(None))
    if year is not None:
        query = query.where(MoneyGrant.year == year)
    return list(session.scalars(query.order_by(MoneyGrant.year.desc(), MoneyGrant.id)))


def by_organisation(session: Session, years: Sequence[int]) -> dict[OrganisationId, int]:
    """Cents given to each organisation in these years."""
    query = select(MoneyGrant.organisation_id, MoneyGrant.cents)
    sums: dict[OrganisationId, int] = {}
    for organisation, cents in session.execute(
        query.where(MoneyGrant.year.in_(list(years)), MoneyGrant.withdrawn_at.is_(None))
    ):
        sums[organisation] = sums.get(organisation, 0) + cents
    return sums
