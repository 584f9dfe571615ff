"""Tables of what people do about alarms: who cares for one, whom it was told to and when, what was noted."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from access.ids import DoorAlarmId
from access.models import DoorAlarm
from booking.db import Base, RowId
from booking.ids import OccurrenceId, PersonId, PremisesId
from booking.models import Person


class Rung(StrEnum):
    """Whom an alarm is told, one after the other."""

    HOLDER = "holder"
    CARETAKER = "caretaker"
    MANAGER = "manager"
    GUARD = "guard"


class StepOutcome(StrEnum):
    """What became of a step: letters went out, nobody was there to write to, or it was no longer needed."""

    TOLD = "told"
    NOBODY = "nobody"
    NOT_NEEDED = "not_needed"


class AlarmCare(Base):
    """Who looks after an alarm, since when, and why it was closed. One row for each alarm somebody touched, or that is
    about a turn."""

    __tablename__ = "alarm_care"
    alarm_id: Mapped[DoorAlarmId] = mapped_column(RowId, ForeignKey("door_alarm.id"), primary_key=True)
    occurrence_id: Mapped[OccurrenceId | None] = mapped_column(ForeignKey("occurrence.id"), index=True)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    assigned_to: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"), index=True)
    end_reason: Mapped[str] = mapped_column(default="")
    alarm: Mapped[DoorAlarm] = relationship(lazy="raise")
    __table_args__ = (
        CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="alarm_care_acknowledged"),
    )


class AlarmStep(Base):
    """One step of telling, due at its instant. It is taken once, by whichever process comes first after that."""

    __tablename__ = "alarm_step"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    alarm_id: Mapped[DoorAlarmId] = mapped_column(ForeignKey("door_alarm.id"))
    rung: Mapped[str]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")
    letters: Mapped[int] = mapped_column(default=0)
    alarm: Mapped[DoorAlarm] = relationship(lazy="raise")
    __table_args__ = (
        UniqueConstraint("alarm_id", "rung", name="alarm_step_once"),
        CheckConstraint("rung IN ('holder', 'caretaker', 'manager', 'guard')", name="alarm_step_rung"),
        CheckConstraint("(done_at IS NULL) = (outcome = '')", name="alarm_step_outcome"),
        Index(
            "alarm_step_due",
            "due_at",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )


class CareKind(StrEnum):
    """What somebody did about an alarm."""

    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    NOTED = "noted"
    CLOSED = "closed"


class AlarmNote(Base):
    """One thing somebody did about an alarm, in their words; `whom` is who it was given to."""

    __tablename__ = "alarm_note"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    alarm_id: Mapped[DoorAlarmId] = mapped_column(ForeignKey("door_alarm.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    said: Mapped[str] = mapped_column(default="")
    whom: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    by_person: Mapped[Person | None] = relationship(lazy="raise", foreign_keys=[by])
    whom_person: Mapped[Person | None] = relationship(lazy="raise", foreign_keys=[whom])
    __table_args__ = (
        CheckConstraint("kind IN ('acknowledged', 'assigned', 'noted', 'closed')", name="alarm_note_kind"),
    )


class AlarmHouse(Base):
    """What a premises decided for itself: minutes to each step (None: as usual), and its guard service."""

    __tablename__ = "alarm_house"
    premises_id: Mapped[PremisesId] = mapped_column(RowId, ForeignKey("premises.id"), primary_key=True)
    caretaker_min: Mapped[int | None]
    guard_min: Mapped[int | None]
    guard_name: Mapped[str] = mapped_column(default="")
    guard_address: Mapped[str] = mapped_column(default="")
    guard_phone: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime]
    decided_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    source: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        CheckConstraint("caretaker_min BETWEEN 0 AND 1440", name="alarm_house_caretaker"),
        CheckConstraint("guard_min BETWEEN 0 AND 1440", name="alarm_house_guard"),
    )
