"""Tables of what happened to times and what followed: heads, no-shows and extra costs, swaps, sanctions, debt."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import Base, RowId
from booking.happenings import ids
from booking.happenings.ids import (
    AttendanceId,
    AttendanceLinkId,
    DebtCaseId,
    HappeningId,
    SanctionId,
    SubstituteId,
    SwapId,
)
from booking.ids import OccurrenceId, OrganisationId, PersonId, PremisesId, SpaceId, new_ref
from booking.models import Occurrence, Organisation, Premises, Space

Base.registry.update_type_annotation_map(dict.fromkeys(ids.ALL, RowId))


class Attendance(Base):
    """How many came to one time: heads by age group, and guests of an open event. `as_expected`: one tap, no groups.

    `told_by` is None when it was told through the link at the door. Corrections by staff carry a reason."""

    __tablename__ = "attendance"
    id: Mapped[AttendanceId] = mapped_column(primary_key=True)
    occurrence_id: Mapped[OccurrenceId] = mapped_column(ForeignKey("occurrence.id"), unique=True)
    heads: Mapped[int]
    groups: Mapped[dict[str, Any]] = mapped_column(default=dict)
    guests: Mapped[int | None]
    as_expected: Mapped[bool] = mapped_column(default=False)
    told_at: Mapped[datetime]
    told_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    corrected_at: Mapped[datetime | None]
    corrected_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    correction: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        CheckConstraint("heads >= 0 AND (guests IS NULL OR guests >= 0)", name="attendance_not_negative"),
        CheckConstraint("(corrected_at IS NULL) = (correction = '')", name="attendance_correction_reason"),
    )


class AttendanceLink(Base):
    """A link on the wall of a premises or of one space, through which whoever is there tells the heads. `code` is the
    secret part of its address; it is replaced, never changed."""

    __tablename__ = "attendance_link"
    id: Mapped[AttendanceLinkId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    code: Mapped[str] = mapped_column(unique=True)
    premises_id: Mapped[PremisesId] = mapped_column(ForeignKey("premises.id"), index=True)
    space_id: Mapped[SpaceId | None] = mapped_column(ForeignKey("space.id"))
    made_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    premises: Mapped[Premises] = relationship(lazy="raise_on_sql")
    space: Mapped[Space | None] = relationship(lazy="raise_on_sql")


class HappeningState(StrEnum):
    """Where the matter stands. Only CONFIRMED has consequences."""

    ASKED = "asked"  # nobody has opened the door: the holder is asked whether they come
    PROPOSED = "proposed"  # found by the system, waits for a person or for the days of objecting to pass
    OBJECTED = "objected"  # the organisation objects: a person decides
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


OPEN_STATES = (HappeningState.ASKED.value, HappeningState.PROPOSED.value, HappeningState.OBJECTED.value)


class Happening(Base):
    """Something that happened to a time, by the rulebook's kind of event, with evidence and with what followed.

    `key` makes it once: one no-show for each time. `answer` is the rulebook’s answer as it was given; fee and credit
    are whole cents, unknown is NULL. It outlives the cancelling of its time, and so does its fee."""

    __tablename__ = "happening"
    id: Mapped[HappeningId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    state: Mapped[str]
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), index=True)
    premises_id: Mapped[PremisesId] = mapped_column(ForeignKey("premises.id"), index=True)
    occurrence_id: Mapped[OccurrenceId | None] = mapped_column(ForeignKey("occurrence.id"), index=True)
    happened_at: Mapped[datetime]
    noted_at: Mapped[datetime]
    noted_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    objection: Mapped[str] = mapped_column(default="")
    objected_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    decision: Mapped[str] = mapped_column(default="")
    fee_cents: Mapped[int | None]
    credit_cents: Mapped[int | None]
    answer: Mapped[dict[str, Any]] = mapped_column(default=dict)
    occurrence: Mapped[Occurrence | None] = relationship(lazy="raise_on_sql")
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    premises: Mapped[Premises] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint(
            "state IN ('asked','proposed','objected','confirmed','dismissed')",
            name="happening_state",
        ),
        CheckConstraint("fee_cents IS NULL OR fee_cents >= 0", name="happening_fee"),
        CheckConstraint("(objected_at IS NULL) = (objection = '')", name="happening_objection"),
        CheckConstraint(
            "(state IN ('confirmed', 'dismissed')) = (decided_at IS NOT NULL)",
            name="happening_decided",
        ),
        Index("happening_open_idx", "state", "premises_id"),
    )


class SwapState(StrEnum):
    """A swap holds only when both have reported it."""

    ASKED = "asked"
    DONE = "done"
    DECLINED = "declined"


class Swap(Base):
    """Two organisations change times with each other. `reports` grows to 2; one report changes nothing."""

    __tablename__ = "swap"
    id: Mapped[SwapId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    one_id: Mapped[OccurrenceId] = mapped_column(ForeignKey("occurrence.id"), index=True)
    other_id: Mapped[OccurrenceId] = mapped_column(ForeignKey("occurrence.id"), index=True)
    state: Mapped[str]
    reports: Mapped[int] = mapped_column(default=1)
    asked_at: Mapped[datetime]
    asked_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    answer: Mapped[dict[str, Any]] = mapped_column(default=dict)
    one: Mapped[Occurrence] = relationship(lazy="raise_on_sql", foreign_keys=[one_id])
    other: Mapped[Occurrence] = relationship(lazy="raise_on_sql", foreign_keys=[other_id])
    __table_args__ = (
        CheckConstraint("one_id <> other_id", name="swap_two"),
        CheckConstraint("state IN ('asked','done','declined')", name="swap_state"),
        CheckConstraint("state <> 'done' OR reports = 2", name="swap_both_report"),
    )


class Substitute(Base):
    """A free time of the same length offered in place of one that had to give way; taken at most once."""

    __tablename__ = "substitute"
    id: Mapped[SubstituteId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    occurrence_id: Mapped[OccurrenceId] = mapped_column(ForeignKey("occurrence.id"), index=True)
    space_id: Mapped[SpaceId] = mapped_column(ForeignKey("space.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    offered_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    occurrence: Mapped[Occurrence] = relationship(lazy="raise_on_sql")
    space: Mapped[Space] = relationship(lazy="raise_on_sql")
    __table_args__ = (CheckConstraint("starts_at < ends_at", name="substitute_not_empty"),)


class SanctionKind(StrEnum):
    """The steps of the ladder, and what debt brings."""

    NOTICE = "notice"
    WARNING = "warning"
    SLOTS_CANCELLED = "slots_cancelled"
    BAN = "ban"
    REAPPLY = "reapply"
    PRICE_CLASS = "price_class"


class SanctionState(StrEnum):
    """Proposed by a row of the rulebook, given by a person, lifted before its end."""

    PROPOSED = "proposed"
    GIVEN = "given"
    DROPPED = "dropped"  # proposed, and the manager decided against it
    LIFTED = "lifted"


class Sanction(Base):
    """One step of the sanction ladder against an organisation. Days are both inclusive; no last day: until lifted.

    `scope`: all, holidays, premises (premises_id) or space_kind (in `detail`, where a price_class has its class)."""

    __tablename__ = "sanction"
    id: Mapped[SanctionId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[str]
    scope: Mapped[str] = mapped_column(default="all")
    premises_id: Mapped[PremisesId | None] = mapped_column(ForeignKey("premises.id"))
    detail: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    first_on: Mapped[date]
    last_on: Mapped[date | None]
    until: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    citation: Mapped[dict[str, Any]] = mapped_column(default=dict)
    happening_id: Mapped[HappeningId | None] = mapped_column(ForeignKey("happening.id"))
    at_premises_id: Mapped[PremisesId | None] = mapped_column(ForeignKey("premises.id"), index=True)
    proposed_at: Mapped[datetime]
    given_at: Mapped[datetime | None]
    given_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    end_reason: Mapped[str] = mapped_column(default="")
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    premises: Mapped[Premises | None] = relationship(lazy="raise_on_sql", foreign_keys=[premises_id])
    happening: Mapped[Happening | None] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint(
            "kind IN ('notice','warning','slots_cancelled','ban','reapply','price_class')",
            name="sanction_kind",
        ),
        CheckConstraint("state IN ('proposed','given','dropped','lifted')", name="sanction_state"),
        CheckConstraint("scope <> 'premises' OR premises_id IS NOT NULL", name="sanction_premises"),
        CheckConstraint("last_on IS NULL OR first_on <= last_on", name="sanction_days"),
        CheckConstraint("(state = 'given' OR state = 'lifted') = (given_at IS NOT NULL)", name="sanction_given"),
    )


class DebtCase(Base):
    """The debt procedure against one organisation at one rulebook: notice, deadline, all slots cancelled, apply anew.

    Days of the steps are local; each is NULL until it is due to be known, and its done_at says when it was done."""

    __tablename__ = "debt_case"
    id: Mapped[DebtCaseId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), index=True)
    rulebook: Mapped[str]
    oldest_due_on: Mapped[date]
    owed_cents: Mapped[int]
    opened_on: Mapped[date]
    deadline_on: Mapped[date | None]
    noticed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    slots_cancelled: Mapped[int] = mapped_column(default=0)
    paid_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    answer: Mapped[dict[str, Any]] = mapped_column(default=dict)
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        Index(
            "debt_case_open",
            "organisation_id",
            "rulebook",
        ),
    )
