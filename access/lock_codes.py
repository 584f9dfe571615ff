"""Locks that keep codes but no times: a PIN is put in when its right begins, taken out when it ends, both proved.

One order at a time for each lock, for some name no slot when they answer; clearing goes first. What was not proved is
sent again, ever more seldom. Only a proof writes that a right is in the door, or gone from it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from access import one_by_one, pin_codes
from access.alarms import AlarmKind, cease, sound_once
from access.ids import CredentialId
from access.keys import Vault
from access.lock_code_models import CodeState, DoorCode
from access.models import Credential, CredentialKey, CredentialKind, Door, Right
from access.own_numbering import Numbering
from booking.acts import ActKind
from devices.events import DoorReason, EventKind
from devices.messages import Medium, Reader

log = logging.getLogger(__name__)

SLOTS = range(5, 30)  # those before it stay with the house: its own codes, set at the lock
WAIT = timedelta(seconds=12)  # the bridge itself gives up after ten


@dataclass(frozen=True, slots=True)
class Order:
    """What to send now; `pin` None: clear the slot."""

    slot: int
    pin: str | None


def settle(session: Session, vault: Vault, door: Door, now: datetime) -> Order | None:
    """The slots made what rights want at this moment; gives what to send now, if anything."""
    rows = list(session.scalars(select(DoorCode).where(DoorCode.door_id == door.id).order_by(DoorCode.id)))
    wanted = _wanted(session, door, now)
    rows = [row for row in rows if not _is_let_go(session, row, wanted)]
    rows += _taken_in(session, door, rows, wanted, now)
    _confirm(session, door, rows, now)
    _mind(session, door, rows, now)
    row = one_by_one.next_row(rows, now, WAIT)
    if row is None:
        return None
    one_by_one.sent(row, now)
    session.flush()
    clearing = row.state == CodeState.CLEARING.value
    return Order(row.slot, None if clearing else _pin(session, vault, row))


def slot_said(session: Session, door: Door, slot: int, now: datetime, *, held: bool) -> None:
    """The lock says of a slot whether it holds a code."""
    row = session.scalar(select(DoorCode).where(DoorCode.door_id == door.id, DoorCode.slot == slot))
    if row is not None:
        _proved(session, door, row, now, held=held)


def answered(session: Session, door: Door, now: datetime, *, held: bool) -> None:
    """The lock took a code, or lost one, and does not say in which slot: it is the order under way."""
    state = CodeState.PUTTING if held else CodeState.CLEARING
    query = select(DoorCode).where(DoorCode.door_id == door.id, DoorCode.state == state.value)
    row = session.scalar(query.where(DoorCode.sent_at > now - WAIT).order_by(DoorCode.sent_at.desc()).limit(1))
    if row is not None:
        _proved(session, door, row, now, held=held)


def passed(session: Session, numbering: Numbering, door: Door, slot: int, now: datetime) -> None:
    """Somebody opened with the code of a slot: an event of whom it belongs to; none for codes of the house."""
    query = select(Right, CredentialKey.key_hash).join(DoorCode, DoorCode.credential_id == Right.credential_id)
    query = query.join(CredentialKey, CredentialKey.credential_id == Right.credential_id)
    query = query.where(DoorCode.door_id == door.id, DoorCode.slot == slot)
    query = query.where(Right.door_id == door.id, CredentialKey.door_id == door.id, Right.valid_from <= now)
    found = session.execute(query.order_by(Right.valid_from.desc(), Right.id.desc()).limit(1)).first()
    if found is None:
        log.info("a code that is none of ours opened door=%s", door.ref)
        return
    right, cred = found
    facts: dict[str, Any] = {
        "medium": Medium.PIN.value,
        "cred": cred,
        "reason": DoorReason.GRANTED.value,
        "reader": Reader.IN.value,
        "notes": [],
        "right": right.ref,
    }
    facts |= {"list": {"epoch": door.epoch, "version": door.version}}
    numbering.write(session, door, EventKind.GRANTED, facts, now, act=ActKind.DOOR_EVENT)


def _wanted(session: Session, door: Door, now: datetime) -> set[CredentialId]:
    query = select(Right.credential_id).join(Credential, Credential.id == Right.credential_id)
    query = query.where(Right.door_id == door.id, Right.out_version.is_(None))
    query = query.where(Right.valid_from <= now, Right.valid_until > now)
    query = query.where(Credential.kind == CredentialKind.PIN.value, Credential.revoked_at.is_(None))
    return set(session.scalars(query))


def _is_let_go(session: Session, row: DoorCode, wanted: set[CredentialId]) -> bool:
    """A code no longer wanted must be cleared; one that was never sent needs none of that."""
    if row.credential_id in wanted or row.state == CodeState.CLEARING.value:
        return False
    if row.state == CodeState.PUTTING.value and row.tries == 0:
        session.delete(row)
        session.flush()
        return True
    one_by_one.turned(row, CodeState.CLEARING)
    return False


def _taken_in(
    session: Session, door: Door, rows: Sequence[DoorCode], wanted: set[CredentialId], now: datetime
) -> list[DoorCode]:
    """New rows in free slots. A slot that is being cleared is not free yet, nor is its code wanted twice."""
    missing = sorted(wanted - {row.credential_id for row in rows})
    taken = {row.slot for row in rows}
    free = [slot for slot in SLOTS if slot not in taken]
    new = [
        DoorCode(door_id=door.id, slot=slot, credential_id=credential, state=CodeState.PUTTING.value, tries=0)
        for slot, credential in zip(free, missing, strict=False)
    ]
    session.add_all(new)
    session.flush()
    if len(missing) > len(free):
        sound_once(session, door, AlarmKind.LIST_FULL, {"left_out": len(missing) - len(free)}, now)
    else:
        cease(session, door, AlarmKind.LIST_FULL, now)
    return new


def _confirm(session: Session, door: Door, rows: Sequence[DoorCode], now: datetime) -> None:
    """A right is in the door while its code is held; one taken away is gone unless its code is still to be cleared."""
    held = [row.credential_id for row in rows if row.state == CodeState.HELD.value]
    clearing = [row.credential_id for row in rows if row.state == CodeState.CLEARING.value]
    mine = Right.door_id == door.id
    arrived = update(Right).where(mine, Right.out_version.is_(None), Right.in_door_at.is_(None))
    arrived = arrived.where(Right.valid_from <= now, Right.valid_until > now, Right.credential_id.in_(held))
    session.execute(arrived.values(in_door_at=now, in_door_version=Right.in_version))
    gone = update(Right).where(mine, Right.out_version.is_not(None), Right.out_door_at.is_(None))
    session.execute(gone.where(Right.credential_id.not_in(clearing)).values(out_door_at=now))


def _mind(session: Session, door: Door, rows: Sequence[DoorCode], now: datetime) -> None:
    """DA24: what the lock has not confirmed in half a minute is shown to whoever sees to doors, and sent again."""
    late = [row for row in rows if row.state in one_by_one.UNDER_WAY and one_by_one.is_late(row.asked_at, now)]
    if late:
        sound_once(session, door, AlarmKind.CODE_UNCONFIRMED, {"codes": len(late)}, now)
    else:
        cease(session, door, AlarmKind.CODE_UNCONFIRMED, now)


def _proved(session: Session, door: Door, row: DoorCode, now: datetime, *, held: bool) -> None:
    if held and row.state == CodeState.PUTTING.value and row.tries:
        one_by_one.turned(row, CodeState.HELD)
    elif not held and row.state == CodeState.CLEARING.value:
        session.delete(row)
    elif not held and row.state == CodeState.HELD.value:  # somebody took it out at the lock
        one_by_one.turned(row, CodeState.PUTTING)
        lost = update(Right).where(Right.door_id == door.id, Right.credential_id == row.credential_id)
        session.execute(lost.where(Right.out_version.is_(None)).values(in_door_at=None, in_door_version=None))
    session.flush()
    rows = list(session.scalars(select(DoorCode).where(DoorCode.door_id == door.id)))
    _confirm(session, door, rows, now)


def _pin(session: Session, vault: Vault, row: DoorCode) -> str:
    return pin_codes.unsealed(vault, session.get_one(Credential, row.credential_id))
