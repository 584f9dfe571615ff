"""Tables of season rounds: the round with its hours, and what organisations apply for in it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import Base, RowId
from booking.ids import GroupId, OrganisationId, PersonId, PremisesId, SpaceId, new_ref
from booking.models import Group, Named, Organisation, Person, Premises, Space
from booking.rounds import ids
from booking.rounds.ids import (
    ApplicationId,
    RoundHoursId,
    RoundId,
    SectionId,
    SectionOptionId,
    SectionWindowId,
)

Base.registry.update_type_annotation_map(dict.fromkeys(ids.ALL, RowId))


class RoundState(StrEnum):
    """Where a round is. Whether it can be applied to is told by its instants, not by this."""

    DRAFT = "draft"  # being set up; nobody else sees it
    PUBLISHED = "published"  # seen by all; applied to between its instants
    ALLOCATING = "allocating"  # the window is over; scenarios are made
    PROPOSED = "proposed"  # one scenario was chosen and its slots proposed to the applicants
    DECIDED = "decided"  # decided by a second person; letters are out
    CLOSED = "closed"  # over, with or without anything granted


class Round(Named, Base):
    """One application round for a season. `periods`: named parts of the season as {key, name, first_on, last_on};
    `policy`: tiers, measures and worths as in docs/allocation-format.md, `quotas` likewise, both with their sources;
    `criteria`: what is published, by language; `family` and `rulebook`: the rulebook, its version fixed on publishing;
    `public_draw`: the number drawn in public after the deadline. Late applications come in until `late_until_at` and
    only share what is left over."""

    __tablename__ = "season_round"
    id: Mapped[RoundId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    state: Mapped[str] = mapped_column(default=RoundState.DRAFT.value)
    family: Mapped[str]
    rulebook: Mapped[str] = mapped_column(default="")
    zone: Mapped[str] = mapped_column(default="Europe/Helsinki")
    first_on: Mapped[date]
    last_on: Mapped[date]
    periods: Mapped[list[Any]] = mapped_column(default=list)
    grid_min: Mapped[int] = mapped_column(default=30)
    apply_from_at: Mapped[datetime]
    apply_to_at: Mapped[datetime]
    late_until_at: Mapped[datetime | None]
    decide_by_on: Mapped[date | None]
    answer_by_at: Mapped[datetime | None]  # by when proposals are answered
    grant_years: Mapped[int] = mapped_column(default=1)
    policy: Mapped[dict[str, Any]] = mapped_column(default=dict)
    quotas: Mapped[list[Any]] = mapped_column(default=list)
    criteria: Mapped[dict[str, Any]] = mapped_column(default=dict)
    public_draw: Mapped[str] = mapped_column(default="")
    previous_id: Mapped[RoundId | None] = mapped_column(ForeignKey("season_round.id"))
    made_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(default=1)
    hours: Mapped[list[RoundHours]] = relationship(lazy="raise_on_sql", back_populates="round")
    __table_args__ = (
        CheckConstraint("first_on <= last_on", name="season_round_days"),
        CheckConstraint("apply_from_at < apply_to_at", name="season_round_window"),
        CheckConstraint("late_until_at IS NULL OR apply_to_at <= late_until_at", name="season_round_late"),
        CheckConstraint("grid_min IN (5, 10, 15, 30, 60)", name="season_round_grid"),
        CheckConstraint("grant_years BETWEEN 1 AND 5", name="season_round_years"),
        CheckConstraint(
            "state IN ('draft','published','allocating','proposed','decided','closed')", name="season_round_state"
        ),
    )


class RoundHours(Base):
    """Weekly hours of one space that can be applied for in a round; days narrow them to a part of the season."""

    __tablename__ = "round_hours"
    id: Mapped[RoundHoursId] = mapped_column(primary_key=True)
    round_id: Mapped[RoundId] = mapped_column(ForeignKey("season_round.id"), index=True)
    space_id: Mapped[SpaceId] = mapped_column(ForeignKey("space.id"), index=True)
    weekday: Mapped[int]
    opens_min: Mapped[int]
    closes_min: Mapped[int]
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]
    round: Mapped[Round] = relationship(lazy="raise_on_sql", back_populates="hours")
    space: Mapped[Space] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="round_hours_weekday"),
        CheckConstraint("0 <= opens_min AND opens_min < closes_min AND closes_min <= 1440", name="round_hours_minutes"),
        CheckConstraint("first_on IS NULL OR last_on IS NULL OR first_on <= last_on", name="round_hours_days"),
    )


class ApplicationState(StrEnum):
    """What became of an application. A sent one can be changed until the window closes."""

    DRAFT = "draft"
    SENT = "sent"
    WITHDRAWN = "withdrawn"


class Application(Base):
    """What one organisation asks in one round: one application, several sections. `late`: sent after the deadline, or
    asking for more afterwards: it shares what is left over. `waits`: what it does not get goes to the waiting list by
    itself. `revision` counts saves, here and in each section, so that two officials who share a draft never write over
    each other; `on_behalf`: filed by staff for somebody who phoned."""

    __tablename__ = "application"
    id: Mapped[ApplicationId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    round_id: Mapped[RoundId] = mapped_column(ForeignKey("season_round.id"), index=True)
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), index=True)
    state: Mapped[str] = mapped_column(default=ApplicationState.DRAFT.value)
    late: Mapped[bool] = mapped_column(default=False)
    waits: Mapped[bool] = mapped_column(default=False)
    contact_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="")
    copied_from_id: Mapped[ApplicationId | None] = mapped_column(ForeignKey("application.id"))
    made_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1)
    on_behalf: Mapped[bool] = mapped_column(default=False, server_default=false())
    round: Mapped[Round] = relationship(lazy="raise_on_sql")
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    contact: Mapped[Person] = relationship(lazy="raise_on_sql", foreign_keys=[contact_id])
    sections: Mapped[list[Section]] = relationship(
        lazy="raise_on_sql", back_populates="application", order_by="Section.position"
    )
    __table_args__ = (
        CheckConstraint("state IN ('draft','sent','withdrawn')", name="application_state"),
        CheckConstraint("state = 'draft' OR sent_at IS NOT NULL", name="application_sent"),
        UniqueConstraint("round_id", "organisation_id", "late", name="application_one"),
    )


class Section(Base):
    """One group's part of an application: `events` weekly times. `audience`: as a booking's; `periods`: keys of the
    round's periods, none for the whole season; `weeks`: every, A or B; `shared`: names of coaches who can be in one
    place only. `priority_class`, `class_row`, `place_in_order`, `judged`: what the rulebook says of it, set when the
    round is allocated (NULL before). `excluded_why`: left out of the allocation by an official, and why."""

    __tablename__ = "application_section"
    id: Mapped[SectionId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    application_id: Mapped[ApplicationId] = mapped_column(ForeignKey("application.id"), index=True)
    position: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    group_id: Mapped[GroupId | None] = mapped_column(ForeignKey("subgroup.id"))
    purpose: Mapped[str]
    people: Mapped[int]
    audience: Mapped[dict[str, Any]] = mapped_column(default=dict)
    events: Mapped[int]
    min_minutes: Mapped[int]
    max_minutes: Mapped[int]
    periods: Mapped[list[Any]] = mapped_column(default=list)
    weeks: Mapped[str] = mapped_column(default="every")
    equipment: Mapped[list[Any]] = mapped_column(default=list)
    step_free: Mapped[bool] = mapped_column(default=False)
    same_space: Mapped[bool] = mapped_column(default=False)
    shared: Mapped[list[Any]] = mapped_column(default=list)
    priority_class: Mapped[str | None]
    class_row: Mapped[str | None]
    place_in_order: Mapped[int | None]
    judged: Mapped[dict[str, Any]] = mapped_column(default=dict)
    excluded_why: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    changed_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime | None]
    group: Mapped[Group | None] = relationship(lazy="raise_on_sql")
    application: Mapped[Application] = relationship(lazy="raise_on_sql", back_populates="sections")
    windows: Mapped[list[SectionWindow]] = relationship(
        lazy="raise_on_sql", order_by="(SectionWindow.weekday, SectionWindow.start_min)", cascade="all, delete-orphan"
    )
    options: Mapped[list[SectionOption]] = relationship(
        lazy="raise_on_sql", order_by="SectionOption.rank", cascade="all, delete-orphan"
    )
    __table_args__ = (
        CheckConstraint("people > 0", name="application_section_people"),
        CheckConstraint("events BETWEEN 1 AND 7", name="application_section_events"),
        CheckConstraint("0 < min_minutes AND min_minutes <= max_minutes", name="application_section_minutes"),
        CheckConstraint("weeks IN ('every','A','B')", name="application_section_weeks"),
    )


class SectionWindow(Base):
    """When a section could come, in local minutes of a weekday. `preference`: 1 wished, 2 also possible."""

    __tablename__ = "section_window"
    id: Mapped[SectionWindowId] = mapped_column(primary_key=True)
    section_id: Mapped[SectionId] = mapped_column(ForeignKey("application_section.id"), index=True)
    weekday: Mapped[int]
    start_min: Mapped[int]
    end_min: Mapped[int]
    preference: Mapped[int] = mapped_column(default=1)
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="section_window_weekday"),
        CheckConstraint("0 <= start_min AND start_min < end_min AND end_min <= 1440", name="section_window_minutes"),
        CheckConstraint("preference IN (1, 2)", name="section_window_preference"),
        Index("section_window_time_idx", "weekday", "start_min", "end_min"),
    )


class SectionOption(Base):
    """Where a section would go, the most wished first: one space, or every space of a kind, premises or district."""

    __tablename__ = "section_option"
    id: Mapped[SectionOptionId] = mapped_column(primary_key=True)
    section_id: Mapped[SectionId] = mapped_column(ForeignKey("application_section.id"), index=True)
    rank: Mapped[int]
    space_id: Mapped[SpaceId | None] = mapped_column(ForeignKey("space.id"))
    space_kind: Mapped[str | None]
    premises_id: Mapped[PremisesId | None] = mapped_column(ForeignKey("premises.id"))
    district: Mapped[str | None]
    space: Mapped[Space | None] = relationship(lazy="raise_on_sql")
    premises: Mapped[Premises | None] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint("rank >= 1", name="section_option_rank"),
        CheckConstraint(
            "space_id IS NOT NULL OR space_kind IS NOT NULL OR premises_id IS NOT NULL OR district IS NOT NULL",
            name="section_option_something",
        ),
        Index("section_option_space_idx", "space_id"),
        Index("section_option_premises_idx", "premises_id"),
    )
