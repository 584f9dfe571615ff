"""Codes in locks that keep a code with a beginning and an end, under a name and an id of the lock's own."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from access.ids import CredentialId, DoorId, WindowCodeId
from booking.db import Base, RowId

Base.registry.update_type_annotation_map(dict.fromkeys((WindowCodeId, DoorId, CredentialId), RowId))


class WindowState(StrEnum):
    """What is under way: put in, found in the lock's list, checked, given another window, taken out; or held."""

    ADDING = "adding"
    FINDING = "finding"
    CHECKING = "checking"
    HELD = "held"
    MOVING = "moving"
    DELETING = "deleting"


class WindowCode(Base):
    """One PIN in such a lock. `code_id` is the lock's number of it, once known; opens_at and closes_at are the window
    it shall have, held_from and held_until the one it was proved to have."""

    __tablename__ = "window_code"
    id: Mapped[WindowCodeId] = mapped_column(primary_key=True)
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"))
    credential_id: Mapped[CredentialId] = mapped_column(ForeignKey("credential.id"), index=True)
    name: Mapped[str]
    code_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(default=WindowState.ADDING.value)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    held_from: Mapped[datetime | None]
    held_until: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        UniqueConstraint("door_id", "credential_id", name="window_code_once"),
        UniqueConstraint("door_id", "name", name="window_code_name"),
        CheckConstraint("opens_at < closes_at", name="window_code_not_empty"),
        CheckConstraint(
            "state IN ('adding', 'finding', 'checking', 'held', 'moving', 'deleting')", name="window_code_state"
        ),
    )
