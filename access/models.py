"""Tables of doors, credentials, rights and what doors told. Numbers of cards and PINs never stand here (adr/0003)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from access import ids
from access.ids import (
    AccessListId,
    CredentialId,
    CredentialKeyId,
    DoorAlarmId,
    DoorCommandId,
    DoorEventId,
    DoorId,
    DoorSpaceId,
    RightId,
)
from booking.db import Base, RowId
from booking.ids import BookingId, OccurrenceId, PersonId, PremisesId, SpaceId, new_ref
from booking.models import Named

Base.registry.update_type_annotation_map(dict.fromkeys(ids.ALL, RowId))


class DoorKind(StrEnum):
    """Where a door stands: between street and house, or inside."""

    OUTER = "outer"
    INNER = "inner"


class Driver(StrEnum):
    """Who decides at the door: a controller of our protocol by itself, the service for readers on wires; locks and
    relays of other makers are only opened from afar. What each can do: devices/drivers/registry.py."""

    VUORO_MQTT = "vuoro_mqtt"
    RDM6300_RELAY = "rdm6300_relay"
    ID12LA_RELAY = "id12la_relay"
    PN532_RELAY = "pn532_relay"
    WIEGAND_TEXT_RELAY = "wiegand_text_relay"
    OSDP = "osdp"
    SHELLY = "shelly"
    HA_LOCK = "ha_lock"
    NUKI = "nuki"
    NUKI_HUB = "nuki_hub"
    ZIGBEE2MQTT = "zigbee2mqtt"
    TASMOTA = "tasmota"
    BY_TEMPLATE = "by_template"
    ESP_RFID = "esp_rfid"
    UHPPOTE = "uhppote"


class Door(Named, Base):
    """One door with its controller. `version` is the access list it should have; it rises with every change of rights,
    in the same transaction. Whoever changes rights of a door locks this row first."""

    __tablename__ = "door"
    id: Mapped[DoorId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    premises_id: Mapped[PremisesId] = mapped_column(ForeignKey("premises.id"), index=True)
    kind: Mapped[str]
    driver: Mapped[str]
    controller_id: Mapped[str] = mapped_column(unique=True)  # the door id of door-protocol.md 2.1
    link_kid: Mapped[str] = mapped_column(default="link-1")
    link_key: Mapped[bytes]  # wrapped, as is the next
    credential_key: Mapped[bytes]
    reader_format: Mapped[str] = mapped_column(default="em4100")  # how its reader sees a card: access/card_numbers.py
    reader_path: Mapped[str] = mapped_column(default="")  # serial doors: devices of reader and relay board
    relay_path: Mapped[str] = mapped_column(default="")
    relay_channel: Mapped[int] = mapped_column(default=1)
    device_topic: Mapped[str] = mapped_column(default="", server_default="")  # other makers: devices/drivers/makers.py
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")  # what only its make needs
    unlock_s: Mapped[int]
    held_open_s: Mapped[int]
    enabled: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    epoch: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=1)
    issued_version: Mapped[int] = mapped_column(default=0)
    command_counter: Mapped[int] = mapped_column(default=0, type_=RowId)
    service_kid: Mapped[str] = mapped_column(default="svc-1", server_default="svc-1")  # what we sign with for it
    service_kid_since: Mapped[int] = mapped_column(default=0, server_default="0")  # its first list signed so
    spaces: Mapped[list[DoorSpace]] = relationship(lazy="raise", back_populates="door")
    __table_args__ = (
        CheckConstraint("kind IN ('outer', 'inner')", name="door_kind"),
        CheckConstraint("driver <> ''", name="door_driver"),  # which there are: devices/drivers/registry.py
        CheckConstraint("unlock_s BETWEEN 1 AND 600", name="door_unlock"),
        CheckConstraint("held_open_s BETWEEN 1 AND 86400", name="door_held_open"),
        CheckConstraint("epoch >= 1 AND version >= 1 AND issued_version <= version", name="door_versions"),
    )


class DoorSpace(Base):
    """A door that users of a space pass. It serves the spaces below too, and whoever books a space above."""

    __tablename__ = "door_space"
    id: Mapped[DoorSpaceId] = mapped_column(primary_key=True)
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"))
    space_id: Mapped[SpaceId] = mapped_column(ForeignKey("space.id"), index=True)
    door: Mapped[Door] = relationship(lazy="raise", back_populates="spaces")
    __table_args__ = (UniqueConstraint("door_id", "space_id", name="door_space_once"),)


class DoorState(Base):
    """What a door said of itself last, and how far its events are stored. Its own times are kept as it told them."""

    __tablename__ = "door_state"
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"), primary_key=True)
    online: Mapped[bool] = mapped_column(default=False)
    online_session: Mapped[int] = mapped_column(default=0, type_=RowId)
    online_changed_at: Mapped[datetime | None]
    last_heard_at: Mapped[datetime | None]
    reported_counter: Mapped[int] = mapped_column(default=-1, type_=RowId)
    confirmed_epoch: Mapped[int] = mapped_column(default=0)
    confirmed_version: Mapped[int] = mapped_column(default=0)
    confirmed_hash: Mapped[str] = mapped_column(default="")
    confirmed_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]  # by the door's clock
    refused: Mapped[str] = mapped_column(default="")  # code of the last list refused
    clock_state: Mapped[str] = mapped_column(default="unknown")
    clock_offset_ms: Mapped[int | None] = mapped_column(type_=RowId)  # door minus service
    queue_length: Mapped[int] = mapped_column(default=0)
    challenge: Mapped[str] = mapped_column(default="")
    contact: Mapped[str] = mapped_column(default="none")
    lock: Mapped[str] = mapped_column(default="locked")
    lockout_s: Mapped[int] = mapped_column(default=0)
    fire: Mapped[str] = mapped_column(default="none", server_default="none")  # its inputs, as it told them
    interlock: Mapped[str] = mapped_column(default="none", server_default="none")
    rex: Mapped[str] = mapped_column(default="none", server_default="none")
    armed: Mapped[bool] = mapped_column(default=False, server_default=false())  # a free time has begun by first-in
    firmware: Mapped[str] = mapped_column(default="")
    rights_limit: Mapped[int | None]
    page_limit: Mapped[int] = mapped_column(default=0, server_default="0")  # bytes of a message it takes; 0: any
    kids: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")  # keys of ours that it trusts
    boot_epoch: Mapped[int] = mapped_column(default=0)
    acked_boot_epoch: Mapped[int] = mapped_column(default=0)
    acked_seq: Mapped[int] = mapped_column(default=0, type_=RowId)


class CredentialKind(StrEnum):
    """What is shown at a door."""

    CARD = "card"
    PIN = "pin"


class Purpose(StrEnum):
    """What a credential is for. Cards are always one's own."""

    OWN = "own"
    DURESS = "duress"  # the twin of a PIN, for when one is forced to open
    VISITOR = "visitor"  # made by its person for somebody else: access/code_models.py


