"""Tables of what is decided of a round: decisions of four eyes and their steps, letters, reviews asked for, undoing."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import Base
from booking.ids import PersonId, new_ref
from booking.models import Person
from booking.rounds.ids import (
    ApplicationId,
    DecisionLetterId,
    ReviewId,
    ReviewStepId,
    RoundDecisionId,
    RoundId,
    RoundStepId,
    RoundUndoId,
    ScenarioId,
)
from booking.rounds.models import Application, Round
from booking.rounds.plan_models import Scenario


class DecisionState(StrEnum):
    """Where a decision on a round is."""

    IN_REVIEW = "in_review"  # prepared; another person is asked to approve
    RETURNED = "returned"
    APPROVED = "approved"
    UNDONE = "undone"


class RoundDecision(Base):
    """One decision on the grants of a round, prepared by one person and approved by another. `decision`: the body, day
    and paragraph it stands on; `conditions`: what holds for every grant; `calendar_by`, `calendar_at`: who had its
    grants put into the calendar, and when (NULL: nobody yet)."""

    __tablename__ = "round_decision"
    id: Mapped[RoundDecisionId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    round_id: Mapped[RoundId] = mapped_column(ForeignKey("season_round.id"), index=True)
    state: Mapped[str] = mapped_column(default=DecisionState.IN_REVIEW.value)
    decision: Mapped[str]
    conditions: Mapped[str] = mapped_column(default="")
    rulebook: Mapped[str] = mapped_column(default="")
    prepared_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    prepared_at: Mapped[datetime]
    reviewed_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    reviewed_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    calendar_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    calendar_at: Mapped[datetime | None]
    round: Mapped[Round] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint("state IN ('in_review','returned','approved','undone')", name="round_decision_state"),
        CheckConstraint("length(decision) > 0", name="round_decision_words"),
        CheckConstraint("reviewed_by IS NULL OR reviewed_by <> prepared_by", name="round_decision_four_eyes"),
        Index(
            "round_decision_one_open",
            "round_id",
            unique=True,
            sqlite_where=text("state = 'in_review'"),
            postgresql_where=text("state = 'in_review'"),
        ),
    )


class RoundStepKind(StrEnum):
    """What was done on the way from proposals to the calendar."""

    PROPOSED = "proposed"
    SECOND = "second"  # what was declined is being granted again
    SETTLED = "settled"  # the days for answering were over
    PREPARED = "prepared"
    RETURNED = "returned"
    APPROVED = "approved"
    STOPPED = "stopped"
    DISCLOSED = "disclosed"
    CALENDAR = "calendar"
    UNDOING = "undoing"
    UNDONE = "undone"


class RoundStep(Base):
    """One thing somebody (NULL: the clock) did with a round. Rows are only added."""

    __tablename__ = "round_step"
    id: Mapped[RoundStepId] = mapped_column(primary_key=True)
    round_id: Mapped[RoundId] = mapped_column(ForeignKey("season_round.id"), index=True)
    kind: Mapped[str]
    by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    said: Mapped[str] = mapped_column(default="")


class DecisionLetter(Base):
    """What one applicant is told of a decision. `facts`: all that the letter says, in every language where it is text,
    frozen when it was written (NULL: not written yet); the PDF is made from them and is the same every time."""

    __tablename__ = "decision_letter"
    id: Mapped[DecisionLetterId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    decision_id: Mapped[RoundDecisionId] = mapped_column(ForeignKey("round_decision.id"), index=True)
    application_id: Mapped[ApplicationId] = mapped_column(ForeignKey("application.id"), index=True)
    language: Mapped[str]
    facts: Mapped[dict[str, Any] | None]
    sent_at: Mapped[datetime | None]
    review_by_on: Mapped[date | None]
    decision: Mapped[RoundDecision] = relationship(lazy="raise_on_sql")
    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        UniqueConstraint("decision_id", "application_id", name="decision_letter_one"),
        CheckConstraint("language IN ('fi','sv','en')", name="decision_letter_language"),
    )


class ReviewState(StrEnum):
    """Where a review that was asked for is."""

    RECEIVED = "received"
    PREPARING = "preparing"
    TO_BOARD = "to_board"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


class ReviewOutcome(StrEnum):
    """What the board decided. Not examined: it came too late, or not from a party."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"
    RETURNED = "returned"
    NOT_EXAMINED = "not_examined"


