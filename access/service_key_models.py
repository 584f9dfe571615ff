"""The service's signing keys, by name only: what they are follows from the master key (adr/0003)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from access.ids import ServiceKeyId
from booking.db import Base, RowId

Base.registry.update_type_annotation_map({ServiceKeyId: RowId})


class ServiceKey(Base):
    """One key that doors are told to trust; the newest is the one to sign with. Without any row there is svc-1 only."""

    __tablename__ = "service_key"
    id: Mapped[ServiceKeyId] = mapped_column(primary_key=True)
    kid: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    dropped_at: Mapped[datetime | None]  # no door trusts it any more
    __table_args__ = (CheckConstraint("kid <> ''", name="service_key_named"),)
