"""Proofs: what an organisation has shown of itself, who checked it, and until when it counts."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.ids import OrganisationId, PersonId
from booking.models import Organisation, OrganisationKind
from booking.refusals import BadInput, NotFound, NotNow
from booking.register.decided import listed_days, proof_kinds, warn_days
from booking.register.models import Proof

# Entered by the municipality itself, which needs no proof of them.
KNOWN = frozenset(
    {
        OrganisationKind.SCHOOL,
        OrganisationKind.MUNICIPAL_UNIT,
        OrganisationKind.MUNICIPAL_FEDERATION,
        OrganisationKind.ARTS_INSTITUTE,
        OrganisationKind.ADULT_INSTITUTE,
    }
)


class ProofState(StrEnum):
    """How an organisation stands on a day: its registration is proved, was proved, or never was."""

    VERIFIED = "verified"
    EXPIRED = "expired"
    NOT_VERIFIED = "not_verified"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True)
class Standing:
    """The state on a day, and the last day it was or will be proved (None: for good, or never)."""

    state: ProofState
    until: date | None = None


@dataclass(frozen=True, slots=True)
class ProofWish:
    """A document as it is told of. Without a last day its kind says how long it is good."""

    kind: str
    received_on: date
    reference: str = ""
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class ProofFile:
    """A file kept in the data folder."""

    key: str
    name: str
    type: str


def standing(session: Session, organisation: Organisation, on: date) -> Standing:
    """How the organisation stands on a day."""
    if organisation.kind in KNOWN or organisation.kind == OrganisationKind.PERSON:
        return Standing(ProofState.NOT_NEEDED)
    return standings(session, [organisation.id], on).get(organisation.id, Standing(ProofState.NOT_VERIFIED))


def standings(session: Session, organisations: Collection[OrganisationId], on: date) -> dict[OrganisationId, Standing]:
    """The same of many at once; who showed nothing that was checked is left out."""
    proving = [kind.id for kind in proof_kinds().values() if kind.registered]
    query = select(Proof).where(Proof.organisation_id.in_(organisations), Proof.kind.in_(proving))
    query = query.where(Proof.checked_at.is_not(None), Proof.refused_why == "", Proof.received_on <= on)
    found: dict[OrganisationId, list[Proof]] = {}
    for row in session.scalars(query):
        found.setdefault(row.organisation_id, []).append(row)
    return {organisation: _standing(rows, on) for organisation, rows in found.items()}


def _standing(rows: Iterable[Proof], on: date) -> Standing:
    last = max(row.valid_until or date.max for row in rows)
    state = ProofState.VERIFIED if last >= on else ProofState.EXPIRED
    return Standing(state, None if last == date.max else last)


def verified(session: Session, organisation: Organisation, on: date) -> bool | None:
    """The fact applicant.verified: whether the registration is proved on a day. None for private persons, who have no
    register to show an extract of."""
    if organisation.kind == OrganisationKind.PERSON:
        return None
    return standing(session, organisation, on).state in (ProofState.VERIFIED, ProofState.NOT_NEEDED)


def of_organisation(session: Session, organisation: Organisation) -> list[Proof]:
    """All proofs of an organisation, newest first, with who checked them."""
    query = select(Proof).where(Proof.organisation_id == organisation.id).options(joinedload(Proof.checker))
    return list(session.scalars(query.order_by(Proof.received_on.desc(), Proof.id.desc())))


def by_ref(session: Session, ref: str) -> Proof:
    """With its organisation loaded. Raises NotFound."""
    row = session.scalar(select(Proof).where(Proof.ref == ref).options(joinedload(Proof.organisation)))
    if row is None:
        raise NotFound(what="proof")
    return row


def add(
    session: Session,
    organisation: Organisation,
    wish: ProofWish,
    *,
    by: PersonId,
    now: datetime,
    today: date,
    file: ProofFile | None = None,
) -> Proof:
    """A document that waits to be checked. Raises BadInput."""
    kind = proof_kinds().get(wish.kind)
    if kind is None or not kind.fits(organisation.kind):
        raise BadInput(field="kind", problem="not_one_of")
    if wish.received_on > today:
        raise BadInput(field="received_on", problem="future_day")
    until = wish.valid_until
    if until is None and kind.months is not None:
        until = months_later(wish.received_on, kind.months)
    if until is not None and until < wish.received_on:
        raise BadInput(field="valid_until", problem="order")
    row = Proof(
        organisation_id=organisation.id,
        kind=wish.kind,
        reference=wish.reference,
        received_on=wish.received_on,
        valid_until=until,
        entered_by=by,
    )
    if file is not None:
        row.file_key, row.file_name, row.file_type = file.key, file.name, file.type
    session.add(row)
    session.flush()
    tell(session, Act(ActKind.PROOF_RECEIVED, now, by, row.ref, _told(row, organisation)))
    return row


def check(session: Session, row: Proof, *, by: PersonId, now: datetime, valid_until: date | None) -> None:
    """Somebody of the staff has looked at the document and found it right. Raises NotNow, BadInput."""
    if row.checked_at is not None:
        raise NotNow(state="checked")
    if valid_until is not None and valid_until < row.received_on:
        raise BadInput(field="valid_until", problem="order")
    row.checked_by, row.checked_at, row.valid_until, row.refused_why = by, now, valid_until, ""
    session.flush()
    tell(session, Act(ActKind.PROOF_CHECKED, now, by, row.ref, _told(row, row.organisation)))


def refuse(session: Session, row: Proof, *, by: PersonId, now: datetime, why: str) -> None:
    """The document proves nothing, or no longer does; it stays with the reason. Raises BadInput without one."""
    if not why.strip():
        raise BadInput(field="why", problem="empty")
    row.refused_why = why.strip()
    session.flush()
    tell(session, Act(ActKind.PROOF_REFUSED, now, by, row.ref, _told(row, row.organisation) | {"why": row.refused_why}))


def waiting(session: Session) -> list[Proof]:
    """What nobody has looked at yet, oldest first, with the organisations."""
    query = select(Proof).where(Proof.checked_at.is_(None), Proof.refused_why == "")
    return list(session.scalars(query.options(joinedload(Proof.organisation)).order_by(Proof.received_on, Proof.id)))


def running_out(session: Session, on: date, *, days: int | None = None) -> list[Proof]:
    """The proofs of registration by which organisations stand now and which run out within `days` of a day or have run
    out, soonest first. Of each organisation the one that is good longest."""
    until = on + timedelta(days=listed_days() if days is None else days)
    longest = _longest(session, on)
    return sorted(
        (row for row in longest if row.valid_until is not None and row.valid_until <= until),
        key=lambda row: (row.valid_until or date.max, row.organisation.name),
    )


def _longest(session: Session, on: date) -> list[Proof]:
    proving = [kind.id for kind in proof_kinds().values() if kind.registered]
    query = select(Proof).join(Organisation, Organisation.id == Proof.organisation_id)
    query = query.where(Proof.kind.in_(proving), Proof.checked_at.is_not(None), Proof.refused_why == "")
    living = or_(Organisation.dissolved_on.is_(None), Organisation.dissolved_on > on)
    query = query.where(Organisation.merged_into_id.is_(None), living).options(joinedload(Proof.organisation))
    best: dict[OrganisationId, Proof] = {}
    for row in session.scalars(query.order_by(Proof.id)):
        other = best.get(row.organisation_id)
        if other is None or (row.valid_until or date.max) >= (other.valid_until or date.max):
            best[row.organisation_id] = row
    return list(best.values())


def to_warn(session: Session, on: date) -> list[Proof]:
    """Those whose organisation is to be told today that they run out: at each of the decided days before, once."""
    return [row for row in running_out(session, on, days=warn_days()[0]) if _warns(row, on)]


def _warns(row: Proof, on: date) -> bool:
    until = row.valid_until or date.max
    if until < on:
        return False
    due = max(
        (until - timedelta(days=lead) for lead in warn_days() if until - timedelta(days=lead) <= on), default=None
    )
    return due is not None and (row.warned_on is None or row.warned_on < due)


def note_warned(session: Session, row: Proof, *, on: date, now: datetime) -> None:
    """The letter has been written."""
    row.warned_on = on
    session.flush()
    tell(session, Act(ActKind.PROOF_WARNED, now, None, row.ref, _told(row, row.organisation)))


def months_later(day: date, months: int) -> date:
    """The same day of the month so many months later, or the month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _told(row: Proof, organisation: Organisation) -> dict[str, object]:
    return {
        "organisation": organisation.ref,
        "kind": row.kind,
        "received_on": row.received_on.isoformat(),
        "valid_until": row.valid_until and row.valid_until.isoformat(),
    }
