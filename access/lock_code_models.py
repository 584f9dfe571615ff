"""Which code lies in which slot of a lock that keeps codes but no times."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from access.ids import CredentialId, DoorCodeId, DoorId
from booking.db import Base, RowId

Base.registry.update_type_annotation_map(dict.fromkeys((DoorCodeId, DoorId, CredentialId), RowId))


class CodeState(StrEnum):
    """Being put until the lock proves it; being cleared until it proves that. The slot is free when the row is gone."""

    PUTTING = "putting"
    HELD = "held"
    CLEARING = "clearing"


class DoorCode(Base):
    """One slot of a lock with the PIN it holds or shall lose. asked_at and sent_at: when the order under way went out
    first and last."""

    __tablename__ = "door_code"
    id: Mapped[DoorCodeId] = mapped_column(primary_key=True)
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"))
    slot: Mapped[int]
    credential_id: Mapped[CredentialId] = mapped_column(ForeignKey("credential.id"), index=True)
    state: Mapped[str] = mapped_column(default=CodeState.PUTTING.value)
    asked_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        UniqueConstraint("door_id", "slot", name="door_code_slot"),
        UniqueConstraint("door_id", "credential_id", name="door_code_once"),
        CheckConstraint("slot >= 0", name="door_code_slot_from_zero"),
        CheckConstraint("state IN ('putting', 'held', 'clearing')", name="door_code_state"),
    )
