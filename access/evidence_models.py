"""Tables of what stands outside the log and about it: witnesses of checkpoints, and holds that stop erasing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import Base, RowId
from booking.ids import PersonId, PremisesId, new_ref


class WitnessKind(StrEnum):
    """How a checkpoint leaves the house: by mail, to a witness that signs it too, to a time-stamping authority."""

    MAIL = "mail"
    COSIGNED = "cosigned"
    TIME_STAMP = "time_stamp"


class Witnessing(Base):
    """A checkpoint on its way to a witness. `answer` is the line the witness signed, `token` the time stamp (DER)."""

    __tablename__ = "audit_witnessing"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    size: Mapped[int] = mapped_column(RowId, ForeignKey("audit_checkpoint.size"))
    kind: Mapped[str]
    address: Mapped[str]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(default="")
    answer: Mapped[str] = mapped_column(default="")
    token: Mapped[bytes | None]
    __table_args__ = (
        UniqueConstraint("size", "kind", "address", name="audit_witnessing_once"),
        CheckConstraint("kind IN ('mail', 'cosigned', 'time_stamp')", name="audit_witnessing_kind"),
        Index(
            "audit_witnessing_due",
            "due_at",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )


class LegalHold(Base):
    """Nothing it covers is erased or run out while it is in force: entries of a span, of one premises or all, of one
    person or everybody. In force until `ends_at`, or until somebody lifts it."""

    __tablename__ = "audit_hold"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    ground: Mapped[str]
    premises_id: Mapped[PremisesId | None] = mapped_column(ForeignKey("premises.id"))
    person_id: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    ends_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    __table_args__ = (
        CheckConstraint("from_at < until_at", name="audit_hold_span"),
        CheckConstraint("ground <> ''", name="audit_hold_ground"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="audit_hold_lifted"),
    )