class Credential(Base):
    """One card of a person, or one PIN of a person for one booking. The card's number is nowhere; the PIN is sealed
    while its booking lives, because its owner must see it, and gone after."""

    __tablename__ = "credential"
    id: Mapped[CredentialId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str]
    purpose: Mapped[str] = mapped_column(default=Purpose.OWN.value, server_default="own")
    label: Mapped[str] = mapped_column(default="")  # what its owner calls it
    long_open: Mapped[bool] = mapped_column(default=False, server_default=false())  # its owner needs the door longer
    booking_id: Mapped[BookingId | None] = mapped_column(ForeignKey("booking.id"), index=True)
    pin_sealed: Mapped[bytes | None]
    enrolled_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_why: Mapped[str] = mapped_column(default="")
    __table_args__ = (
        CheckConstraint("(kind = 'pin') = (booking_id IS NOT NULL)", name="credential_pin_of_booking"),
        CheckConstraint("kind = 'pin' OR pin_sealed IS NULL", name="credential_only_pins_sealed"),
        Index(
            "credential_one_pin",
            "person_id",
            "booking_id",
            "purpose",
            unique=True,
            sqlite_where=text("kind = 'pin' AND purpose <> 'visitor' AND revoked_at IS NULL"),
            postgresql_where=text("kind = 'pin' AND purpose <> 'visitor' AND revoked_at IS NULL"),
        ),
    )


class CredentialKey(Base):
    """What one credential looks like at one door: HMAC-SHA256 with the door's key, hex (door-protocol.md 8.2).

    Retired rows stay for attributing late events; a PIN's row is retired some weeks after its end, so no new PIN
    equals one that somebody may still remember.
    """

    __tablename__ = "credential_key"
    id: Mapped[CredentialKeyId] = mapped_column(primary_key=True)
    credential_id: Mapped[CredentialId] = mapped_column(ForeignKey("credential.id"), index=True)
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"))
    key_hash: Mapped[str]
    retired_at: Mapped[datetime | None]
    number_sealed: Mapped[bytes | None]  # only at devices that must be told the card itself: adr/0011
    credential: Mapped[Credential] = relationship(lazy="raise")
    __table_args__ = (
        UniqueConstraint("credential_id", "door_id", name="credential_key_once"),
        Index(
            "credential_key_unique_at_door",
            "door_id",
            "key_hash",
            unique=True,
            sqlite_where=text("retired_at IS NULL"),
            postgresql_where=text("retired_at IS NULL"),
        ),
        Index("credential_key_hash_idx", "door_id", "key_hash"),
    )


