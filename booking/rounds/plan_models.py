"""Tables of what is made of applications: scenarios with their slots and reasons, what officials set, and grants."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import Base
from booking.ids import BookingId, PersonId, SpaceId, new_ref
from booking.models import Space
from booking.rounds.ids import (
    OfficialActId,
    PlacementId,
    RoundDecisionId,
    RoundId,
    ScenarioId,
    SectionId,
    ServedId,
    SlotGrantId,
)
from booking.rounds.models import Round, Section


class ScenarioState(StrEnum):
    """How far a scenario's run is. One cut short keeps the best so far and is done, with `cut_short`."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Scenario(Base):
    """One allocation of a round, by the solver and by hand. `instance` and `result`: the JSON of
    docs/allocation-format.md, compressed by zlib: what a court can run again; `changes`: what differs from the round as
    it stands ({"close": [space refs], "classes": [ids in another order], …}); `progress`: stage, class, gap_percent,
    share, left_s; `worker` and `beat_at`: who runs it, and when it last told so. `phase`: main, second (what was
    declined is granted again) or left_over (late applications)."""

    __tablename__ = "round_scenario"
    id: Mapped[ScenarioId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    round_id: Mapped[RoundId] = mapped_column(ForeignKey("season_round.id"), index=True)
    name: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    phase: Mapped[str] = mapped_column(default="main")
    state: Mapped[str] = mapped_column(default=ScenarioState.QUEUED.value)
    based_on_id: Mapped[ScenarioId | None] = mapped_column(ForeignKey("round_scenario.id"))
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    seed: Mapped[str] = mapped_column(default="")
    seconds: Mapped[int] = mapped_column(default=60)
    instance: Mapped[bytes | None]
    instance_hash: Mapped[str] = mapped_column(default="")
    result: Mapped[bytes | None]
    plan_hash: Mapped[str] = mapped_column(default="")
    engine: Mapped[str] = mapped_column(default="")
    rulebook: Mapped[str] = mapped_column(default="")
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    cut_short: Mapped[bool] = mapped_column(default=False)
    worker: Mapped[str] = mapped_column(default="")
    beat_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(default="")
    chosen: Mapped[bool] = mapped_column(default=False)
    made_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    round: Mapped[Round] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint("state IN ('queued','running','done','failed')", name="round_scenario_state"),
        CheckConstraint("phase IN ('main','second','left_over')", name="round_scenario_phase"),
        CheckConstraint("seconds BETWEEN 1 AND 3600", name="round_scenario_seconds"),
    )


class Placement(Base):
    """One weekly slot of a scenario. `origin`: solver, history, pin or hand; `locked`: never moved when the round is
    solved again; `reason`: why an official put it there."""

    __tablename__ = "scenario_placement"
    id: Mapped[PlacementId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    scenario_id: Mapped[ScenarioId] = mapped_column(ForeignKey("round_scenario.id"), index=True)
    section_id: Mapped[SectionId] = mapped_column(ForeignKey("application_section.id"), index=True)
    space_id: Mapped[SpaceId] = mapped_column(ForeignKey("space.id"))
    weekday: Mapped[int]
    start_min: Mapped[int]
    end_min: Mapped[int]
    origin: Mapped[str] = mapped_column(default="solver")
    locked: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(default="")
    dates: Mapped[int] = mapped_column(default=0)
    of_dates: Mapped[int] = mapped_column(default=0)
    section: Mapped[Section] = relationship(lazy="raise_on_sql")
    space: Mapped[Space] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="scenario_placement_weekday"),
        CheckConstraint(
            "0 <= start_min AND start_min < end_min AND end_min <= 1440", name="scenario_placement_minutes"
        ),
        CheckConstraint("origin IN ('solver','history','pin','hand')", name="scenario_placement_origin"),
        Index("scenario_placement_space_idx", "scenario_id", "space_id", "weekday"),
    )


