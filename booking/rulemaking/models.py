"""The table of trials: a draft run against what was really booked, before anybody decides."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import Base
from booking.ids import OccurrenceId, PersonId, RulebookVersionId, TrialId, new_ref


class TrialState(StrEnum):
    """How far a trial is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


UNDER_WAY = (TrialState.QUEUED.value, TrialState.RUNNING.value)


class RulebookTrial(Base):
    """One trial of a version's text as it was then, by slices that any process may go on with: `reached` is the last
    occurrence counted, `tallies` what was counted so far. `premises`: refs, empty for all that use the family;
    `against`: the version compared with, empty for the one in force on each day."""

    __tablename__ = "rulebook_trial"
    id: Mapped[TrialId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    version_id: Mapped[RulebookVersionId] = mapped_column(ForeignKey("rulebook_version.id"), index=True)
    text: Mapped[str]
    digest: Mapped[str]
    against: Mapped[str] = mapped_column(default="")
    first_on: Mapped[date]
    last_on: Mapped[date]
    premises: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(default=TrialState.QUEUED.value)
    asked_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    total: Mapped[int | None]
    done: Mapped[int] = mapped_column(default=0)
    reached: Mapped[OccurrenceId | None]
    tallies: Mapped[list[Any]] = mapped_column(default=list)
    failure: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        CheckConstraint("first_on <= last_on", name="rulebook_trial_days"),
        CheckConstraint("state IN ('queued', 'running', 'done', 'cancelled', 'failed')", name="rulebook_trial_state"),
        Index("rulebook_trial_state_idx", "state"),
    )
