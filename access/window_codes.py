"""PINs in locks that keep a code with its window (Nuki behind Nuki Hub): put in ahead, moved, taken out, each proved.

The lock knows a code by a number of its own, which only its list tells, by the name we gave. One order at a time, for
results name none. A code has one window: the current or next one of its rights; when that ends the same code gets the
next, and when a booking moves it keeps its digits. What was not answered is looked for in the list before it is put
again, so that nothing lies there twice.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import one_by_one, pin_codes
from access.alarms import AlarmKind, cease, sound_once
from access.ids import CredentialId
from access.keys import Vault
from access.models import Credential, CredentialKey, CredentialKind, Door, Right
from access.own_numbering import Numbering
from access.wanted import Window, stretches
from access.window_code_models import WindowCode, WindowState
from booking.acts import ActKind
from booking.core.span import Span
from devices.drivers.registry import DRIVERS
from devices.drivers.told import CodeEntry, CodesListed
from devices.events import DoorReason, EventKind
from devices.messages import Medium, Reader

log = logging.getLogger(__name__)

WAIT = timedelta(seconds=15)
_ADDING, _FINDING, _CHECKING = WindowState.ADDING.value, WindowState.FINDING.value, WindowState.CHECKING.value
_HELD, _MOVING, _DELETING = WindowState.HELD.value, WindowState.MOVING.value, WindowState.DELETING.value
_GONE = "noExistingCodeIdSet"


@dataclass(frozen=True, slots=True)
class Order:
    """What to send now. `code_id` None: ask for the list, or for `ADDING` put it in."""

    state: WindowState
    name: str
    code_id: int | None
    pin: str
    window: Span


def settle(session: Session, vault: Vault, door: Door, now: datetime) -> Order | None:
    """The codes made what rights want; gives what to send now, if anything."""
    wanted = _wanted(session, door, now)
    rows = [row for row in _rows(session, door) if not _is_let_go(session, row, wanted, now)]
    rows += _taken_in(session, door, rows, wanted)
    _confirm(session, door, rows, wanted, now)
    _mind(session, door, rows, now)
    row = _next(rows, now)
    if row is None:
        return None
    if row.state == _ADDING and row.sent_at is not None:
        row.state = _FINDING  # it may be there already: the answer was lost
    row.sent_at, row.tries, row.asked_at = now, row.tries + 1, row.asked_at or now
    session.flush()
    pin = "" if row.state == _DELETING else pin_codes.unsealed(vault, session.get_one(Credential, row.credential_id))
    return Order(WindowState(row.state), row.name, row.code_id, pin, Span(row.opens_at, row.closes_at))


def answered(session: Session, door: Door, code: str, now: datetime, *, ok: bool) -> None:
    """The result of the order under way."""
    under_way = [row for row in _rows(session, door) if row.sent_at is not None and now - row.sent_at < WAIT]
    row = max(under_way, key=lambda each: each.sent_at or now, default=None)
    if row is None:
        return
    if row.state == _DELETING and row.code_id is not None and (ok or code == _GONE):
        session.delete(row)
    elif code == _GONE and row.state in (_MOVING, _CHECKING):
        row.code_id, row.held_from, row.held_until = None, None, None
        _turned(row, _FINDING)
    elif row.state == _CHECKING:
        _turned(row, _HELD if ok else _DELETING)
    elif ok and row.state in (_ADDING, _MOVING):
        _turned(row, _HELD if row.state == _MOVING else _FINDING)
    if ok and row.state in (_HELD, _FINDING):
        row.held_from, row.held_until = row.opens_at, row.closes_at
    _confirm_anew(session, door, now)


def listed(session: Session, door: Door, said: CodesListed, now: datetime) -> None:
    """The lock's own list: numbers are learned, what somebody changed at the lock is put right."""
    named = {entry.name: entry for entry in said.entries}
    for row in _rows(session, door):
        entry = named.get(row.name)
        if entry is not None:
            _found(row, entry)
        elif said.whole:
            _missing(session, row)
    _confirm_anew(session, door, now)


