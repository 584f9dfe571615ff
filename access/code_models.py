"""Tables of what people lend each other for one time: codes for visitors, stand-ins; and of showing a card, the screen
beside a door and opening by phone."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from access.ids import CredentialId, DoorCommandId, DoorId
from access.models import Credential, Door
from booking.db import Base, RowId
from booking.ids import OccurrenceId, PersonId, new_ref
from booking.models import Occurrence, Person


class VisitorCode(Base):
    """A PIN somebody made for a delivery or a visitor: for one time of a booking, within a window of their own, for so
    many uses at each door (None: any number). `first_use_min`: from the first use on it works so long only."""

    __tablename__ = "visitor_code"
    credential_id: Mapped[CredentialId] = mapped_column(RowId, ForeignKey("credential.id"), primary_key=True)
    occurrence_id: Mapped[OccurrenceId] = mapped_column(ForeignKey("occurrence.id"), index=True)
    label: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    uses: Mapped[int | None]
    first_use_min: Mapped[int | None]
    first_used_at: Mapped[datetime | None]
    made_at: Mapped[datetime]
    credential: Mapped[Credential] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="visitor_code_not_empty"),
        CheckConstraint("uses BETWEEN 1 AND 1000", name="visitor_code_uses"),
        CheckConstraint("first_use_min BETWEEN 1 AND 1440", name="visitor_code_first_use"),
    )


class StandIn(Base):
    """Somebody who answers for one time of a booking instead of its holder, or beside them, until withdrawn."""

    __tablename__ = "stand_in"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    occurrence_id: Mapped[OccurrenceId] = mapped_column(ForeignKey("occurrence.id"))
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    instead: Mapped[bool]  # of the holder; else beside them
    given_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    occurrence: Mapped[Occurrence] = relationship(lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql", foreign_keys=[person_id])
    __table_args__ = (
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="stand_in_withdrawn"),
        Index(
            "stand_in_once",
            "occurrence_id",
            "person_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )


class ShowingState(StrEnum):
    """What became of showing a card at a door."""

    WAITING = "waiting"
    FOUND = "found"
    ANOTHERS = "anothers"  # the card is somebody else's
    GIVEN_UP = "given_up"


class CardShowing(Base):
    """ "Show the card at this door now": the next unknown card read there until `until_at` becomes this person's."""

    __tablename__ = "card_showing"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"))
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    credential_id: Mapped[CredentialId | None] = mapped_column(ForeignKey("credential.id"))  # known already, or found
    label: Mapped[str] = mapped_column(default="")
    asked_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    until_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=ShowingState.WAITING.value)
    door: Mapped[Door] = relationship(lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql", foreign_keys=[person_id])
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'found', 'anothers', 'given_up')", name="card_showing_state"),
        Index(
            "card_showing_one_at_door",
            "door_id",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )


class DoorScreen(Base):
    """A screen beside a door that shows its code of the moment. `secret` is the secret part of its address."""

    __tablename__ = "door_screen"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"), index=True)
    secret: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    made_by: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    door: Mapped[Door] = relationship(lazy="raise_on_sql")


class PhoneOutcome(StrEnum):
    """What the service made of a press of the phone button, before the door answers."""

    ASKED = "asked"
    WRONG_CODE = "wrong_code"
    NO_RIGHT = "no_right"


class PhoneOpening(Base):
    """One press of the button "open" on a phone. `user_seq` counts the presses of this person without a gap, as the
    door counts its events; `step` is the half minute whose code was typed."""

    __tablename__ = "phone_opening"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"))
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"))
    user_seq: Mapped[int]
    at: Mapped[datetime]
    outcome: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")  # of the decision
    step: Mapped[int | None] = mapped_column(type_=RowId)
    occurrence_id: Mapped[OccurrenceId | None] = mapped_column(ForeignKey("occurrence.id"))
    command_id: Mapped[DoorCommandId | None] = mapped_column(ForeignKey("door_command.id"), unique=True)
    __table_args__ = (
        Index("phone_opening_seq", "person_id", "user_seq", unique=True),
        CheckConstraint("outcome IN ('asked', 'wrong_code', 'no_right')", name="phone_opening_outcome"),
        CheckConstraint("(outcome = 'asked') = (command_id IS NOT NULL)", name="phone_opening_command"),
    )
