"""The sanction ladder: proposed by rows of the rulebook, given by a manager, ended early with a reason."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.happenings.models import Happening, Sanction, SanctionKind, SanctionState
from booking.ids import OccurrenceId, OrganisationId, PersonId, PremisesId
from booking.life.verdicts import Penalty, Verdict
from booking.models import Booking, Occurrence, OccurrenceState, Organisation, Term
from booking.refusals import BadInput, NotFound, NotNow

SCOPES = ("all", "holidays", "premises", "space_kind", "keys")


@dataclass(frozen=True, slots=True)
class Measure:
    """What a manager decides to give. No last day: until it is lifted, or until `until` (paid, decision)."""

    kind: SanctionKind
    scope: str
    first_on: date
    last_on: date | None
    reason: str
    detail: str = ""
    until: str = ""


def sanction_of(session: Session, ref: str) -> Sanction:
    """Raises NotFound."""
    found = session.scalar(select(Sanction).where(Sanction.ref == ref).options(*LOADED))
    if found is None:
        raise NotFound(what="sanction")
    return found


LOADED = (joinedload(Sanction.organisation), joinedload(Sanction.premises), joinedload(Sanction.happening))


def listed(session: Session, premises: Sequence[PremisesId] | None) -> list[Sanction]:
    """The sanctions proposed or given at these premises (None: everywhere), what waits first, then the newest."""
    query = select(Sanction).where(Sanction.state.in_([SanctionState.PROPOSED.value, SanctionState.GIVEN.value]))
    if premises is not None:
        query = query.where(Sanction.at_premises_id.in_(premises))
    rows = session.scalars(query.options(*LOADED).order_by(Sanction.id.desc()))
    return sorted(rows, key=lambda row: row.state != SanctionState.PROPOSED)


def of_organisations(session: Session, organisations: Sequence[OrganisationId]) -> list[Sanction]:
    """What was given to these organisations, newest first."""
    query = select(Sanction).where(Sanction.organisation_id.in_(organisations), Sanction.given_at.is_not(None))
    return list(session.scalars(query.options(*LOADED).order_by(Sanction.given_at.desc(), Sanction.id.desc())))


def propose(session: Session, row: Happening, verdict: Verdict, *, on: date, now: datetime) -> None:
    """Put the sanctions that the rulebook names before the manager of the premises."""
    for penalty in verdict.penalties:
        _propose(session, row, penalty, on, now)


def _propose(session: Session, row: Happening, penalty: Penalty, on: date, now: datetime) -> None:
    found = Sanction(
        organisation_id=row.organisation_id,
        kind=penalty.kind,
        scope=penalty.scope,
        premises_id=row.premises_id if penalty.scope == "premises" else None,
        detail=_detail(row, penalty),
        state=SanctionState.PROPOSED.value,
        first_on=on,
        last_on=last_day(session, row.premises_id, penalty, on),
        until=penalty.until,
        citation=dict(penalty.citation),
        happening_id=row.id,
        at_premises_id=row.premises_id,
        proposed_at=now,
    )
    session.add(found)
    session.flush()
    _tell(session, ActKind.SANCTION_PROPOSED, found, None, now)


def _detail(row: Happening, penalty: Penalty) -> str:
    if penalty.scope == "space_kind" and row.occurrence is not None:
        return row.occurrence.space.kind
    return penalty.price_class


def last_day(session: Session, premises: PremisesId, penalty: Penalty, first_on: date) -> date | None:
    """The last day of a sanction that begins on a day; None when something else ends it."""
    if penalty.until == "season_end":
        query = select(Term.last_on).where(Term.premises_id == premises, Term.last_on >= first_on)
        return session.scalar(query.order_by(Term.last_on).limit(1)) or _months_on(first_on, 6)
    if penalty.months:
        return _months_on(first_on, penalty.months) - timedelta(days=1)
    return first_on + timedelta(days=penalty.days - 1) if penalty.days else None


def _months_on(day: date, months: int) -> date:
    """The same day of the month later, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def give(session: Session, row: Sanction, measure: Measure, *, by: PersonId, now: datetime) -> None:
    """Give a proposed sanction, as proposed or otherwise. Raises NotNow, BadInput."""
    if row.state != SanctionState.PROPOSED:
        raise NotNow(state=row.state)
    _check(measure)
    _fill(row, measure)
    row.state, row.given_at, row.given_by = SanctionState.GIVEN.value, now, by
    session.flush()
    _tell(session, ActKind.SANCTION_GIVEN, row, by, now)


