"""The secure-channel keys of OSDP readers: each its own, sealed, and used once the reader proved that it has it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from access.ids import DoorId
from booking.db import Base, RowId

Base.registry.update_type_annotation_map({DoorId: RowId})


class ReaderKey(Base):
    """The key of one door's reader. It is written before the reader is given it, so that a power cut between the two
    loses nothing; proved_at: when the reader made a secure channel with it."""

    __tablename__ = "reader_key"
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"), primary_key=True)
    sealed: Mapped[bytes]
    made_at: Mapped[datetime]
    proved_at: Mapped[datetime | None]
