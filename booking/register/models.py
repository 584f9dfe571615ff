"""Tables of the register beside its entries: proofs, reports, commitments, umbrellas, files to be taken in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import Base
from booking.ids import (
    ActivityReportId,
    CommitmentId,
    OrganisationId,
    PersonId,
    PremisesId,
    ProofId,
    RegisterImportId,
    UmbrellaMemberId,
    new_ref,
)
from booking.models import Organisation, Person, Premises


class Proof(Base):
    """A document that proves something of an organisation. It counts once somebody of the staff has checked it, from
    the day it was received until its last valid day, inclusive (none: for good). `file_key`: its file on disk."""

    __tablename__ = "proof"
    id: Mapped[ProofId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[str]
    reference: Mapped[str] = mapped_column(default="")
    received_on: Mapped[date]
    valid_until: Mapped[date | None] = mapped_column(index=True)
    entered_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    checked_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    checked_at: Mapped[datetime | None]
    refused_why: Mapped[str] = mapped_column(default="")
    warned_on: Mapped[date | None]
    file_key: Mapped[str] = mapped_column(default="")
    file_name: Mapped[str] = mapped_column(default="")
    file_type: Mapped[str] = mapped_column(default="")
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    checker: Mapped[Person | None] = relationship(lazy="raise_on_sql", foreign_keys=[checked_by])
    __table_args__ = (
        CheckConstraint("valid_until IS NULL OR received_on <= valid_until", name="proof_days"),
        CheckConstraint("(checked_by IS NULL) = (checked_at IS NULL)", name="proof_checked"),
    )


class ActivityReport(Base):
    """What an organisation tells of one year: a draft until sent, then fixed until the staff opens it again.

    `members`: heads by age group; `homes`: heads by home municipality; None in neither: what is not told has no key."""

    __tablename__ = "activity_report"
    id: Mapped[ActivityReportId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), index=True)
    year: Mapped[int]
    members: Mapped[dict[str, Any]] = mapped_column(default=dict)
    homes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    activity: Mapped[str] = mapped_column(default="")
    grants: Mapped[list[Any]] = mapped_column(default=list)
    changed_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    reopened_why: Mapped[str] = mapped_column(default="")
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        UniqueConstraint("organisation_id", "year", name="activity_report_year"),
        CheckConstraint("(sent_by IS NULL) = (sent_at IS NULL)", name="activity_report_sent"),
        CheckConstraint("accepted_at IS NULL OR sent_at IS NOT NULL", name="activity_report_accepted"),
    )


class Commitment(Base):
    """Something an organisation promised in writing for a season, everywhere or at one premises, in the words kept."""

    __tablename__ = "commitment"
    id: Mapped[CommitmentId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), index=True)
    premises_id: Mapped[PremisesId | None] = mapped_column(ForeignKey("premises.id"))
    kind: Mapped[str]
    season: Mapped[str]
    first_on: Mapped[date]
    last_on: Mapped[date]
    text: Mapped[str]
    language: Mapped[str]
    signed_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    signed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str] = mapped_column(default="")
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    premises: Mapped[Premises | None] = relationship(lazy="raise_on_sql")
    signer: Mapped[Person] = relationship(lazy="raise_on_sql")
    __table_args__ = (CheckConstraint("first_on <= last_on", name="commitment_days"),)


class UmbrellaMember(Base):
    """An organisation belongs to an umbrella organisation, both days inclusive."""

    __tablename__ = "umbrella_member"
    id: Mapped[UmbrellaMemberId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    umbrella_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), index=True)
    member_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), index=True)
    first_on: Mapped[date]
    last_on: Mapped[date | None]
    umbrella: Mapped[Organisation] = relationship(lazy="raise_on_sql", foreign_keys=[umbrella_id])
    member: Mapped[Organisation] = relationship(lazy="raise_on_sql", foreign_keys=[member_id])
    __table_args__ = (
        CheckConstraint("umbrella_id <> member_id", name="umbrella_member_not_itself"),
        CheckConstraint("last_on IS NULL OR first_on <= last_on", name="umbrella_member_days"),
    )


class RegisterImport(Base):
    """A file looked at before it is taken in. `fingerprint`: of what it would change; the content goes once done."""

    __tablename__ = "register_import"
    id: Mapped[RegisterImportId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    file_name: Mapped[str]
    content: Mapped[bytes]
    fingerprint: Mapped[str]
    made_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
