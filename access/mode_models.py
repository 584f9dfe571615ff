"""Tables of what people decide about a door beside bookings: its mode, its rules, when it is free, and who is staff."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from access.ids import (
    CredentialId,
    DoorId,
    DoorModeId,
    FreeScheduleId,
    StaffAccessId,
    StaffRightId,
)
from access.models import Credential, Door
from booking.db import Base
from booking.ids import PersonId, PremisesId, new_ref


class ModeChange(Base):
    """One change of a door's mode: who, why, when. The newest of a door is what it should do; `confirmed_at` is when we
    learned that it does, `applied_at` since when by its own clock. `payload` is what was signed, empty until then."""

    __tablename__ = "door_mode"
    id: Mapped[DoorModeId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"))
    epoch: Mapped[int]
    version: Mapped[int]
    mode: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    ordered_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    ordered_at: Mapped[datetime]
    payload: Mapped[bytes] = mapped_column(default=b"")
    confirmed_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    door: Mapped[Door] = relationship(lazy="raise")
    __table_args__ = (
        UniqueConstraint("door_id", "epoch", "version", name="door_mode_version"),
        CheckConstraint("mode IN ('normal', 'free', 'locked', 'lockdown')", name="door_mode_mode"),
        CheckConstraint("epoch >= 1 AND version >= 1", name="door_mode_versions"),
        CheckConstraint("ordered_by IS NULL OR reason <> ''", name="door_mode_why"),
    )


class DoorRule(Base):
    """The rules of one door; no row: none. `version` counts the changes. `assurance`: how sure it must be who comes in,
    0 a card's number, 1 card and PIN or phone, 2 a card that cannot be copied. `apb_area`: doors of one premises with
    the same word count as ways into the same area."""

    __tablename__ = "door_rule"
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    apb: Mapped[str] = mapped_column(default="")
    apb_minutes: Mapped[int] = mapped_column(default=0)
    apb_area: Mapped[str] = mapped_column(default="")
    factors: Mapped[int] = mapped_column(default=1)
    interlock: Mapped[bool] = mapped_column(default=False)
    two_person_s: Mapped[int] = mapped_column(default=0)
    long_open_s: Mapped[int]
    assurance: Mapped[int] = mapped_column(default=0)
    changed_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("apb IN ('', 'hard', 'soft', 'timed')", name="door_rule_apb"),
        CheckConstraint("apb_minutes BETWEEN 0 AND 1440", name="door_rule_minutes"),
        CheckConstraint("apb <> 'timed' OR apb_minutes >= 1", name="door_rule_timed"),
        CheckConstraint("factors IN (1, 2)", name="door_rule_factors"),
        CheckConstraint("two_person_s = 0 OR two_person_s BETWEEN 5 AND 60", name="door_rule_two_person"),
        CheckConstraint("long_open_s BETWEEN 1 AND 86400", name="door_rule_long_open"),
        CheckConstraint("assurance BETWEEN 0 AND 2", name="door_rule_assurance"),
    )


class FreeSchedule(Base):
    """Weekly times at which a door needs no card, in local minutes of day; past 1440 runs into the next day.

    Monday is 0. `first_in`: only once somebody of the staff came in. Public holidays and `except_on` days are left out.
    """

    __tablename__ = "free_schedule"
    id: Mapped[FreeScheduleId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"), index=True)
    weekdays: Mapped[list[Any]]
    starts_min: Mapped[int]
    ends_min: Mapped[int]
    first_on: Mapped[date]
    last_on: Mapped[date | None]
    except_on: Mapped[list[Any]] = mapped_column(default=list)  # ISO days
    on_holidays: Mapped[bool] = mapped_column(default=False)
    first_in: Mapped[bool] = mapped_column(default=False)
    made_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint(
            "0 <= starts_min AND starts_min < 1440 AND starts_min < ends_min AND ends_min <= starts_min + 1440",
            name="free_schedule_minutes",
        ),
        CheckConstraint("last_on IS NULL OR first_on <= last_on", name="free_schedule_days"),
    )


class StaffAccess(Base):
    """Somebody of the staff passes all doors of a premises at any time, from `since_at` until `until_at`."""

    __tablename__ = "staff_access"
    id: Mapped[StaffAccessId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    premises_id: Mapped[PremisesId] = mapped_column(ForeignKey("premises.id"), index=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    flags: Mapped[list[Any]] = mapped_column(default=list)
    since_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    reason: Mapped[str]
    given_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    given_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    __table_args__ = (
        CheckConstraint("until_at IS NULL OR since_at < until_at", name="staff_access_not_empty"),
        CheckConstraint("reason <> ''", name="staff_access_why"),
    )


class StaffRight(Base):
    """A card of somebody of the staff passes a door at any time. Versions and confirmations as of access_right."""

    __tablename__ = "staff_right"
    id: Mapped[StaffRightId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    staff_access_id: Mapped[StaffAccessId] = mapped_column(ForeignKey("staff_access.id"), index=True)
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"))
    credential_id: Mapped[CredentialId] = mapped_column(ForeignKey("credential.id"), index=True)
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    in_version: Mapped[int]
    out_version: Mapped[int | None]
    in_door_at: Mapped[datetime | None]
    out_door_at: Mapped[datetime | None]
    access: Mapped[StaffAccess] = relationship(lazy="raise")
    credential: Mapped[Credential] = relationship(lazy="raise")
    __table_args__ = (
        CheckConstraint("(withdrawn_at IS NULL) = (out_version IS NULL)", name="staff_right_withdrawn"),
        Index(
            "staff_right_once",
            "door_id",
            "credential_id",
            "staff_access_id",
            unique=True,
            sqlite_where=text("out_version IS NULL"),
            postgresql_where=text("out_version IS NULL"),
        ),
    )