class Served(Base):
    """What a section got in a scenario, and why not more: `reasons` and `offers` as in docs/allocation-format.md."""

    __tablename__ = "scenario_served"
    id: Mapped[ServedId] = mapped_column(primary_key=True)
    scenario_id: Mapped[ScenarioId] = mapped_column(ForeignKey("round_scenario.id"), index=True)
    section_id: Mapped[SectionId] = mapped_column(ForeignKey("application_section.id"), index=True)
    asked: Mapped[int]
    granted: Mapped[int]
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    offers: Mapped[list[Any]] = mapped_column(default=list)
    section: Mapped[Section] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        UniqueConstraint("scenario_id", "section_id", name="scenario_served_one"),
        Index("scenario_served_unmet_idx", "scenario_id", "granted", "asked"),
    )


class OfficialAct(Base):
    """What an official set in a scenario, each with a reason: pin, unpin, lock, unlock, move, remove, exclude, include.
    Rows are only added."""

    __tablename__ = "round_official_act"
    id: Mapped[OfficialActId] = mapped_column(primary_key=True)
    scenario_id: Mapped[ScenarioId] = mapped_column(ForeignKey("round_scenario.id"), index=True)
    section_id: Mapped[SectionId | None] = mapped_column(ForeignKey("application_section.id"))
    kind: Mapped[str]
    what: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str]
    by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    __table_args__ = (CheckConstraint("length(reason) > 0", name="round_official_act_reason"),)


class GrantState(StrEnum):
    """Where one granted slot is, from the proposal to the calendar."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ASKED = "asked"  # the applicant asked something of it; the officials answer
    LAPSED = "lapsed"  # not confirmed in time
    DECIDED = "decided"
    BOOKED = "booked"  # a series stands in the calendar
    UNDONE = "undone"
    HANDED_BACK = "handed_back"


class SlotGrant(Base):
    """One weekly slot granted to a section in a round: proposed, answered, decided, booked as a series.

    `left_out`: dates that could not be booked, with their reasons, as the calendar was when they were put there;
    `decision_id`: the decision it was granted by; `problem`: the code of why it could not be put into the calendar at
    all, with its facts; `shut_at`: since when its coming times open no door any more, as it is being undone."""

    __tablename__ = "slot_grant"
    id: Mapped[SlotGrantId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    round_id: Mapped[RoundId] = mapped_column(ForeignKey("season_round.id"), index=True)
    scenario_id: Mapped[ScenarioId] = mapped_column(ForeignKey("round_scenario.id"))
    section_id: Mapped[SectionId] = mapped_column(ForeignKey("application_section.id"), index=True)
    space_id: Mapped[SpaceId] = mapped_column(ForeignKey("space.id"), index=True)
    weekday: Mapped[int]
    start_min: Mapped[int]
    end_min: Mapped[int]
    state: Mapped[str] = mapped_column(default=GrantState.PROPOSED.value)
    answer: Mapped[str] = mapped_column(default="")
    reply: Mapped[str] = mapped_column(default="")
    proposed_at: Mapped[datetime]
    answered_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    booking_id: Mapped[BookingId | None] = mapped_column(ForeignKey("booking.id"), unique=True)
    left_out: Mapped[list[Any]] = mapped_column(default=list)
    answer_by_at: Mapped[datetime | None]
    decision_id: Mapped[RoundDecisionId | None] = mapped_column(ForeignKey("round_decision.id"), index=True)
    problem: Mapped[str] = mapped_column(default="")
    problem_facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    shut_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    section: Mapped[Section] = relationship(lazy="raise_on_sql")
    space: Mapped[Space] = relationship(lazy="raise_on_sql")
    round: Mapped[Round] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        UniqueConstraint("scenario_id", "section_id", "space_id", "weekday", "start_min", name="slot_grant_one"),
        CheckConstraint("0 <= start_min AND start_min < end_min AND end_min <= 1440", name="slot_grant_minutes"),
        CheckConstraint(
            "state IN ('proposed','accepted','declined','asked','lapsed','decided','booked','undone','handed_back')",
            name="slot_grant_state",
        ),
    )