def passed(session: Session, numbering: Numbering, door: Door, code_id: int, now: datetime) -> None:
    """Somebody opened with the code of this number: an event of whom it belongs to; none for codes of the house."""
    query = select(Right, CredentialKey.key_hash).join(WindowCode, WindowCode.credential_id == Right.credential_id)
    query = query.join(CredentialKey, CredentialKey.credential_id == Right.credential_id)
    query = query.where(WindowCode.door_id == door.id, WindowCode.code_id == code_id)
    query = query.where(Right.door_id == door.id, CredentialKey.door_id == door.id, Right.valid_from <= now)
    found = session.execute(query.order_by(Right.valid_from.desc(), Right.id.desc()).limit(1)).first()
    if found is None:
        log.info("a code that is none of ours opened door=%s", door.ref)
        return
    right, cred = found
    facts: dict[str, Any] = {"medium": Medium.PIN.value, "cred": cred, "reason": DoorReason.GRANTED.value}
    facts |= {"right": right.ref, "list": {"epoch": door.epoch, "version": door.version}}
    facts |= {"reader": Reader.IN.value, "notes": []}
    numbering.write(session, door, EventKind.GRANTED, facts, now, act=ActKind.DOOR_EVENT)


def _rows(session: Session, door: Door) -> Sequence[WindowCode]:
    return session.scalars(select(WindowCode).where(WindowCode.door_id == door.id).order_by(WindowCode.id)).all()


def _wanted(session: Session, door: Door, now: datetime) -> dict[CredentialId, Span]:
    """The window each PIN should have now: the current or next stretch of its rights."""
    query = select(Right.credential_id, Right.valid_from, Right.valid_until)
    query = query.join(Credential, Credential.id == Right.credential_id)
    query = query.where(Right.door_id == door.id, Right.out_version.is_(None), Right.valid_until > now)
    query = query.where(Credential.kind == CredentialKind.PIN.value, Credential.revoked_at.is_(None))
    windows: dict[CredentialId, list[Window]] = {}
    for credential, valid_from, valid_until in session.execute(query):
        windows.setdefault(credential, []).append(Window(valid_from, valid_until))
    return {credential: Span(*stretches(each)[0]) for credential, each in windows.items()}


def _is_let_go(session: Session, row: WindowCode, wanted: Mapping[CredentialId, Span], now: datetime) -> bool:
    """A code no longer wanted is taken out; one with another window is moved; one never sent just goes."""
    window = wanted.get(row.credential_id)
    if row.state == _DELETING:
        return False
    if window is None and row.state == _ADDING and not row.tries:
        session.delete(row)
        session.flush()
        return True
    if window is None:
        _turned(row, _DELETING)
    elif not _same_from_now_on(Span(row.opens_at, row.closes_at), window, now):
        row.opens_at, row.closes_at = window.starts_at, window.ends_at
        if row.code_id is not None:
            _turned(row, _MOVING)
        elif row.tries or row.state != _ADDING:
            _turned(row, _FINDING)
    return False


def _same_from_now_on(one: Span, other: Span, now: datetime) -> bool:
    begun = max(one.starts_at, other.starts_at) <= now
    return one.ends_at == other.ends_at and (begun or one.starts_at == other.starts_at)


def _taken_in(
    session: Session, door: Door, rows: Sequence[WindowCode], wanted: Mapping[CredentialId, Span]
) -> list[WindowCode]:
    known = {row.credential_id for row in rows}
    missing = sorted((span.starts_at, credential) for credential, span in wanted.items() if credential not in known)
    room = max(0, (DRIVERS[door.driver].max_credentials or 0) - len(rows))
    new = [_row(session, door, credential, wanted[credential]) for _starts_at, credential in missing[:room]]
    session.add_all(new)
    session.flush()
    return new


def _row(session: Session, door: Door, credential: CredentialId, window: Span) -> WindowCode:
    name = f"v-{session.get_one(Credential, credential).ref}"[:20]
    row = WindowCode(door_id=door.id, credential_id=credential, name=name, state=_ADDING, tries=0)
    row.opens_at, row.closes_at = window.starts_at, window.ends_at
    return row


def _next(rows: Sequence[WindowCode], now: datetime) -> WindowCode | None:
    """Taking out goes first, then what begins first; nothing while an order is waited for."""
    waiting = [row for row in rows if row.state != _HELD]
    if any(row.sent_at is not None and now - row.sent_at < WAIT for row in waiting):
        return None
    due = [row for row in waiting if row.sent_at is None or now - row.sent_at >= one_by_one.pause(row.tries, WAIT)]
    return min(due, key=lambda row: (row.state != _DELETING, row.tries, row.opens_at, row.id), default=None)


def _turned(row: WindowCode, state: str) -> None:
    row.state, row.sent_at, row.asked_at, row.tries = state, None, None, 0


def _found(row: WindowCode, entry: CodeEntry) -> None:
    """It is in the lock, perhaps with another window, perhaps by an order whose answer was lost."""
    learned, row.code_id = row.code_id is None, entry.code_id
    right = entry.window == (row.opens_at, row.closes_at)
    if row.state == _DELETING and learned:
        _turned(row, _DELETING)
    elif row.state in (_FINDING, _ADDING) and right:
        _turned(row, _HELD if row.held_from is not None else _CHECKING)
    elif row.state in (_FINDING, _ADDING, _HELD) and not right:
        row.held_from, row.held_until = None, None
        _turned(row, _MOVING)


def _missing(session: Session, row: WindowCode) -> None:
    if row.state == _DELETING:
        session.delete(row)
    elif row.state == _FINDING and row.held_from is None:
        row.state, row.sent_at = _ADDING, None  # so it never arrived; how often it was tried stays known
    elif row.state in (_HELD, _MOVING, _CHECKING, _FINDING):
        row.code_id, row.held_from, row.held_until = None, None, None
        _turned(row, _ADDING)


def _confirm(
    session: Session, door: Door, rows: Sequence[WindowCode], wanted: Mapping[CredentialId, Span], now: datetime
) -> None:
    """A right is in the door while the window proved last covers it; one taken away is gone when the lock is proved to
    hold just what is wanted of that code, or nothing."""
    held = {row.credential_id: row for row in rows if row.state != _DELETING and row.held_from is not None}
    unsure = {row.credential_id for row in rows if not _is_as_wanted(row, wanted, now)}
    mine = Right.door_id == door.id
    for right in session.scalars(select(Right).where(mine, Right.out_version.is_(None), Right.valid_until > now)):
        inside = _covers(held.get(right.credential_id), right, now)
        if inside and right.in_door_at is None:
            right.in_door_at, right.in_door_version = now, right.in_version
        elif not inside and right.in_door_at is not None:
            right.in_door_at, right.in_door_version = None, None
    leaving = select(Right).where(mine, Right.out_version.is_not(None), Right.out_door_at.is_(None))
    for right in session.scalars(leaving):
        if right.credential_id not in unsure:
            right.out_door_at = now
    session.flush()


def _is_as_wanted(row: WindowCode, wanted: Mapping[CredentialId, Span], now: datetime) -> bool:
    window = wanted.get(row.credential_id)
    if window is None or row.held_from is None or row.held_until is None or row.state not in (_HELD, _FINDING):
        return False
    return _same_from_now_on(Span(row.held_from, row.held_until), window, now)


def _covers(row: WindowCode | None, right: Right, now: datetime) -> bool:
    if row is None or row.held_from is None or row.held_until is None:
        return False
    return row.held_until >= right.valid_until and row.held_from <= max(now, right.valid_from)


def _confirm_anew(session: Session, door: Door, now: datetime) -> None:
    session.flush()
    _confirm(session, door, _rows(session, door), _wanted(session, door, now), now)


def _mind(session: Session, door: Door, rows: Sequence[WindowCode], now: datetime) -> None:
    late = [row for row in rows if row.state != _HELD and one_by_one.is_late(row.asked_at, now)]
    if late:
        sound_once(session, door, AlarmKind.CODE_UNCONFIRMED, {"codes": len(late)}, now)
    else:
        cease(session, door, AlarmKind.CODE_UNCONFIRMED, now)
