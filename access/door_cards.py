"""Cards in devices of other makers that decide alone: each put in ahead of its window, taken out after, both proved.

One order at a time for each device, for their answers name no card; taking out goes first. A device keeps one window
of a card: the current or next one of its rights (those that touch are one), replaced when it ends. Only the device's
proof writes that a right is in the door, or gone from it; what it may still hold counts as held.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import card_secrets, one_by_one, standing_cards
from access.alarms import AlarmKind, cease, sound_once
from access.door_card_models import DoorCard
from access.ids import CredentialId, DoorCardId
from access.keys import CannotUnwrap, Vault
from access.lock_code_models import CodeState
from access.models import Credential, CredentialKey, Door, Right
from access.wanted import Window, stretches
from booking.core.span import Span
from devices.drivers.registry import DRIVERS

log = logging.getLogger(__name__)

PUTTING, HELD, CLEARING = CodeState.PUTTING.value, CodeState.HELD.value, CodeState.CLEARING.value
_LONGEST_LOOK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Order:
    """What to send now: the card as the device spells it, and its window; None: take it out. `name` is a ref of ours
    that the device may keep beside it."""

    row: DoorCardId
    credential: CredentialId
    card: str
    name: str
    window: Span | None


@dataclass(frozen=True, slots=True)
class Settled:
    """The order to send, if any, and when to look again at the latest if nothing else happens."""

    order: Order | None
    look_at: datetime


def settle(
    session: Session,
    vault: Vault,
    door: Door,
    now: datetime,
    *,
    wait: timedelta,
    ahead: bool = True,
    hold: DoorCardId | None = None,
) -> Settled:
    """The cards made what rights want. `ahead`: a card goes in before its window begins; without, when it begins, as
    where the device keeps no hours or its clock is wrong. `hold`: while this one may still be answered, no other is
    sent."""
    wanted, coming = _wanted(session, door, now, ahead=ahead)
    rows = [row for row in _rows(session, door) if not _is_let_go(session, row, wanted, now)]
    rows += _taken_in(session, door, rows, wanted, now)
    _confirm(session, door, rows, wanted, now)
    free = rows if hold is None else [row for row in rows if row.id == hold]
    row = one_by_one.next_row(_sendable(session, vault, door, free), now, wait)
    order = None if row is None else _order(session, vault, door, row, now)
    if order is None:
        session.flush()
    return Settled(order, min([now + _LONGEST_LOOK, *coming, *_waits(rows, now, wait)]))


def proved(session: Session, door: Door, order: DoorCardId, now: datetime, *, held: bool) -> None:
    """The device says of the order under way that the card is in, or out."""
    row = session.get(DoorCard, order)
    if row is not None and row.state == (PUTTING if held else CLEARING):
        _prove(session, row, held=held)
        confirm_anew(session, door, now)


def restarted(session: Session, door: Door, now: datetime) -> None:
    """The device began anew: nothing that it held is proved any more, and all is sent again."""
    for row in _rows(session, door):
        if row.state == HELD:
            one_by_one.turned(row, CodeState.PUTTING)
    session.flush()
    confirm_anew(session, door, now)


def compare(
    session: Session, vault: Vault, door: Door, listed: Mapping[str, tuple[datetime, datetime]], now: datetime
) -> list[str]:
    """What the device says it holds, each with its window: what differs is put again, what agrees is proved, a card of
    ours that we thought out is put right; gives the cards that nobody here ever told it. That a card is not listed
    proves nothing: a line may be lost."""
    ours = card_secrets.all_told(session, vault, door)
    found = {ours[card]: window for card, window in listed.items() if card in ours}
    rows = {row.credential_id: row for row in _rows(session, door)}
    for credential, row in rows.items():
        agrees = found.get(credential) == (row.valid_from, row.valid_until)
        if row.state == HELD and not agrees:
            one_by_one.turned(row, CodeState.PUTTING)
        elif row.state == PUTTING and row.inside and agrees:
            one_by_one.turned(row, CodeState.HELD)
    wanted, _coming = _wanted(session, door, now, ahead=True)
    session.add_all(_adopted(door, credential, wanted, now) for credential in sorted(found.keys() - rows.keys()))
    session.flush()
    confirm_anew(session, door, now)
    return sorted(listed.keys() - ours.keys())


def confirm_anew(session: Session, door: Door, now: datetime) -> None:
    """What rights are proved by the rows as they are."""
    session.flush()
    wanted, _coming = _wanted(session, door, now, ahead=True)
    _confirm(session, door, _rows(session, door), wanted, now)


def leave_behind(session: Session, door: Door, credential: CredentialId, now: datetime) -> None:
    """The device holds a card of ours that no row knows of: it is put right, or cleared."""
    wanted, _coming = _wanted(session, door, now, ahead=False)
    session.add(_adopted(door, credential, wanted, now))
    session.flush()


def mind_strangers(session: Session, door: Door, count: int, now: datetime) -> None:
    """Cards in the device that nobody here gave are an alarm while they are there."""
    if count:
        sound_once(session, door, AlarmKind.STRANGE_CARDS, {"cards": count}, now)
    else:
        cease(session, door, AlarmKind.STRANGE_CARDS, now)


def _adopted(door: Door, credential: CredentialId, wanted: Mapping[CredentialId, Span], now: datetime) -> DoorCard:
    """A card of ours that the device holds and no row knows of, as after a restored backup: put right or cleared."""
    window = wanted.get(credential)
    state, span = (CLEARING, Span(now, now + timedelta(seconds=1))) if window is None else (PUTTING, window)
    row = _row(door, credential, span)
    row.state, row.inside = state, True
    return row


def _row(door: Door, credential: CredentialId, window: Span) -> DoorCard:
    row = DoorCard(door_id=door.id, credential_id=credential, state=PUTTING, inside=False, tries=0)
    row.valid_from, row.valid_until = window.starts_at, window.ends_at
    return row


def _rows(session: Session, door: Door) -> list[DoorCard]:
    return list(session.scalars(select(DoorCard).where(DoorCard.door_id == door.id).order_by(DoorCard.id)))


def _wanted(
    session: Session, door: Door, now: datetime, *, ahead: bool
) -> tuple[dict[CredentialId, Span], list[datetime]]:
    """The window that each card should have now, and the moments at which that will change."""
    query = select(Right.credential_id, Right.valid_from, Right.valid_until)
    query = query.join(Credential, Credential.id == Right.credential_id)
    query = query.join(
        CredentialKey, (CredentialKey.credential_id == Right.credential_id) & (CredentialKey.door_id == Right.door_id)
    )
    query = query.where(Right.door_id == door.id, Right.out_version.is_(None), Right.valid_until > now)
    query = query.where(Credential.revoked_at.is_(None), CredentialKey.number_sealed.is_not(None))
    windows: dict[CredentialId, list[Window]] = {}
    for credential, valid_from, valid_until in session.execute(query):
        windows.setdefault(credential, []).append(Window(valid_from, valid_until))
    for credential, valid_from, valid_until in standing_cards.windows(session, door):
        windows.setdefault(credential, []).append(Window(valid_from, valid_until))
    first = {credential: Span(*stretches(each)[0]) for credential, each in windows.items()}
    begun = {credential: span for credential, span in first.items() if ahead or span.starts_at <= now}
    coming = [span.ends_at for span in begun.values()]
    coming += [span.starts_at for span in first.values() if span.starts_at > now]
    return begun, coming


def _is_let_go(session: Session, row: DoorCard, wanted: Mapping[CredentialId, Span], now: datetime) -> bool:
    """A card no longer wanted must be taken out, one with another window be put anew; one never sent just goes."""
    window = wanted.get(row.credential_id)
    if row.state == CLEARING:
        return False
    if window is None and not row.inside:
        session.delete(row)
        session.flush()
        return True
    if window is None:
        one_by_one.turned(row, CodeState.CLEARING)
    elif not _same_from_now_on(row, window, now):
        row.valid_from, row.valid_until = window.starts_at, window.ends_at
        one_by_one.turned(row, CodeState.PUTTING)
    return False


def _same_from_now_on(row: DoorCard, window: Span, now: datetime) -> bool:
    begun = max(row.valid_from, window.starts_at) <= now
    return row.valid_until == window.ends_at and (begun or row.valid_from == window.starts_at)


def _taken_in(
    session: Session, door: Door, rows: Sequence[DoorCard], wanted: Mapping[CredentialId, Span], now: datetime
) -> list[DoorCard]:
    """New rows as far as the device has room, the soonest first."""
    known = {row.credential_id for row in rows}
    missing = sorted((span.starts_at, credential) for credential, span in wanted.items() if credential not in known)
    room = max(0, (DRIVERS[door.driver].max_credentials or len(rows) + len(missing)) - len(rows))
    new = [_row(door, credential, wanted[credential]) for _starts_at, credential in missing[:room]]
    session.add_all(new)
    session.flush()
    if len(missing) > room:
        sound_once(session, door, AlarmKind.LIST_FULL, {"left_out": len(missing) - room}, now)
    else:
        cease(session, door, AlarmKind.LIST_FULL, now)
    return new


def _confirm(
    session: Session, door: Door, rows: Sequence[DoorCard], wanted: Mapping[CredentialId, Span], now: datetime
) -> None:
    """A right is in the door while a proved window holds it; one taken away is gone when the device is proved to hold
    just what is wanted of that card, or nothing."""
    held = {row.credential_id: row for row in rows if row.state == HELD}
    unsure = {row.credential_id for row in rows if row.inside and not _is_as_wanted(row, wanted, now)}
    mine = Right.door_id == door.id
    live = select(Right).where(mine, Right.out_version.is_(None), Right.valid_until > now)
    for right in session.scalars(live):
        inside = _holds(held.get(right.credential_id), right, now)
        if inside and right.in_door_at is None:
            right.in_door_at, right.in_door_version = now, right.in_version
        elif not inside and right.in_door_at is not None:
            right.in_door_at, right.in_door_version = None, None
    leaving = select(Right).where(mine, Right.out_version.is_not(None), Right.out_door_at.is_(None))
    for right in session.scalars(leaving):
        if right.credential_id not in unsure:
            right.out_door_at = now
    standing_cards.confirm(session, door, held, unsure, now)
    session.flush()


def _is_as_wanted(row: DoorCard, wanted: Mapping[CredentialId, Span], now: datetime) -> bool:
    window = wanted.get(row.credential_id)
    return row.state == HELD and window is not None and _same_from_now_on(row, window, now)


def _holds(row: DoorCard | None, right: Right, now: datetime) -> bool:
    if row is None or row.valid_until < right.valid_until:
        return False
    return row.valid_from <= max(now, right.valid_from)


def _sendable(session: Session, vault: Vault, door: Door, rows: Sequence[DoorCard]) -> list[DoorCard]:
    """All but a card that is to be put while the same card, known under an ended credential, is still to be cleared:
    the clearing, sent again, would take it out."""
    clearing = [row for row in rows if row.state == CLEARING]
    putting = [row for row in rows if row.state == PUTTING]
    if not clearing or not putting:
        return list(rows)
    leaving = {_card(session, vault, door, row) for row in clearing}
    held_back = {row.id for row in putting if _card(session, vault, door, row) in leaving}
    return [row for row in rows if row.id not in held_back]


def _card(session: Session, vault: Vault, door: Door, row: DoorCard) -> str | None:
    own = (CredentialKey.credential_id == row.credential_id) & (CredentialKey.door_id == door.id)
    number = session.scalar(select(CredentialKey.number_sealed).where(own))
    if number is None:
        return None
    try:
        return card_secrets.told(vault, door, session.get_one(Credential, row.credential_id), number)
    except CannotUnwrap:  # the other cards and doors are served all the same
        log.warning("card cannot be told door=%s row=%s", door.ref, row.id)
        return None


def _order(session: Session, vault: Vault, door: Door, row: DoorCard, now: datetime) -> Order | None:
    card = _card(session, vault, door, row)
    if card is None:
        return None
    one_by_one.sent(row, now)
    row.inside = True
    session.flush()
    window = None if row.state == CLEARING else Span(row.valid_from, row.valid_until)
    return Order(row.id, row.credential_id, card, session.get_one(Credential, row.credential_id).ref, window)


def _waits(rows: Sequence[DoorCard], now: datetime, wait: timedelta) -> list[datetime]:
    """When what was sent in vain is sent again."""
    sent = [row for row in rows if row.state in one_by_one.UNDER_WAY and row.sent_at is not None]
    again = [row.sent_at + max(wait, one_by_one.pause(row.tries, wait)) for row in sent if row.sent_at]
    fresh = [now + wait for row in rows if row.state in one_by_one.UNDER_WAY and row.sent_at is None]
    return again + fresh


def _prove(session: Session, row: DoorCard, *, held: bool) -> None:
    if held:
        one_by_one.turned(row, CodeState.HELD)
    else:
        session.delete(row)
    session.flush()
