"""Table of what was done to a round in the sight of all: published, postponed, drawn, closed; who, when, and a note."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import Base
from booking.ids import PersonId
from booking.rounds.ids import RoundId, RoundNoticeId


class NoticeKind(StrEnum):
    """What was done."""

    PUBLISHED = "published"
    POSTPONED = "postponed"
    DRAWN = "drawn"
    CLOSED = "closed"


class RoundNotice(Base):
    """One thing done. Rows are only added. `body`: what it set, such as {"apply_to_at": [before, after]}."""

    __tablename__ = "round_notice"
    id: Mapped[RoundNoticeId] = mapped_column(primary_key=True)
    round_id: Mapped[RoundId] = mapped_column(ForeignKey("season_round.id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="")
    body: Mapped[dict[str, Any]] = mapped_column(default=dict)
    __table_args__ = (
        CheckConstraint("kind IN ('published','postponed','drawn','closed')", name="round_notice_kind"),
        CheckConstraint("kind = 'published' OR length(note) > 0", name="round_notice_note"),
    )