class Review(Base):
    """A review (oikaisuvaatimus) that an applicant asked for. `late`: after the last day it could be; `scenario_id`:
    the run that can be replayed, with its hashes as they were when it was received; `follows`: what was done after it
    was upheld."""

    __tablename__ = "round_review"
    id: Mapped[ReviewId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    round_id: Mapped[RoundId] = mapped_column(ForeignKey("season_round.id"), index=True)
    application_id: Mapped[ApplicationId] = mapped_column(ForeignKey("application.id"), index=True)
    letter_id: Mapped[DecisionLetterId] = mapped_column(ForeignKey("decision_letter.id"))
    scenario_id: Mapped[ScenarioId | None] = mapped_column(ForeignKey("round_scenario.id"))
    hashes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default=ReviewState.RECEIVED.value)
    demand: Mapped[str]
    grounds: Mapped[str]
    from_whom: Mapped[str] = mapped_column(default="")
    received_on: Mapped[date]
    review_by_on: Mapped[date]
    late: Mapped[bool]
    entered_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    entered_at: Mapped[datetime]
    board: Mapped[str] = mapped_column(default="")
    board_on: Mapped[date | None]
    item: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str | None]
    decision: Mapped[str] = mapped_column(default="")
    decided_on: Mapped[date | None]
    follows: Mapped[str] = mapped_column(default="")
    round: Mapped[Round] = relationship(lazy="raise_on_sql")
    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    scenario: Mapped[Scenario | None] = relationship(lazy="raise_on_sql")
    letter: Mapped[DecisionLetter] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint(
            "state IN ('received','preparing','to_board','decided','withdrawn')", name="round_review_state"
        ),
        CheckConstraint(
            "outcome IS NULL OR outcome IN ('upheld','dismissed','returned','not_examined')",
            name="round_review_outcome",
        ),
        CheckConstraint("(state = 'decided') = (outcome IS NOT NULL)", name="round_review_decided"),
        CheckConstraint("length(demand) > 0", name="round_review_demand"),
    )


class ReviewStep(Base):
    """One step of a review. Rows are only added."""

    __tablename__ = "round_review_step"
    id: Mapped[ReviewStepId] = mapped_column(primary_key=True)
    review_id: Mapped[ReviewId] = mapped_column(ForeignKey("round_review.id"), index=True)
    kind: Mapped[str]
    by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    said: Mapped[str] = mapped_column(default="")
    person: Mapped[Person] = relationship(lazy="raise_on_sql")


class UndoStage(StrEnum):
    """Where undoing is: each stage is whole before the next begins."""

    DOORS = "doors"  # rights at doors are taken back, and the doors get new lists
    SESSIONS = "sessions"  # coming times are cancelled
    GRANTS = "grants"  # grants and decisions are undone
    ROUND = "round"  # the round can be allocated and decided anew
    DONE = "done"


class RoundUndo(Base):
    """One undoing of what was decided of a round, in stages, each of many small commits. `from_at`: times that had
    begun by then stay as they were."""

    __tablename__ = "round_undo"
    id: Mapped[RoundUndoId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    round_id: Mapped[RoundId] = mapped_column(ForeignKey("season_round.id"), index=True)
    stage: Mapped[str] = mapped_column(default=UndoStage.DOORS.value)
    reason: Mapped[str]
    by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    from_at: Mapped[datetime]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    done_at: Mapped[datetime | None]
    round: Mapped[Round] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint("stage IN ('doors','sessions','grants','round','done')", name="round_undo_stage"),
        CheckConstraint("length(reason) > 0", name="round_undo_reason"),
        CheckConstraint("(stage = 'done') = (done_at IS NOT NULL)", name="round_undo_done"),
        Index(
            "round_undo_one_open",
            "round_id",
            unique=True,
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )
