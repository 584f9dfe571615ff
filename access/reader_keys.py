"""Giving OSDP readers keys of their own on a bench, and finding them again (docs/drivers.md)."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.keys import Vault
from access.models import Door, Driver
from access.reader_key_models import ReaderKey
from booking.acts import Act, ActKind, tell
from booking.refusals import BadInput, NotFound
from devices.drivers.osdp import KEY_BYTES


def door_at(session: Session, address: int, controller_id: str | None) -> Door:
    """The OSDP door with this address, where several have it by its controller's name. Raises NotFound, BadInput."""
    query = select(Door).where(Door.driver == Driver.OSDP.value).order_by(Door.id)
    found = [door for door in session.scalars(query) if door.settings.get("address") == str(address)]
    found = [door for door in found if controller_id in (None, door.controller_id)]
    if not found:
        raise NotFound(what="door")
    if len(found) > 1:
        raise BadInput(field="door", problem="several")
    return found[0]


def prepared(session: Session, vault: Vault, door: Door, now: datetime) -> bytes:
    """The key this reader has, or shall be given: made once, and kept before it leaves."""
    row = session.get(ReaderKey, door.id)
    if row is not None:
        return vault.unseal(row.sealed, of=_of(door))
    key = secrets.token_bytes(KEY_BYTES)
    session.add(ReaderKey(door_id=door.id, sealed=vault.seal(key, of=_of(door)), made_at=now))
    session.flush()
    return key


def proved(session: Session, door: Door, now: datetime) -> None:
    """The reader made a secure channel with its key: from now on the door is used, with this key only."""
    row = session.get_one(ReaderKey, door.id)
    if row.proved_at is None:
        row.proved_at = now
        tell(session, Act(ActKind.DOOR_CHANGED, now, None, door.ref, {"reader_key": "given"}, door.premises_id))


def forget(session: Session, door: Door, now: datetime) -> None:
    """The reader was exchanged or reset: the next one gets another key."""
    row = session.get(ReaderKey, door.id)
    if row is not None:
        session.delete(row)
        session.flush()
        tell(session, Act(ActKind.DOOR_CHANGED, now, None, door.ref, {"reader_key": "dropped"}, door.premises_id))


def key_of(session: Session, vault: Vault, door: Door) -> bytes | None:
    """The key of this door's reader; None until it has one."""
    row = session.get(ReaderKey, door.id)
    return None if row is None or row.proved_at is None else vault.unseal(row.sealed, of=_of(door))


def _of(door: Door) -> str:
    return f"{door.controller_id}:osdp"
