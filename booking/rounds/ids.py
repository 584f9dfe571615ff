"""Row numbers of the tables of season rounds."""

from __future__ import annotations

from typing import NewType

RoundId = NewType("RoundId", int)
RoundHoursId = NewType("RoundHoursId", int)
ApplicationId = NewType("ApplicationId", int)
SectionId = NewType("SectionId", int)
SectionWindowId = NewType("SectionWindowId", int)
SectionOptionId = NewType("SectionOptionId", int)
ScenarioId = NewType("ScenarioId", int)
PlacementId = NewType("PlacementId", int)
ServedId = NewType("ServedId", int)
OfficialActId = NewType("OfficialActId", int)
SlotGrantId = NewType("SlotGrantId", int)
RoundDecisionId = NewType("RoundDecisionId", int)
RoundStepId = NewType("RoundStepId", int)
DecisionLetterId = NewType("DecisionLetterId", int)
ReviewId = NewType("ReviewId", int)
ReviewStepId = NewType("ReviewStepId", int)
RoundUndoId = NewType("RoundUndoId", int)
RoundNoticeId = NewType("RoundNoticeId", int)
ALL = (
    RoundId,
    RoundHoursId,
    ApplicationId,
    SectionId,
    SectionWindowId,
    SectionOptionId,
    ScenarioId,
    PlacementId,
    ServedId,
    OfficialActId,
    SlotGrantId,
    RoundDecisionId,
    RoundStepId,
    DecisionLetterId,
    ReviewId,
    ReviewStepId,
    RoundUndoId,
    RoundNoticeId,
)
