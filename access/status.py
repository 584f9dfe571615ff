"""Where the rights of an occurrence are: sent is not enough, only the door's own confirmation counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from access import upcoming
from access.door_card_models import DoorCard
from access.ids import CredentialId, DoorId
from access.lock_code_models import CodeState
from access.models import Door, DoorState, Right
from access.serving import doors_of
from access.window_code_models import WindowCode
from booking.door_practice import DoorPractice, practices
from booking.ids import OccurrenceId
from booking.models import Occurrence, OccurrenceState
from devices.drivers.registry import ONE_WINDOW, TIMELESS


class RightState(StrEnum):
    """Worst first: what a page shows when credentials differ is the first of these."""

    REVOCATION_PENDING = "revocation_pending"  # withdrawn, and the door has not confirmed yet
    SHUT = "shut"  # something that the rulebook needs before is not in order
    PENDING = "pending"  # given, and the door has not confirmed yet
    NO_CREDENTIAL = "no_credential"  # nobody of this booking has a card or PIN that the door knows
    LATER = "later"  # beyond the push horizon: the door gets it at `since`
    IN_DOOR = "in_door"  # the door has it since `since`, with list `list_version`
    BY_HAND = "by_hand"  # by the rulebook people or keys open the door, and no right is made
    REVOKED = "revoked"  # the door confirmed at `since` that it is gone
    NONE = "none"  # never had one, and none is wanted


@dataclass(frozen=True, slots=True)
class DoorRight:
    """What one door knows of an occurrence. `since` belongs to the state; offline_since is None while it is online."""

    door: Door
    state: RightState
    since: datetime | None
    list_version: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    offline_since: datetime | None
    rights: int
    confirmed: int


def right_status(session: Session, occurrence: OccurrenceId, now: datetime) -> list[DoorRight]:
    """For each door of an occurrence, and each that still has a right of it, what that door has confirmed."""
    row = session.get_one(Occurrence, occurrence)
    rights: dict[DoorId, list[Right]] = {door: [] for door in doors_of(session, [row.space_id])[row.space_id]}
    query = select(Right).where(Right.occurrence_id == occurrence)
    for right in session.scalars(query.options(joinedload(Right.credential)).order_by(Right.id)):
        rights.setdefault(right.door_id, []).append(right)
    doors = session.execute(select(Door, DoorState).join(DoorState).where(Door.id.in_(list(rights)))).all()
    practice = practices(session, [occurrence], now)[occurrence] if doors else None
    held = _held(session, [door.id for door, _state in doors if door.driver in ONE_WINDOW], now)
    found = [
        _door_right(row, door, state, rights[door.id], practice, held.get(door.id, {}), now) for door, state in doors
    ]
    return sorted(found, key=lambda each: (each.door.kind != "outer", each.door.position, each.door.id))


def overall(status: Sequence[DoorRight]) -> RightState:
    """The worst state over all doors."""
    order = list(RightState)
    return min((each.state for each in status), key=order.index, default=RightState.NONE)


def _door_right(
    row: Occurrence,
    door: Door,
    state: DoorState,
    rights: list[Right],
    practice: DoorPractice | None,
    held: Mapping[CredentialId, datetime],
    now: datetime,
) -> DoorRight:
    live = [right for right in rights if right.out_version is None]
    leaving = [right for right in rights if right.out_version is not None and right.out_door_at is None]
    leaving = [right for right in leaving if right.valid_until > now]
    what, since = _state(row, live, leaving, rights, now)
    if what in (RightState.LATER, RightState.NO_CREDENTIAL) and practice is not None and not practice.opens:
        what = RightState.SHUT if not practice.allowed else RightState.BY_HAND
    if _waits_its_turn(door, live, held, now):
        what, since = RightState.LATER, None
    shown = (live or leaving or rights)[-1:]
    return DoorRight(
        door=door,
        state=what,
        since=since,
        list_version=state.confirmed_version or None,
        valid_from=shown[0].valid_from if shown else None,
        valid_until=shown[0].valid_until if shown else None,
        offline_since=None if state.online else state.online_changed_at,
        rights=len(live),
        confirmed=sum(right.in_door_at is not None for right in live),
    )


def _waits_its_turn(door: Door, live: list[Right], held: Mapping[CredentialId, datetime], now: datetime) -> bool:
    """Nothing is missing yet where a device takes a right only when it begins, or when the time before it has ended."""
    if not live or any(right.in_door_at is not None for right in live):
        return False
    if door.driver in TIMELESS:
        return all(right.valid_from > now for right in live)
    return all(right.valid_from >= held.get(right.credential_id, right.valid_until) for right in live)


def _held(session: Session, doors: Iterable[DoorId], now: datetime) -> dict[DoorId, dict[CredentialId, datetime]]:
    """Until when devices that keep one window of a card hold another window of it, and locks of a code."""
    query = select(DoorCard).where(DoorCard.door_id.in_(list(doors)), DoorCard.valid_until > now)
    found: dict[DoorId, dict[CredentialId, datetime]] = {}
    for row in session.scalars(query.where(DoorCard.state == CodeState.HELD.value)):
        found.setdefault(row.door_id, {})[row.credential_id] = row.valid_until
    codes = select(WindowCode).where(WindowCode.door_id.in_(list(doors)), WindowCode.held_until > now)
    for code in session.scalars(codes):
        found.setdefault(code.door_id, {})[code.credential_id] = code.closes_at
    return found


def _state(
    row: Occurrence, live: list[Right], leaving: list[Right], rights: list[Right], now: datetime
) -> tuple[RightState, datetime | None]:
    if leaving and not live:
        return RightState.REVOCATION_PENDING, max(right.withdrawn_at for right in leaving if right.withdrawn_at)
    if any(right.in_door_at is None for right in live):
        return RightState.PENDING, min(right.given_at for right in live if right.in_door_at is None)
    if live:
        return RightState.IN_DOOR, max(right.in_door_at for right in live if right.in_door_at)
    if row.state == OccurrenceState.CONFIRMED.value and row.ends_at > now:
        later = row.starts_at >= upcoming.pushed(now).ends_at
        return (RightState.LATER, None) if later else (RightState.NO_CREDENTIAL, None)
    gone = [right.out_door_at for right in rights if right.out_door_at]
    return (RightState.REVOKED, max(gone)) if gone else (RightState.NONE, None)