def give_new(
    session: Session,
    organisation: Organisation,
    premises: PremisesId,
    measure: Measure,
    *,
    by: PersonId | None,
    now: datetime,
    citation: dict[str, Any] | None = None,
) -> Sanction:
    """Give a sanction that nothing proposed. `by` None: the debt procedure. Raises BadInput."""
    _check(measure)
    row = Sanction(
        organisation_id=organisation.id,
        state=SanctionState.GIVEN.value,
        at_premises_id=premises,
        proposed_at=now,
        given_at=now,
        given_by=by,
        citation=citation or {},
        organisation=organisation,
    )
    _fill(row, measure)
    session.add(row)
    session.flush()
    _tell(session, ActKind.SANCTION_GIVEN, row, by, now)
    return row


def end(session: Session, row: Sanction, *, reason: str, by: PersonId | None, now: datetime) -> None:
    """Lift a sanction given, or decide against one proposed. Raises BadInput without a reason, NotNow when it ended."""
    if not reason.strip():
        raise BadInput(field="reason", problem="empty")
    if row.state not in (SanctionState.PROPOSED, SanctionState.GIVEN):
        raise NotNow(state=row.state)
    given = row.state == SanctionState.GIVEN
    row.state = (SanctionState.LIFTED if given else SanctionState.DROPPED).value
    row.ended_at, row.ended_by, row.end_reason = now, by, reason.strip()
    session.flush()
    _tell(session, ActKind.SANCTION_ENDED, row, by, now)


def drop_of(session: Session, row: Happening, *, reason: str, by: PersonId | None, now: datetime) -> None:
    """What a happening proposed goes with it; what was given stays until somebody lifts it."""
    proposed = Sanction.happening_id == row.id, Sanction.state == SanctionState.PROPOSED.value
    for found in session.scalars(select(Sanction).where(*proposed)):
        end(session, found, reason=reason, by=by, now=now)


def _check(measure: Measure) -> None:
    if not measure.reason.strip():
        raise BadInput(field="reason", problem="empty")
    if measure.last_on is not None and measure.last_on < measure.first_on:
        raise BadInput(field="last_on", problem="order")
    if measure.kind is SanctionKind.BAN and measure.scope not in SCOPES:
        raise BadInput(field="scope", problem="unknown")


def _fill(row: Sanction, measure: Measure) -> None:
    row.kind, row.scope, row.detail = measure.kind.value, measure.scope, measure.detail or row.detail or ""
    row.premises_id = row.at_premises_id if measure.scope == "premises" else None
    row.first_on, row.last_on, row.until = measure.first_on, measure.last_on, measure.until
    row.reason = measure.reason.strip()


def _tell(session: Session, kind: ActKind, row: Sanction, by: PersonId | None, now: datetime) -> None:
    organisation = session.get_one(Organisation, row.organisation_id)
    body: dict[str, Any] = {"sanction": row.kind, "scope": row.scope, "state": row.state, "until": row.until}
    body |= {"first_on": row.first_on.isoformat(), "last_on": row.last_on and row.last_on.isoformat()}
    body |= {"organisation": organisation.ref, "reason": row.reason or row.end_reason, "row": row.citation.get("row")}
    touched = _ahead(session, row, now) if row.kind == SanctionKind.BAN and row.given_at else ()
    tell(session, Act(kind, now, by, row.ref, body, row.at_premises_id, (), touched))


def _ahead(session: Session, row: Sanction, now: datetime) -> tuple[OccurrenceId, ...]:
    """The times to come whose door rights a ban may take or its end give back."""
    query = select(Occurrence.id).join(Booking, Booking.id == Occurrence.booking_id)
    query = query.where(Booking.organisation_id == row.organisation_id, Occurrence.ends_at > now)
    return tuple(session.scalars(query.where(Occurrence.state == OccurrenceState.CONFIRMED.value)))
