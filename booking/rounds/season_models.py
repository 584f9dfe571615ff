"""Tables of grants in their season: sessions of groups inside them, the waiting list with its offers, swaps of whole
weekly slots, and further years."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import Base, RowId
from booking.ids import BookingId, GroupId, OccurrenceId, OrganisationId, PersonId, SpaceId, new_ref
from booking.models import OCCUPYING, Group, Occurrence, Organisation, Person, Space
from booking.rounds import season_ids
from booking.rounds.ids import RoundId, SectionId, SlotGrantId
from booking.rounds.models import Round
from booking.rounds.plan_models import SlotGrant
from booking.rounds.season_ids import (
    FreedSlotId,
    GrantExceptionId,
    GrantSwapId,
    GrantYearId,
    GroupSessionId,
    SlotOfferId,
    WaitingEntryId,
)

Base.registry.update_type_annotation_map(dict.fromkeys(season_ids.ALL, RowId))


class GroupSession(Base):
    """A part of one granted time (or the whole of it) for one group of the same organisation. It occupies nothing: the
    time it lies in does. `starts_min` and `ends_min` are elapsed minutes from the start of that time, so that a session
    goes where its time is moved; `space_id`: the part of the space it uses. `series`: shared by those set together."""

    __tablename__ = "group_session"
    id: Mapped[GroupSessionId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    grant_id: Mapped[SlotGrantId] = mapped_column(ForeignKey("slot_grant.id"), index=True)
    occurrence_id: Mapped[OccurrenceId] = mapped_column(ForeignKey("occurrence.id"), index=True)
    group_id: Mapped[GroupId] = mapped_column(ForeignKey("subgroup.id"), index=True)
    coach_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    space_id: Mapped[SpaceId | None] = mapped_column(ForeignKey("space.id"))
    starts_min: Mapped[int]
    ends_min: Mapped[int]
    series: Mapped[str]
    made_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancelled_why: Mapped[str] = mapped_column(default="")
    occurrence: Mapped[Occurrence] = relationship(lazy="raise_on_sql")
    group: Mapped[Group] = relationship(lazy="raise_on_sql")
    coach: Mapped[Person] = relationship(lazy="raise_on_sql", foreign_keys=[coach_id])
    space: Mapped[Space | None] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint("0 <= starts_min AND starts_min < ends_min", name="group_session_minutes"),
        CheckConstraint("cancelled_at IS NOT NULL OR cancelled_why = ''", name="group_session_cancelled"),
    )

    @property
    def starts_at(self) -> datetime:
        return self.occurrence.starts_at + timedelta(minutes=self.starts_min)

    @property
    def ends_at(self) -> datetime:
        return self.occurrence.starts_at + timedelta(minutes=self.ends_min)

    @property
    def stands(self) -> bool:
        """Whether it takes place: not cancelled, and its time is booked and still as long."""
        booked = self.occurrence.state in OCCUPYING and self.ends_at <= self.occurrence.ends_at
        return self.cancelled_at is None and booked


class WaitingState(StrEnum):
    """Where an entry of a waiting list is. One that was served can be put there anew."""

    WAITING = "waiting"
    SERVED = "served"
    WITHDRAWN = "withdrawn"


class WaitingEntry(Base):
    """One group's place in the waiting list of a round: when it could come (`windows`: weekday, start_min, end_min) and
    where (`places`: space, kind, premises or district each; none: everywhere in the round). What it needs is that of
    `section` where there is one, else told here. `class_rank` and `place_in_order`: by the rulebook, None after all
    others; then the time of asking."""

    __tablename__ = "waiting_entry"
    id: Mapped[WaitingEntryId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    round_id: Mapped[RoundId] = mapped_column(ForeignKey("season_round.id"), index=True)
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), index=True)
    section_id: Mapped[SectionId | None] = mapped_column(ForeignKey("application_section.id"), index=True)
    group_id: Mapped[GroupId | None] = mapped_column(ForeignKey("subgroup.id"))
    contact_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    title: Mapped[str]
    purpose: Mapped[str]
    people: Mapped[int]
    audience: Mapped[dict[str, Any]] = mapped_column(default=dict)
    equipment: Mapped[list[Any]] = mapped_column(default=list)
    step_free: Mapped[bool] = mapped_column(default=False)
    min_minutes: Mapped[int]
    windows: Mapped[list[Any]] = mapped_column(default=list)
    places: Mapped[list[Any]] = mapped_column(default=list)
    wanted: Mapped[int] = mapped_column(default=1)
    class_rank: Mapped[int | None]
    priority_class: Mapped[str] = mapped_column(default="")
    place_in_order: Mapped[int | None]
    state: Mapped[str] = mapped_column(default=WaitingState.WAITING.value)
    asked_at: Mapped[datetime]
    made_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    contact: Mapped[Person] = relationship(lazy="raise_on_sql", foreign_keys=[contact_id])
    round: Mapped[Round] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint("people > 0 AND min_minutes > 0 AND wanted > 0", name="waiting_entry_positive"),
        CheckConstraint("state IN ('waiting','served','withdrawn')", name="waiting_entry_state"),
        CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="waiting_entry_ended"),
        Index(
            "waiting_entry_section_once",
            "section_id",
            unique=True,
            sqlite_where=text("state = 'waiting' AND section_id IS NOT NULL"),
            postgresql_where=text("state = 'waiting' AND section_id IS NOT NULL"),
        ),
    )


class FreedState(StrEnum):
    """Where a freed slot is: to be offered to the next, offered just now, taken, or left over for everybody."""

    OPEN = "open"
    OFFERED = "offered"
    TAKEN = "taken"
    LEFT_OVER = "left_over"


class FreedSlot(Base):
    """Dates of one weekly slot that became free. `key` makes it once; `why`: hand_back, cancelled, declined or
    opened (a closed time that is open again); `days`: local days as ISO text. While it is offered they are held."""

    __tablename__ = "freed_slot"
    id: Mapped[FreedSlotId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    key: Mapped[str] = mapped_column(unique=True)
    round_id: Mapped[RoundId] = mapped_column(ForeignKey("season_round.id"), index=True)
    grant_id: Mapped[SlotGrantId | None] = mapped_column(ForeignKey("slot_grant.id"), index=True)
    space_id: Mapped[SpaceId] = mapped_column(ForeignKey("space.id"))
    weekday: Mapped[int]
    start_min: Mapped[int]
    end_min: Mapped[int]
    days: Mapped[list[Any]] = mapped_column(default=list)
    why: Mapped[str]
    state: Mapped[str] = mapped_column(default=FreedState.OPEN.value)
    freed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    round: Mapped[Round] = relationship(lazy="raise_on_sql")
    space: Mapped[Space] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="freed_slot_weekday"),
        CheckConstraint("0 <= start_min AND start_min < end_min AND end_min <= 1440", name="freed_slot_minutes"),
        CheckConstraint("state IN ('open','offered','taken','left_over')", name="freed_slot_state"),
        CheckConstraint("why IN ('hand_back','cancelled','declined','opened')", name="freed_slot_why"),
        Index("freed_slot_state_idx", "state"),
    )


class OfferState(StrEnum):
    """What became of an offer. `gone`: the times could not be booked any more when it was accepted."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    GONE = "gone"


