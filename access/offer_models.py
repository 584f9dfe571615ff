"""Whether our doors are offered to Home Assistant, and who said so."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from access.ids import OfferId
from booking.db import Base, RowId
from booking.ids import PersonId

Base.registry.update_type_annotation_map({OfferId: RowId, PersonId: RowId})


class OfferMode(StrEnum):
    """OPEN: Home Assistant may also open them; every opening counts as asked by who allowed it."""

    OFF = "off"
    SHOW = "show"
    OPEN = "open"


class HomeAssistantOffer(Base):
    """One row a decision; the newest holds."""

    __tablename__ = "home_assistant_offer"
    id: Mapped[OfferId] = mapped_column(primary_key=True)
    mode: Mapped[str]
    set_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[datetime]
    __table_args__ = (CheckConstraint("mode IN ('off', 'show', 'open')", name="home_assistant_offer_mode"),)
