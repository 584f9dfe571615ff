"""Tables of the key register: keys of metal, and to whom they were handed out."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import Base, RowId
from booking.ids import BookingId, PersonId, PremisesId, new_ref
from booking.models import Booking, Person, Premises


class MetalKey(Base):
    """One key of metal with the number stamped on it. `opens` is in words; `kept_at`: where it is fetched."""

    __tablename__ = "metal_key"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    premises_id: Mapped[PremisesId] = mapped_column(ForeignKey("premises.id"))
    number: Mapped[str]
    opens: Mapped[str]
    kept_at: Mapped[str] = mapped_column(default="")
    added_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]  # lost for good, or the lock was changed
    gone_why: Mapped[str] = mapped_column(default="")
    premises: Mapped[Premises] = relationship(lazy="raise_on_sql")
    loans: Mapped[list[KeyLoan]] = relationship(lazy="raise_on_sql", back_populates="key", order_by="KeyLoan.id")
    __table_args__ = (
        UniqueConstraint("premises_id", "number", name="metal_key_number"),
        CheckConstraint("(gone_at IS NULL) = (gone_why = '')", name="metal_key_gone"),
    )


class KeyLoan(Base):
    """A key handed out to a person, for one booking or until a day. It ends when the key is back or lost."""

    __tablename__ = "key_loan"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    key_id: Mapped[int] = mapped_column(RowId, ForeignKey("metal_key.id"), index=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    booking_id: Mapped[BookingId | None] = mapped_column(ForeignKey("booking.id"), index=True)
    deposit_cents: Mapped[int] = mapped_column(default=0)
    handed_at: Mapped[datetime]
    handed_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    due_on: Mapped[date]
    reminders: Mapped[int] = mapped_column(default=0)
    reminded_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    how: Mapped[str] = mapped_column(default="")  # returned, lost
    key: Mapped[MetalKey] = relationship(lazy="raise_on_sql", back_populates="loans")
    person: Mapped[Person] = relationship(lazy="raise_on_sql", foreign_keys=[person_id])
    booking: Mapped[Booking | None] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint("deposit_cents >= 0", name="key_loan_deposit"),
        CheckConstraint("(ended_at IS NULL) = (how = '')", name="key_loan_ended"),
        CheckConstraint("how IN ('', 'returned', 'lost')", name="key_loan_how"),
        Index(
            "key_loan_one_at_a_time",
            "key_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
