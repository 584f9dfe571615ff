"""Tables of rulebooks made in the program: each version as the text of its file, and every step it went through."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import Base
from booking.ids import PersonId, RulebookStepId, RulebookVersionId, new_ref


class VersionState(StrEnum):
    """Where a version stands. An approved one is in force from its first day until the next one begins."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class StepKind(StrEnum):
    """What happened to a version."""

    MADE = "made"
    CHANGED = "changed"
    SENT = "sent"
    SENT_BACK = "sent_back"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    DISCLOSED = "disclosed"  # somebody says of themselves that they are disqualified
    STOPPED = "stopped"  # who is disqualified, or made it themselves, was kept from deciding


OPEN = (VersionState.DRAFT.value, VersionState.IN_REVIEW.value)
LIVE = text("state NOT IN ('rejected', 'withdrawn')")


class RulebookVersion(Base):
    """One version of a family, whole: `text` is the file. Once approved the database refuses to change it (ddl.py)."""

    __tablename__ = "rulebook_version"
    id: Mapped[RulebookVersionId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    family: Mapped[str]
    version: Mapped[str]
    valid_from: Mapped[date]
    state: Mapped[str] = mapped_column(default=VersionState.DRAFT.value)
    text: Mapped[str]
    digest: Mapped[str]  # SHA-256 of the text
    based_on: Mapped[str] = mapped_column(default="")  # family-version it was copied from
    decision: Mapped[str] = mapped_column(default="")  # who decided it, when, which paragraph
    revision: Mapped[int] = mapped_column(default=1)
    made_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    sent_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    reviewed_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    reviewed_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft', 'in_review', 'approved', 'rejected', 'withdrawn')", name="rulebook_version_state"
        ),
        CheckConstraint(
            "state <> 'approved' OR (reviewed_by IS NOT NULL AND reviewed_by <> made_by AND reviewed_by <> sent_by)",
            name="rulebook_version_four_eyes",
        ),
        Index(
            "rulebook_version_one",
            "family",
            "version",
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
        Index("rulebook_version_state_idx", "state"),
    )

    @property
    def name(self) -> str:
        """Family and version: the name of its file."""
        return f"{self.family}-{self.version}"


class RulebookStep(Base):
    """One thing that happened to a version. Rows are only ever added (ddl.py)."""

    __tablename__ = "rulebook_step"
    id: Mapped[RulebookStepId] = mapped_column(primary_key=True)
    version_id: Mapped[RulebookVersionId] = mapped_column(ForeignKey("rulebook_version.id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="")
    digest: Mapped[str] = mapped_column(default="")
