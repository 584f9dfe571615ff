"""Tables of reports: money given to organisations, shown beside the support that rooms are."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import Base, RowId
from booking.ids import OrganisationId, PersonId, new_ref

MoneyGrantId = NewType("MoneyGrantId", int)
Base.registry.update_type_annotation_map({MoneyGrantId: RowId})


class MoneyGrantKind(StrEnum):
    """What the money is for. A space grant covers a rent that was charged."""

    SPACE = "space"
    OPERATING = "operating"
    PROJECT = "project"
    TARGETED = "targeted"


class MoneyGrant(Base):
    """Money a municipality decided to give to an organisation for a calendar year, in whole cents."""

    __tablename__ = "money_grant"
    id: Mapped[MoneyGrantId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[str]
    year: Mapped[int]
    cents: Mapped[int]
    decision: Mapped[str]
    decided_on: Mapped[date]
    entered_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    entered_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("cents > 0", name="money_grant_positive"),
        CheckConstraint("year BETWEEN 1990 AND 2200", name="money_grant_year"),
        CheckConstraint("kind IN ('space','operating','project','targeted')", name="money_grant_kind"),
    )