class SlotOffer(Base):
    """A freed slot, or the part of it that suits, held for one entry of the waiting list until an instant; `rank`: its
    place in the list then; `told_at`: when the letter was written. `booking_ref`: the booking that holds its
    dates; it is gone with the hold, so this is its ref and no key."""

    __tablename__ = "slot_offer"
    id: Mapped[SlotOfferId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    slot_id: Mapped[FreedSlotId] = mapped_column(ForeignKey("freed_slot.id"), index=True)
    entry_id: Mapped[WaitingEntryId] = mapped_column(ForeignKey("waiting_entry.id"), index=True)
    rank: Mapped[int]
    booking_ref: Mapped[str]
    start_min: Mapped[int]
    end_min: Mapped[int]
    days: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(default=OfferState.OPEN.value)
    offered_at: Mapped[datetime]
    until_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    slot: Mapped[FreedSlot] = relationship(lazy="raise_on_sql")
    entry: Mapped[WaitingEntry] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint("state IN ('open','accepted','declined','lapsed','gone')", name="slot_offer_state"),
        CheckConstraint("offered_at < until_at", name="slot_offer_times"),
        UniqueConstraint("slot_id", "entry_id", name="slot_offer_once"),
        Index(
            "slot_offer_one_open",
            "slot_id",
            unique=True,
            sqlite_where=text("state IN ('open','accepted')"),
            postgresql_where=text("state IN ('open','accepted')"),
        ),
    )


