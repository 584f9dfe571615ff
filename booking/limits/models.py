"""Tables of limits: when somebody of the house lets a booking exceed them, and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import Base
from booking.ids import BookingId, LimitOverrideId, PersonId
from booking.models import Booking, Person


class LimitOverride(Base):
    """Somebody of the house let a booking exceed limits of the rules, and said why (acceptance C12)."""

    __tablename__ = "limit_override"
    id: Mapped[LimitOverrideId] = mapped_column(primary_key=True)
    booking_id: Mapped[BookingId] = mapped_column(ForeignKey("booking.id"), index=True)
    by_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    reason: Mapped[str]
    booking: Mapped[Booking] = relationship(lazy="raise_on_sql")
    by: Mapped[Person] = relationship(lazy="raise_on_sql")
    __table_args__ = (CheckConstraint("length(reason) > 0", name="limit_override_reason"),)
