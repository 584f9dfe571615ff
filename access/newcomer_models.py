"""Tables of what is not a door yet: controllers prepared with their keys, and devices heard on the broker."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from access.ids import DoorId, NewcomerId, PreparedId
from booking.db import Base, RowId
from booking.ids import new_ref

Base.registry.update_type_annotation_map(dict.fromkeys((NewcomerId, PreparedId, DoorId), RowId))


class PreparedController(Base):
    """A controller that was given its keys before it has a door. The code on its label stands here only as a keyed
    hash; whoever has it, and runs premises, makes it a door there. Once it is a door the row only tells when."""

    __tablename__ = "prepared_controller"
    id: Mapped[PreparedId] = mapped_column(primary_key=True)
    controller_id: Mapped[str] = mapped_column(unique=True)
    link_kid: Mapped[str] = mapped_column(default="link-1")
    link_key: Mapped[bytes]  # wrapped, as is the next
    credential_key: Mapped[bytes]
    code_hash: Mapped[str] = mapped_column(unique=True)
    prepared_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    door_id: Mapped[DoorId | None] = mapped_column(ForeignKey("door.id"))


class Newcomer(Base):
    """Something heard on the broker that is no door of ours. `driver` and `name`: what it would be fitted as, and its
    controller id or topic; `said`: what it said of itself, not to be believed; `proved`: it holds the keys of a
    prepared controller."""

    __tablename__ = "newcomer"
    id: Mapped[NewcomerId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    driver: Mapped[str]
    name: Mapped[str]
    said: Mapped[dict[str, Any]] = mapped_column(default=dict)
    proved: Mapped[bool] = mapped_column(default=False)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    count: Mapped[int] = mapped_column(default=1)
    __table_args__ = (UniqueConstraint("driver", "name", name="newcomer_once"),)
