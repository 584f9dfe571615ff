"""Tables of people, organisations, their groups, and the dated roles of people; booking/models.py passes them on."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import Base
from booking.ids import GroupId, OrganisationId, PersonId, PremisesId, RoleGrantId, new_ref


class OrganisationKind(StrEnum):
    """Who stands in the register."""

    ASSOCIATION = "association"
    AREA_GROUP = "area_group"  # unregistered
    FOUNDATION = "foundation"
    COMPANY = "company"
    SCHOOL = "school"
    MUNICIPAL_UNIT = "municipal_unit"
    MUNICIPAL_FEDERATION = "municipal_federation"
    ARTS_INSTITUTE = "arts_institute"  # basic arts education
    ADULT_INSTITUTE = "adult_institute"
    CONGREGATION = "congregation"
    PARTY_BRANCH = "party_branch"
    PERSON = "person"


class Person(Base):
    """A human being with sign-in by e-mail, or one who phones and has none. Erasing empties the row and keeps it."""

    __tablename__ = "person"
    id: Mapped[PersonId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(unique=True)
    phone: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="fi")
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    __table_args__ = (CheckConstraint("language IN ('fi', 'sv', 'en')", name="person_language"),)


class Organisation(Base):
    """A register entry: applicant, owner or operator. A private person who books is one too, of kind `person`.

    An entry merged into another stays, and `merged_into_id` leads on; what it had is the other's."""

    __tablename__ = "organisation"
    id: Mapped[OrganisationId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    name: Mapped[str]
    kind: Mapped[str]
    registration_number: Mapped[str | None] = mapped_column(unique=True)
    business_id: Mapped[str | None] = mapped_column(unique=True)
    domicile: Mapped[str] = mapped_column(default="")
    purpose: Mapped[str] = mapped_column(default="")
    purposes: Mapped[list[Any]] = mapped_column(default=list)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    members_total: Mapped[int | None]
    members_under_18: Mapped[int | None]
    members_resident: Mapped[int | None]
    person_id: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"), unique=True)
    registered_on: Mapped[date | None]
    dissolved_on: Mapped[date | None]
    merged_into_id: Mapped[OrganisationId | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    created_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("members_under_18 <= members_total", name="organisation_members_under_18"),
        CheckConstraint("members_resident <= members_total", name="organisation_members_resident"),
    )


class Group(Base):
    """A team or club inside an organisation: it books, and its people act, inside that organisation only."""

    __tablename__ = "subgroup"
    id: Mapped[GroupId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str]
    age_group: Mapped[str] = mapped_column(default="")
    contact_id: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    ended_on: Mapped[date | None]
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    contact: Mapped[Person | None] = relationship(lazy="raise_on_sql")
    __table_args__ = (UniqueConstraint("organisation_id", "name", name="subgroup_name"),)


class RoleGrant(Base):
    """A dated role of one person: in an organisation or one group of it, at a premises, or everywhere.

    The last day is inclusive. `begins_at` and `ended_at` narrow the days to instants: who is taken out in mid-evening
    is out at that instant."""

    __tablename__ = "role_grant"
    id: Mapped[RoleGrantId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str]
    organisation_id: Mapped[OrganisationId | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    premises_id: Mapped[PremisesId | None] = mapped_column(ForeignKey("premises.id"), index=True)
    group_id: Mapped[GroupId | None] = mapped_column(ForeignKey("subgroup.id"), index=True)
    first_on: Mapped[date]
    last_on: Mapped[date | None]
    begins_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str] = mapped_column(default="")
    decides_as: Mapped[str | None]  # of a decider: the rulebooks' role, such as principal
    stand_in: Mapped[bool] = mapped_column(default=False)
    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    organisation: Mapped[Organisation | None] = relationship(lazy="raise_on_sql")
    group: Mapped[Group | None] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint("last_on IS NULL OR first_on <= last_on", name="role_grant_days"),
        CheckConstraint("(role = 'decider') = (decides_as IS NOT NULL)", name="role_grant_decides_as"),
    )
