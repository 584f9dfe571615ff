"""Row ids as types of their own, so that mypy refuses a mix-up; pages and files show a random ref instead."""

from __future__ import annotations

import secrets
from typing import NewType

PersonId = NewType("PersonId", int)
OrganisationId = NewType("OrganisationId", int)
RoleGrantId = NewType("RoleGrantId", int)
PremisesId = NewType("PremisesId", int)
SpaceId = NewType("SpaceId", int)
OpeningHoursId = NewType("OpeningHoursId", int)
TermId = NewType("TermId", int)
ClosedDaysId = NewType("ClosedDaysId", int)
BookingId = NewType("BookingId", int)
OccurrenceId = NewType("OccurrenceId", int)
OccupancyId = NewType("OccupancyId", int)
LetterId = NewType("LetterId", int)
SignInId = NewType("SignInId", int)
FeedId = NewType("FeedId", int)
VisitId = NewType("VisitId", int)
GroupId = NewType("GroupId", int)
ProofId = NewType("ProofId", int)
ActivityReportId = NewType("ActivityReportId", int)
CommitmentId = NewType("CommitmentId", int)
UmbrellaMemberId = NewType("UmbrellaMemberId", int)
RegisterImportId = NewType("RegisterImportId", int)
RulebookVersionId = NewType("RulebookVersionId", int)
RulebookStepId = NewType("RulebookStepId", int)
TrialId = NewType("TrialId", int)
LimitOverrideId = NewType("LimitOverrideId", int)
ALL = (
    PersonId,
    OrganisationId,
    RoleGrantId,
    PremisesId,
    SpaceId,
    OpeningHoursId,
    TermId,
    ClosedDaysId,
    BookingId,
    OccurrenceId,
    OccupancyId,
    LetterId,
    SignInId,
    FeedId,
    VisitId,
    GroupId,
    ProofId,
    ActivityReportId,
    CommitmentId,
    UmbrellaMemberId,
    RegisterImportId,
    RulebookVersionId,
    RulebookStepId,
    TrialId,
    LimitOverrideId,
)


def new_ref() -> str:
    """A random reference of 14 url-safe characters (about 70 bits), for pages, mail and calendars."""
    alphabet = "23456789abcdefghjkmnpqrstuvwxyz"
    return "".join(secrets.choice(alphabet) for _ in range(14))
