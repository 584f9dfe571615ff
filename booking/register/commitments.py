"""Commitments: what an organisation promises in writing for a season, in the words it saw."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.ids import OrganisationId, PersonId, PremisesId
from booking.models import Organisation, Premises
from booking.refusals import AlreadyThere, BadInput, NotFound, NotNow
from booking.register.decided import Season, commitment_texts
from booking.register.models import Commitment


def commitments(
    session: Session, organisation: OrganisationId, on: date, *, premises: PremisesId | None = None
) -> frozenset[str]:
    """The fact applicant.commitments: the kinds signed and in force on a day, for all premises; with `premises` also
    those signed for that one."""
    query = select(Commitment.kind).where(Commitment.organisation_id == organisation, Commitment.ended_at.is_(None))
    query = query.where(Commitment.first_on <= on, Commitment.last_on >= on)
    query = query.where(or_(Commitment.premises_id.is_(None), Commitment.premises_id == premises))
    return frozenset(session.scalars(query))


def of_organisation(session: Session, organisation: Organisation) -> list[Commitment]:
    """All of an organisation, newest first, with premises and signers."""
    query = select(Commitment).where(Commitment.organisation_id == organisation.id)
    return list(session.scalars(_loaded(query).order_by(Commitment.signed_at.desc(), Commitment.id.desc())))


def in_season(session: Session, season: Season) -> list[Commitment]:
    """All of a season that stand, by organisation."""
    query = select(Commitment).where(Commitment.season == season.id, Commitment.ended_at.is_(None))
    return sorted(session.scalars(_loaded(query)), key=lambda row: (row.organisation.name, row.kind, row.id))


def by_ref(session: Session, ref: str) -> Commitment:
    """Raises NotFound."""
    row = session.scalar(_loaded(select(Commitment).where(Commitment.ref == ref)))
    if row is None:
        raise NotFound(what="commitment")
    return row


def sign(
    session: Session,
    organisation: Organisation,
    kind: str,
    season: Season,
    *,
    premises: Premises | None,
    language: str,
    by: PersonId,
    now: datetime,
) -> Commitment:
    """Sign in the words of today. Raises BadInput for a kind nobody asks for, AlreadyThere."""
    words = commitment_texts().get(kind)
    if words is None:
        raise BadInput(field="kind", problem="not_one_of")
    where = premises.id if premises else None
    if _standing(session, organisation.id, kind, season, where):
        raise AlreadyThere(what="commitment", field="premises")
    row = Commitment(
        organisation_id=organisation.id,
        premises_id=where,
        kind=kind,
        season=season.id,
        first_on=season.first_on,
        last_on=season.last_on,
        text=words.text[language].strip(),
        language=language,
        signed_by=by,
        signed_at=now,
    )
    session.add(row)
    session.flush()
    told = _told(row, organisation) | {"premises": premises.ref if premises else None}
    tell(session, Act(ActKind.COMMITMENT_SIGNED, now, by, row.ref, told, where, (by,)))
    return row


def end(session: Session, row: Commitment, *, why: str, by: PersonId, now: datetime) -> None:
    """The staff declares a commitment void, as after misuse. Raises BadInput without a reason, NotNow."""
    if not why.strip():
        raise BadInput(field="why", problem="empty")
    if row.ended_at is not None:
        raise NotNow(state="ended")
    row.ended_at, row.ended_why = now, why.strip()
    session.flush()
    told = _told(row, row.organisation) | {"why": row.ended_why}
    tell(session, Act(ActKind.COMMITMENT_ENDED, now, by, row.ref, told, row.premises_id, (row.signed_by,)))


def _standing(
    session: Session, organisation: OrganisationId, kind: str, season: Season, premises: PremisesId | None
) -> bool:
    query = select(Commitment.id).where(Commitment.organisation_id == organisation, Commitment.kind == kind)
    query = query.where(Commitment.season == season.id, Commitment.ended_at.is_(None))
    query = query.where(Commitment.premises_id.is_not_distinct_from(premises))
    return session.scalar(query.limit(1)) is not None


def _loaded(query: Select[Commitment]) -> Select[Commitment]:
    loads = (joinedload(Commitment.organisation), joinedload(Commitment.premises), joinedload(Commitment.signer))
    return query.options(*loads)


def _told(row: Commitment, organisation: Organisation) -> dict[str, object]:
    return {"organisation": organisation.ref, "kind": row.kind, "season": row.season}
