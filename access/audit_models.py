"""Tables of the audit log. What may never change is guarded by triggers (access/audit_ddl.py) and proved by hashes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import Base, RowId
from booking.ids import PersonId, PremisesId


class Audit(Base):
    """One act for ever: when, what kind, and hashes. Nothing here names a person, a place or a door; that is in the
    payload, to which `commitment` binds this row. `seq` runs 1, 2, 3 … without a gap. Hashes are hex."""

    __tablename__ = "audit"
    seq: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[str]
    commitment: Mapped[str]
    leaf_hash: Mapped[str]
    chain_hash: Mapped[str]
    __table_args__ = (
        CheckConstraint("seq > 0", name="audit_seq"),
        Index("audit_at_idx", "at", "seq"),
        Index("audit_kind_idx", "kind", "seq"),
    )


class AuditPayload(Base):
    """Who and what: canonical JSON under a random salt. Erasing empties salt and body together and keeps the row.

    `premises_id` is for search and filtered exports; it stays after erasure and is not under the hash (the body is).
    """

    __tablename__ = "audit_payload"
    seq: Mapped[int] = mapped_column(RowId, ForeignKey("audit.seq"), primary_key=True, autoincrement=False)
    salt: Mapped[str | None]
    body: Mapped[str | None]
    premises_id: Mapped[PremisesId | None] = mapped_column(ForeignKey("premises.id"))
    __table_args__ = (
        CheckConstraint("(salt IS NULL) = (body IS NULL)", name="audit_payload_whole"),
        Index("audit_payload_premises_idx", "premises_id", "seq"),
    )


class AuditPerson(Base):
    """A person the payload concerns, or who acted: so that erasing the person finds it. Deleted with the erasure."""

    __tablename__ = "audit_person"
    seq: Mapped[int] = mapped_column(RowId, ForeignKey("audit.seq"), primary_key=True, autoincrement=False)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), primary_key=True)
    __table_args__ = (Index("audit_person_person_idx", "person_id", "seq"),)


class AuditHead(Base):
    """The last entry; one row, made by the migration. Whoever adds entries locks it, so `seq` has no gap.

    `log_id` is random and names this log in its checkpoints for ever.
    """

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    log_id: Mapped[str]
    seq: Mapped[int] = mapped_column(RowId)
    chain_hash: Mapped[str]
    __table_args__ = (CheckConstraint("id = 1", name="audit_head_single"),)


class AuditCheckpoint(Base):
    """A signed note over the first `size` entries. `peaks` are the roots of the full subtrees, to go on from."""

    __tablename__ = "audit_checkpoint"
    size: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    note: Mapped[str]
    public_key: Mapped[str]
    peaks: Mapped[list[Any]]
    __table_args__ = (CheckConstraint("size > 0", name="audit_checkpoint_size"),)