class GrantSwapState(StrEnum):
    """A swap of whole slots holds only when both have said yes."""

    ASKED = "asked"
    DONE = "done"
    DECLINED = "declined"


class GrantSwap(Base):
    """Two organisations change their weekly slots with each other from a day on."""

    __tablename__ = "grant_swap"
    id: Mapped[GrantSwapId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    one_id: Mapped[SlotGrantId] = mapped_column(ForeignKey("slot_grant.id"), index=True)
    other_id: Mapped[SlotGrantId] = mapped_column(ForeignKey("slot_grant.id"), index=True)
    from_on: Mapped[date]
    state: Mapped[str] = mapped_column(default=GrantSwapState.ASKED.value)
    asked_at: Mapped[datetime]
    asked_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    one: Mapped[SlotGrant] = relationship(lazy="raise_on_sql", foreign_keys=[one_id])
    other: Mapped[SlotGrant] = relationship(lazy="raise_on_sql", foreign_keys=[other_id])
    __table_args__ = (
        CheckConstraint("one_id <> other_id", name="grant_swap_two"),
        CheckConstraint("state IN ('asked','done','declined')", name="grant_swap_state"),
        CheckConstraint("(state = 'asked') = (ended_at IS NULL)", name="grant_swap_ended"),
    )


class GrantException(Base):
    """Days on which a grant is otherwise than it was granted, both inclusive: without it, at other hours, or ended from
    the first day on."""

    __tablename__ = "grant_exception"
    id: Mapped[GrantExceptionId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    grant_id: Mapped[SlotGrantId] = mapped_column(ForeignKey("slot_grant.id"), index=True)
    kind: Mapped[str]
    first_on: Mapped[date]
    last_on: Mapped[date | None]
    start_min: Mapped[int | None]
    end_min: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="")
    made_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("kind IN ('without','hours','ended')", name="grant_exception_kind"),
        CheckConstraint("(kind = 'ended') = (last_on IS NULL)", name="grant_exception_last"),
        CheckConstraint("last_on IS NULL OR first_on <= last_on", name="grant_exception_days"),
        CheckConstraint("(kind = 'hours') = (start_min IS NOT NULL)", name="grant_exception_hours"),
        CheckConstraint(
            "start_min IS NULL OR (0 <= start_min AND start_min < end_min AND end_min <= 1440)",
            name="grant_exception_minutes",
        ),
    )


class GrantYear(Base):
    """A further season of a grant for several years, made once. `left_out`: the days not booked, with reasons."""

    __tablename__ = "grant_year"
    id: Mapped[GrantYearId] = mapped_column(primary_key=True)
    grant_id: Mapped[SlotGrantId] = mapped_column(ForeignKey("slot_grant.id"), index=True)
    year: Mapped[int]
    first_on: Mapped[date]
    last_on: Mapped[date]
    booking_id: Mapped[BookingId] = mapped_column(ForeignKey("booking.id"), unique=True)
    left_out: Mapped[list[Any]] = mapped_column(default=list)
    made_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("first_on <= last_on", name="grant_year_days"),
        CheckConstraint("year >= 2", name="grant_year_later"),
        UniqueConstraint("grant_id", "year", name="grant_year_once"),
    )
