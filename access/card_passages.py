"""Who opened, or was refused, at a device that decides alone and names the card: an event of whom it belongs to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import card_secrets, intake, standing_cards
from access.alarms import AlarmKind, sound
from access.door_card_models import DoorCard
from access.ids import CredentialId
from access.keys import Vault, credential_key
from access.models import Door, Right
from access.own_numbering import Numbering
from devices.credentials import credential_hash
from devices.drivers.told import Passed
from devices.events import DoorReason, EventKind
from devices.messages import Medium, Reader

UNKNOWN = frozenset(("Denied", "Wrong pin code"))  # ESP-RFID: no such card on the board, or a PIN was typed
ABSENT = "absent"  # a board that holds a card only during its time says no more
SAID = {"passback": DoorReason.PASSBACK, "interlock": DoorReason.INTERLOCK}
_FAR = timedelta(days=400)  # a device's time so far from ours says nothing
_UNREAD = "card:unread:1:0"


def passed(session: Session, vault: Vault, numbering: Numbering, door: Door, told: Passed, now: datetime) -> None:
    """Keeps it with its person and booking. An opening that no right of ours explains is an alarm beside the log."""
    card = card_secrets.shown(door, told.who)
    cred = credential_hash(credential_key(vault, door), card or _UNREAD)
    at = _moment(told, now)
    whose = intake.bearings(session, door, {cred}).get(cred, intake.Bearing()).credential
    facts: dict[str, Any] = {"medium": Medium.CARD.value, "cred": cred, "reader": Reader.IN.value}
    facts |= {"list": {"epoch": door.epoch, "version": door.version}}
    if not told.granted:
        reason = _why(session, door, whose, told.code, at)
        facts |= {"reason": reason.value, "right": None, "count": 1}
        numbering.write(session, door, EventKind.DENIED, facts, now, at=at)
        if card is not None:
            card_secrets.keep(session, vault, door, cred, card)
        return
    right = right_at(session, door, whose, at) or _left_inside(session, door, whose, at)
    ref = right.ref if right is not None else standing_cards.ref_of(session, door, whose, at)
    if ref is None:
        sound(session, door, AlarmKind.STRANGE_CARDS, {"opened": True, "known": whose is not None}, now)
        return
    facts |= {"reason": DoorReason.GRANTED.value, "right": ref, "notes": []}
    numbering.write(session, door, EventKind.GRANTED, facts, now, at=at)


def right_at(session: Session, door: Door, credential: CredentialId | None, at: datetime) -> Right | None:
    """The right that let this card in then: a live one, else one since taken away."""
    query = select(Right).where(Right.door_id == door.id, Right.credential_id == credential)
    query = query.where(Right.valid_from <= at, Right.valid_until > at)
    return session.scalar(query.order_by(Right.out_version.is_not(None), Right.id.desc()).limit(1))


def _left_inside(session: Session, door: Door, credential: CredentialId | None, at: datetime) -> Right | None:
    """The right that ended last, while the device was not proved to have forgotten its card."""
    lies = select(DoorCard.id).where(DoorCard.door_id == door.id, DoorCard.credential_id == credential, DoorCard.inside)
    if credential is None or session.scalar(lies.limit(1)) is None:
        return None
    query = select(Right).where(Right.door_id == door.id, Right.credential_id == credential, Right.valid_from <= at)
    return session.scalar(query.order_by(Right.valid_until.desc(), Right.id.desc()).limit(1))


def _moment(told: Passed, now: datetime) -> datetime:
    at = intake.instant(told.at_s) if told.at_s is not None else now
    return at if abs(at - now) < _FAR else now


def _why(session: Session, door: Door, credential: CredentialId | None, code: str, at: datetime) -> DoorReason:
    """Devices say little; rights say the rest."""
    if credential is None or code in UNKNOWN:
        return DoorReason.UNKNOWN_CREDENTIAL
    if code in SAID:
        return SAID[code]
    if right_at(session, door, credential, at) is not None:
        # The card is not in it yet; or its clock, or hours set at the board itself, say otherwise.
        return DoorReason.UNKNOWN_CREDENTIAL if code == ABSENT else DoorReason.CLOCK_UNCERTAIN
    later = select(Right.id).where(Right.door_id == door.id, Right.credential_id == credential)
    later = later.where(Right.valid_from > at, Right.out_version.is_(None))
    return DoorReason.EXPIRED if session.scalar(later.limit(1)) is None else DoorReason.TOO_EARLY
