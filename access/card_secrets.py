"""Card numbers, sealed, only for devices that must be told the card itself; gone when no device holds it (adr/0011)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from access.door_card_models import DoorCard
from access.ids import CredentialId
from access.keys import CannotUnwrap, Vault
from access.models import Credential, CredentialKey, Door
from devices.drivers.card_spelling import Spelling, normal, spelt
from devices.drivers.registry import NUMBERED

_SPELLINGS = {"em4100": Spelling.RDM6300, "iso14443a": Spelling.MFRC522}
_BITS = {"wiegand26": 26, "wiegand34": 34}


def spelling_of(door: Door) -> Spelling:
    """How this door's device spells cards: by its reader, and by its own setting where there are several ways."""
    if door.driver == "uhppote":
        return Spelling.UHPPOTE
    decimal = door.settings.get("wiegand") == "decimal"
    return _SPELLINGS.get(door.reader_format, Spelling.WIEGAND_DECIMAL if decimal else Spelling.WIEGAND_HEX)


def can_be_told(door: Door, card: str) -> bool:
    """Whether this card (normal spelling) can be a card of this door's device; any can be where it is told none."""
    return door.driver not in NUMBERED or spelt(spelling_of(door), card) is not None


def sealed(vault: Vault, row: Credential, door: Door, card: str) -> bytes | None:
    """The card for this door alone; None where the device needs no number."""
    return vault.seal(card.encode(), of=_of(row.ref, door)) if door.driver in NUMBERED else None


def told(vault: Vault, door: Door, credential: Credential, number: bytes) -> str:
    """The sealed card as the door's device spells it. It never enters a log. Raises CannotUnwrap."""
    found = spelt(spelling_of(door), vault.unseal(number, of=_of(credential.ref, door)).decode())
    assert found is not None  # enrolling saw to it
    return found


def shown(door: Door, text: str) -> str | None:
    """The normal spelling of a card that the device named; None for what is none."""
    return normal(spelling_of(door), text, bits=_BITS.get(door.reader_format, 26))


def all_told(session: Session, vault: Vault, door: Door) -> dict[str, CredentialId]:
    """All cards that the device was ever told and may hold, as it spells them; of one told twice the live one."""
    query = select(CredentialKey, Credential).join(Credential).where(CredentialKey.door_id == door.id)
    query = query.where(CredentialKey.number_sealed.is_not(None))
    rows: Sequence[tuple[CredentialKey, Credential]] = [
        (key, row) for key, row in session.execute(query.order_by(CredentialKey.retired_at.is_(None), CredentialKey.id))
    ]
    return dict(_readable(vault, door, rows))


def _readable(
    vault: Vault, door: Door, rows: Sequence[tuple[CredentialKey, Credential]]
) -> Iterator[tuple[str, CredentialId]]:
    for key, row in rows:
        with suppress(CannotUnwrap):
            if key.number_sealed is not None:
                yield told(vault, door, row, key.number_sealed), row.id


def keep(session: Session, vault: Vault, door: Door, cred: str, card: str) -> None:
    """A card was shown at the device itself: where only its hash is known there, its number is kept from now on."""
    query = select(CredentialKey, Credential).join(Credential, Credential.id == CredentialKey.credential_id)
    query = query.where(CredentialKey.door_id == door.id, CredentialKey.key_hash == cred)
    lacking = CredentialKey.retired_at.is_(None) & CredentialKey.number_sealed.is_(None)
    for key, row in session.execute(query.where(lacking)):
        key.number_sealed = sealed(vault, row, door, card)
    session.flush()


def is_enough() -> ColumnElement[bool]:
    """Of a key joined with its door: whether the card can be brought there, by its hash or, where needed, number."""
    return Door.driver.not_in(NUMBERED) | CredentialKey.number_sealed.is_not(None)


def forget(session: Session) -> int:
    """Numbers of cards that ended and lie in no device in use any more are gone; gives how many."""
    lies = exists().where(DoorCard.door_id == CredentialKey.door_id, Door.id == DoorCard.door_id, Door.enabled)
    lies = lies.where(DoorCard.credential_id == CredentialKey.credential_id)
    query = select(CredentialKey).where(CredentialKey.number_sealed.is_not(None), CredentialKey.retired_at.is_not(None))
    gone = session.scalars(query.where(~lies)).all()
    for key in gone:
        key.number_sealed = None
    session.flush()
    return len(gone)


def _of(credential: str, door: Door) -> str:
    return f"number:{credential}:{door.controller_id}"