class Right(Base):
    """A credential may pass a door in [valid_from, valid_until), for one occurrence. A changed window is a new row, and
    so is a second window after a gap, as of a coach with two groups in one evening.

    in_version is the first access list that holds it, out_version the first that no longer does; in_door_at and
    out_door_at are when the door confirmed a list that does, and one that does not.
    """

    __tablename__ = "access_right"
    id: Mapped[RightId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"))
    credential_id: Mapped[CredentialId] = mapped_column(ForeignKey("credential.id"), index=True)
    occurrence_id: Mapped[OccurrenceId] = mapped_column(ForeignKey("occurrence.id"), index=True)
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    in_version: Mapped[int]
    out_version: Mapped[int | None]
    in_door_at: Mapped[datetime | None]
    in_door_version: Mapped[int | None]
    out_door_at: Mapped[datetime | None]
    door: Mapped[Door] = relationship(lazy="raise")
    credential: Mapped[Credential] = relationship(lazy="raise")
    __table_args__ = (
        CheckConstraint("valid_from < valid_until", name="access_right_not_empty"),
        CheckConstraint("(withdrawn_at IS NULL) = (out_version IS NULL)", name="access_right_withdrawn"),
        Index(
            "access_right_once",
            "door_id",
            "credential_id",
            "occurrence_id",
            "valid_from",
            unique=True,
            sqlite_where=text("out_version IS NULL"),
            postgresql_where=text("out_version IS NULL"),
        ),
    )


class AccessList(Base):
    """One signed list as it was published: kept, so that what a door was told can be shown later."""

    __tablename__ = "access_list"
    id: Mapped[AccessListId] = mapped_column(primary_key=True)
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"))
    epoch: Mapped[int]
    version: Mapped[int]
    payload: Mapped[bytes]
    hash: Mapped[str]
    rights: Mapped[int]
    left_out: Mapped[list[Any]] = mapped_column(default=list)  # refs of rights the door had no room for
    issued_at: Mapped[datetime]
    not_after: Mapped[datetime]
    __table_args__ = (UniqueConstraint("door_id", "epoch", "version", name="access_list_version"),)


class CommandState(StrEnum):
    """The life of a command: it ends as done, failed (with a code) or expired (the door did not answer)."""

    QUEUED = "queued"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"


class DoorCommand(Base):
    """One order to a door, asked by a person with a reason in their words, or by the service itself (clock)."""

    __tablename__ = "door_command"
    id: Mapped[DoorCommandId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"), index=True)
    kind: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")  # what its kind needs beside
    asked_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    counter: Mapped[int | None] = mapped_column(type_=RowId)
    state: Mapped[str] = mapped_column(default=CommandState.QUEUED.value)
    result: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    door: Mapped[Door] = relationship(lazy="raise")
    __table_args__ = (
        CheckConstraint("kind <> ''", name="door_command_kind"),
        CheckConstraint("kind <> 'open' OR (reason <> '' AND asked_by IS NOT NULL)", name="door_command_why"),
        CheckConstraint("state IN ('queued','sent','done','failed','expired')", name="door_command_state"),
        CheckConstraint("(ended_at IS NOT NULL) = (state IN ('done', 'failed', 'expired'))", name="door_command_ended"),
        Index("door_command_state_idx", "state", "id"),
    )


class DoorEvent(Base):
    """One thing a door told, once. device_at is the door's own time, received_at ours; neither is ever rewritten."""

    __tablename__ = "door_event"
    id: Mapped[DoorEventId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"))
    boot_epoch: Mapped[int]
    seq: Mapped[int] = mapped_column(type_=RowId)
    kind: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    device_at: Mapped[datetime]
    received_at: Mapped[datetime]
    clock: Mapped[str]
    credential_id: Mapped[CredentialId | None] = mapped_column(ForeignKey("credential.id"), index=True)
    right_id: Mapped[RightId | None] = mapped_column(ForeignKey("access_right.id"))
    occurrence_id: Mapped[OccurrenceId | None] = mapped_column(ForeignKey("occurrence.id"), index=True)
    person_id: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"), index=True)
    command_id: Mapped[DoorCommandId | None] = mapped_column(ForeignKey("door_command.id"))
    body: Mapped[dict[str, Any]]
    body_hash: Mapped[str]
    door: Mapped[Door] = relationship(lazy="raise")
    __table_args__ = (
        UniqueConstraint("door_id", "boot_epoch", "seq", name="door_event_once"),
        Index("door_event_time_idx", "device_at"),
    )


class DoorAlarm(Base):
    """Something about a door that a human being should look at; open until ended_at. `facts` hold the evidence."""

    __tablename__ = "door_alarm"
    id: Mapped[DoorAlarmId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    door_id: Mapped[DoorId] = mapped_column(ForeignKey("door.id"), index=True)
    kind: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    raised_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    door: Mapped[Door] = relationship(lazy="raise")
    __table_args__ = (
        Index(
            "door_alarm_open",
            "door_id",
            "kind",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
