"""Which card lies in which device of another maker, and with what window; how far a device's events were read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from access.ids import CredentialId, DoorCardId, DoorId
from access.lock_code_models import CodeState
from booking.db import Base, RowId

Base.registry.update_type_annotation_map(
    dict.fromkeys((DoorCardId, DoorId, CredentialId), RowId),
)


class DoorCard(Base):
    """One card that a device holds, is being given or shall lose, with its window [valid_from, valid_until).

    `inside`: it was sent at least once, so it may lie there whatever the state says. sent_at: the order under way.
    """

    __tablename__ = "door_card"
    id: Mapped[DoorCardId] = mapped_column(primary_key=True)
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"))
    credential_id: Mapped[CredentialId] = mapped_column(ForeignKey("credential.id"), index=True)
    state: Mapped[str] = mapped_column(default=CodeState.PUTTING.value)
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    inside: Mapped[bool] = mapped_column(default=False)
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        UniqueConstraint("door_id", "credential_id", name="door_card_once"),
        CheckConstraint("state IN ('putting', 'held', 'clearing')", name="door_card_state"),
        CheckConstraint("valid_from < valid_until", name="door_card_not_empty"),
    )


class DoorMemory(Base):
    """A door whose device numbers its events and keeps them: how far they are stored here. `device` is which one that
    was: another one counts anew."""

    __tablename__ = "door_memory"
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"), primary_key=True, autoincrement=False)
    device: Mapped[str]
    read_up_to: Mapped[int] = mapped_column(type_=RowId)
    __table_args__ = (CheckConstraint("read_up_to >= 0", name="door_memory_from_zero"),)
