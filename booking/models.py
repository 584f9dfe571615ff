"""Tables of booking; those of people and organisations are in people_models.py. What the database can hold, it holds,
by name; triggers and exclusions are in booking/ddl.py."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column, query_expression, relationship

from booking.db import Base
from booking.ids import (
    BookingId,
    ClosedDaysId,
    FeedId,
    GroupId,
    LetterId,
    OccupancyId,
    OccurrenceId,
    OpeningHoursId,
    OrganisationId,
    PersonId,
    PremisesId,
    SignInId,
    SpaceId,
    TermId,
    new_ref,
)
from booking.people_models import Group as Group
from booking.people_models import Organisation as Organisation
from booking.people_models import OrganisationKind as OrganisationKind
from booking.people_models import Person as Person
from booking.people_models import RoleGrant as RoleGrant


class Named:
    """A name in the three languages; Swedish and English fall back to Finnish when empty."""

    name_fi: Mapped[str]
    name_sv: Mapped[str] = mapped_column(default="")
    name_en: Mapped[str] = mapped_column(default="")

    def name(self, language: str) -> str:
        return {"sv": self.name_sv, "en": self.name_en}.get(language) or self.name_fi


class Premises(Named, Base):
    """A site: school, service centre, association house. Owner, operator and manager are separate and changeable."""

    __tablename__ = "premises"
    id: Mapped[PremisesId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    kind: Mapped[str]
    owner_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    operator_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    manager_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"))
    contact_name: Mapped[str]
    contact_phone: Mapped[str] = mapped_column(default="")
    contact_email: Mapped[str] = mapped_column(default="")
    address: Mapped[str]
    district: Mapped[str] = mapped_column(default="")
    municipality: Mapped[str]
    zone: Mapped[str] = mapped_column(default="Europe/Helsinki")
    rulebook: Mapped[str]
    closed_on_holidays: Mapped[bool] = mapped_column(default=True)
    step_free: Mapped[bool] = mapped_column(default=False)
    accessible_toilet: Mapped[bool] = mapped_column(default=False)
    induction_loop: Mapped[bool] = mapped_column(default=False)
    accessibility_note: Mapped[str] = mapped_column(default="")
    duress_codes: Mapped[bool] = mapped_column(default=False, server_default=false())  # each door code has a twin
    owner: Mapped[Organisation] = relationship(lazy="raise_on_sql", foreign_keys=[owner_id])
    operator: Mapped[Organisation] = relationship(lazy="raise_on_sql", foreign_keys=[operator_id])
    manager: Mapped[Organisation] = relationship(lazy="raise_on_sql", foreign_keys=[manager_id])


class Space(Named, Base):
    """What can be booked; a tree. A leaf is an atom, and booking a space occupies every atom below it."""

    __tablename__ = "space"
    id: Mapped[SpaceId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    premises_id: Mapped[PremisesId] = mapped_column(ForeignKey("premises.id"), index=True)
    parent_id: Mapped[SpaceId | None] = mapped_column(ForeignKey("space.id"), index=True)
    kind: Mapped[str]
    premises_kind: Mapped[str | None]  # where rules see another kind of house: a kindergarten's hall in a resident park
    area_m2: Mapped[int | None]
    capacity: Mapped[int]
    equipment: Mapped[list[Any]] = mapped_column(default=list)
    supervised: Mapped[bool] = mapped_column(default=False)
    step_free: Mapped[bool] = mapped_column(default=False)
    setup_min: Mapped[int] = mapped_column(default=0)
    turnaround_min: Mapped[int] = mapped_column(default=0)
    grid_min: Mapped[int] = mapped_column(default=30)
    shortest_min: Mapped[int] = mapped_column(default=30)
    longest_min: Mapped[int] = mapped_column(default=720)
    door_lead_min: Mapped[int] = mapped_column(default=15)
    # Over the rulebook's minutes, where not None; `enter_early`: also while the group before is still inside.
    lead_in_min: Mapped[int | None]
    lead_out_min: Mapped[int | None]
    enter_early: Mapped[bool] = mapped_column(default=True, server_default=true())
    position: Mapped[int] = mapped_column(default=0)
    bookable: Mapped[bool] = mapped_column(default=True)
    premises: Mapped[Premises] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint("parent_id <> id", name="space_not_own_parent"),
        CheckConstraint(
            "capacity >= 0 AND setup_min >= 0 AND turnaround_min >= 0",
            name="space_not_negative",
        ),
        CheckConstraint("door_lead_min BETWEEN 0 AND 240", name="space_door_lead"),
        CheckConstraint("grid_min BETWEEN 1 AND 1440", name="space_grid"),
        CheckConstraint("0 < shortest_min AND shortest_min <= longest_min", name="space_lengths"),
    )


class OpeningHours(Base):
    """One weekly opening of a premises or of one space, in local minutes of day; past 1440 runs into the next day."""

    __tablename__ = "opening_hours"
    id: Mapped[OpeningHoursId] = mapped_column(primary_key=True)
    premises_id: Mapped[PremisesId] = mapped_column(ForeignKey("premises.id"), index=True)
    space_id: Mapped[SpaceId | None] = mapped_column(ForeignKey("space.id"))
    weekday: Mapped[int]  # Monday 0
    opens_min: Mapped[int]
    closes_min: Mapped[int]
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="opening_hours_weekday"),
        CheckConstraint(
            "0 <= opens_min AND opens_min < 1440 AND opens_min < closes_min AND closes_min <= opens_min + 1440",
            name="opening_hours_minutes",
        ),
    )


class Supervision(StrEnum):
    """Which spaces a term or closed day speaks of."""

    ALL = "all"
    SUPERVISED = "supervised"
    SELF_SUPERVISED = "self_supervised"


class Term(Named, Base):
    """A period in which a premises with terms can be booked, both days inclusive. No terms: open all year."""

    __tablename__ = "term"
    id: Mapped[TermId] = mapped_column(primary_key=True)
    premises_id: Mapped[PremisesId] = mapped_column(ForeignKey("premises.id"), index=True)
    supervision: Mapped[str] = mapped_column(default=Supervision.ALL.value)
    first_on: Mapped[date]
    last_on: Mapped[date]
    source: Mapped[str] = mapped_column(default="")
    __table_args__ = (CheckConstraint("first_on <= last_on", name="term_days"),)


class ClosedDays(Named, Base):
    """Days on which a premises, or one of its spaces, is closed; both days wholly. The name says why."""

    __tablename__ = "closed_days"
    id: Mapped[ClosedDaysId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    premises_id: Mapped[PremisesId] = mapped_column(ForeignKey("premises.id"), index=True)
    space_id: Mapped[SpaceId | None] = mapped_column(ForeignKey("space.id"))
    supervision: Mapped[str] = mapped_column(default=Supervision.ALL.value)
    first_on: Mapped[date]
    last_on: Mapped[date]
    source: Mapped[str] = mapped_column(default="")
    __table_args__ = (CheckConstraint("first_on <= last_on", name="closed_days_days"),)


class OccurrenceState(StrEnum):
    """What became of one dated time. HELD, PENDING and CONFIRMED occupy the space."""

    HELD = "held"
    PENDING = "pending"  # waits for the decision of a person
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    DISPLACED = "displaced"


OCCUPYING = (OccurrenceState.HELD.value, OccurrenceState.PENDING.value, OccurrenceState.CONFIRMED.value)


class Booking(Base):
    """One act of booking, single or series, of one space for one organisation."""

    __tablename__ = "booking"
    id: Mapped[BookingId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), index=True)
    holder_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    made_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    kind: Mapped[str]  # the rulebook's booking type: single, regular
    title: Mapped[str]
    purpose: Mapped[str]
    people: Mapped[int]
    audience: Mapped[dict[str, Any]] = mapped_column(default=dict)
    pattern: Mapped[dict[str, Any] | None]
    sequence: Mapped[int] = mapped_column(default=0)
    group_id: Mapped[GroupId | None] = mapped_column(ForeignKey("subgroup.id"), index=True)
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    holder: Mapped[Person] = relationship(lazy="raise_on_sql", foreign_keys=[holder_id])
    group: Mapped[Group | None] = relationship(lazy="raise_on_sql")
    occurrences: Mapped[list[Occurrence]] = relationship(
        lazy="raise_on_sql", back_populates="booking", order_by="Occurrence.starts_at"
    )
    __table_args__ = (CheckConstraint("people > 0", name="booking_people"),)


class Occurrence(Base):
    """One dated time of a booking; price, rights and evidence hang here.

    `key` is stable within its booking; set-up and turnaround are frozen here; price and its trace are snapshotted at
    confirmation (unknown is NULL, never 0) and normal_cents = price_cents + subsidy_cents whenever known. Net and VAT
    are those of the price without add-ons, NULL where VAT was not told.
    """

    __tablename__ = "occurrence"
    id: Mapped[OccurrenceId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    booking_id: Mapped[BookingId] = mapped_column(ForeignKey("booking.id"), index=True)
    space_id: Mapped[SpaceId] = mapped_column(ForeignKey("space.id"), index=True)
    key: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    setup_min: Mapped[int] = mapped_column(default=0)
    turnaround_min: Mapped[int] = mapped_column(default=0)
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    hold_until: Mapped[datetime | None]
    price_cents: Mapped[int | None]
    normal_cents: Mapped[int | None]
    subsidy_cents: Mapped[int | None]
    net_cents: Mapped[int | None]
    vat_cents: Mapped[int | None]
    vat_percent: Mapped[Decimal | None]
    lines: Mapped[list[Any]] = mapped_column(default=list)  # add-ons: lines of their own beside the price
    priority_class: Mapped[str | None]
    price_class: Mapped[str | None]
    trace: Mapped[dict[str, Any]] = mapped_column(default=dict)
    name_hidden: Mapped[bool | None] = (
        query_expression()
    )  # by the rules, in the public calendar; where a timetable asks
    cancelled_at: Mapped[datetime | None]
    sequence: Mapped[int] = mapped_column(default=0)
    booking: Mapped[Booking] = relationship(lazy="raise_on_sql", back_populates="occurrences")
    space: Mapped[Space] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        UniqueConstraint("booking_id", "key", name="occurrence_key"),
        CheckConstraint("starts_at < ends_at", name="occurrence_not_empty"),
        CheckConstraint("(state = 'held') = (hold_until IS NOT NULL)", name="occurrence_hold"),
        CheckConstraint(
            "price_cents IS NULL OR normal_cents IS NULL OR normal_cents = price_cents + subsidy_cents",
            name="occurrence_money",
        ),
        CheckConstraint(
            "state IN ('held','pending','confirmed','cancelled','refused','displaced')",
            name="occurrence_state",
        ),
        Index("occurrence_time_idx", "starts_at", "ends_at"),
    )


class Occupancy(Base):
    """One atom held by one occurrence from the start of set-up to the end of turnaround.

    The database refuses overlaps (PostgreSQL: exclusion constraint, SQLite: triggers), and rows on a space that is no
    atom: even raw SQL cannot put two groups in one room. Released times are deleted here; the occurrence stays.
    """

    __tablename__ = "occupancy"
    id: Mapped[OccupancyId] = mapped_column(primary_key=True)
    atom_id: Mapped[SpaceId] = mapped_column(ForeignKey("space.id"))
    occurrence_id: Mapped[OccurrenceId] = mapped_column(ForeignKey("occurrence.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="occupancy_not_empty"),
        Index("occupancy_atom_idx", "atom_id", "starts_at", "ends_at"),
    )


class Letter(Base):
    """The mail outbox: a letter is a row of the act it tells of, sent after the commit and retried with back-off."""

    __tablename__ = "letter"
    id: Mapped[LetterId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    person_id: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"), index=True)
    address: Mapped[str]
    language: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    attachment: Mapped[str | None]  # an ICS file as text
    written_at: Mapped[datetime]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(default="")


class SignIn(Base):
    """A single-use sign-in: hashes of the link's token and of the 6-digit code, each good for 15 minutes."""

    __tablename__ = "sign_in"
    id: Mapped[SignInId] = mapped_column(primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    code_hash: Mapped[str]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    wrong_codes: Mapped[int] = mapped_column(default=0)


class Feed(Base):
    """A secret calendar address: exactly one of person, organisation and space; revocable."""

    __tablename__ = "feed"
    id: Mapped[FeedId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    token_hash: Mapped[str] = mapped_column(unique=True)
    owner_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    person_id: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[OrganisationId | None] = mapped_column(ForeignKey("organisation.id"))
    space_id: Mapped[SpaceId | None] = mapped_column(ForeignKey("space.id"))
    made_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN person_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN organisation_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN space_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="feed_one_subject",
        ),
    )
