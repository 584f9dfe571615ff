"""The yearly report of an organisation: who its members are, what it did, which grants it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.ids import OrganisationId, PersonId
from booking.models import Organisation
from booking.refusals import BadInput, NotFound, NotNow
from booking.register.decided import age_groups
from booking.register.models import ActivityReport


@dataclass(frozen=True, slots=True)
class Told:
    """What a report says. `members`: heads by age group; `homes`: heads by home municipality; what is not told has no
    key; `grants`: words of the boards that give them."""

    members: Mapping[str, int] = field(default_factory=dict)
    homes: Mapping[str, int] = field(default_factory=dict)
    activity: str = ""
    grants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heads:
    """Members as rulebooks count them; None is not told."""

    total: int | None
    under_18: int | None
    under_20: int | None
    residents: int | None


def heads(report: ActivityReport, municipality: str) -> Heads:
    """The counts of a report. A sum is known only when every group in it is told."""
    return Heads(
        total=_sum(report.members, [one.id for one in age_groups()]),
        under_18=_sum(report.members, [one.id for one in age_groups() if one.below(18)]),
        under_20=_sum(report.members, [one.id for one in age_groups() if one.below(20)]),
        residents=_of(report.homes, municipality),
    )


def _sum(told: Mapping[str, int], names: list[str]) -> int | None:
    values = [told.get(name) for name in names]
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _of(homes: Mapping[str, int], municipality: str) -> int | None:
    """None when no homes are told at all; a municipality left out of those told has nobody."""
    folded = {name.casefold(): count for name, count in homes.items()}
    return folded.get(municipality.casefold(), 0) if folded else None


def facts(session: Session, organisation: OrganisationId, on: date, *, municipality: str) -> dict[str, int]:
    """What the newest report sent by a day tells rulebooks: members_total, members_under_18, members_under_20 and
    members_residents; what is not told is left out."""
    query = select(ActivityReport).where(ActivityReport.organisation_id == organisation)
    query = query.where(ActivityReport.sent_at.is_not(None), ActivityReport.year <= on.year)
    report = session.scalar(query.order_by(ActivityReport.year.desc()).limit(1))
    if report is None:
        return {}
    found = heads(report, municipality)
    counts = {"total": found.total, "under_18": found.under_18, "under_20": found.under_20}
    counts["residents"] = found.residents
    return {f"members_{name}": count for name, count in counts.items() if count is not None}


def of_organisation(session: Session, organisation: OrganisationId) -> list[ActivityReport]:
    """All reports, newest year first."""
    query = select(ActivityReport).where(ActivityReport.organisation_id == organisation)
    return list(session.scalars(query.order_by(ActivityReport.year.desc())))


def of_year(session: Session, organisation: OrganisationId, year: int) -> ActivityReport | None:
    """The report of a year, with its organisation loaded."""
    query = select(ActivityReport).where(ActivityReport.organisation_id == organisation, ActivityReport.year == year)
    return session.scalar(query.options(joinedload(ActivityReport.organisation)))


def found(report: ActivityReport | None) -> ActivityReport:
    """The report, or NotFound."""
    if report is None:
        raise NotFound(what="report")
    return report


def sent_in(session: Session, year: int) -> list[ActivityReport]:
    """The reports sent for a year, by organisation."""
    query = select(ActivityReport).where(ActivityReport.year == year, ActivityReport.sent_at.is_not(None))
    rows = session.scalars(query.options(joinedload(ActivityReport.organisation)))
    return sorted(rows, key=lambda row: row.organisation.name)


def write(
    session: Session, organisation: Organisation, year: int, told: Told, *, by: PersonId, now: datetime, today: date
) -> ActivityReport:
    """Keep a draft. Raises BadInput (members, homes, year), NotNow when it was sent."""
    _check(told)
    if not today.year - 10 <= year <= today.year:
        raise BadInput(field="year", problem="not_one_of")
    row = of_year(session, organisation.id, year)
    if row is None:
        row = ActivityReport(organisation_id=organisation.id, year=year, changed_at=now, organisation=organisation)
        session.add(row)
    elif row.sent_at is not None:
        raise NotNow(state="sent")
    row.members, row.homes, row.activity = dict(told.members), dict(told.homes), told.activity
    row.grants, row.changed_at = list(told.grants), now
    session.flush()
    tell(session, Act(ActKind.REPORT_CHANGED, now, by, row.ref, _told(row)))
    return row


def send(session: Session, row: ActivityReport, *, municipality: str, by: PersonId, now: datetime) -> None:
    """Send it: from now on it is fixed, and its counts stand in the register. Raises BadInput when the members are not
    told, NotNow when it was sent."""
    if row.sent_at is not None:
        raise NotNow(state="sent")
    counts = heads(row, municipality)
    if counts.total is None:
        raise BadInput(field="members", problem="members_needed")
    row.sent_at, row.sent_by, row.reopened_why = now, by, ""
    entry = row.organisation
    entry.members_total, entry.members_under_18, entry.members_resident = (
        counts.total,
        counts.under_18,
        counts.residents,
    )
    session.flush()
    tell(session, Act(ActKind.REPORT_SENT, now, by, row.ref, _told(row) | {"members_total": counts.total}))


def reopen(session: Session, row: ActivityReport, *, why: str, by: PersonId, now: datetime) -> None:
    """The staff gives it back to be corrected. Raises BadInput without a reason, NotNow when it is a draft."""
    if not why.strip():
        raise BadInput(field="why", problem="empty")
    if row.sent_at is None:
        raise NotNow(state="draft")
    row.sent_at = row.sent_by = row.accepted_at = row.accepted_by = None
    row.reopened_why = why.strip()
    session.flush()
    tell(session, Act(ActKind.REPORT_REOPENED, now, by, row.ref, _told(row) | {"why": row.reopened_why}))


def accept(session: Session, row: ActivityReport, *, by: PersonId, now: datetime) -> None:
    """The staff has compared the grants with the decisions: from now on they are a fact of the rulebooks. Raises NotNow
    unless it was sent and not yet accepted."""
    if row.sent_at is None or row.accepted_at is not None:
        raise NotNow(state="accepted" if row.accepted_at else "draft")
    row.accepted_at, row.accepted_by = now, by
    row.organisation.facts = row.organisation.facts | {"grants": list(row.grants)}
    session.flush()
    tell(session, Act(ActKind.REPORT_ACCEPTED, now, by, row.ref, _told(row) | {"grants": list(row.grants)}))


def _check(told: Told) -> None:
    known = {one.id for one in age_groups()}
    if not known.issuperset(told.members) or any(count < 0 for count in told.members.values()):
        raise BadInput(field="members", problem="not_a_number")
    if any(count < 0 for count in told.homes.values()):
        raise BadInput(field="homes", problem="not_a_number")
    total = _sum(told.members, sorted(known))
    if total is not None and sum(told.homes.values()) > total:
        raise BadInput(field="homes", problem="more_than_members")


def _told(row: ActivityReport) -> dict[str, Any]:
    return {"organisation": row.organisation.ref, "year": row.year}
